/* Bodies in JSON. */
#include "web/body.h"

#include "web/router.h"

#include "core/base/banned.h"

static int parse(struct request *req, struct arena *a, const struct json_value **ret_json)
{
    if (str_empty(req->body))
        return err_set(&req->err, ERR_INVALID_REQUEST, "A body is needed");
    int rc = json_parse(a, req->body, req->route->body_max_bytes, ret_json);
    if (rc == ERR_INVALID_SYNTAX || rc == ERR_INVALID_UTF8)
        return err_set(&req->err, ERR_INVALID_REQUEST, "Cannot parse the JSON");
    if (rc == ERR_DUPLICATE)
        return err_set(&req->err, rc, "A member stands twice in the JSON");
    return rc;
}

int body_json(struct request *req, const struct json_value **ret_json)
{
    return parse(req, req->arena, ret_json);
}

static int expect_object(struct request *req, const struct json_value *json)
{
    return json_is_object(json) ? 0
                                : err_set(&req->err, ERR_INVALID_REQUEST, "An object is expected");
}

int body_object(struct request *req, const struct json_value **ret_json)
{
    TRY(body_json(req, ret_json));
    return expect_object(req, *ret_json);
}

static void end_arena(void *arg)
{
    arena_free(arg);
}

int body_object_in(struct request *req, size_t max_bytes, struct arena **ret_arena,
                   const struct json_value **ret_json)
{
    struct arena *a = ARENA_NEW(req->arena, struct arena);
    if (!a)
        return ERR_NO_MEMORY;
    arena_init(a, max_bytes);
    TRY(arena_at_end(req->arena, end_arena, a));
    TRY(parse(req, a, ret_json));
    *ret_arena = a;
    return expect_object(req, *ret_json);
}

int body_member_str(struct request *req, const struct json_value *object, const char *name,
                    struct str *io_value)
{
    if (json_opt_str(object, name, io_value) == 0)
        return 0;
    return err_field(&req->err, ERR_INVALID_REQUEST, name, "%s must be a text", name);
}
