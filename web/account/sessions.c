/* Where a person is logged in: /sessions, and the same by device. Nobody finds a session of somebody
 * else here, whatever its id (AD-10). */
#include "web/account/account.h"

#include "core/auth/session.h"
#include "core/codec/user_agent.h"

#include "core/base/banned.h"

#define MS_PER_S     1000
/* As many as a page can show; who has more ends all others at once. */
#define SESSIONS_MAX 200

struct own_sessions {
    struct user_session *items;
    size_t count;
};

/* Logins that are not over. Offline sessions belong to applications, and are shown with these. */
static int load(struct account_call *call, struct own_sessions *ret_list)
{
    struct user_session *all;
    size_t count, kept = 0;
    TRY(session_list_of_user(call->r, call->req->arena, call->user.pk, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (!all[i].offline &&
            !session_is_over(auth_realm(&call->ctx), &all[i], call->ctx.now->wall_ms))
            all[kept++] = all[i];
    *ret_list = (struct own_sessions){all, kept < SESSIONS_MAX ? kept : SESSIONS_MAX};
    return 0;
}

static bool is_current(const struct account_call *call, const struct user_session *s)
{
    return str_eq(s->id, call->caller.session_id);
}

static int write_clients(struct account_call *call, const struct user_session *s)
{
    struct json_writer *w = &call->out;
    struct client_session *parts;
    const struct client *client;
    size_t count;
    TRY(client_session_list(call->r, call->req->arena, s->pk, &parts, &count));
    jw_member_array(w, "clients");
    for (size_t i = 0; i < count; i++) {
        int rc = realm_view_client_by_pk(call->ctx.view, parts[i].client_pk, &client);
        if (rc == ERR_NOT_FOUND)
            continue;
        TRY(rc);
        jw_begin_object(w);
        jw_member_str(w, "clientId", client->client_id);
        jw_member_str(w, "clientName", client->name);
        jw_member_bool(w, "userConsentRequired", client->consent_required);
        jw_member_bool(w, "inUse", true);
        jw_member_bool(w, "offlineAccess", s->offline);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

/* "Firefox/128.0", as Keycloak shows it. */
static struct str with_version(struct arena *a, struct str name, struct str version)
{
    return str_empty(version) ? name : ARENA_CONCAT(a, name, STR("/"), version);
}

static int write_session(struct account_call *call, const struct user_session *s)
{
    struct json_writer *w = &call->out;
    struct user_agent ua = user_agent_read(s->user_agent);
    int64_t idle_ms, max_ms;
    session_ends(auth_realm(&call->ctx), s, &idle_ms, &max_ms);
    jw_begin_object(w);
    jw_member_str(w, "id", s->id);
    jw_member_str_opt(w, "ipAddress", s->ip);
    jw_member_i64(w, "started", s->started_ms / MS_PER_S);
    jw_member_i64(w, "lastAccess", s->last_access_ms / MS_PER_S);
    jw_member_i64(w, "expires", (idle_ms < max_ms ? idle_ms : max_ms) / MS_PER_S);
    jw_member_str(w, "browser", with_version(call->req->arena, ua.browser, ua.browser_version));
    jw_member_bool(w, "current", is_current(call, s));
    TRY(write_clients(call, s));
    jw_end_object(w);
    return 0;
}

int account_sessions(struct account_call *call)
{
    struct own_sessions list;
    TRY(account_read(call));
    TRY(load(call, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        TRY(write_session(call, &list.items[i]));
    jw_end_array(&call->out);
    return 0;
}

/* --- Devices: sessions that come from the same machine, as far as one can tell --- */

static bool is_same_device(const struct user_session *a, const struct user_session *b)
{
    struct user_agent x = user_agent_read(a->user_agent), y = user_agent_read(b->user_agent);
    return str_eq(x.os, y.os) && str_eq(x.os_version, y.os_version) && str_eq(x.device, y.device) &&
           str_eq(a->ip, b->ip);
}

static bool is_first_of_device(const struct own_sessions *list, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (is_same_device(&list->items[i], &list->items[at]))
            return false;
    return true;
}

static int write_device(struct account_call *call, const struct own_sessions *list, size_t first)
{
    struct json_writer *w = &call->out;
    const struct user_session *s = &list->items[first];
    struct user_agent ua = user_agent_read(s->user_agent);
    int64_t last_ms = 0;
    bool current = false;
    jw_begin_object(w);
    jw_member_str(w, "os", ua.os);
    jw_member_str(w, "osVersion", ua.os_version);
    jw_member_str(w, "device", ua.device);
    jw_member_bool(w, "mobile", ua.mobile);
    jw_member_str_opt(w, "ipAddress", s->ip);
    jw_member_array(w, "sessions");
    for (size_t i = first; i < list->count; i++) {
        if (!is_same_device(s, &list->items[i]))
            continue;
        TRY(write_session(call, &list->items[i]));
        current = current || is_current(call, &list->items[i]);
        if (list->items[i].last_access_ms > last_ms)
            last_ms = list->items[i].last_access_ms;
    }
    jw_end_array(w);
    jw_member_i64(w, "lastAccess", last_ms / MS_PER_S);
    jw_member_bool(w, "current", current);
    jw_end_object(w);
    return 0;
}

int account_devices(struct account_call *call)
{
    struct own_sessions list;
    TRY(account_read(call));
    TRY(load(call, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        if (is_first_of_device(&list, i))
            TRY(write_device(call, &list, i));
    jw_end_array(&call->out);
    return 0;
}

/* --- Ending --- */

/* All but the present one; with current=true that one, too (WE-03). */
int account_sessions_end(struct account_call *call)
{
    const struct form *query;
    struct user_session *all;
    size_t count;
    TRY(request_query(call->req, &query));
    bool too = str_ieq(form_get(query, "current"), STR("true"));
    TRY(account_write(call, NEED_ENDING));
    TRY(session_list_of_user(call->r, call->req->arena, call->user.pk, &all, &count));
    for (size_t i = 0; i < count; i++)
        if (!all[i].offline && (too || !is_current(call, &all[i])))
            TRY(session_end(&call->ctx, call->w, &all[i], EVENT_SessionRevoked));
    return 0;
}

/* As Keycloak: one that is not there, or somebody else's, is answered as if it had been ended. */
int account_session_end(struct account_call *call)
{
    struct user_session session;
    TRY(account_write(call, NEED_ENDING));
    int rc = session_find(call->r, call->req->arena, account_param(call, 0), &session);
    if (rc == ERR_NOT_FOUND || (rc == 0 && session.user_pk != call->user.pk))
        return 0;
    TRY(rc);
    return session_end(&call->ctx, call->w, &session, EVENT_SessionRevoked);
}
