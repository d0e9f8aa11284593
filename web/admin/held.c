/* Keeping a call until a second person has looked at it. */
#include "web/admin/held.h"

#include "web/admin/users.h"
#include "web/web.h"

#include "core/base/banned.h"

#define ROWS_MAX_BYTES ((size_t)1 << 10)

static const struct {
    enum http_method method;
    const char *name;
} methods[] = {{HTTP_POST, "POST"}, {HTTP_PUT, "PUT"}, {HTTP_DELETE, "DELETE"}};

static struct str method_name(enum http_method method)
{
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (methods[i].method == method)
            return str_c(methods[i].name);
    return STR("");
}

const struct route *held_route(const struct admin_call *call, const struct change_request *request,
                               struct route_match *ret_match)
{
    *ret_match = (struct route_match){0};
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (str_eq_c(request->method, methods[i].name))
            router_match(call->req->web->router, methods[i].method, request->path, ret_match);
    return ret_match->route && ret_match->route->admin ? ret_match->route : NULL;
}

/* --- What cannot be kept --- */

static bool is_password(const struct json_value *credential)
{
    return !str_absent(json_get_str(credential, "value"));
}

static bool has_credentials(const struct json_value *value)
{
    const struct json_value *member;
    struct str name;
    for (struct json_iter it = json_iter(value); json_next(&it, &name, &member);) {
        const struct json_value *credential;
        bool of_person = !str_absent(name) && str_eq(name, STR("credentials"));
        for (struct json_iter c = json_iter(member); of_person && json_next(&c, NULL, &credential);)
            if (is_password(credential))
                return true;
        if (has_credentials(member))
            return true;
    }
    return false;
}

/* PW: a password in clear is never kept, sealed or not. */
static bool carries_password(struct admin_call *call)
{
    if (call->req->route->admin == rest_user_reset_password)
        return true;
    return call->body && has_credentials(call->body);
}

static int check_keeping(struct admin_call *call)
{
    struct err_ctx *err = &call->req->err;
    struct str kinds = four_eyes_kinds_text(call->req->arena, call->held.kinds);
    if (str_absent(kinds))
        return ERR_NO_MEMORY;
    if (call->held.refused || carries_password(call))
        return err_set(
            err, ERR_FORBIDDEN,
            "This is a change that a second person must approve (%.*s), and passwords, "
            "mailed links and impersonation cannot wait for one: nobody may do it in this way",
            STR_ARG(kinds));
    if (!call->caller.is_person)
        return err_set(
            err, ERR_FORBIDDEN,
            "A second person must approve this change (%.*s): only who logged in himself "
            "may ask for it",
            STR_ARG(kinds));
    if (str_empty(call->ctx.actor.justification))
        return err_field(err, ERR_INVALID_REQUEST, "X-Justification",
                         "A second person must approve this change (%.*s): the header "
                         "X-Justification must say why it is wanted",
                         STR_ARG(kinds));
    return 0;
}

/* --- Keeping it --- */

static int fill(const struct admin_call *call, const struct auth_ctx *ctx,
                struct change_request *ret_request)
{
    const struct request *req = call->req;
    const struct admin_caller *caller = &call->caller;
    *ret_request = (struct change_request){
        .realm = auth_realm(ctx)->name,
        .method = method_name(req->method),
        .path = req->path,
        .query = str_empty(req->raw_query) ? STR("") : req->raw_query,
        .justification = ctx->actor.justification,
        .requester_id = caller->user_id,
        .requester_name = caller->username,
        .requester_realm = caller->realm,
        .requester_client = caller->client_id,
        .requester_scope = str_empty(caller->scope) ? STR("") : caller->scope,
        .reason = STR(""),
        .decider_id = STR(""),
        .decider_name = STR(""),
        .decider_realm = STR(""),
    };
    return str_empty(ret_request->method) ? ERR_INTERNAL : 0;
}

static int keep(struct admin_call *call, struct auth_ctx *ctx, struct change_request *ret_request)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct four_eyes setting;
    TRY(fill(call, ctx, ret_request));
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(four_eyes_read(store_write_reader(w), ctx->arena, &setting));
    TRY(change_request_insert(ctx, w, &setting, &call->held, call->req->body, ret_request));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int keep_in_realm(struct admin_call *call, struct change_request *ret_request)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct auth_ctx ctx = call->ctx;
    if (!str_absent(call->held_realm)) {
        TRY(realm_view_acquire(call->req->web->services.store, call->held_realm, &view));
        ctx.view = view;
    }
    TRY(keep(call, &ctx, ret_request));
    ret_request->realm = arena_str(call->req->arena, ret_request->realm);
    return str_absent(ret_request->realm) ? ERR_NO_MEMORY : 0;
}

int held_represent(struct admin_call *call, const struct change_request *request, bool is_whole)
{
    const struct change_view view = {.is_whole = is_whole};
    return change_request_write(&call->ctx, call->r, request, &view, &call->out);
}

/* 202 is no success for tools that look at texts alone. */
static int represent_asked(struct admin_call *call, const struct change_request *request)
{
    const struct change_view view = {
        .message = arena_printf(
            call->req->arena,
            "Nothing was changed yet: a second person must approve change request %.*s",
            STR_ARG(request->id))};
    if (str_absent(view.message))
        return ERR_NO_MEMORY;
    return change_request_write(&call->ctx, NULL, request, &view, &call->out);
}

static void start_answer(struct admin_call *call)
{
    buf_clear(&call->text);
    jw_init(&call->out, &call->text);
    call->location = str_of(NULL, 0);
}

int held_ask(struct admin_call *call)
{
    struct change_request request;
    TRY(check_keeping(call));
    admin_close(call);
    start_answer(call);
    TRY(keep_in_realm(call, &request));
    call->location = ARENA_CONCAT(call->req->arena, web_own_url(call->req), STR("/admin/realms/"),
                                  request.realm, STR("/change-requests/"), request.id);
    if (str_absent(call->location))
        return ERR_NO_MEMORY;
    call->status = 202;
    return represent_asked(call, &request);
}

/* --- Deleting a realm --- */

static int deletion_row(struct admin_call *call, unsigned kinds, struct str *ret_rows)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, call->req->arena, ROWS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    jw_begin_object(&w);
    jw_member_c(&w, "event", event_type_name(EVENT_RealmDeleted));
    jw_member_c(&w, "subject", "realm");
    jw_key(&w, "kinds");
    four_eyes_write_kinds(kinds, &w);
    jw_member_object(&w, "data");
    jw_member_str(&w, "realm", auth_realm(&call->ctx)->name);
    jw_end_object(&w);
    jw_end_object(&w);
    jw_end_array(&w);
    return jw_finish(&w, ret_rows);
}

int held_judge_deletion(struct admin_call *call)
{
    unsigned kind = FOUR_EYES_BIT(FOUR_EYES_REALM_DELETION);
    struct four_eyes setting;
    if (call->is_approved)
        return 0;
    TRY(admin_read(call));
    TRY(four_eyes_read(call->r, call->req->arena, &setting));
    store_read_end_p(&call->r);
    if (!(setting.kinds & kind))
        return 0;
    call->held.kinds = kind;
    TRY(deletion_row(call, kind, &call->held.rows));
    return ERR_NEEDS_APPROVAL;
}
