/* ~/events, ~/events/config and ~/admin-events. */
#include "core/admin/event_lists.h"
#include "web/admin/admin.h"

#include "core/base/banned.h"

/* --- What is asked --- */

static int read_word(struct admin_call *call, const char *name, const char *first,
                     const char *second, bool *ret_second)
{
    struct str value;
    TRY(admin_query(call, name, &value));
    *ret_second = str_ieq(value, str_c(second));
    if (str_absent(value) || *ret_second || str_ieq(value, str_c(first)))
        return 0;
    return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s must be %s or %s", name, first,
                     second);
}

static int read_common(struct admin_call *call, struct event_question *q)
{
    struct admin_page page;
    TRY(admin_page(call, &page));
    TRY(admin_query_time(call, "dateFrom", false, &q->from_ms));
    TRY(admin_query_time(call, "dateTo", true, &q->to_ms));
    TRY(read_word(call, "direction", "desc", "asc", &q->oldest_first));
    q->first = page.first;
    q->max = page.max;
    return 0;
}

static int read_users_question(struct admin_call *call, struct event_question *q)
{
    q->side = EVENT_SIDE_USERS;
    TRY(read_common(call, q));
    TRY(admin_query_list(call, "type", EVENT_CONDITIONS_MAX, &q->types));
    TRY(admin_query(call, "client", &q->client_id));
    TRY(admin_query(call, "user", &q->user_id));
    return admin_query(call, "ipAddress", &q->ip);
}

/* Keycloak names clients by their UUID here; those of this realm are found by it. */
static int read_client(struct admin_call *call, struct str *ret_client_id)
{
    const struct client *client;
    TRY(admin_query(call, "authClient", ret_client_id));
    if (str_absent(*ret_client_id))
        return 0;
    int rc = realm_view_client(call->ctx.view, *ret_client_id, &client);
    if (rc == 0)
        *ret_client_id = client->client_id;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* Realms by id or by name; an id that is not this realm's is that of no realm that is told of. */
static int read_realm(struct admin_call *call, struct str *ret_name)
{
    const struct realm *realm = auth_realm(&call->ctx);
    TRY(admin_query(call, "authRealm", ret_name));
    if (str_eq(*ret_name, realm->id))
        *ret_name = realm->name;
    return 0;
}

static int read_admins_question(struct admin_call *call, struct event_question *q)
{
    q->side = EVENT_SIDE_ADMINS;
    TRY(read_common(call, q));
    TRY(admin_query_list(call, "operationTypes", EVENT_CONDITIONS_MAX, &q->operations));
    TRY(admin_query_list(call, "resourceTypes", EVENT_CONDITIONS_MAX, &q->resource_types));
    TRY(admin_query(call, "resourcePath", &q->resource_path));
    TRY(read_realm(call, &q->realm));
    TRY(read_client(call, &q->client_id));
    TRY(admin_query(call, "authUser", &q->user_id));
    return admin_query(call, "authIpAddress", &q->ip);
}

/* --- Answers --- */

static void write_details(struct json_writer *w, const struct event_face *face)
{
    struct str name;
    const struct json_value *value;
    jw_member_object(w, "details");
    jw_member_str_opt(w, "username", face->username);
    for (struct json_iter it = json_iter(face->data); json_next(&it, &name, &value);) {
        struct str text = json_str(value);
        if (str_absent(text) || str_eq(name, STR("error")) || str_eq(name, STR("username")))
            continue;
        jw_key_s(w, name);
        jw_str(w, text);
    }
    jw_end_object(w);
}

static int write_user_event(void *context, const struct event_face *face)
{
    struct admin_call *call = context;
    struct json_writer *w = &call->out;
    const struct event_record *e = &face->record;
    jw_begin_object(w);
    jw_member_str(w, "id", e->id);
    jw_member_i64(w, "time", e->time_ms);
    jw_member_str(w, "type", face->type);
    jw_member_str(w, "realmId", auth_realm(&call->ctx)->id);
    jw_member_str_opt(w, "clientId", e->client_id);
    jw_member_str_opt(w, "userId", face->user_id);
    jw_member_str_opt(w, "sessionId", e->session_id);
    jw_member_str_opt(w, "ipAddress", e->ip);
    jw_member_str_opt(w, "error", json_get_str(face->data, "error"));
    write_details(w, face);
    jw_end_object(w);
    return 0;
}

static void write_who(struct admin_call *call, const struct event_face *face)
{
    struct json_writer *w = &call->out;
    const struct realm *realm = auth_realm(&call->ctx);
    jw_member_object(w, "authDetails");
    jw_member_str_opt(w, "realmId", str_eq(face->realm, realm->name) ? realm->id : face->realm);
    jw_member_str_opt(w, "clientId", face->record.client_id);
    jw_member_str_opt(w, "userId", face->record.user_id);
    jw_member_str_opt(w, "ipAddress", face->record.ip);
    jw_end_object(w);
}

/* Besides Keycloak's members: why, by whom in words, and where in the chain it stands. */
static void write_why(struct admin_call *call, const struct event_face *face)
{
    struct json_writer *w = &call->out;
    jw_member_object(w, "details");
    jw_member_str_opt(w, "justification", face->justification);
    jw_member_str_opt(w, "username", face->username);
    jw_member_str_opt(w, "changeRequest", face->change_request);
    jw_member_str_opt(w, "requestedBy", face->requested_by);
    jw_member_str(w, "auditType", face->record.type);
    jw_member_str(w, "auditSeq",
                  arena_printf(call->req->arena, "%lld", (long long)face->record.seq));
    jw_end_object(w);
}

static int write_admin_event(void *context, const struct event_face *face)
{
    struct admin_call *call = context;
    struct json_writer *w = &call->out;
    const struct event_record *e = &face->record;
    jw_begin_object(w);
    jw_member_str(w, "id", e->id);
    jw_member_i64(w, "time", e->time_ms);
    jw_member_str(w, "realmId", auth_realm(&call->ctx)->id);
    write_who(call, face);
    jw_member_str(w, "operationType", face->operation);
    jw_member_str(w, "resourceType", face->resource_type);
    jw_member_str(w, "resourcePath", face->resource_path);
    jw_member_str_opt(w, "error", json_get_str(face->data, "error"));
    if (auth_realm(&call->ctx)->admin_events_details_enabled)
        jw_member_str(w, "representation", e->data);
    write_why(call, face);
    jw_end_object(w);
    return 0;
}

static int answer(struct admin_call *call, const struct event_question *q, event_lists_take *write)
{
    TRY(admin_read(call));
    jw_begin_array(&call->out);
    TRY(event_lists_find(&call->ctx, call->r, q, write, call));
    jw_end_array(&call->out);
    return 0;
}

int rest_events(struct admin_call *call)
{
    struct event_question q = {0};
    TRY(read_users_question(call, &q));
    return answer(call, &q, write_user_event);
}

int rest_admin_events(struct admin_call *call)
{
    struct event_question q = {0};
    TRY(read_admins_question(call, &q));
    return answer(call, &q, write_admin_event);
}

/* --- Clearing, settings --- */

int rest_events_clear(struct admin_call *call)
{
    TRY(admin_write(call));
    return event_lists_clear(&call->ctx, call->w, EVENT_SIDE_USERS);
}

int rest_admin_events_clear(struct admin_call *call)
{
    TRY(admin_write(call));
    return event_lists_clear(&call->ctx, call->w, EVENT_SIDE_ADMINS);
}

int rest_events_config_get(struct admin_call *call)
{
    event_settings_write(auth_realm(&call->ctx), &call->out);
    return 0;
}

int rest_events_config_put(struct admin_call *call)
{
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    return event_settings_put(&call->ctx, call->w, call->body);
}
