/* What is held about one person. */
#include "core/transfer/person.h"

#include "core/model/plain.h"
#include "core/port/roles.h"
#include "core/port/sessions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static int write_memberships(struct json_writer *w, struct store_read *r, struct arena *a,
                             const struct user *user)
{
    struct roles roles;
    struct groups groups;
    TRY(user_roles(r, a, user->pk, &roles));
    TRY(user_groups(r, a, user->pk, &groups));
    jw_key(w, "roles");
    plain_write_roles(w, &roles);
    jw_member_array(w, "groups");
    for (size_t i = 0; i < groups.count; i++)
        jw_str(w, groups.items[i].path);
    jw_end_array(w);
    return 0;
}

static int write_consents(struct json_writer *w, struct store_read *r, struct arena *a,
                          const struct user *user)
{
    struct consent *consents;
    size_t count;
    TRY(consent_list(r, a, user->pk, &consents, &count));
    jw_member_array(w, "consents");
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "clientId", consents[i].client_id);
        jw_member_array(w, "scopes");
        for (size_t k = 0; k < consents[i].scopes.count; k++)
            jw_str(w, consents[i].scopes.items[k]);
        jw_end_array(w);
        plain_write_time(w, "created", consents[i].created_ms);
        plain_write_time(w, "updated", consents[i].updated_ms);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

static int write_clients(struct json_writer *w, struct store_read *r, struct arena *a,
                         int64_t session_pk)
{
    struct client_session *clients;
    size_t count;
    TRY(client_session_list(r, a, session_pk, &clients, &count));
    jw_member_array(w, "clients");
    for (size_t i = 0; i < count; i++)
        jw_str(w, clients[i].client_id);
    jw_end_array(w);
    return 0;
}

static int write_session(struct json_writer *w, struct store_read *r, struct arena *a,
                         const struct user_session *s)
{
    jw_begin_object(w);
    jw_member_str(w, "id", s->id);
    plain_write_time(w, "started", s->started_ms);
    plain_write_time(w, "lastAccess", s->last_access_ms);
    jw_member_bool(w, "offline", s->offline);
    jw_member_str_opt(w, "ip", s->ip);
    jw_member_str_opt(w, "userAgent", s->user_agent);
    TRY(write_clients(w, r, a, s->pk));
    jw_end_object(w);
    return 0;
}

static int write_sessions(struct json_writer *w, struct store_read *r, struct arena *a,
                          const struct user *user)
{
    struct user_session *sessions;
    size_t count;
    TRY(session_list_of_user(r, a, user->pk, &sessions, &count));
    jw_member_array(w, "sessions");
    for (size_t i = 0; i < count; i++)
        TRY(write_session(w, r, a, &sessions[i]));
    jw_end_array(w);
    return 0;
}

/* What is known of them, never what they are. */
static int write_credentials(struct json_writer *w, struct store_read *r, struct arena *a,
                             const struct user *user)
{
    struct credentials list;
    TRY(credential_list(r, a, user->pk, &list));
    jw_member_array(w, "credentials");
    for (size_t i = 0; i < list.count; i++) {
        jw_begin_object(w);
        jw_member_str(w, "id", list.items[i].id);
        jw_member_str(w, "type", list.items[i].type);
        jw_member_str_opt(w, "userLabel", list.items[i].user_label);
        plain_write_time(w, "created", list.items[i].created_ms);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

static int write_failures(struct json_writer *w, struct store_read *r, struct arena *a,
                          const struct user *user)
{
    struct login_failures failures;
    TRY(login_failures_find(r, a, user->pk, &failures));
    if (failures.count == 0)
        return 0;
    jw_member_object(w, "loginFailures");
    jw_member_i64(w, "count", failures.count);
    plain_write_time(w, "last", failures.last_failure_ms);
    jw_member_str_opt(w, "lastIp", failures.last_ip);
    jw_end_object(w);
    return 0;
}

int person_write(struct json_writer *w, struct store_read *r, struct arena *a,
                 const struct user *user)
{
    jw_begin_object(w);
    jw_member_str(w, "id", user->id);
    fields_write(&user_fields, user, w);
    TRY(write_memberships(w, r, a, user));
    TRY(write_consents(w, r, a, user));
    TRY(write_sessions(w, r, a, user));
    TRY(write_credentials(w, r, a, user));
    TRY(write_failures(w, r, a, user));
    jw_end_object(w);
    return 0;
}
