/* One call of the Admin API from the token to the answer. */
#include "web/admin/admin.h"
#include "web/admin/held.h"

#include "core/codec/form.h"
#include "core/port/limits.h"
#include "web/body.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/respond.h"
#include "web/validation/call.h"
#include "web/web.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)6 << 20)
#define REALMS_PREFIX    "/admin/realms/"

/* --- Helpers of handlers --- */

struct str admin_param(const struct admin_call *call, size_t n)
{
    return call->req->params[n];
}

int admin_read(struct admin_call *call)
{
    return call->r ? 0 : store_read_begin(call->ctx.view, &call->r);
}

int admin_write_for(struct admin_call *call, enum store_need need)
{
    if (call->w)
        return 0;
    store_read_end_p(&call->r);
    TRY(store_write_begin_for(call->ctx.view, call->ctx.now, need, &call->w));
    call->r = store_write_reader(call->w);
    return four_eyes_read(call->r, call->req->arena, &call->four_eyes);
}

int admin_write(struct admin_call *call)
{
    return admin_write_for(call, NEED_CHANGE);
}

int admin_body_object(struct admin_call *call)
{
    return body_object(call->req, &call->body);
}

int admin_body_array(struct admin_call *call)
{
    TRY(body_json(call->req, &call->body));
    return json_is_array(call->body)
               ? 0
               : err_set(&call->req->err, ERR_INVALID_REQUEST, "An array is expected");
}

int admin_member_str(struct admin_call *call, const struct json_value *object, const char *name,
                     struct str *io_value)
{
    return body_member_str(call->req, object, name, io_value);
}

int admin_member_bool(struct admin_call *call, const struct json_value *object, const char *name,
                      bool *io_value)
{
    if (json_opt_bool(object, name, io_value) == 0)
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s must be true or false", name);
}

int admin_created(struct admin_call *call, const char *below, struct str id)
{
    struct arena *a = call->req->arena;
    struct str name = percent_encoded(a, id);
    struct str url =
        ARENA_CONCAT(a, web_own_url(call->req), STR(REALMS_PREFIX), auth_realm(&call->ctx)->name,
                     STR("/"), str_c(below), STR("/"), name);
    if (str_absent(name) || str_absent(url))
        return ERR_NO_MEMORY;
    call->location = url;
    call->status = 201;
    return 0;
}

bool admin_has(const struct admin_call *call, enum admin_permission permission)
{
    return admin_may(&call->caller, auth_realm(&call->ctx)->name, permission);
}

int admin_require(const struct admin_call *call, enum admin_permission permission)
{
    return admin_has(call, permission) ? 0 : ERR_FORBIDDEN;
}

int admin_missing(struct admin_call *call, const char *what)
{
    return err_set(&call->req->err, ERR_NOT_FOUND, "%s not found", what);
}

/* --- The steps --- */

static bool path_has_realm(const struct admin_call *call)
{
    return str_find_str(str_c(call->req->route->pattern), STR("/{realm}")) >= 0;
}

/* The path below the realm: what the event names. */
static struct str path_below(const struct admin_call *call)
{
    struct str rest = str_from(call->req->path, sizeof(REALMS_PREFIX) - 1);
    ptrdiff_t slash = str_find(rest, '/');
    return slash < 0 ? STR("") : str_from(rest, (size_t)slash + 1);
}

static void fill_actor(const struct admin_call *call, struct event_actor *ret_actor)
{
    struct request *req = call->req;
    *ret_actor = (struct event_actor){
        .user_id = call->caller.user_id,
        .username = call->caller.username,
        .session_id = call->caller.session_id,
        .client_id = call->caller.client_id,
        .ip = req->client_ip,
        .user_agent = request_header(req, STR("User-Agent")),
        .trace_id = req->trace_id,
        .realm = call->caller.realm,
        .path = path_below(call),
        .justification = request_header(req, STR("X-Justification")),
    };
}

static int find_caller(struct admin_call *call)
{
    struct validation_call asked;
    TRY(validation_call_of(call->req, &asked));
    TRY(admin_caller_find(&asked, &call->caller));
    call->req->user_id = call->caller.user_id;
    return 0;
}

/* As Keycloak: the answer is for the origins of the client that the token was given to. */
bool admin_origin_may_read(const struct admin_caller *caller, struct str origin)
{
    return !str_eq(origin, STR("null")) &&
           (strs_has(&caller->origins, origin) || strs_has(&caller->origins, STR("*")));
}

static void allow_origin(struct admin_call *call)
{
    struct str origin = request_header(call->req, STR("Origin"));
    if (str_absent(origin) || !admin_origin_may_read(&call->caller, origin))
        return;
    respond_header(call->res, "Vary", STR("Origin"));
    respond_header(call->res, "Access-Control-Allow-Origin", origin);
    respond_header(call->res, "Access-Control-Expose-Headers", STR("Location, WWW-Authenticate"));
}

/* AD-02: those of another realm learn nothing, not even whether there is such a realm. */
static int check_permission(struct admin_call *call, struct str realm)
{
    if (!admin_reaches(&call->caller, realm))
        return ERR_FORBIDDEN;
    return admin_may(&call->caller, realm, call->req->route->permission) ? 0 : ERR_FORBIDDEN;
}

static int open_realm(struct admin_call *call, struct str name)
{
    int rc = realm_view_acquire(call->req->web->services.store, name, &call->req->realm);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Realm not found.");
    TRY(rc);
    call->req->tenant_id = realm_view_realm(call->req->realm)->name;
    return 0;
}

static int take_realm(struct admin_call *call)
{
    bool named = path_has_realm(call);
    struct str name = named ? call->req->params[0] : STR(REALM_MASTER);
    /* Lines without a realm ask for what belongs to master, or for a good token alone. */
    if (named || call->req->route->permission != ADMIN_SIGNED_IN) {
        int rc = check_permission(call, name);
        if (rc != 0 && call->caller.of_master && named)
            TRY(open_realm(call, name)); /* who runs the house is told 404 */
        TRY(rc);
    }
    if (!call->req->realm)
        TRY(open_realm(call, name));
    TRY(oidc_context(call->req, &call->ctx));
    fill_actor(call, &call->ctx.actor);
    call->ctx.ret_problems = &call->problems;
    return 0;
}

int admin_master(struct admin_call *call, struct auth_ctx *ret_ctx, struct realm_view **ret_view)
{
    struct auth_ctx ctx = call->ctx;
    ctx.issuer = ARENA_CONCAT(ctx.arena, ctx.base_url, STR("/realms/" REALM_MASTER));
    if (str_absent(ctx.issuer))
        return ERR_NO_MEMORY;
    TRY(realm_view_acquire(call->req->web->services.store, STR(REALM_MASTER), ret_view));
    ctx.view = *ret_view;
    *ret_ctx = ctx;
    return 0;
}

/* A reason that could not be kept as it was given is refused, so that nobody relies on it. */
static int check_justification(struct admin_call *call)
{
    struct str why = request_header(call->req, STR("X-Justification"));
    if (why.len > ADMIN_JUSTIFICATION_MAX_BYTES)
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "X-Justification has more than %d bytes", ADMIN_JUSTIFICATION_MAX_BYTES);
    if (!str_is_utf8(why) || !str_has_no_control(why))
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "X-Justification must be UTF-8 without control characters");
    return 0;
}

int admin_judge(struct admin_call *call)
{
    if (call->is_approved || call->four_eyes.kinds == 0)
        return 0;
    TRY(held_change_judge(&call->ctx, call->w, &call->four_eyes, &call->held));
    return call->held.kinds == 0 ? 0 : ERR_NEEDS_APPROVAL;
}

int admin_commit(struct admin_call *call)
{
    if (!call->w)
        return 0;
    TRY(admin_judge(call));
    call->r = NULL; /* was the writer's */
    return store_commit_p(&call->w, DURABLE_STANDBY);
}

static int run_handler(struct admin_call *call)
{
    TRY(find_caller(call));
    allow_origin(call);
    TRY(take_realm(call));
    TRY(check_justification(call));
    buf_init(&call->text, call->req->arena, ANSWER_MAX_BYTES);
    jw_init(&call->out, &call->text);
    int rc = call->req->route->admin(call);
    rc = rc == 0 ? admin_commit(call) : rc;
    return rc == ERR_NEEDS_APPROVAL ? held_ask(call) : rc;
}

void admin_close(struct admin_call *call)
{
    if (call->w)
        call->r = NULL;
    store_rollback_p(&call->w);
    store_read_end_p(&call->r);
}

static int answer(struct admin_call *call)
{
    struct str json;
    if (!str_absent(call->location))
        respond_header(call->res, "Location", call->location);
    if (call->res->status != 0) /* the handler wrote it as a whole */
        return 0;
    if (!call->out.done && call->text.len == 0) {
        respond_status(call->res, call->status ? call->status : 204);
        call->res->no_body = call->status == 0;
        return 0;
    }
    TRY(jw_finish(&call->out, &json));
    respond_json(call->res, call->status ? call->status : 200, json);
    return 0;
}

void admin_run(struct request *req, struct response *res)
{
    struct admin_call call = {.req = req, .res = res};
    requests_begin_slow(req->web->config.limits.workers); /* lists of thousands, imports */
    int rc = run_handler(&call);
    admin_close(&call);
    requests_begin_slow(0);
    if (rc == 0)
        rc = answer(&call);
    if (rc == ERR_INVALID_REQUEST && call.problems.count > 0)
        fail_admin_problems(req, res, &call.problems);
    else if (rc != 0)
        fail_admin(req, res, rc);
}
