/* Client scopes of an imported realm with their mappers, which of them new clients get, and the roles
 * that scopes and clients let through. */
#include "core/transfer/import_parts.h"

#include "core/admin/bootstrap.h"
#include "core/admin/mappers.h"
#include "core/admin/scopes.h"
#include "core/model/check.h"
#include "core/oidc/mapper.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

#define CONFIG_MAX       64
#define CONFIG_MAX_BYTES ((size_t)16 << 10)
#define NAME_MAX_BYTES   255
#define OIDC             "openid-connect"

/* --- Mappers --- */

static bool is_usable(struct import *im, const struct protocol_mapper *mapper,
                      const struct import_at *at)
{
    if (!str_eq(mapper->protocol, STR(OIDC)))
        import_left(im, at, "mappers of this protocol are not served here");
    else if (str_empty(mapper->name) || str_empty(mapper->type))
        import_left(im, at, "a mapper needs a name and a type");
    else if (map_check(&mapper->config, CONFIG_MAX, CONFIG_MAX_BYTES, "config", im->ctx.err) != 0 ||
             text_check(mapper->name, NAME_MAX_BYTES, "name", im->ctx.err) != 0 ||
             text_check(mapper->type, NAME_MAX_BYTES, "protocolMapper", im->ctx.err) != 0)
        import_note_check(im, IMPORT_LEFT, at);
    else
        return true;
    return false;
}

static int take_mapper(struct import *im, const struct json_value *json, const struct import_at *at,
                       struct protocol_mappers *io_mappers)
{
    struct protocol_mapper mapper = {.pk = 0};
    TRY(import_expect_object(im, json, at));
    fields_default(&mapper_fields, &mapper);
    TRY(import_id(im, json, at, &mapper.id));
    TRY(import_fields(im, &mapper_fields, &mapper, json, at));
    if (str_empty(mapper.protocol))
        mapper.protocol = STR(OIDC);
    if (!is_usable(im, &mapper, at))
        return 0;
    if (admin_mapper_by_name(io_mappers, mapper.name))
        return import_fail(im, AT_MEMBER(at, "name"), "another mapper has this name");
    if (!mapper_known(mapper.type))
        import_adapted(im, at, "kept, but mappers of this type do nothing here");
    TRY(admin_id(import_arena(im), &mapper.id));
    io_mappers->items[io_mappers->count++] = mapper;
    return 0;
}

int import_mappers(struct import *im, const struct json_value *list, const struct import_at *at,
                   struct protocol_mappers *ret_mappers)
{
    struct protocol_mappers mappers = {0};
    const struct json_value *json;
    struct json_iter it = json_iter(list);
    if (json_count(list) > ADMIN_MAPPERS_MAX)
        return import_fail(im, at, "there are at most %d mappers", ADMIN_MAPPERS_MAX);
    mappers.items = ARENA_ARRAY(import_arena(im), json_count(list) + 1, struct protocol_mapper);
    if (!mappers.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; json_next(&it, NULL, &json); i++)
        TRY(take_mapper(im, json, AT_INDEX(at, i), &mappers));
    *ret_mappers = mappers;
    return 0;
}

/* --- Scopes --- */

/* For links, which need no more than this. */
static int remember(struct import *im, const struct client_scope *scope)
{
    struct client_scope *items = im->scopes.items;
    size_t count = im->scopes.count;
    if (count >= ADMIN_SCOPES_MAX)
        return err_set(im->ctx.err, ERR_LIMIT_REACHED, "a realm has at most %d client scopes",
                       ADMIN_SCOPES_MAX);
    if (count % 64 == 0)
        items = arena_grow(im->lasting, items, count, count + 64, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[count] = (struct client_scope){.pk = scope->pk,
                                         .id = arena_str(im->lasting, scope->id),
                                         .name = arena_str(im->lasting, scope->name),
                                         .is_default = scope->is_default,
                                         .is_optional = scope->is_optional};
    im->scopes = (struct client_scopes){items, count + 1};
    return str_absent(items[count].name) || str_absent(items[count].id) ? ERR_NO_MEMORY : 0;
}

static int take_scope(struct import *im, const struct json_value *json, const struct import_at *at)
{
    struct client_scope scope = {.pk = 0};
    const struct json_value *mappers;
    fields_default(&client_scope_fields, &scope);
    TRY(import_id(im, json, at, &scope.id));
    TRY(import_fields(im, &client_scope_fields, &scope, json, at));
    if (str_empty(scope.protocol))
        scope.protocol = STR(OIDC);
    if (!str_eq(scope.protocol, STR(OIDC))) {
        import_left(im, at, "client scopes of this protocol are not served here");
        return 0;
    }
    TRY(import_list(im, json, "protocolMappers", at, &mappers));
    TRY(import_mappers(im, mappers, AT_MEMBER(at, "protocolMappers"), &scope.mappers));
    TRY(import_explain(im, at, admin_scope_insert(&im->ctx, im->w, &scope)));
    import_report_took(im->report, "client scopes", 1);
    return import_explain(im, at, remember(im, &scope));
}

/* --- Which of them new clients get --- */

static int link_named(struct import *im, const struct json_value *name, const struct import_at *at,
                      enum scope_link link)
{
    TRY(import_expect_text(im, name, at));
    for (size_t i = 0; i < im->scopes.count; i++) {
        struct client_scope *scope = &im->scopes.items[i];
        if (!str_eq(scope->name, json_str(name)))
            continue;
        scope->is_default = link == SCOPE_LINK_DEFAULT;
        scope->is_optional = link == SCOPE_LINK_OPTIONAL;
        return admin_scope_link_realm(&im->ctx, im->w, scope, link);
    }
    import_left(im, at, "there is no such client scope");
    return 0;
}

static int link_list(struct import *im, const char *member, enum scope_link link)
{
    const struct json_value *names, *name;
    TRY(import_list(im, im->main->top, member, NULL, &names));
    struct json_iter it = json_iter(names);
    for (size_t i = 0; json_next(&it, NULL, &name); i++)
        TRY(link_named(im, name, AT_INDEX(AT_MEMBER(NULL, member), i), link));
    return 0;
}

/* --- What older versions had not --- */

static bool is_older_than(const struct import *im, int64_t major)
{
    struct str version = json_get_str(im->main->top, "keycloakVersion"), first;
    int64_t number;
    return str_empty(version) || !str_next(&version, '.', &first) ||
           str_to_i64(first, &number) != 0 || number < major;
}

/* The claims sub and auth_time come from "basic" since 25, acr from "acr" since 18: whoever comes from
 * before had them in every token. Every client gets them (import_clients.c). */
static int add_newer_scopes(struct import *im, const struct bootstrap_rest *rest)
{
    static const struct {
        const char *name;
        int64_t since;
    } newer[] = {{"basic", 25}, {"acr", 18}};
    for (size_t i = 0; i < ARRAY_LEN(newer); i++) {
        struct client_scope scope;
        if (import_scope_find(im, str_c(newer[i].name)) || !is_older_than(im, newer[i].since))
            continue;
        TRY(bootstrap_scope_named(im->w, rest, newer[i].name, &scope));
        scope.is_default = true;
        TRY(remember(im, &scope));
        im->added_scopes[i] = scope.pk;
        TRY(admin_scope_record_added(&im->ctx, im->w, &scope));
        import_adapted(
            im, AT_NAME(AT_MEMBER(NULL, "clientScopes"), scope.name),
            "added, with its claims, to the realm and all clients, as newer versions have it");
    }
    return 0;
}

static int remember_all(struct import *im)
{
    struct client_scopes all;
    TRY(scope_list(im->r, import_arena(im), &all));
    for (size_t i = 0; i < all.count; i++)
        TRY(remember(im, &all.items[i]));
    return 0;
}

int import_scopes(struct import *im)
{
    struct bootstrap_rest rest = {.ctx = &im->ctx, .realm = &im->realm};
    TRY(import_each(im, SECTION_SCOPES, take_scope));
    rest.with_scopes = im->scopes.count == 0;
    TRY(bootstrap_complete_realm(im->w, &rest));
    if (rest.with_scopes)
        TRY(remember_all(im));
    else
        TRY(add_newer_scopes(im, &rest));
    TRY(link_list(im, "defaultDefaultClientScopes", SCOPE_LINK_DEFAULT));
    TRY(link_list(im, "defaultOptionalClientScopes", SCOPE_LINK_OPTIONAL));
    arena_reset(import_arena(im));
    return 0;
}

/* --- Scope mappings --- */

static int let_client(struct import *im, const struct role *role, const void *holder)
{
    const struct import_client *item = holder;
    const struct client client = {.pk = item->pk, .id = item->id, .client_id = item->client_id};
    return admin_client_scope_role_add(&im->ctx, im->w, &client, role);
}

static int let_scope(struct import *im, const struct role *role, const void *holder)
{
    return admin_scope_role_add(&im->ctx, im->w, holder, role);
}

/* {"client": "x", "roles": [...]} or {"clientScope": "y", "roles": [...]}; the roles are the realm's or
 * those of owner. */
static int mapping(struct import *im, const struct json_value *json, const struct import_at *at,
                   const struct import_client *owner)
{
    struct str client_id = {NULL, 0}, scope_name = {NULL, 0};
    const struct json_value *roles;
    TRY(import_expect_object(im, json, at));
    TRY(import_str(im, json, "client", at, &client_id));
    TRY(import_str(im, json, "clientTemplate", at, &scope_name));
    TRY(import_str(im, json, "clientScope", at, &scope_name));
    TRY(import_list(im, json, "roles", at, &roles));
    const struct import_client *client = import_client_find(im, client_id);
    const struct client_scope *scope = import_scope_find(im, scope_name);
    at = AT_MEMBER(at, "roles");
    if (!str_absent(client_id) && client)
        return import_named_roles(im, owner, roles, at, let_client, client);
    if (!str_absent(scope_name) && scope)
        return import_named_roles(im, owner, roles, at, let_scope, scope);
    import_left(im, at, "the client or client scope of this scope mapping is not there");
    return 0;
}

static int mapping_list(struct import *im, const struct json_value *list,
                        const struct import_at *at, const struct import_client *owner)
{
    const struct json_value *json;
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &json); i++)
        TRY(mapping(im, json, AT_INDEX(at, i), owner));
    return 0;
}

static int client_mappings(struct import *im, const char *member)
{
    const struct json_value *by_client, *list;
    const struct import_at *at = AT_MEMBER(NULL, member);
    struct str client_id;
    TRY(import_object(im, im->main->top, member, NULL, &by_client));
    for (struct json_iter it = json_iter(by_client); json_next(&it, &client_id, &list);) {
        const struct import_client *owner = import_client_find(im, client_id);
        const struct import_at *here = AT_NAME(at, client_id);
        if (!json_is_array(list))
            return import_fail(im, here, "a list is expected here");
        if (!owner)
            import_left(im, here, "there is no such client");
        else
            TRY(mapping_list(im, list, here, owner));
    }
    return 0;
}

int import_scope_mappings(struct import *im)
{
    const struct json_value *list;
    TRY(import_list(im, im->main->top, "scopeMappings", NULL, &list));
    TRY(mapping_list(im, list, AT_MEMBER(NULL, "scopeMappings"), NULL));
    TRY(client_mappings(im, "applicationScopeMappings"));
    TRY(client_mappings(im, "clientScopeMappings"));
    arena_reset(import_arena(im));
    return 0;
}
