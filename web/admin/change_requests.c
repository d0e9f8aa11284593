/* ~/change-requests and ~/four-eyes: what waits for a second person, and the realm's setting. */
#include "web/admin/change_requests.h"

#include "core/base/banned.h"

#define PARAM_ID 1

/* --- The setting --- */

static int write_setting(struct admin_call *call)
{
    struct four_eyes setting;
    struct json_writer *w = &call->out;
    TRY(admin_read(call));
    TRY(four_eyes_read(call->r, call->req->arena, &setting));
    jw_begin_object(w);
    jw_key(w, "kinds");
    four_eyes_write_kinds(setting.kinds, w);
    jw_member_i64(w, "expiresAfterDays", setting.expires_after_days);
    jw_end_object(w);
    return 0;
}

int rest_four_eyes_get(struct admin_call *call)
{
    return write_setting(call);
}

int rest_four_eyes_put(struct admin_call *call)
{
    struct four_eyes setting;
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    setting = call->four_eyes;
    if (!json_is_none(json_get(call->body, "kinds")))
        TRY(four_eyes_read_kinds(json_get(call->body, "kinds"), &call->req->err, &setting.kinds));
    if (json_opt_i64(call->body, "expiresAfterDays", &setting.expires_after_days) != 0)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "expiresAfterDays",
                         "expiresAfterDays must be a number");
    return four_eyes_change(&call->ctx, call->w, &setting);
}

/* --- Who sees and decides --- */

bool change_is_of(const struct admin_caller *caller, const struct change_request *request)
{
    return str_eq(caller->user_id, request->requester_id);
}

/* A line that leaves the decision to its handler is looked at by who manages the realm. */
bool change_is_seen(const struct admin_call *call, const struct change_request *request)
{
    struct route_match match;
    const struct route *route = held_route(call, request, &match);
    enum admin_permission permission = route ? route->permission : ADMIN_MANAGE_REALM;
    if (permission == ADMIN_ANY_ROLE || permission == ADMIN_SIGNED_IN)
        permission = ADMIN_MANAGE_REALM;
    return change_is_of(&call->caller, request) || admin_has(call, permission);
}

int change_find(struct admin_call *call, struct change_request *ret_request)
{
    TRY(change_request_find(&call->ctx, call->r, admin_param(call, PARAM_ID), ret_request));
    return change_is_seen(call, ret_request) ? 0 : ERR_FORBIDDEN;
}

int change_reason(struct admin_call *call, struct str *ret_reason)
{
    *ret_reason = str_of(NULL, 0);
    if (str_empty(call->req->body))
        return 0;
    TRY(admin_body_object(call));
    return admin_member_str(call, call->body, "reason", ret_reason);
}

/* --- Looking --- */

int rest_changes_list(struct admin_call *call)
{
    struct change_requests all;
    struct admin_page page;
    struct str status;
    size_t seen = 0;
    TRY(admin_page(call, &page));
    TRY(admin_query(call, "status", &status));
    TRY(admin_read(call));
    TRY(change_request_list(&call->ctx, call->r, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++) {
        bool wanted = str_absent(status) || str_eq(status, all.items[i].status);
        if (!wanted || !change_is_seen(call, &all.items[i]))
            continue;
        if (admin_page_has(&page, seen++))
            TRY(held_represent(call, &all.items[i], false));
    }
    jw_end_array(&call->out);
    return 0;
}

int rest_change_get(struct admin_call *call)
{
    struct change_request request;
    TRY(admin_read(call));
    TRY(change_find(call, &request));
    return held_represent(call, &request, true);
}

/* --- Deciding against it; approving is in approve.c --- */

static int end_and_show(struct admin_call *call, struct change_request *request, const char *status,
                        struct str reason)
{
    TRY(change_request_end(&call->ctx, call->w, request, status, reason));
    return held_represent(call, request, false);
}

int rest_change_reject(struct admin_call *call)
{
    struct change_request request;
    struct str reason;
    TRY(change_reason(call, &reason));
    TRY(admin_write(call));
    TRY(change_find(call, &request));
    if (change_is_of(&call->caller, &request))
        return err_set(&call->req->err, ERR_FORBIDDEN,
                       "Whoever asked for a change cancels it; another one rejects it");
    if (str_empty(reason))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "reason",
                         "reason must say why the change is rejected");
    return end_and_show(call, &request, CHANGE_REJECTED, reason);
}

int rest_change_cancel(struct admin_call *call)
{
    struct change_request request;
    struct str reason;
    TRY(change_reason(call, &reason));
    TRY(admin_write(call));
    TRY(change_find(call, &request));
    if (!change_is_of(&call->caller, &request))
        return err_set(&call->req->err, ERR_FORBIDDEN,
                       "Only whoever asked for a change cancels it; others reject it");
    return end_and_show(call, &request, CHANGE_CANCELLED, reason);
}
