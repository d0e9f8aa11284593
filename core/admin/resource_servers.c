/* Resource servers: settings, scopes and resources. */
#include "core/admin/resource_servers.h"

#include "core/admin/clients.h"
#include "core/admin/record_document.h"
#include "core/admin/roles.h"
#include "core/admin/rs_parts.h"
#include "core/admin/users.h"
#include "core/model/check.h"
#include "core/port/records.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define ID_MAX_BYTES    64
#define NAMES_MAX_BYTES ((size_t)64 << 10)

static const struct {
    const char *what, *subject;
    enum event_type created, modified, deleted;
} kinds[] = {
    [RS_SETTINGS] = {"Resource server", "resource-server", EVENT_ResourceServerCreated,
                     EVENT_ResourceServerModified, EVENT_ResourceServerDeleted},
    [RS_SCOPE] = {"Scope", "authorization-scope", EVENT_AuthorizationScopeCreated,
                  EVENT_AuthorizationScopeModified, EVENT_AuthorizationScopeDeleted},
    [RS_RESOURCE] = {"Resource", "authorization-resource", EVENT_AuthorizationResourceCreated,
                     EVENT_AuthorizationResourceModified, EVENT_AuthorizationResourceDeleted},
    [RS_POLICY] = {"Policy", "authorization-policy", EVENT_AuthorizationPolicyCreated,
                   EVENT_AuthorizationPolicyModified, EVENT_AuthorizationPolicyDeleted},
};

/* --- Rows --- */

int rs_object_read(struct arena *a, const struct rs_object *row, void *ret_object)
{
    CLEANUP(arena_free) struct arena scratch; /* the parsed text goes at once */
    const struct json_value *json;
    struct rs_object kept = *row;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    fields_default(rs_fields(row->kind), ret_object);
    int rc = json_parse(&scratch, row->json, RECORD_MAX_BYTES, &json);
    if (rc == 0)
        rc = fields_read(rs_fields(row->kind), ret_object, a, json, NULL);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    *(struct rs_object *)ret_object = kept;
    return 0;
}

int rs_object_copy(struct arena *a, const struct rs_object *row, struct rs_object *ret_copy)
{
    struct rs_object copy = *row;
    copy.json = str_of(NULL, 0);
    copy.id = arena_str(a, row->id);
    copy.name = arena_str(a, row->name);
    copy.owner = arena_str(a, row->owner);
    copy.type = arena_str(a, row->type);
    if (str_absent(copy.id) || str_absent(copy.name) || str_absent(copy.owner) ||
        str_absent(copy.type))
        return ERR_NO_MEMORY;
    *ret_copy = copy;
    return 0;
}

/* one: before or after, whichever there is. */
static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct rs_object *one, const struct rs_object *before,
                  const struct rs_object *after, const struct detail *details)
{
    static const struct detail none[] = {{NULL, {NULL, 0}}};
    struct str data;
    TRY(change_data_with(ctx->arena, rs_fields(one->kind), before, after, "object", one->name,
                         details ? details : none, &data, NULL));
    return admin_record(ctx, w, type, kinds[one->kind].subject, one->id, data);
}

static int tell(const struct auth_ctx *ctx, const struct rs_object *row, int rc)
{
    const char *what = kinds[row->kind].what;
    if (rc == ERR_CONFLICT)
        return err_set(ctx->err, rc, "%s with name [%.*s] already exists", what,
                       STR_ARG(row->name));
    if (rc == ERR_LIMIT_REACHED)
        return err_set(ctx->err, rc, "A resource server has at most %d of these", RS_OBJECTS_MAX);
    return rc;
}

static int write_document(const struct auth_ctx *ctx, struct rs_object *io_row)
{
    return record_document_write(ctx, rs_fields(io_row->kind), io_row, "id", io_row->id,
                                 &io_row->json);
}

int rs_store_new(const struct auth_ctx *ctx, struct store_write *w, struct rs_object *io_row,
                 const struct detail *details)
{
    TRY(path_segment_check(io_row->id, ID_MAX_BYTES, "id", ctx->err));
    TRY(admin_id(ctx->arena, &io_row->id));
    if (str_absent(io_row->owner))
        io_row->owner = STR("");
    TRY(write_document(ctx, io_row));
    TRY(tell(ctx, io_row, rs_insert(w, io_row)));
    return record(ctx, w, kinds[io_row->kind].created, io_row, NULL, io_row, details);
}

int rs_store_change(const struct auth_ctx *ctx, struct store_write *w,
                    const struct rs_object *before, struct rs_object *after,
                    const struct detail *details)
{
    after->pk = before->pk;
    after->id = before->id;
    after->kind = before->kind;
    after->client_pk = before->client_pk;
    TRY(write_document(ctx, after));
    TRY(tell(ctx, after, rs_update(w, after)));
    return record(ctx, w, kinds[after->kind].modified, after, before, after, details);
}

int rs_store_removal(const struct auth_ctx *ctx, struct store_write *w, const struct rs_object *row)
{
    TRY(rs_delete(w, row->pk));
    return record(ctx, w, kinds[row->kind].deleted, row, row, NULL, NULL);
}

int rs_all(const struct auth_ctx *ctx, struct store_read *r, const struct rs_filter *filter,
           struct rs_objects *ret_objects)
{
    return rs_list(r, ctx->arena, filter, 0, RS_OBJECTS_MAX, ret_objects);
}

int rs_names_text(const struct auth_ctx *ctx, const struct rs_objects *objects,
                  struct str *ret_text)
{
    struct buf b;
    buf_init(&b, ctx->arena, NAMES_MAX_BYTES);
    for (size_t i = 0; i < objects->count; i++) {
        if (i > 0)
            buf_add(&b, STR(", "));
        buf_add(&b, objects->items[i].name);
    }
    int rc = buf_finish(&b, ret_text);
    if (rc != ERR_TOO_LARGE)
        return rc;
    *ret_text = arena_printf(ctx->arena, "%zu objects", objects->count);
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

int admin_rs_find(const struct auth_ctx *ctx, struct store_read *r, int64_t client_pk,
                  enum rs_kind kind, struct str id, void *ret_object)
{
    struct rs_object row;
    int rc = rs_find(r, ctx->arena, client_pk, kind, id, &row);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "%s not found", kinds[kind].what);
    TRY(rc);
    return rs_object_read(ctx->arena, &row, ret_object);
}

int admin_rs_find_named(const struct auth_ctx *ctx, struct store_read *r, int64_t client_pk,
                        enum rs_kind kind, struct str name, const char *member,
                        struct rs_object *ret_row)
{
    int rc = rs_find(r, ctx->arena, client_pk, kind, name, ret_row);
    if (rc == ERR_NOT_FOUND)
        rc = rs_find_by_name(r, ctx->arena, client_pk, kind, STR(""), name, ret_row);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, ERR_INVALID_REQUEST, member,
                         "%s with id or name [%.*s] does not exist", kinds[kind].what,
                         STR_ARG(name));
    return rc;
}

/* --- Itself --- */

int admin_rs_settings(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                      struct rs_settings *ret_settings)
{
    return admin_rs_find(ctx, r, client->pk, RS_SETTINGS, client->id, ret_settings);
}

int admin_rs_create(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                    struct rs_settings *io_settings)
{
    io_settings->row = (struct rs_object){.client_pk = client->pk,
                                          .kind = RS_SETTINGS,
                                          .id = client->id,
                                          .name = client->client_id,
                                          .owner = STR(""),
                                          .type = STR("")};
    TRY(rs_settings_check(io_settings, ctx->err));
    return rs_store_new(ctx, w, &io_settings->row, NULL);
}

int admin_rs_settings_update(const struct auth_ctx *ctx, struct store_write *w,
                             const struct rs_settings *before, const struct rs_settings *after)
{
    struct rs_settings changed = *after;
    TRY(rs_settings_check(&changed, ctx->err));
    return rs_store_change(ctx, w, &before->row, &changed.row, NULL);
}

/* "Default Resource", which stands for every path of the application. */
static int add_default_resource(const struct auth_ctx *ctx, struct store_write *w,
                                const struct client *client)
{
    struct rs_resource resource = {.row = {.client_pk = client->pk, .kind = RS_RESOURCE}};
    fields_default(rs_fields(RS_RESOURCE), &resource);
    resource.row.name = STR("Default Resource");
    resource.row.type =
        ARENA_CONCAT(ctx->arena, STR("urn:"), client->client_id, STR(":resources:default"));
    if (str_absent(resource.row.type))
        return ERR_NO_MEMORY;
    TRY(strs_add(&resource.uris, ctx->arena, STR("/*")));
    return admin_rs_resource_insert(ctx, w, &resource, NULL);
}

/* What lets its service account look after its resources. */
static int add_role(const struct auth_ctx *ctx, struct store_write *w, const struct client *client)
{
    struct role role = {.name = STR(CLIENT_ROLE_UMA_PROTECTION), .description = STR("")};
    struct user account;
    struct store_read *r = store_write_reader(w);
    int rc = role_find(r, ctx->arena, client->pk, role.name, &role);
    if (rc == ERR_NOT_FOUND)
        rc = admin_role_insert(ctx, w, client, &role);
    TRY(rc);
    TRY(user_find_by_id(r, ctx->arena, client->service_account_user_id, &account));
    return admin_user_role_add(ctx, w, &account, &role);
}

static int create(const struct auth_ctx *ctx, struct store_write *w, const struct client *client)
{
    struct rs_settings settings;
    fields_default(rs_fields(RS_SETTINGS), &settings);
    TRY(admin_rs_create(ctx, w, client, &settings));
    TRY(add_role(ctx, w, client));
    return add_default_resource(ctx, w, client);
}

static int destroy(const struct auth_ctx *ctx, struct store_write *w, const struct client *client)
{
    struct rs_settings settings;
    struct role role;
    struct store_read *r = store_write_reader(w);
    TRY(admin_rs_settings(ctx, r, client, &settings));
    TRY(record(ctx, w, EVENT_ResourceServerDeleted, &settings.row, &settings.row, NULL, NULL));
    TRY(rs_delete_all(w, client->pk));
    int rc = role_find(r, ctx->arena, client->pk, STR(CLIENT_ROLE_UMA_PROTECTION), &role);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    return admin_role_delete(ctx, w, &role);
}

int admin_rs_settle(const struct auth_ctx *ctx, struct store_write *w, const struct client *before,
                    const struct client *after)
{
    bool was = before && before->authorization_services_enabled;
    if (was == after->authorization_services_enabled)
        return 0;
    return was ? destroy(ctx, w, after) : create(ctx, w, after);
}

/* --- Scopes --- */

int admin_rs_scope_insert(const struct auth_ctx *ctx, struct store_write *w,
                          struct rs_scope *io_scope)
{
    io_scope->row.kind = RS_SCOPE;
    io_scope->row.type = STR("");
    TRY(rs_scope_check(io_scope, ctx->err));
    return rs_store_new(ctx, w, &io_scope->row, NULL);
}

int admin_rs_scope_update(const struct auth_ctx *ctx, struct store_write *w,
                          const struct rs_scope *before, struct rs_scope *after)
{
    TRY(rs_scope_check(after, ctx->err));
    return rs_store_change(ctx, w, &before->row, &after->row, NULL);
}

int admin_rs_scope_delete(const struct auth_ctx *ctx, struct store_write *w,
                          const struct rs_scope *scope)
{
    struct rs_objects resources;
    const struct rs_filter having = {
        .client_pk = scope->row.client_pk, .kind = RS_RESOURCE, .to_pk = scope->row.pk};
    TRY(rs_list(store_write_reader(w), ctx->arena, &having, 0, 1, &resources));
    if (resources.count > 0)
        return err_set(ctx->err, ERR_INVALID_REQUEST,
                       "Scopes can not be removed while associated with resources.");
    TRY(rs_release(ctx, w, &scope->row));
    return rs_store_removal(ctx, w, &scope->row);
}

/* --- Resources --- */

static int scope_of(const struct auth_ctx *ctx, struct store_write *w, int64_t client_pk,
                    struct str name, struct rs_object *ret_row)
{
    struct store_read *r = store_write_reader(w);
    struct rs_scope scope = {.row = {.client_pk = client_pk}};
    int rc = rs_find(r, ctx->arena, client_pk, RS_SCOPE, name, ret_row);
    if (rc == ERR_NOT_FOUND)
        rc = rs_find_by_name(r, ctx->arena, client_pk, RS_SCOPE, STR(""), name, ret_row);
    if (rc != ERR_NOT_FOUND)
        return rc;
    fields_default(rs_fields(RS_SCOPE), &scope);
    scope.row.name = name;
    TRY(admin_rs_scope_insert(ctx, w, &scope));
    *ret_row = scope.row;
    return 0;
}

/* Finds the scopes, or makes them; with a text of their names for the event. */
static int find_scopes(const struct auth_ctx *ctx, struct store_write *w, int64_t client_pk,
                       const struct strs *names, struct rs_objects *ret_scopes,
                       struct str *ret_text)
{
    struct rs_objects scopes = {ARENA_ARRAY(ctx->arena, names->count + 1, struct rs_object), 0};
    if (!scopes.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < names->count; i++)
        TRY(scope_of(ctx, w, client_pk, names->items[i], &scopes.items[scopes.count++]));
    *ret_scopes = scopes;
    return rs_names_text(ctx, &scopes, ret_text);
}

static int link_scopes(struct store_write *w, const struct rs_resource *resource,
                       const struct rs_objects *scopes)
{
    TRY(rs_words_put(w, resource->row.pk, &resource->uris));
    return scopes ? rs_links_put(w, resource->row.pk, RS_SCOPE, scopes) : 0;
}

int admin_rs_resource_insert(const struct auth_ctx *ctx, struct store_write *w,
                             struct rs_resource *io_resource, const struct strs *scopes)
{
    static const struct strs none = {NULL, 0};
    struct rs_objects found;
    struct str names;
    io_resource->row.kind = RS_RESOURCE;
    TRY(rs_resource_check(io_resource, ctx->err));
    TRY(find_scopes(ctx, w, io_resource->row.client_pk, scopes ? scopes : &none, &found, &names));
    const struct detail details[] = {
        {"scopes", names}, {"owner", io_resource->row.owner}, {NULL, {NULL, 0}}};
    TRY(rs_store_new(ctx, w, &io_resource->row, details));
    return link_scopes(w, io_resource, &found);
}

int admin_rs_resource_update(const struct auth_ctx *ctx, struct store_write *w,
                             const struct rs_resource *before, struct rs_resource *after,
                             const struct strs *scopes)
{
    struct rs_objects found = {NULL, 0};
    struct str names = {NULL, 0};
    TRY(rs_resource_check(after, ctx->err));
    if (scopes)
        TRY(find_scopes(ctx, w, before->row.client_pk, scopes, &found, &names));
    const struct detail details[] = {{"scopes", names}, {NULL, {NULL, 0}}};
    after->row.owner = before->row.owner;
    TRY(rs_store_change(ctx, w, &before->row, &after->row, details));
    return link_scopes(w, after, scopes ? &found : NULL);
}

int admin_rs_resource_delete(const struct auth_ctx *ctx, struct store_write *w,
                             const struct rs_resource *resource)
{
    TRY(rs_release(ctx, w, &resource->row));
    return rs_store_removal(ctx, w, &resource->row);
}
