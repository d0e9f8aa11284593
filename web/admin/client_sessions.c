/* ~/clients/{id}/user-sessions, /offline-sessions and their counts. */
#include "core/auth/session.h"
#include "core/port/users.h"
#include "web/admin/clients.h"

#include "core/base/banned.h"

void client_session_limits(const struct realm *realm, struct session_limits *ret_limits)
{
    session_limits_of(realm, ret_limits);
    /* WE-03: switching remember-me off ends what was started with it. */
    if (!realm->remember_me)
        ret_limits->idle_remember_ms = ret_limits->max_remember_ms = 1;
}

static int write_session(struct admin_call *call, const struct client *client,
                         const struct user_session *s)
{
    struct json_writer *w = &call->out;
    struct user user;
    int rc = user_find_by_id(call->r, call->req->arena, s->user_id, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    jw_begin_object(w);
    jw_member_str(w, "id", s->id);
    jw_member_str(w, "username", user.username);
    jw_member_str(w, "userId", user.id);
    jw_member_str_opt(w, "ipAddress", s->ip);
    jw_member_i64(w, "start", s->started_ms);
    jw_member_i64(w, "lastAccess", s->last_access_ms);
    jw_member_bool(w, "rememberMe", s->remember_me);
    jw_member_bool(w, "transientUser", false);
    jw_member_object(w, "clients");
    jw_key_s(w, client->id);
    jw_str(w, client->client_id);
    jw_end_object(w);
    jw_end_object(w);
    return 0;
}

/* AD-07: who is logged in is for who looks at people, wherever it is asked. */
static int list(struct admin_call *call, bool offline)
{
    struct client client;
    struct admin_page page;
    struct session_limits limits;
    struct user_session *sessions;
    size_t count;
    TRY(admin_page(call, &page));
    TRY(clients_find(call, &client));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    client_session_limits(auth_realm(&call->ctx), &limits);
    TRY(session_list_of_client(call->r, call->req->arena, client.pk, offline, &limits,
                               call->ctx.now->wall_ms, page.first, admin_page_limit(&page),
                               &sessions, &count));
    TRY(admin_page_check(call, &page, count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        TRY(write_session(call, &client, &sessions[i]));
    jw_end_array(&call->out);
    return 0;
}

static int count_sessions(struct admin_call *call, bool offline)
{
    struct client client;
    struct session_limits limits;
    int64_t count;
    TRY(clients_find(call, &client));
    client_session_limits(auth_realm(&call->ctx), &limits);
    TRY(session_count_of_client(call->r, client.pk, offline, &limits, call->ctx.now->wall_ms,
                                &count));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "count", count);
    jw_end_object(&call->out);
    return 0;
}

int rest_client_sessions(struct admin_call *call)
{
    return list(call, false);
}

int rest_client_offline_sessions(struct admin_call *call)
{
    return list(call, true);
}

int rest_client_sessions_count(struct admin_call *call)
{
    return count_sessions(call, false);
}

int rest_client_offline_sessions_count(struct admin_call *call)
{
    return count_sessions(call, true);
}
