/* Bodies in JSON. */
#include "web/body.h"

#include "web/router.h"

#include "core/base/banned.h"

int body_json(struct request *req, const struct json_value **ret_json)
{
    if (str_empty(req->body))
        return err_set(&req->err, ERR_INVALID_REQUEST, "A body is needed");
    int rc = json_parse(req->arena, req->body, req->route->body_max_bytes, ret_json);
    if (rc == ERR_INVALID_SYNTAX || rc == ERR_INVALID_UTF8)
        return err_set(&req->err, ERR_INVALID_REQUEST, "Cannot parse the JSON");
    if (rc == ERR_DUPLICATE)
        return err_set(&req->err, rc, "A member stands twice in the JSON");
    return rc;
}

int body_object(struct request *req, const struct json_value **ret_json)
{
    TRY(body_json(req, ret_json));
    return json_is_object(*ret_json)
               ? 0
               : err_set(&req->err, ERR_INVALID_REQUEST, "An object is expected");
}

int body_member_str(struct request *req, const struct json_value *object, const char *name,
                    struct str *io_value)
{
    if (json_opt_str(object, name, io_value) == 0)
        return 0;
    return err_field(&req->err, ERR_INVALID_REQUEST, name, "%s must be a text", name);
}
