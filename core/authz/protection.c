/* Resources, by the client that guards them. */
#include "core/authz/protection.h"

#include "core/admin/rs_import.h"
#include "core/admin/rs_represent.h"
#include "core/admin/rs_search.h"
#include "core/oidc/subject.h"
#include "core/oidc/token_check.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)2 << 20)

/* One call: the context says who calls once that is known. */
struct call {
    struct auth_ctx ctx;
    struct store_read *r;
    const struct client *client;
};

/* --- Who calls --- */

static bool carries_role(const struct subject *s)
{
    for (size_t i = 0; i < s->roles.count; i++)
        if (s->roles.items[i].client_pk == s->client->pk &&
            str_eq(s->roles.items[i].name, STR(CLIENT_ROLE_UMA_PROTECTION)))
            return true;
    return false;
}

static int check_settings(const struct call *call)
{
    struct rs_settings settings;
    if (!call->client->authorization_services_enabled)
        return err_set(call->ctx.err, ERR_FORBIDDEN, "The client is not a resource server");
    TRY(admin_rs_settings(&call->ctx, call->r, call->client, &settings));
    return settings.allow_remote_management
               ? 0
               : err_set(call->ctx.err, ERR_FORBIDDEN, "Remote management is disabled");
}

/* The roles are those of now, whatever the token says (OT-06). */
static int open_call(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                     struct call *ret_call)
{
    struct access_token t;
    struct call call = {.ctx = *ctx, .r = r};
    TRY(token_check(ctx, r, token, &t));
    struct subject s = {.client = t.client, .user = t.user, .grant = GRANT_CODE};
    int rc = subject_load(ctx, r, t.claims.scope, &s);
    if (rc == ERR_INVALID_SCOPE)
        return err_set(ctx->err, ERR_INVALID_TOKEN, "Scope is no longer granted");
    TRY(rc);
    if (!carries_role(&s))
        return err_set(ctx->err, ERR_FORBIDDEN,
                       "The role " CLIENT_ROLE_UMA_PROTECTION " of the client is required");
    call.client = t.client;
    call.ctx.actor.user_id = t.user.id;
    call.ctx.actor.username = t.user.username;
    call.ctx.actor.client_id = t.client->client_id;
    if (t.has_session)
        call.ctx.actor.session_id = t.session.id;
    *ret_call = call;
    return check_settings(ret_call);
}

/* The client, or a person by the id that tokens tell a resource server as sub: whether there is somebody of a
 * name is not for it to know (AD-07). ERR_NOT_FOUND. */
static int find_owner(const struct call *call, struct str text, struct str *ret_owner)
{
    struct user user;
    *ret_owner = STR("");
    if (str_eq(text, call->client->id) || str_eq(text, call->client->client_id))
        return 0;
    TRY(user_find_by_id(call->r, call->ctx.arena, text, &user));
    *ret_owner = user.id;
    return 0;
}

static int read_owner(const struct call *call, const struct json_value *json, struct str *ret_owner)
{
    const struct json_value *owner = json_get(json, "owner");
    struct str text = json_kind(owner) == JSON_STRING ? json_str(owner) : json_get_str(owner, "id");
    if (str_empty(text)) /* the client may stand here by its name */
        text = json_get_str(owner, "name");
    *ret_owner = STR("");
    if (str_empty(text))
        return 0;
    int rc = find_owner(call, text, ret_owner);
    return rc == ERR_NOT_FOUND ? err_field(call->ctx.err, ERR_INVALID_REQUEST, "owner",
                                           "owner must be the id of a person (sub in tokens)")
                               : rc;
}

static int find(const struct call *call, struct str id, struct rs_resource *ret_resource)
{
    return admin_rs_find(&call->ctx, call->r, call->client->pk, RS_RESOURCE, id, ret_resource);
}

static int write_one(const struct call *call, const struct rs_resource *resource,
                     struct json_writer *w)
{
    const struct rs_view view = {call->r, call->ctx.arena, call->client, RS_PEOPLE_BY_ID};
    return rs_represent_resource(&view, resource, RS_SHAPE_UMA, w);
}

static int represent(const struct call *call, const struct rs_resource *resource,
                     struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, call->ctx.arena, ANSWER_MAX_BYTES);
    jw_init(&w, &b);
    TRY(write_one(call, resource, &w));
    return jw_finish(&w, ret_json);
}

/* --- The list --- */

static bool is_on(const struct form *query, const char *name)
{
    return str_eq(form_get(query, name), STR("true"));
}

static struct str given(const struct form *query, const char *name)
{
    struct str value = form_get(query, name);
    return str_empty(value) ? str_of(NULL, 0) : value;
}

static int read_number(const struct call *call, const struct form *query, const char *name,
                       int64_t fallback, int64_t most, size_t *ret_value)
{
    int64_t value = fallback;
    struct str text = given(query, name);
    if (!str_absent(text) && (str_to_i64(text, &value) != 0 || value < 0 || value > most))
        return err_field(call->ctx.err, ERR_INVALID_REQUEST, name,
                         "%s must be a number of at most %lld", name, (long long)most);
    *ret_value = (size_t)value;
    return 0;
}

/* An owner as find_owner has it, a scope by name: *io_any is false for one that is not there. */
static int settle(const struct call *call, const struct form *query, struct rs_search *io_search,
                  bool *io_any)
{
    struct str owner = given(query, "owner"), name = given(query, "scope");
    struct rs_object scope;
    if (!str_absent(owner)) {
        int found = find_owner(call, owner, &io_search->filter.owner);
        if (found != 0 && found != ERR_NOT_FOUND)
            return found;
        *io_any &= found == 0;
    }
    if (str_absent(name))
        return 0;
    int rc = rs_find_by_name(call->r, call->ctx.arena, call->client->pk, RS_SCOPE, STR(""), name,
                             &scope);
    *io_any &= rc == 0;
    io_search->filter.to_pk = rc == 0 ? scope.pk : 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int search(const struct call *call, const struct form *query,
                  struct rs_resources *ret_resources)
{
    size_t first, max;
    bool any = true;
    struct rs_search s = {.filter = {.client_pk = call->client->pk,
                                     .kind = RS_RESOURCE,
                                     .name = given(query, "name"),
                                     .exact = is_on(query, "exactName"),
                                     .type = given(query, "type")},
                          .uri = given(query, "uri"),
                          .is_path = is_on(query, "matchingUri")};
    *ret_resources = (struct rs_resources){NULL, 0};
    TRY(read_number(call, query, "first", 0, INT32_MAX, &first));
    TRY(read_number(call, query, "max", PROTECTION_PAGE, PROTECTION_PAGE_MAX, &max));
    TRY(settle(call, query, &s, &any));
    return any ? rs_resources_find(call->r, call->ctx.arena, &s, first, max, ret_resources) : 0;
}

static int list(const struct call *call, const struct form *query, struct str *ret_json)
{
    struct rs_resources found;
    struct buf b;
    struct json_writer w;
    TRY(search(call, query, &found));
    buf_init(&b, call->ctx.arena, ANSWER_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < found.count; i++) {
        if (is_on(query, "deep"))
            TRY(write_one(call, &found.items[i], &w));
        else
            jw_str(&w, found.items[i].row.id);
    }
    jw_end_array(&w);
    return jw_finish(&w, ret_json);
}

int protection_list(const struct auth_ctx *ctx, struct str token, const struct form *query,
                    struct str *ret_json)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct call call;
    TRY(store_read_begin(ctx->view, &r));
    TRY(open_call(ctx, r, token, &call));
    return list(&call, query, ret_json);
}

int protection_read(const struct auth_ctx *ctx, struct str token, struct str id,
                    struct str *ret_json)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct call call;
    struct rs_resource resource;
    TRY(store_read_begin(ctx->view, &r));
    TRY(open_call(ctx, r, token, &call));
    TRY(find(&call, id, &resource));
    return represent(&call, &resource, ret_json);
}

/* --- Changes --- */

int protection_create(const struct auth_ctx *ctx, struct str token, const struct json_value *json,
                      struct str *ret_json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct call call;
    struct rs_resource resource = {.row = {.pk = 0}};
    struct strs scopes;
    bool told;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(open_call(ctx, store_write_reader(w), token, &call));
    fields_default(rs_fields(RS_RESOURCE), &resource);
    TRY(rs_resource_merge(&call.ctx, json, &resource));
    TRY(rs_scopes_read(&call.ctx, json, &scopes, &told));
    TRY(read_owner(&call, json, &resource.row.owner));
    resource.row.id = json_get_str(json, "_id");
    resource.row.client_pk = call.client->pk;
    TRY(admin_rs_resource_insert(&call.ctx, w, &resource, &scopes));
    TRY(represent(&call, &resource, ret_json));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* What the description leaves out stays, as in Keycloak. */
int protection_replace(const struct auth_ctx *ctx, struct str token, struct str id,
                       const struct json_value *json)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct call call;
    struct rs_resource before, after;
    struct strs scopes;
    bool told;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(open_call(ctx, store_write_reader(w), token, &call));
    TRY(find(&call, id, &before));
    after = before;
    TRY(rs_resource_merge(&call.ctx, json, &after));
    TRY(rs_scopes_read(&call.ctx, json, &scopes, &told));
    TRY(admin_rs_resource_update(&call.ctx, w, &before, &after, told ? &scopes : NULL));
    return store_commit_p(&w, DURABLE_STANDBY);
}

int protection_remove(const struct auth_ctx *ctx, struct str token, struct str id)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct call call;
    struct rs_resource resource;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_CHANGE, &w));
    TRY(open_call(ctx, store_write_reader(w), token, &call));
    TRY(find(&call, id, &resource));
    TRY(admin_rs_resource_delete(&call.ctx, w, &resource));
    return store_commit_p(&w, DURABLE_STANDBY);
}
