/* ~/attack-detection, ~/logout-all, ~/push-revocation, ~/client-session-stats, ~/clear-...-cache: what keeps a
 * realm going. */
#include "core/admin/push.h"
#include "core/admin/record.h"
#include "core/admin/sessions.h"
#include "core/auth/brute_force.h"
#include "core/port/clients.h"
#include "web/admin/clients.h"
#include "web/admin/users.h"
#include "web/oidc/jwks_cache.h"
#include "web/web.h"

#include "core/base/banned.h"

#define CLIENTS_PAGE 200

/* --- Failed logins --- */

/* Moments of failures are kept on the clock that leaps do not move. */
static int64_t wall_ms(const struct admin_call *call, int64_t steady_ms)
{
    return steady_ms > 0 ? steady_ms + call->ctx.now->leapt_ms : 0;
}

int rest_lockout_get(struct admin_call *call)
{
    struct json_writer *w = &call->out;
    struct login_failures f;
    struct user user;
    TRY(users_find(call, &user));
    TRY(login_failures_find(call->r, call->req->arena, user.pk, &f));
    bool locked = brute_force_locked(auth_realm(&call->ctx), &f, now_steady_ms(call->ctx.now));
    jw_begin_object(w);
    jw_member_i64(w, "numFailures", f.count);
    jw_member_i64(w, "numTemporaryLockouts", f.temporary_lockouts);
    jw_member_bool(w, "disabled", locked || !user.enabled);
    jw_member_str(w, "lastIPFailure", str_empty(f.last_ip) ? STR("n/a") : f.last_ip);
    jw_member_i64(w, "lastFailure", wall_ms(call, f.last_failure_ms));
    jw_member_i64(w, "failedLoginNotBefore", wall_ms(call, f.locked_until_ms) / 1000);
    jw_end_object(w);
    return 0;
}

int rest_lockout_clear(struct admin_call *call)
{
    struct user user;
    TRY(users_find_to_change(call, &user));
    return admin_lockout_clear(&call->ctx, call->w, &user);
}

int rest_lockouts_clear(struct admin_call *call)
{
    TRY(admin_write(call));
    return admin_lockouts_clear(&call->ctx, &call->caller, call->w);
}

/* --- Ending, telling --- */

/* Keycloak's GlobalRequestResult. */
static int write_reached(struct admin_call *call, const struct strs *failed)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    if (failed->count > 0) {
        jw_member_array(w, "failedRequests");
        for (size_t i = 0; i < failed->count; i++)
            jw_str(w, failed->items[i]);
        jw_end_array(w);
    }
    jw_end_object(w);
    return 0;
}

int rest_logout_all(struct admin_call *call)
{
    const struct strs none = {0};
    int64_t count;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(admin_sessions_end(&call->ctx, call->w, &count));
    return write_reached(call, &none);
}

int rest_push_revocation(struct admin_call *call)
{
    struct strs failed;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(admin_push_realm(&call->ctx, call->w, &failed));
    return write_reached(call, &failed);
}

int rest_client_push_revocation(struct admin_call *call)
{
    struct client client;
    struct strs failed;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(clients_find(call, &client));
    TRY(admin_push_client(&call->ctx, call->w, &client, &failed));
    return write_reached(call, &failed);
}

/* --- Counting --- */

static int write_stats(struct admin_call *call, const struct client *client,
                       const struct session_limits *limits)
{
    struct json_writer *w = &call->out;
    struct arena *a = call->req->arena;
    int64_t counts[2];
    for (int offline = 0; offline < 2; offline++)
        TRY(session_count_of_client(call->r, client->pk, offline == 1, limits,
                                    call->ctx.now->wall_ms, &counts[offline]));
    if (counts[0] == 0 && counts[1] == 0)
        return 0;
    jw_begin_object(w);
    jw_member_str(w, "id", client->id);
    jw_member_str(w, "clientId", client->client_id);
    jw_member_str(w, "active", arena_printf(a, "%lld", (long long)counts[0]));
    jw_member_str(w, "offline", arena_printf(a, "%lld", (long long)counts[1]));
    jw_end_object(w);
    return 0;
}

/* Only clients that have sessions, as Keycloak. */
int rest_client_session_stats(struct admin_call *call)
{
    struct session_limits limits;
    struct client *clients;
    struct str after = {NULL, 0};
    size_t count;
    TRY(admin_read(call));
    client_session_limits(auth_realm(&call->ctx), &limits);
    jw_begin_array(&call->out);
    do {
        TRY(client_list(call->r, call->req->arena, after, CLIENTS_PAGE, &clients, &count));
        for (size_t i = 0; i < count; i++)
            TRY(write_stats(call, &clients[i], &limits));
        if (count > 0)
            after = clients[count - 1].client_id;
    } while (count == CLIENTS_PAGE);
    jw_end_array(&call->out);
    return 0;
}

/* --- Caches --- */

static int record_cleared(struct admin_call *call, struct str cache)
{
    return ADMIN_RECORD(&call->ctx, call->w, EVENT_CacheCleared, "realm",
                        auth_realm(&call->ctx)->id, {"cache", cache});
}

/* Copies of a realm and of its people are replaced by the commits that change them: there is nothing that
 * could be out of date. The call is an event all the same. */
int rest_clear_realm_cache(struct admin_call *call)
{
    TRY(admin_write(call));
    return record_cleared(call, STR("realm"));
}

int rest_clear_user_cache(struct admin_call *call)
{
    TRY(admin_write(call));
    return record_cleared(call, STR("user"));
}

/* Keys that clients and partners keep behind a URL. */
int rest_clear_keys_cache(struct admin_call *call)
{
    TRY(admin_write(call));
    if (call->req->web->jwks)
        jwks_cache_expire(call->req->web->jwks, clock_monotonic_ns() / 1000000);
    return record_cleared(call, STR("keys"));
}
