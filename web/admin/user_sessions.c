/* ~/users/{id}/sessions, /offline-sessions, /logout, /consents, and ~/sessions/{session}. */
#include "core/account/applications.h"
#include "core/admin/users.h"
#include "core/auth/session.h"
#include "core/oidc/consent.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

/* --- Sessions --- */

static int write_clients(struct admin_call *call, const struct client_session *parts, size_t count)
{
    struct json_writer *w = &call->out;
    const struct client *client;
    jw_member_object(w, "clients");
    for (size_t i = 0; i < count; i++) {
        int rc = realm_view_client_by_pk(call->ctx.view, parts[i].client_pk, &client);
        if (rc == ERR_NOT_FOUND)
            continue;
        TRY(rc);
        jw_key_s(w, client->id);
        jw_str(w, client->client_id);
    }
    jw_end_object(w);
    return 0;
}

static int write_session(struct admin_call *call, const struct user *user,
                         const struct user_session *s, const struct client_session *parts,
                         size_t count)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "id", s->id);
    jw_member_str(w, "username", user->username);
    jw_member_str(w, "userId", user->id);
    jw_member_str_opt(w, "ipAddress", s->ip);
    jw_member_i64(w, "start", s->started_ms);
    jw_member_i64(w, "lastAccess", s->last_access_ms);
    jw_member_bool(w, "rememberMe", s->remember_me);
    jw_member_bool(w, "transientUser", false);
    TRY(write_clients(call, parts, count));
    jw_end_object(w);
    return 0;
}

static bool has_client(const struct client_session *parts, size_t count, int64_t client_pk)
{
    for (size_t i = 0; i < count; i++)
        if (parts[i].client_pk == client_pk)
            return true;
    return client_pk == 0;
}

/* client_pk 0: of whatever client. */
static int write_sessions(struct admin_call *call, const struct user *user, bool offline,
                          int64_t client_pk)
{
    struct user_session *sessions;
    struct client_session *parts;
    size_t count, part_count;
    TRY(session_list_of_user(call->r, call->req->arena, user->pk, &sessions, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++) {
        if (sessions[i].offline != offline ||
            session_is_over(auth_realm(&call->ctx), &sessions[i], call->ctx.now->wall_ms))
            continue;
        TRY(client_session_list(call->r, call->req->arena, sessions[i].pk, &parts, &part_count));
        if (has_client(parts, part_count, client_pk))
            TRY(write_session(call, user, &sessions[i], parts, part_count));
    }
    jw_end_array(&call->out);
    return 0;
}

int rest_user_sessions(struct admin_call *call)
{
    struct user user;
    TRY(users_find(call, &user));
    return write_sessions(call, &user, false, 0);
}

int rest_user_offline_sessions(struct admin_call *call)
{
    struct user user;
    const struct client *client;
    TRY(users_find(call, &user));
    int rc = realm_view_client(call->ctx.view, admin_param(call, 2), &client);
    if (rc == ERR_NOT_FOUND)
        return admin_missing(call, "Client");
    TRY(rc);
    return write_sessions(call, &user, true, client->pk);
}

int rest_user_logout(struct admin_call *call)
{
    struct user user;
    int64_t ended;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(users_find_to_change(call, &user));
    return admin_user_logout(&call->ctx, call->w, &user, &ended);
}

int rest_session_remove(struct admin_call *call)
{
    struct user_session session;
    TRY(admin_write_for(call, NEED_ENDING));
    int rc = session_find(call->r, call->req->arena, admin_param(call, 1), &session);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Session not found");
    TRY(rc);
    TRY(admin_may_change_user(&call->ctx, &call->caller, call->r, session.user_pk));
    return session_end(&call->ctx, call->w, &session, EVENT_SessionRevoked);
}

/* --- Consents --- */

static void write_offline(struct json_writer *w, const struct client *client)
{
    jw_begin_object(w);
    jw_member_str(w, "client", client->id);
    jw_member_c(w, "key", "Offline Token");
    jw_end_object(w);
}

static void write_grant(struct json_writer *w, const struct application *g)
{
    jw_begin_object(w);
    jw_member_str(w, "clientId", g->client->client_id);
    jw_member_array(w, "grantedClientScopes");
    for (size_t i = 0; g->consent && i < g->consent->scopes.count; i++)
        jw_str(w, g->consent->scopes.items[i]);
    jw_end_array(w);
    if (g->consent) {
        jw_member_i64(w, "createdDate", g->consent->created_ms);
        jw_member_i64(w, "lastUpdatedDate", g->consent->updated_ms);
    }
    jw_member_array(w, "additionalGrants");
    if (g->offline)
        write_offline(w, g->client);
    jw_end_array(w);
    jw_end_object(w);
}

int rest_user_consents(struct admin_call *call)
{
    struct user user;
    struct applications list;
    TRY(users_find(call, &user));
    TRY(applications_of(&call->ctx, call->r, user.pk, &list));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < list.count; i++)
        if (list.items[i].consent || list.items[i].offline)
            write_grant(&call->out, &list.items[i]);
    jw_end_array(&call->out);
    return 0;
}

int rest_user_consent_remove(struct admin_call *call)
{
    struct user user;
    const struct client *client;
    TRY(admin_write_for(call, NEED_ENDING));
    TRY(users_find_to_change(call, &user));
    int rc = realm_view_client(call->ctx.view, admin_param(call, 2), &client);
    if (rc == ERR_NOT_FOUND)
        return admin_missing(call, "Client");
    TRY(rc);
    rc = consent_revoke(&call->ctx, call->w, &user, client);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Consent nor offline token not found");
    return rc;
}
