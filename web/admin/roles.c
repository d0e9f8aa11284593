/* Roles: ~/roles/{name}, ~/clients/{id}/roles/{name} and ~/roles-by-id/{id} are three ways to the same
 * handlers; which one is told by the pattern. */
#include "core/admin/roles.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "web/admin/group_tree.h"
#include "web/admin/permissions.h"
#include "web/admin/represent.h"
#include "web/admin/role_mapping.h"

#include "core/base/banned.h"

/* Where the path leads. */
struct place {
    const struct client *client; /* NULL: the realm */
    struct str container_id;
    size_t next; /* the parameter after the container's */
    bool by_id;
};

static bool is_below(const struct admin_call *call, const char *prefix)
{
    return str_starts(str_c(call->req->route->pattern), str_c(prefix));
}

static int find_place(struct admin_call *call, struct place *ret_place)
{
    struct place p = {.container_id = auth_realm(&call->ctx)->id, .next = 1};
    p.by_id = is_below(call, "/admin/realms/{realm}/roles-by-id/");
    if (is_below(call, "/admin/realms/{realm}/clients/")) {
        TRY(mapping_client(call, 1, &p.client));
        p.container_id = p.client->id;
        p.next = 2;
    }
    *ret_place = p;
    return 0;
}

/* By id the container is known only now, and with it the right that is needed (AD-03). */
static int settle_container(struct admin_call *call, struct place *p, const struct role *role,
                            bool manage)
{
    bool of_client = role->client_pk != 0;
    TRY(admin_require(call, of_client ? (manage ? ADMIN_MANAGE_CLIENTS : ADMIN_VIEW_CLIENTS)
                                      : (manage ? ADMIN_MANAGE_REALM : ADMIN_VIEW_REALM)));
    if (!p->by_id || !of_client)
        return 0;
    TRY(realm_view_client_by_pk(call->ctx.view, role->client_pk, &p->client));
    p->container_id = p->client->id;
    return 0;
}

/* The role of the path, inside the read or write that is open. */
static int find_role(struct admin_call *call, bool manage, struct place *ret_place,
                     struct role *ret_role)
{
    TRY(find_place(call, ret_place));
    struct str name = admin_param(call, ret_place->next);
    int rc = ret_place->by_id
                 ? role_find_by_id(call->r, call->req->arena, name, ret_role)
                 : role_find(call->r, call->req->arena,
                             ret_place->client ? ret_place->client->pk : 0, name, ret_role);
    ret_place->next++;
    if (rc == ERR_NOT_FOUND && ret_place->by_id)
        return err_set(&call->req->err, rc, "Could not find role with id");
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Could not find role");
    TRY(rc);
    return settle_container(call, ret_place, ret_role, manage);
}

/* --- Lists --- */

static int list_roles(struct admin_call *call, const struct place *p, const struct roles *roles)
{
    struct admin_page page;
    struct str search, wanted;
    bool brief;
    size_t at = 0;
    TRY(admin_page(call, &page));
    TRY(admin_query(call, "search", &search));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    wanted = arena_lower(call->req->arena, search);
    jw_begin_array(&call->out);
    for (size_t i = 0; i < roles->count; i++) {
        struct str name = arena_lower(call->req->arena, roles->items[i].name);
        if (!str_absent(search) && str_find_str(name, wanted) < 0)
            continue;
        if (admin_page_has(&page, at++))
            represent_role(&call->out, &roles->items[i], p->container_id, brief);
    }
    jw_end_array(&call->out);
    return 0;
}

int rest_roles_list(struct admin_call *call)
{
    struct place p;
    struct roles roles;
    TRY(admin_read(call));
    TRY(find_place(call, &p));
    TRY(role_list(call->r, call->req->arena, p.client ? p.client->pk : 0, &roles));
    return list_roles(call, &p, &roles);
}

int rest_role_users(struct admin_call *call)
{
    struct place p;
    struct role role;
    struct admin_page page;
    struct user *users;
    size_t count;
    bool brief;
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    TRY(role_users(call->r, call->req->arena, role.pk, page.first, admin_page_limit(&page), &users,
                   &count));
    TRY(admin_page_check(call, &page, count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        represent_user(call, &users[i], brief);
    jw_end_array(&call->out);
    return 0;
}

int rest_role_groups(struct admin_call *call)
{
    struct place p;
    struct role role;
    struct admin_page page;
    struct groups groups;
    struct group_shape shape = {.counts = true};
    TRY(admin_page(call, &page));
    TRY(group_shape_of(call, true, &shape));
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    TRY(role_groups(call->r, call->req->arena, role.pk, page.first, admin_page_limit(&page),
                    &groups));
    TRY(admin_page_check(call, &page, groups.count));
    return group_list_write(call, &groups, &shape);
}

/* --- One --- */

int rest_role_get(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    represent_role(&call->out, &role, p.container_id, false);
    return 0;
}

int rest_role_permissions_get(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    return permissions_show(call);
}

int rest_role_permissions_put(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_read(call));
    TRY(find_role(call, true, &p, &role));
    return permissions_put(call);
}

/* One of the realm, or of a client. */
static int add_part(struct admin_call *call, const struct role *role, const struct client *client,
                    const struct json_value *name)
{
    struct role part;
    if (json_kind(name) != JSON_STRING)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "composites",
                         "composites are lists of names of roles");
    int rc = role_find(call->r, call->req->arena, client ? client->pk : 0, json_str(name), &part);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "%s Role with name %.*s does not exist",
                       client ? "Client" : "Realm", STR_ARG(json_str(name)));
    TRY(rc);
    TRY(admin_may_give(&call->ctx, &call->caller, call->r, &(struct roles){&part, 1}));
    return admin_role_compose(&call->ctx, call->w, role, &part);
}

static int add_parts(struct admin_call *call, const struct role *role, const struct client *client,
                     const struct json_value *names)
{
    const struct json_value *name;
    if (!json_is_none(names) && !json_is_array(names))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "composites",
                         "composites are lists of names of roles");
    for (struct json_iter it = json_iter(names); json_next(&it, NULL, &name);)
        TRY(add_part(call, role, client, name));
    return 0;
}

static int require_object(struct admin_call *call, const struct json_value *value)
{
    return json_is_none(value) || json_is_object(value)
               ? 0
               : err_field(&call->req->err, ERR_INVALID_REQUEST, "composites",
                           "composites must be an object with realm and client");
}

/* As exports name them: by names, those of clients by clientId. */
static int compose_new(struct admin_call *call, const struct role *role)
{
    const struct json_value *composites = json_get(call->body, "composites");
    const struct json_value *names, *of_clients;
    struct str client_id;
    TRY(require_object(call, composites));
    of_clients = json_get(composites, "client");
    TRY(require_object(call, of_clients));
    TRY(add_parts(call, role, NULL, json_get(composites, "realm")));
    for (struct json_iter it = json_iter(of_clients); json_next(&it, &client_id, &names);) {
        const struct client *client;
        int rc = realm_view_client(call->ctx.view, client_id, &client);
        if (rc == ERR_NOT_FOUND)
            return admin_missing(call, "Client");
        TRY(rc);
        TRY(add_parts(call, role, client, names));
    }
    return 0;
}

/* AD-04: the names of roles that give rights mean what they mean. */
static int refuse_of_house(struct admin_call *call, const struct role *role)
{
    if (!admin_role_gives_rights(&call->ctx, role))
        return 0;
    return err_set(&call->req->err, ERR_FORBIDDEN, "The role %.*s gives rights: it stays as it is",
                   STR_ARG(role->name));
}

int rest_roles_create(struct admin_call *call)
{
    struct place p;
    struct role role = {.pk = 0};
    TRY(admin_body_object(call));
    fields_default(&role_fields, &role);
    TRY(fields_merge(&role_fields, &role, call->req->arena, call->body, &call->req->err));
    TRY(admin_write(call));
    TRY(find_place(call, &p));
    role.client_pk = p.client ? p.client->pk : 0;
    role.client_id = p.client ? p.client->client_id : str_of(NULL, 0);
    TRY(refuse_of_house(call, &role));
    TRY(admin_role_insert(&call->ctx, call->w, p.client, &role));
    TRY(compose_new(call, &role));
    if (!p.client)
        return admin_created(call, "roles", role.name);
    struct str below = ARENA_CONCAT(call->req->arena, STR("clients/"), p.client->id, STR("/roles"));
    return str_absent(below) ? ERR_NO_MEMORY : admin_created(call, below.ptr, role.name);
}

int rest_role_put(struct admin_call *call)
{
    struct place p;
    struct role before, after;
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    TRY(find_role(call, true, &p, &before));
    after = before;
    TRY(fields_merge(&role_fields, &after, call->req->arena, call->body, &call->req->err));
    struct role renamed = before;
    renamed.name = after.name;
    if (!str_eq(before.name, after.name)) {
        TRY(refuse_of_house(call, &before));
        TRY(refuse_of_house(call, &renamed));
    }
    return admin_role_update(&call->ctx, call->w, &before, &after);
}

int rest_role_remove(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_write(call));
    TRY(find_role(call, true, &p, &role));
    TRY(refuse_of_house(call, &role));
    return admin_role_delete(&call->ctx, call->w, &role);
}

/* --- What a role is made of --- */

static struct str container_of(struct admin_call *call, const struct role *role)
{
    const struct client *client;
    if (role->client_pk == 0)
        return auth_realm(&call->ctx)->id;
    return realm_view_client_by_pk(call->ctx.view, role->client_pk, &client) == 0 ? client->id
                                                                                  : STR("");
}

enum { PARTS_ALL = -1, PARTS_OF_REALM = 0 }; /* else a client's pk */

static int list_parts(struct admin_call *call, const struct role *role, int64_t which)
{
    struct roles parts;
    TRY(role_composites(call->r, call->req->arena, role->pk, &parts));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < parts.count; i++)
        if (which == PARTS_ALL || parts.items[i].client_pk == which)
            represent_role(&call->out, &parts.items[i], container_of(call, &parts.items[i]), true);
    jw_end_array(&call->out);
    return 0;
}

int rest_role_parts(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    return list_parts(call, &role, PARTS_ALL);
}

int rest_role_parts_realm(struct admin_call *call)
{
    struct place p;
    struct role role;
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    return list_parts(call, &role, PARTS_OF_REALM);
}

int rest_role_parts_client(struct admin_call *call)
{
    struct place p;
    struct role role;
    const struct client *client;
    TRY(admin_read(call));
    TRY(find_role(call, false, &p, &role));
    TRY(mapping_client(call, p.next, &client));
    return list_parts(call, &role, client->pk);
}

static int change_parts(struct admin_call *call, bool add)
{
    struct place p;
    struct role role;
    struct roles parts;
    TRY(admin_write(call));
    TRY(find_role(call, true, &p, &role));
    TRY(mapping_read_roles(call, &parts));
    if (add)
        TRY(admin_may_give(&call->ctx, &call->caller, call->r, &parts));
    for (size_t i = 0; i < parts.count; i++)
        TRY((add ? admin_role_compose : admin_role_decompose)(&call->ctx, call->w, &role,
                                                              &parts.items[i]));
    return 0;
}

int rest_role_parts_add(struct admin_call *call)
{
    return change_parts(call, true);
}

int rest_role_parts_remove(struct admin_call *call)
{
    return change_parts(call, false);
}
