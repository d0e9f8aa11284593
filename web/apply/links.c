/* Lists that are kept entry by entry: groups of people, scopes and groups that new ones get, roles. A
 * list that the document gives is taken as it stands: what it lacks goes. */
#include "core/model/role.h"
#include "web/apply/engine.h"

#include "core/base/banned.h"

#define USERS_ROLES   "/admin/realms/{realm}/users/{id}/role-mappings"
#define BODY_MAX      ((size_t)256 << 10)
#define PATTERN_MAX   160
#define LIST_ITEM_MAX 1000

/* --- Ids by names --- */

static int missing(struct apply *e, const char *what, struct str name)
{
    return err_set(&e->req->err, ERR_INVALID_REQUEST, "there is no %s %.*s", what,
                   (int)(name.len < 100 ? name.len : 100), name.ptr);
}

int apply_find_client(struct apply *e, struct str client_id, struct str *ret_id)
{
    const struct inner list = {.method = HTTP_GET,
                               .pattern = "/admin/realms/{realm}/clients",
                               .query = "clientId",
                               .query_value = client_id};
    const struct json_value *found;
    TRY(apply_call(e, &list, &found, NULL));
    *ret_id = json_get_str(json_at(found, 0), "id");
    return str_absent(*ret_id) ? missing(e, "client", client_id) : 0;
}

int apply_find_scope(struct apply *e, struct str name, struct str *ret_id)
{
    const struct inner list = {.method = HTTP_GET,
                               .pattern = "/admin/realms/{realm}/client-scopes"};
    const struct json_value *found, *item;
    TRY(apply_call(e, &list, &found, NULL));
    for (struct json_iter it = json_iter(found); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, "name"), name)) {
            *ret_id = json_get_str(item, "id");
            return 0;
        }
    return missing(e, "client scope", name);
}

int apply_find_group(struct apply *e, struct str path, struct str *ret_id)
{
    const struct inner get = {.method = HTTP_GET,
                              .pattern = "/admin/realms/{realm}/group-by-path/{path*}",
                              .params = {path}};
    const struct json_value *found;
    TRY(apply_look(e, &get, &found));
    *ret_id = json_get_str(found, "id");
    return str_absent(*ret_id) ? missing(e, "group", path) : 0;
}

/* --- Links --- */

static const struct json_value *entry_named(const struct json_value *list, const char *key,
                                            struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, key), name))
            return item;
    return NULL;
}

static bool links_differ(const struct apply_links *l, const struct json_value *present)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(l->wanted); json_next(&it, NULL, &item);)
        if (!entry_named(present, l->key, json_str(item)))
            return true;
    for (struct json_iter it = json_iter(present); json_next(&it, NULL, &item);)
        if (!apply_list_has(l->wanted, json_get_str(item, l->key)))
            return true;
    return false;
}

static void tell_links(struct apply *e, const struct apply_links *l,
                       const struct json_value *present)
{
    const struct json_value *item;
    row_begin(e, l->ours ? APPLY_UPDATE : APPLY_FOREIGN, l->kind, l->name);
    row_member_begin(e, l->member);
    jw_member_array(e->out, "before");
    for (struct json_iter it = json_iter(present); json_next(&it, NULL, &item);)
        jw_str(e->out, json_get_str(item, l->key));
    jw_end_array(e->out);
    jw_member_value(e->out, "after", l->wanted);
    row_member_end(e);
    row_end(e);
}

static int link_one(struct apply *e, const struct apply_links *l, enum http_method method,
                    struct str id)
{
    struct inner call = {.method = method, .pattern = l->item, .params = {id}};
    if (!str_absent(l->owner_id)) {
        call.params[0] = l->owner_id;
        call.params[1] = id;
    }
    return apply_call(e, &call, NULL, NULL);
}

/* What goes makes room first: a scope stands in one of two lists. */
static int change_links(struct apply *e, const struct apply_links *l,
                        const struct json_value *present)
{
    const struct json_value *item;
    struct str id;
    for (struct json_iter it = json_iter(present); json_next(&it, NULL, &item);)
        if (!apply_list_has(l->wanted, json_get_str(item, l->key)))
            TRY(link_one(e, l, HTTP_DELETE, json_get_str(item, "id")));
    for (struct json_iter it = json_iter(l->wanted); json_next(&it, NULL, &item);)
        if (!entry_named(present, l->key, json_str(item))) {
            TRY(l->find(e, json_str(item), &id));
            TRY(link_one(e, l, HTTP_PUT, id));
        }
    return 0;
}

static int check_texts(struct apply *e, const struct json_value *list, const char *member)
{
    const struct json_value *item;
    bool ok = json_is_array(list) && json_count(list) <= LIST_ITEM_MAX;
    for (struct json_iter it = json_iter(list); ok && json_next(&it, NULL, &item);)
        ok = json_kind(item) == JSON_STRING;
    if (ok)
        return 0;
    return err_field(&e->req->err, ERR_INVALID_REQUEST, member,
                     "%s must be a list of at most %d texts", member, LIST_ITEM_MAX);
}

int apply_links(struct apply *e, const struct apply_links *l)
{
    struct inner list = {.method = HTTP_GET, .pattern = l->list, .params = {l->owner_id}};
    const struct json_value *present;
    if (json_is_none(l->wanted) || e->is_imagined)
        return 0;
    TRY(check_texts(e, l->wanted, l->member));
    TRY(apply_call(e, &list, &present, NULL));
    if (!links_differ(l, present))
        return 0;
    if (!l->quiet || !l->ours)
        tell_links(e, l, present);
    return l->ours ? change_links(e, l, present) : 0;
}

/* --- Roles --- */

/* A role as handlers take it. */
struct ref {
    struct str id, name;
    struct str client_id; /* UUID; absent: of the realm */
    struct str label;     /* "portal/reader" */
};
struct refs {
    struct ref *items;
    size_t count;
};

static int add_ref(struct apply *e, struct refs *refs, const struct json_value *role,
                   struct str client_uuid, struct str client_name)
{
    struct ref *items =
        arena_grow(&e->step, refs->items, refs->count, refs->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    refs->items = items;
    struct ref *ref = &items[refs->count++];
    *ref = (struct ref){.id = json_get_str(role, "id"),
                        .name = json_get_str(role, "name"),
                        .client_id = client_uuid};
    ref->label = str_absent(client_name) ? ref->name
                                         : ARENA_CONCAT(&e->step, client_name, STR("/"), ref->name);
    return str_absent(ref->label) ? ERR_NO_MEMORY : 0;
}

static bool has_ref(const struct refs *refs, struct str id)
{
    for (size_t i = 0; i < refs->count; i++)
        if (str_eq(refs->items[i].id, id))
            return true;
    return false;
}

static int find_roles(struct apply *e, const struct json_value *list, struct str client_uuid,
                      struct str client_name, const char *member, struct refs *io_refs)
{
    const struct json_value *item, *role;
    bool of_client = !str_absent(client_uuid);
    TRY(check_texts(e, list, member));
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct inner get = {.method = HTTP_GET,
                            .pattern = of_client
                                           ? "/admin/realms/{realm}/clients/{client}/roles/{role}"
                                           : "/admin/realms/{realm}/roles/{role}",
                            .params = {of_client ? client_uuid : json_str(item), json_str(item)}};
        TRY(apply_look(e, &get, &role));
        if (!role)
            return missing(e, of_client ? "client role" : "role", json_str(item));
        TRY(add_ref(e, io_refs, role, client_uuid, client_name));
    }
    return 0;
}

static int find_wanted(struct apply *e, const struct json_value *of_realm,
                       const struct json_value *of_clients, struct refs *ret_refs)
{
    const struct json_value *list;
    struct str name, uuid;
    struct refs refs = {0};
    if (!json_is_none(of_realm))
        TRY(find_roles(e, of_realm, str_of(NULL, 0), str_of(NULL, 0), "realmRoles", &refs));
    for (struct json_iter it = json_iter(of_clients); json_next(&it, &name, &list);) {
        TRY(apply_find_client(e, name, &uuid));
        TRY(find_roles(e, list, uuid, name, "clientRoles", &refs));
    }
    *ret_refs = refs;
    return 0;
}

static void write_labels(struct apply *e, const char *name, const struct refs *refs)
{
    jw_member_array(e->out, name);
    for (size_t i = 0; i < refs->count; i++)
        jw_str(e->out, refs->items[i].label);
    jw_end_array(e->out);
}

static bool same_refs(const struct refs *a, const struct refs *b)
{
    for (size_t i = 0; i < a->count; i++)
        if (!has_ref(b, a->items[i].id))
            return false;
    for (size_t i = 0; i < b->count; i++)
        if (!has_ref(a, b->items[i].id))
            return false;
    return true;
}

static void tell_refs(struct apply *e, bool ours, const char *kind, struct str name,
                      const char *member, const struct refs *before, const struct refs *after)
{
    row_begin(e, ours ? APPLY_UPDATE : APPLY_FOREIGN, kind, name);
    row_member_begin(e, member);
    write_labels(e, "before", before);
    write_labels(e, "after", after);
    row_member_end(e);
    row_end(e);
}

/* Those of one container that are in a and not in b, as a body; *ret_any: whether there are any. */
static int body_of_difference(struct apply *e, const struct refs *a, const struct refs *b,
                              const struct str *container, struct str *ret_body, bool *ret_any)
{
    struct buf text;
    struct json_writer w;
    *ret_any = false;
    buf_init(&text, &e->step, BODY_MAX);
    jw_init(&w, &text);
    jw_begin_array(&w);
    for (size_t i = 0; i < a->count; i++) {
        if ((container && !str_eq(a->items[i].client_id, *container)) || has_ref(b, a->items[i].id))
            continue;
        *ret_any = true;
        jw_begin_object(&w);
        jw_member_str(&w, "id", a->items[i].id);
        jw_member_str(&w, "name", a->items[i].name);
        jw_end_object(&w);
    }
    jw_end_array(&w);
    return jw_finish(&w, ret_body);
}

/* --- Role mappings --- */

static int read_present(struct apply *e, const struct apply_roles *r, struct refs *ret_refs)
{
    const struct inner get = {.method = HTTP_GET, .pattern = r->base, .params = {r->owner_id}};
    const struct json_value *all, *role, *client;
    struct str name;
    struct refs refs = {0};
    TRY(apply_call(e, &get, &all, NULL));
    const struct json_value *of_realm = json_get(all, "realmMappings");
    struct json_iter it = json_iter(json_is_none(r->of_realm) ? NULL : of_realm);
    while (json_next(&it, NULL, &role))
        TRY(add_ref(e, &refs, role, str_of(NULL, 0), str_of(NULL, 0)));
    it = json_iter(json_is_none(r->of_clients) ? NULL : json_get(all, "clientMappings"));
    while (json_next(&it, &name, &client))
        for (struct json_iter in = json_iter(json_get(client, "mappings"));
             json_next(&in, NULL, &role);)
            TRY(add_ref(e, &refs, role, json_get_str(client, "id"), name));
    *ret_refs = refs;
    return 0;
}

/* Every person has the realm's default role: whoever lists roles need not name it. */
static void forget_default(struct apply *e, const struct apply_roles *r, struct refs *io_refs)
{
    struct str usual = auth_realm(&e->ctx)->default_role_id;
    size_t kept = 0;
    if (strcmp(r->base, USERS_ROLES) != 0)
        return;
    for (size_t i = 0; i < io_refs->count; i++)
        if (!str_eq(io_refs->items[i].id, usual))
            io_refs->items[kept++] = io_refs->items[i];
    io_refs->count = kept;
}

static int map_container(struct apply *e, const struct apply_roles *r, enum http_method method,
                         const struct refs *from, const struct refs *without, struct str client)
{
    char pattern[PATTERN_MAX];
    struct buf b;
    struct str text;
    bool any, of_client = !str_empty(client);
    struct inner call = {.method = method, .params = {r->owner_id, client}};
    buf_init(&b, &e->step, sizeof(pattern));
    buf_add_c(&b, r->base);
    if (!of_client)
        buf_add_c(&b, "/realm");
    else /* the name of the parameter in web/admin/routes.def */
        buf_add_c(&b, str_ends(str_c(r->base), STR("/scope-mappings")) ? "/clients/{other}"
                                                                       : "/clients/{client}");
    TRY(buf_finish(&b, &text));
    TRY(body_of_difference(e, from, without, &client, &call.body, &any));
    call.pattern = text.ptr;
    return any ? apply_call(e, &call, NULL, NULL) : 0;
}

static bool is_first_of_container(const struct refs *refs, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq(refs->items[i].client_id, refs->items[at].client_id))
            return false;
    return true;
}

static int map_all(struct apply *e, const struct apply_roles *r, enum http_method method,
                   const struct refs *from, const struct refs *without)
{
    for (size_t i = 0; i < from->count; i++)
        if (is_first_of_container(from, i))
            TRY(map_container(e, r, method, from, without, from->items[i].client_id));
    return 0;
}

int apply_role_mappings(struct apply *e, const struct apply_roles *r)
{
    struct refs wanted, present;
    if ((json_is_none(r->of_realm) && json_is_none(r->of_clients)) || e->is_imagined)
        return 0;
    TRY(find_wanted(e, r->of_realm, r->of_clients, &wanted));
    TRY(read_present(e, r, &present));
    forget_default(e, r, &wanted);
    forget_default(e, r, &present);
    if (same_refs(&present, &wanted))
        return 0;
    if (!r->quiet || !r->ours)
        tell_refs(e, r->ours, r->kind, r->name, r->member, &present, &wanted);
    if (!r->ours)
        return 0;
    TRY(map_all(e, r, HTTP_DELETE, &present, &wanted));
    return map_all(e, r, HTTP_POST, &wanted, &present);
}

/* --- Composites --- */

static int read_parts(struct apply *e, const struct apply_parts *p, struct refs *ret_refs)
{
    const struct inner get = {
        .method = HTTP_GET, .pattern = p->pattern, .params = {p->params[0], p->params[1]}};
    const struct json_value *all, *role;
    struct refs refs = {0};
    TRY(apply_call(e, &get, &all, NULL));
    for (struct json_iter it = json_iter(all); json_next(&it, NULL, &role);) {
        bool of_client = json_bool_or(role, "clientRole", false);
        if (json_is_none(of_client ? p->of_clients : p->of_realm))
            continue;
        TRY(add_ref(e, &refs, role, of_client ? json_get_str(role, "containerId") : str_of(NULL, 0),
                    str_of(NULL, 0)));
    }
    *ret_refs = refs;
    return 0;
}

static int change_parts(struct apply *e, const struct apply_parts *p, enum http_method method,
                        const struct refs *from, const struct refs *without)
{
    struct inner call = {
        .method = method, .pattern = p->pattern, .params = {p->params[0], p->params[1]}};
    bool any;
    TRY(body_of_difference(e, from, without, NULL, &call.body, &any));
    return any ? apply_call(e, &call, NULL, NULL) : 0;
}

int apply_composites(struct apply *e, const struct apply_parts *p)
{
    struct refs wanted, present;
    if (e->is_imagined)
        return 0;
    TRY(find_wanted(e, p->of_realm, p->of_clients, &wanted));
    TRY(read_parts(e, p, &present));
    if (same_refs(&present, &wanted))
        return 0;
    if (!p->quiet || !p->ours)
        tell_refs(e, p->ours, kind_role.name, p->name, "composites", &present, &wanted);
    if (!p->ours)
        return 0;
    TRY(change_parts(e, p, HTTP_DELETE, &present, &wanted));
    return change_parts(e, p, HTTP_POST, &wanted, &present);
}
