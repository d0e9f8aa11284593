/* The parts of a realm, in the order in which one needs the other. */
#include "web/apply/engine.h"

#include "core/admin/logo.h"

#include "core/base/banned.h"

#define REALM              "/admin/realms/{realm}"
#define SERVICE_ACCOUNT    "service-account-"
#define SETTINGS_MAX_BYTES ((size_t)1 << 20)

#define GET(...)  ((struct inner){.method = HTTP_GET, __VA_ARGS__})
#define POST(...) ((struct inner){.method = HTTP_POST, __VA_ARGS__})
#define PUT(...)  ((struct inner){.method = HTTP_PUT, __VA_ARGS__})

static int malformed(struct apply *e, const char *member, const char *what)
{
    return err_field(&e->req->err, ERR_INVALID_REQUEST, member, "%s must be %s", member, what);
}

/* The next object of a list and its name, which must be there. */
static int take_named(struct apply *e, const struct json_value *item, const struct apply_kind *kind,
                      struct str *ret_name)
{
    if (!json_is_object(item))
        return malformed(e, kind->name, "an object");
    *ret_name = json_get_str(item, kind->identity);
    if (!str_empty(*ret_name))
        return 0;
    return err_field(&e->req->err, ERR_INVALID_REQUEST, kind->identity, "a %s without %s",
                     kind->name, kind->identity);
}

static int take_list(struct apply *e, const struct json_value *from, const char *member,
                     struct json_iter *ret_it)
{
    const struct json_value *list = json_get(from, member);
    if (!json_is_none(list) && !json_is_array(list))
        return malformed(e, member, "a list");
    *ret_it = json_iter(list);
    return 0;
}

/* --- Settings --- */

static bool has_settings(const struct json_value *wanted)
{
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(wanted); json_next(&it, &name, &value);)
        if (fields_find(&realm_fields, name) && !json_is_none(value))
            return true;
    return false;
}

/* The realm as an export shows it: with its logo among the attributes. */
static void write_with_logo(struct json_writer *w, const struct json_value *present, struct str uri)
{
    const struct json_value *value;
    struct str name;
    jw_begin_object(w);
    for (struct json_iter it = json_iter(present); json_next(&it, &name, &value);)
        if (!str_eq(name, STR("attributes"))) {
            jw_key_s(w, name);
            jw_value(w, value);
        }
    jw_member_object(w, "attributes");
    for (struct json_iter it = json_iter(json_get(present, "attributes"));
         json_next(&it, &name, &value);)
        if (!str_eq(name, STR(LOGO_EXPORT_ATTR))) {
            jw_key_s(w, name);
            jw_value(w, value);
        }
    jw_member_str(w, LOGO_EXPORT_ATTR, uri);
    jw_end_object(w);
    jw_end_object(w);
}

/* A document that names a logo is compared with the one that is kept. */
static int show_logo(struct apply *e, const struct json_value **io_present)
{
    const struct inner get = GET(.pattern = REALM "/logo");
    const struct json_value *logo;
    struct json_writer w;
    struct buf b;
    struct str text;
    if (!*io_present || json_is_none(json_get(json_get(e->wanted, "attributes"), LOGO_EXPORT_ATTR)))
        return 0;
    TRY(apply_look(e, &get, &logo));
    if (json_is_none(json_get(logo, "data")))
        return 0;
    struct str uri = ARENA_CONCAT(&e->step, STR("data:"), json_get_str(logo, "type"),
                                  STR(";base64,"), json_get_str(logo, "data"));
    if (str_absent(uri))
        return ERR_NO_MEMORY;
    buf_init(&b, &e->step, SETTINGS_MAX_BYTES);
    jw_init(&w, &b);
    write_with_logo(&w, *io_present, uri);
    TRY(jw_finish(&w, &text));
    return json_parse(&e->step, text, SETTINGS_MAX_BYTES, io_present);
}

/* A document that says nothing of the realm itself does not make it its own. */
int apply_settings(struct apply *e, bool *ret_ours)
{
    struct apply_object o = {.kind = &kind_realm,
                             .name = e->realm,
                             .wanted = e->wanted,
                             .is_new = e->is_new,
                             .change = PUT(.pattern = REALM)};
    const struct inner get = GET(.pattern = REALM);
    struct str id;
    TRY(apply_look(e, &get, &o.present));
    TRY(show_logo(e, &o.present));
    *ret_ours = e->options->adopt || apply_is_marked(e, o.present);
    if (!e->is_new && !has_settings(e->wanted))
        return 0;
    return apply_object(e, &o, &id, ret_ours);
}

/* --- Roles --- */

static int apply_role(struct apply *e, const struct json_value *item, struct str client_uuid,
                      struct str client_name)
{
    bool of_client = !str_absent(client_name), ours;
    struct apply_object o = {.kind = &kind_role, .wanted = item};
    struct str name, id;
    TRY(take_named(e, item, &kind_role, &name));
    o.name = of_client ? ARENA_CONCAT(&e->step, client_name, STR("/"), name) : name;
    const char *one = of_client ? REALM "/clients/{client}/roles/{role}" : REALM "/roles/{role}";
    const char *all = of_client ? REALM "/clients/{client}/roles" : REALM "/roles";
    struct inner get = GET(.pattern = one, .params = {of_client ? client_uuid : name, name});
    TRY(apply_look(e, &get, &o.present));
    o.make = POST(.pattern = all, .params = {client_uuid});
    o.change = PUT(.pattern = one, .params = {get.params[0], name});
    return apply_object(e, &o, &id, &ours);
}

int apply_realm_roles(struct apply *e)
{
    struct json_iter it;
    const struct json_value *item;
    TRY(take_list(e, json_get(e->wanted, "roles"), "realm", &it));
    for (; json_next(&it, NULL, &item); apply_next(e))
        TRY(apply_role(e, item, str_of(NULL, 0), str_of(NULL, 0)));
    return 0;
}

static int find_client(struct apply *e, struct str name, struct str *ret_uuid)
{
    *ret_uuid = str_of(NULL, 0);
    return e->is_imagined ? 0 : apply_find_client(e, name, ret_uuid);
}

int apply_client_roles(struct apply *e)
{
    const struct json_value *of_clients = json_get(json_get(e->wanted, "roles"), "client");
    const struct json_value *list, *item;
    struct str name, uuid;
    for (struct json_iter it = json_iter(of_clients); json_next(&it, &name, &list);) {
        if (!json_is_array(list))
            return malformed(e, "roles.client", "lists by client");
        for (struct json_iter in = json_iter(list); json_next(&in, NULL, &item); apply_next(e)) {
            TRY(find_client(e, name, &uuid));
            TRY(apply_role(e, item, uuid, name));
        }
    }
    return 0;
}

static int apply_parts_of(struct apply *e, const struct json_value *item, struct str client_name)
{
    const struct json_value *composites = json_get(item, "composites"), *role;
    bool of_client = !str_absent(client_name);
    struct apply_parts p = {.pattern = REALM "/roles/{role}/composites",
                            .of_realm = json_get(composites, "realm"),
                            .of_clients = json_get(composites, "client")};
    struct inner get = GET(.pattern = REALM "/roles/{role}");
    if (json_is_none(p.of_realm) && json_is_none(p.of_clients))
        return 0;
    p.name = p.params[0] = json_get_str(item, "name");
    if (of_client) {
        p.pattern = REALM "/clients/{client}/roles/{role}/composites";
        get.pattern = REALM "/clients/{client}/roles/{role}";
        p.params[1] = p.name;
        TRY(find_client(e, client_name, &p.params[0]));
        p.name = ARENA_CONCAT(&e->step, client_name, STR("/"), p.name);
    }
    get.params[0] = p.params[0];
    get.params[1] = p.params[1];
    TRY(apply_look(e, &get, &role));
    p.ours = e->options->adopt || apply_is_marked(e, role);
    return apply_composites(e, &p);
}

int apply_all_composites(struct apply *e)
{
    const struct json_value *roles = json_get(e->wanted, "roles"), *item, *list;
    struct str name;
    for (struct json_iter it = json_iter(json_get(roles, "realm")); json_next(&it, NULL, &item);
         apply_next(e))
        TRY(apply_parts_of(e, item, str_of(NULL, 0)));
    for (struct json_iter it = json_iter(json_get(roles, "client")); json_next(&it, &name, &list);)
        for (struct json_iter in = json_iter(list); json_next(&in, NULL, &item); apply_next(e))
            TRY(apply_parts_of(e, item, name));
    return 0;
}

/* --- Scopes and clients --- */

static const struct json_value *named(const struct json_value *list, struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, "name"), name))
            return item;
    return NULL;
}

static int apply_scope(struct apply *e, const struct json_value *item)
{
    const struct inner list = GET(.pattern = REALM "/client-scopes");
    struct apply_object o = {.kind = &kind_scope, .wanted = item};
    const struct json_value *all;
    struct str id;
    bool ours;
    TRY(take_named(e, item, &kind_scope, &o.name));
    TRY(apply_look(e, &list, &all));
    o.present = named(all, o.name);
    o.make = POST(.pattern = REALM "/client-scopes");
    o.change =
        PUT(.pattern = REALM "/client-scopes/{scope}", .params = {json_get_str(o.present, "id")});
    return apply_object(e, &o, &id, &ours);
}

int apply_scopes(struct apply *e)
{
    struct json_iter it;
    const struct json_value *item;
    TRY(take_list(e, e->wanted, "clientScopes", &it));
    for (; json_next(&it, NULL, &item); apply_next(e))
        TRY(apply_scope(e, item));
    return 0;
}

static int apply_client(struct apply *e, const struct json_value *item)
{
    struct apply_object o = {.kind = &kind_client, .wanted = item};
    const struct json_value *found;
    struct str id;
    bool ours;
    TRY(take_named(e, item, &kind_client, &o.name));
    const struct inner list =
        GET(.pattern = REALM "/clients", .query = "clientId", .query_value = o.name);
    TRY(apply_look(e, &list, &found));
    id = json_get_str(json_at(found, 0), "id");
    if (!str_absent(id)) {
        const struct inner get = GET(.pattern = REALM "/clients/{client}", .params = {id});
        TRY(apply_look(e, &get, &o.present));
    }
    o.make = POST(.pattern = REALM "/clients");
    o.change = PUT(.pattern = REALM "/clients/{client}", .params = {id});
    return apply_object(e, &o, &id, &ours);
}

int apply_clients(struct apply *e)
{
    struct json_iter it;
    const struct json_value *item;
    TRY(take_list(e, e->wanted, "clients", &it));
    for (; json_next(&it, NULL, &item); apply_next(e))
        TRY(apply_client(e, item));
    return 0;
}

/* --- Groups --- */

int apply_group_roles(struct apply *e, const struct json_value *item, struct str path,
                      struct str id, bool ours, bool quiet)
{
    const struct apply_roles r = {.kind = kind_group.name,
                                  .name = path,
                                  .base = REALM "/groups/{group}/role-mappings",
                                  .member = "roles",
                                  .owner_id = id,
                                  .of_realm = json_get(item, "realmRoles"),
                                  .of_clients = json_get(item, "clientRoles"),
                                  .ours = ours,
                                  .quiet = quiet};
    return apply_role_mappings(e, &r);
}

static int apply_group(struct apply *e, const struct json_value *item, struct str above,
                       struct str *ret_path)
{
    struct apply_object o = {.kind = &kind_group, .wanted = item};
    struct str name, id, parent = {NULL, 0};
    bool ours;
    TRY(take_named(e, item, &kind_group, &name));
    /* Outlives the step: the groups below need it. */
    *ret_path = o.name = ARENA_CONCAT(e->req->arena, above, STR("/"), name);
    if (str_absent(o.name))
        return ERR_NO_MEMORY;
    const struct inner get = GET(.pattern = REALM "/group-by-path/{path*}", .params = {o.name});
    TRY(apply_look(e, &get, &o.present));
    if (!str_empty(above) && !e->is_imagined)
        TRY(apply_find_group(e, above, &parent));
    o.make = str_empty(above)
                 ? POST(.pattern = REALM "/groups")
                 : POST(.pattern = REALM "/groups/{group}/children", .params = {parent});
    o.change = PUT(.pattern = REALM "/groups/{group}", .params = {json_get_str(o.present, "id")});
    TRY(apply_object(e, &o, &id, &ours));
    return apply_group_roles(e, item, o.name, id, ours, !o.present);
}

/* At most as deep as JSON may be. */
static int apply_group_list(struct apply *e, const struct json_value *from, const char *member,
                            struct str above)
{
    struct json_iter it;
    const struct json_value *item;
    struct str path;
    TRY(take_list(e, from, member, &it));
    for (; json_next(&it, NULL, &item); apply_next(e)) {
        TRY(apply_group(e, item, above, &path));
        apply_next(e);
        TRY(apply_group_list(e, item, "subGroups", path));
    }
    return 0;
}

int apply_groups(struct apply *e)
{
    return apply_group_list(e, e->wanted, "groups", STR(""));
}

/* --- What new ones get --- */

int apply_realm_lists(struct apply *e, bool ours)
{
    struct apply_links lists[] = {
        {.member = "defaultDefaultClientScopes",
         .list = REALM "/default-default-client-scopes",
         .item = REALM "/default-default-client-scopes/{scope}",
         .key = "name",
         .find = apply_find_scope},
        {.member = "defaultOptionalClientScopes",
         .list = REALM "/default-optional-client-scopes",
         .item = REALM "/default-optional-client-scopes/{scope}",
         .key = "name",
         .find = apply_find_scope},
        {.member = "defaultGroups",
         .list = REALM "/default-groups",
         .item = REALM "/default-groups/{group}",
         .key = "path",
         .find = apply_find_group},
    };
    for (size_t i = 0; i < ARRAY_LEN(lists); i++, apply_next(e)) {
        lists[i].kind = kind_realm.name;
        lists[i].name = e->realm;
        lists[i].wanted = json_get(e->wanted, lists[i].member);
        lists[i].ours = ours;
        TRY(apply_links(e, &lists[i]));
    }
    return 0;
}

/* --- People --- */

int apply_memberships(struct apply *e, const struct json_value *item, struct str name,
                      struct str id, bool ours, bool quiet)
{
    const struct apply_links groups = {.kind = kind_user.name,
                                       .name = name,
                                       .member = "groups",
                                       .wanted = json_get(item, "groups"),
                                       .list = REALM "/users/{id}/groups",
                                       .item = REALM "/users/{id}/groups/{group}",
                                       .owner_id = id,
                                       .key = "path",
                                       .find = apply_find_group,
                                       .ours = ours,
                                       .quiet = quiet};
    const struct apply_roles roles = {.kind = kind_user.name,
                                      .name = name,
                                      .base = REALM "/users/{id}/role-mappings",
                                      .member = "roles",
                                      .owner_id = id,
                                      .of_realm = json_get(item, "realmRoles"),
                                      .of_clients = json_get(item, "clientRoles"),
                                      .ours = ours,
                                      .quiet = quiet};
    TRY(apply_links(e, &groups));
    return apply_role_mappings(e, &roles);
}

/* Lists of people leave these out: they are found by their clients, and belong to whom the client
 * belongs to. */
int apply_service_account(struct apply *e, const struct json_value *item, struct str name,
                          struct str client_id, bool quiet)
{
    struct inner get = GET(.pattern = REALM "/clients/{client}");
    const struct json_value *client, *user;
    TRY(apply_find_client(e, client_id, &get.params[0]));
    TRY(apply_look(e, &get, &client));
    get.pattern = REALM "/clients/{client}/service-account-user";
    TRY(apply_look(e, &get, &user));
    if (!user)
        return err_set(&e->req->err, ERR_INVALID_REQUEST, "client %.*s has no service account",
                       (int)(client_id.len < 100 ? client_id.len : 100), client_id.ptr);
    bool ours = e->options->adopt || apply_is_marked(e, client);
    return apply_memberships(e, item, name, json_get_str(user, "id"), ours, quiet);
}

struct str apply_service_client_of(const struct json_value *item, struct str name)
{
    struct str client_id = json_get_str(item, "serviceAccountClientId");
    if (str_absent(client_id) && str_starts(name, STR(SERVICE_ACCOUNT)))
        return str_from(name, sizeof(SERVICE_ACCOUNT) - 1);
    return client_id;
}

static int apply_user(struct apply *e, const struct json_value *item)
{
    struct apply_object o = {.kind = &kind_user, .wanted = item};
    const struct json_value *found;
    struct str id;
    bool ours;
    TRY(take_named(e, item, &kind_user, &o.name));
    struct str client_id = apply_service_client_of(item, o.name);
    if (!str_absent(client_id))
        return e->is_imagined ? 0 : apply_service_account(e, item, o.name, client_id, false);
    const struct inner list = GET(.pattern = REALM "/users", .query = "username",
                                  .query_value = o.name, .whole_list = true);
    TRY(apply_look(e, &list, &found));
    o.present = json_at(found, 0);
    o.make = POST(.pattern = REALM "/users");
    o.change = PUT(.pattern = REALM "/users/{id}", .params = {json_get_str(o.present, "id")});
    TRY(apply_object(e, &o, &id, &ours));
    return apply_memberships(e, item, o.name, id, ours, !o.present);
}

int apply_users(struct apply *e)
{
    struct json_iter it;
    const struct json_value *item;
    TRY(take_list(e, e->wanted, "users", &it));
    for (; json_next(&it, NULL, &item); apply_next(e))
        TRY(apply_user(e, item));
    return 0;
}
