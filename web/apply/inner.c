/* Calls of the Admin API inside the transaction: the handlers of web/admin, with the rights of whoever
 * asked for the whole. */
#include "core/codec/form.h"
#include "web/apply/engine.h"
#include "web/router.h"

#include "core/base/banned.h"

#define REALM_PREFIX     "/admin/realms/{realm}"
#define ANSWER_MAX_BYTES ((size_t)16 << 20)
#define QUERY_MAX_BYTES  ((size_t)8 << 10)
#define PATH_MAX_BYTES   ((size_t)8 << 10)

static const struct route *find_route(const struct inner *call)
{
    for (size_t i = 0; i < web_route_count; i++)
        if (web_routes[i].admin && (web_routes[i].methods & call->method) &&
            strcmp(web_routes[i].pattern, call->pattern) == 0)
            return &web_routes[i];
    return NULL;
}

/* What the event names: the path below the realm, with the ids in it. */
static int path_of(struct arena *a, const struct inner *call, struct str *ret_path)
{
    struct str rest = str_from(str_c(call->pattern), sizeof(REALM_PREFIX) - 1), part;
    struct buf b;
    size_t at = 0;
    buf_init(&b, a, PATH_MAX_BYTES);
    rest = str_starts(rest, STR("/")) ? str_from(rest, 1) : rest;
    while (str_next(&rest, '/', &part)) {
        if (b.len > 0)
            buf_add_byte(&b, '/');
        buf_add(&b, str_starts(part, STR("{")) && at < INNER_PARAMS ? call->params[at++] : part);
    }
    return buf_finish(&b, ret_path);
}

static int query_of(struct arena *a, const struct inner *call, struct str *ret_query)
{
    struct buf b;
    buf_init(&b, a, QUERY_MAX_BYTES);
    if (call->query)
        form_add(&b, call->query, call->query_value);
    if (call->whole_list) {
        form_add(&b, "briefRepresentation", STR("false"));
        form_add(&b, "exact", STR("true"));
        form_add_i64(&b, "first", (int64_t)call->first);
        form_add_i64(&b, "max", APPLY_PAGE);
    }
    return buf_finish(&b, ret_query);
}

static int fill_request(struct apply *e, const struct inner *call, const struct route *route,
                        struct request *ret_req)
{
    struct request req = *e->req;
    req.arena = &e->step;
    req.err = (struct err_ctx){0};
    req.method = call->method;
    req.route = route;
    req.params[0] = e->realm;
    for (size_t i = 0; i < INNER_PARAMS; i++)
        req.params[i + 1] = call->params[i];
    req.body = str_absent(call->body) ? STR("") : call->body;
    req.query_form = req.body_form = NULL;
    req.realm = e->ctx.view;
    TRY(query_of(&e->step, call, &req.raw_query));
    *ret_req = req;
    return 0;
}

/* The picture of the configuration as the changes so far have made it. */
static int refresh(struct apply *e)
{
    if (!e->stale)
        return 0;
    realm_view_release_p(&e->own);
    e->ctx.view = e->base;
    TRY(realm_view_of_write(e->w, &e->own));
    e->ctx.view = e->own;
    e->stale = false;
    return 0;
}

static bool changes_configuration(const struct inner *call)
{
    static const char *const others[] = {"/users", "/groups", "/roles"};
    struct str below = str_from(str_c(call->pattern), sizeof(REALM_PREFIX) - 1);
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (str_starts(below, str_c(others[i])))
            return false;
    return call->method != HTTP_GET;
}

static struct str last_part(struct str location)
{
    struct str part = location;
    ptrdiff_t slash;
    while ((slash = str_find(part, '/')) >= 0)
        part = str_from(part, (size_t)slash + 1);
    return part;
}

static int run(struct apply *e, struct admin_call *call, const struct json_value **ret_json)
{
    struct str text;
    buf_init(&call->text, &e->step, ANSWER_MAX_BYTES);
    jw_init(&call->out, &call->text);
    TRY(call->req->route->admin(call));
    *ret_json = NULL;
    if (!call->out.done && call->text.len == 0)
        return 0;
    TRY(jw_finish(&call->out, &text));
    return json_parse(&e->step, text, ANSWER_MAX_BYTES, ret_json);
}

int apply_call(struct apply *e, const struct inner *inner, const struct json_value **ret_json,
               struct str *ret_id)
{
    const struct route *route = find_route(inner);
    const struct json_value *json = NULL;
    struct request req;
    if (!route)
        return err_set(&e->req->err, ERR_INTERNAL, "no such line of the Admin API: %s",
                       inner->pattern);
    if (!admin_may(e->caller, e->realm, route->permission))
        return err_set(&e->req->err, ERR_FORBIDDEN, "permission is missing for %s", inner->pattern);
    TRY(refresh(e));
    TRY(fill_request(e, inner, route, &req));
    struct admin_call call = {.req = &req, .caller = *e->caller, .ctx = e->ctx, .w = e->w};
    call.r = store_write_reader(e->w);
    call.ctx.arena = &e->step;
    call.ctx.err = &req.err;
    TRY(path_of(&e->step, inner, &call.ctx.actor.path));
    int rc = run(e, &call, &json);
    e->stale = e->stale || changes_configuration(inner);
    if (rc != 0)
        e->req->err = req.err;
    if (ret_json)
        *ret_json = json;
    if (ret_id)
        *ret_id = last_part(call.location);
    return rc;
}

int apply_look(struct apply *e, const struct inner *call, const struct json_value **ret_json)
{
    *ret_json = NULL;
    if (e->is_imagined)
        return 0;
    int rc = apply_call(e, call, ret_json, NULL);
    if (rc != ERR_NOT_FOUND)
        return rc;
    e->req->err = (struct err_ctx){0};
    return 0;
}

void apply_next(struct apply *e)
{
    arena_reset(&e->step);
}
