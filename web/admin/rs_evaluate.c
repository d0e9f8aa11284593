/* ~/authz/resource-server/policy/evaluate: what permissions would say to a question, and why. Nothing is
 * granted here. */
#include "core/authz/request.h"
#include "core/oidc/example.h"
#include "core/port/clients.h"
#include "core/port/users.h"
#include "web/admin/resource_servers.h"

#include "core/base/banned.h"

#define ROLES_MAX     100
#define RESOURCES_MAX 1000

struct evaluation {
    struct admin_call *call;
    struct client client; /* the resource server */
    struct rs_settings settings;
    struct authz_identity identity;
    struct authz_request request;
    struct authz_asked_list asked;
    struct authz_answer *answers; /* of each that is asked */
};

/* --- Who asks --- */

/* userId is an id or a name. AD-07: an evaluation tells of a person's roles and groups. */
static int find_user(struct admin_call *call, struct str name, struct user *ret_user)
{
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    int rc = user_find_by_id(call->r, call->req->arena, name, ret_user);
    if (rc == ERR_NOT_FOUND)
        rc = user_find_by_username(call->r, call->req->arena, name, ret_user);
    return rc == ERR_NOT_FOUND ? err_field(&call->req->err, ERR_INVALID_REQUEST, "userId",
                                           "There is no such person")
                               : rc;
}

static int find_client(struct admin_call *call, const struct evaluation *e,
                       struct client *ret_client)
{
    struct str id = {NULL, 0};
    TRY(admin_member_str(call, call->body, "clientId", &id));
    *ret_client = e->client;
    if (str_empty(id))
        return 0;
    int rc = client_find_by_id(call->r, call->req->arena, id, ret_client);
    if (rc == ERR_NOT_FOUND)
        rc = client_find(call->r, call->req->arena, id, ret_client);
    return rc == ERR_NOT_FOUND ? err_field(&call->req->err, ERR_INVALID_REQUEST, "clientId",
                                           "There is no such client")
                               : rc;
}

static int read_person(struct evaluation *e, const struct client *client, struct str name)
{
    struct admin_call *call = e->call;
    struct subject s = {.client = client, .grant = GRANT_CODE};
    const struct json_value *claims;
    struct str text;
    TRY(find_user(call, name, &s.user));
    TRY(example_claims(&call->ctx, call->r, client, &s.user, str_of(NULL, 0), EXAMPLE_ACCESS_TOKEN,
                       &text));
    TRY(json_parse(call->req->arena, text, text.len, &claims));
    TRY(subject_load(&call->ctx, call->r, str_of(NULL, 0), &s));
    return authz_identity_of(&call->ctx, call->r, &s, claims, &e->identity);
}

/* Roles that somebody has in thought: names or ids. */
static int add_roles(struct evaluation *e)
{
    static const struct rs_member member = {.member = "roleIds", .about = RS_ABOUT_ROLE};
    struct admin_call *call = e->call;
    const struct json_value *list = json_get(call->body, "roleIds"), *item;
    if (json_is_none(list))
        return 0;
    if (!json_is_array(list) || json_count(list) > ROLES_MAX)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "roleIds",
                         "roleIds must be a list of texts");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str id;
        TRY(rs_name_resolve(&call->ctx, call->r, &member, json_str(item), &id));
        TRY(strs_add(&e->identity.roles, call->req->arena, id));
        TRY(strs_add(&e->identity.all_roles, call->req->arena, id));
    }
    return 0;
}

static int read_identity(struct evaluation *e)
{
    struct admin_call *call = e->call;
    struct client client;
    struct str user = {NULL, 0};
    TRY(admin_member_str(call, call->body, "userId", &user));
    TRY(find_client(call, e, &client));
    if (!str_empty(user)) {
        TRY(read_person(e, &client, user));
    } else {
        const struct subject nobody = {.client = &client, .user = {.id = {NULL, 0}}};
        TRY(authz_identity_of(&call->ctx, call->r, &nobody, NULL, &e->identity));
    }
    e->identity.context = json_get(json_get(call->body, "context"), "attributes");
    return add_roles(e);
}

/* --- What is asked --- */

static int scopes_named(struct evaluation *e, const struct json_value *json,
                        struct rs_objects *ret_scopes)
{
    struct admin_call *call = e->call;
    const struct json_value *list = json_get(json, "scopes"), *item;
    struct rs_objects scopes = {
        ARENA_ARRAY(call->req->arena, json_count(list) + 1, struct rs_object), 0};
    if (!scopes.items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str name =
            json_kind(item) == JSON_STRING ? json_str(item) : json_get_str(item, "name");
        TRY(admin_rs_find_named(&call->ctx, call->r, e->client.pk, RS_SCOPE,
                                str_absent(name) ? STR("") : name, "scopes",
                                &scopes.items[scopes.count++]));
    }
    *ret_scopes = scopes;
    return 0;
}

static int ask_filtered(struct evaluation *e, const struct rs_filter *filter,
                        const struct rs_objects *scopes)
{
    struct admin_call *call = e->call;
    struct rs_objects found;
    TRY(rs_list(call->r, call->req->arena, filter, 0, AUTHZ_RESOURCES_MAX + 1, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(authz_ask_resource(&call->ctx, &e->request, &found.items[i], scopes, &e->asked));
    return 0;
}

/* By id or name, by type, or by scopes alone. */
static int ask_one(struct evaluation *e, const struct json_value *json)
{
    struct admin_call *call = e->call;
    struct rs_objects scopes;
    struct rs_object row;
    struct str id = json_get_str(json, "_id"), type = json_get_str(json, "type");
    struct rs_filter filter = {.client_pk = e->client.pk, .kind = RS_RESOURCE};
    TRY(scopes_named(e, json, &scopes));
    id = str_empty(id) ? json_get_str(json, "name") : id;
    if (!str_empty(id)) {
        TRY(admin_rs_find_named(&call->ctx, call->r, e->client.pk, RS_RESOURCE, id, "resources",
                                &row));
        return authz_ask_resource(&call->ctx, &e->request, &row, &scopes, &e->asked);
    }
    if (!str_empty(type)) {
        filter.type = type;
        return ask_filtered(e, &filter, &scopes);
    }
    for (size_t i = 0; i < scopes.count; i++) {
        filter.to_pk = scopes.items[i].pk;
        TRY(ask_filtered(e, &filter, &scopes));
    }
    return 0;
}

static int read_question(struct evaluation *e)
{
    struct admin_call *call = e->call;
    const struct json_value *list = json_get(call->body, "resources"), *item;
    if (!json_is_none(list) && (!json_is_array(list) || json_count(list) > RESOURCES_MAX))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "resources",
                         "resources must be a list of objects");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (json_is_object(item))
            TRY(ask_one(e, item));
    return json_count(list) > 0 ? 0 : authz_ask_all(&call->ctx, &e->request, &e->asked);
}

/* --- The answer --- */

static void write_status(struct json_writer *w, bool permit)
{
    jw_member_c(w, "status", permit ? "PERMIT" : "DENY");
}

/* Every policy once below each permission: what is the same below two places is written twice. */
static void write_policy(struct evaluation *e, size_t at, int depth)
{
    struct json_writer *w = &e->call->out;
    const struct authz_policy *p = &e->request.set.items[at];
    if (w->err != 0 || e->call->text.failed) /* longer than an answer may be */
        return;
    jw_begin_object(w);
    jw_member_object(w, "policy");
    rs_policy_write_common(&p->policy, w);
    jw_end_object(w);
    write_status(w, p->effect == AUTHZ_PERMIT);
    jw_member_array(w, "associatedPolicies");
    for (size_t i = 0; i < p->part_count && depth < AUTHZ_DEPTH_MAX / 2; i++)
        write_policy(e, p->parts[i], depth + 1);
    jw_end_array(w);
    jw_member_array(w, "scopes");
    jw_end_array(w);
    jw_end_object(w);
}

static void write_scopes(struct evaluation *e, const char *member, const struct authz_asked *asked,
                         const bool *granted)
{
    struct json_writer *w = &e->call->out;
    jw_member_array(w, member);
    for (size_t i = 0; i < asked->scopes.count; i++) {
        if (granted && !granted[i])
            continue;
        jw_begin_object(w);
        jw_member_str(w, "id", asked->scopes.items[i].id);
        jw_member_str(w, "name", asked->scopes.items[i].name);
        jw_end_object(w);
    }
    jw_end_array(w);
}

static void write_result(struct evaluation *e, size_t at)
{
    struct json_writer *w = &e->call->out;
    const struct authz_asked *asked = &e->asked.items[at];
    const struct authz_answer *answer = &e->answers[at];
    jw_begin_object(w);
    jw_member_object(w, "resource");
    if (asked->resource) {
        jw_member_str(w, "name", asked->resource->name);
        jw_member_str(w, "_id", asked->resource->id);
    }
    jw_end_object(w);
    write_scopes(e, "scopes", asked, NULL);
    jw_member_array(w, "policies");
    for (size_t i = 0; i < answer->permission_count; i++)
        write_policy(e, answer->permissions[i].at, 0);
    jw_end_array(w);
    write_status(w, answer->granted);
    write_scopes(e, "allowedScopes", asked, answer->scopes);
    jw_end_object(w);
}

/* AD-07: of the token that would come of it, what this evaluation is about: not the person's data. */
static void write_token(struct evaluation *e)
{
    struct json_writer *w = &e->call->out;
    jw_member_object(w, "rpt");
    jw_member_str_opt(w, "sub", e->identity.user_id);
    jw_member_object(w, "authorization");
    jw_member_array(w, "permissions");
    for (size_t i = 0; i < e->asked.count; i++)
        if (e->answers[i].granted)
            authz_write_permission(&e->asked.items[i], &e->answers[i], true, w);
    jw_end_array(w);
    jw_end_object(w);
    jw_end_object(w);
}

static int answer_all(struct evaluation *e, bool *ret_any)
{
    e->answers = ARENA_ARRAY(e->call->req->arena, e->asked.count + 1, struct authz_answer);
    if (!e->answers)
        return ERR_NO_MEMORY;
    *ret_any = false;
    for (size_t i = 0; i < e->asked.count; i++) {
        TRY(authz_answer(&e->request, &e->asked.items[i], &e->answers[i]));
        *ret_any |= e->answers[i].granted;
    }
    return 0;
}

int rest_rs_evaluate(struct admin_call *call)
{
    struct evaluation e = {.call = call};
    struct json_writer *w = &call->out;
    bool any;
    TRY(admin_body_object(call));
    TRY(rs_open(call, &e.client));
    TRY(admin_rs_settings(&call->ctx, call->r, &e.client, &e.settings));
    TRY(read_identity(&e));
    e.request = (struct authz_request){.r = call->r,
                                       .a = call->req->arena,
                                       .client_pk = e.client.pk,
                                       .settings = &e.settings,
                                       .identity = &e.identity};
    TRY(read_question(&e));
    TRY(answer_all(&e, &any));
    jw_begin_object(w);
    jw_member_array(w, "results");
    for (size_t i = 0; i < e.asked.count; i++)
        write_result(&e, i);
    jw_end_array(w);
    jw_member_bool(w, "entitlements", json_bool_or(call->body, "entitlements", false));
    write_status(w, any);
    write_token(&e);
    jw_end_object(w);
    return 0;
}
