/* Roles, what they are made of, and which of them tokens may carry. */
#include "core/transfer/export_parts.h"

#include <stdlib.h>

#include "core/port/clients.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

/* --- Roles --- */

static void write_names(struct json_writer *w, const struct roles *roles, size_t from, size_t to)
{
    jw_begin_array(w);
    for (size_t i = from; i < to; i++)
        jw_str(w, roles->items[i].name);
    jw_end_array(w);
}

static size_t end_of_client(const struct roles *roles, size_t from)
{
    size_t to = from;
    while (to < roles->count && roles->items[to].client_pk == roles->items[from].client_pk)
        to++;
    return to;
}

/* Sorted: those of the realm first, then client by client. */
static void write_parts(struct json_writer *w, const struct roles *parts)
{
    size_t at = parts->count > 0 && parts->items[0].client_pk == 0 ? end_of_client(parts, 0) : 0;
    jw_member_object(w, "composites");
    if (at > 0) {
        jw_key(w, "realm");
        write_names(w, parts, 0, at);
    }
    if (at < parts->count)
        jw_member_object(w, "client");
    bool any = at < parts->count;
    while (at < parts->count) {
        size_t to = end_of_client(parts, at);
        jw_key_s(w, parts->items[at].client_id);
        write_names(w, parts, at, to);
        at = to;
    }
    if (any)
        jw_end_object(w);
    jw_end_object(w);
}

static int write_role(struct exporter *e, const struct role *role, struct str container_id)
{
    struct roles parts;
    jw_begin_object(&e->w);
    represent_role_members(&e->w, role, container_id);
    if (role->composite) {
        TRY(role_composites(e->r, e->scratch, role->pk, &parts));
        write_parts(&e->w, &parts);
    }
    represent_attrs(&e->w, "attributes", &role->attributes);
    jw_end_object(&e->w);
    e->counts.roles++;
    return export_next(e);
}

static int write_list(struct exporter *e, const struct roles *roles, struct str container_id)
{
    jw_begin_array(&e->w);
    for (size_t i = 0; i < roles->count; i++)
        TRY(write_role(e, &roles->items[i], container_id));
    jw_end_array(&e->w);
    return 0;
}

static int write_of_client(struct exporter *e, const struct client *client)
{
    CLEANUP(arena_free) struct arena a;
    struct roles roles;
    arena_init(&a, e->scratch->max_bytes);
    TRY(role_list(e->r, &a, client->pk, &roles));
    if (roles.count == 0)
        return 0;
    jw_key_s(&e->w, client->client_id);
    return write_list(e, &roles, client->id);
}

static int write_all(struct exporter *e)
{
    struct roles roles;
    TRY(role_list(e->r, e->kept, 0, &roles));
    jw_member_object(&e->w, "roles");
    jw_key(&e->w, "realm");
    TRY(write_list(e, &roles, e->realm.id));
    jw_member_object(&e->w, "client");
    TRY(export_each_client(e, write_of_client));
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    return 0;
}

/* Its parts stand among the roles. */
static int write_default(struct exporter *e)
{
    struct role role;
    int rc = role_find_by_id(e->r, e->scratch, e->realm.default_role_id, &role);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    jw_member_object(&e->w, "defaultRole");
    represent_role_members(&e->w, &role, e->realm.id);
    jw_end_object(&e->w);
    return export_next(e);
}

int export_roles(struct exporter *e)
{
    if (e->options->groups_and_roles)
        TRY(write_all(e));
    return write_default(e);
}

/* --- Scope mappings --- */

/* A client or a client scope, and a role that it lets through. */
struct mapping {
    struct str owner; /* client_id of the role's client; absent: a role of the realm */
    struct str holder;
    bool of_scope;
    struct str role;
    size_t place; /* in the order in which they were found */
};

struct mappings {
    struct mapping *items;
    size_t count, cap;
};

static int add_mapping(struct exporter *e, struct mappings *m, const struct role *role,
                       struct str holder, bool of_scope)
{
    if (m->count == m->cap) {
        size_t cap = m->cap ? m->cap * 2 : 64;
        m->items = arena_grow(e->kept, m->items, m->count, cap, sizeof(*m->items));
        if (!m->items)
            return ERR_NO_MEMORY;
        m->cap = cap;
    }
    m->items[m->count] = (struct mapping){.owner = role->client_id,
                                          .holder = holder,
                                          .of_scope = of_scope,
                                          .role = role->name,
                                          .place = m->count};
    m->count++;
    return 0;
}

static int add_all(struct exporter *e, struct mappings *m, const struct roles *roles,
                   struct str holder, bool of_scope)
{
    for (size_t i = 0; i < roles->count; i++)
        TRY(add_mapping(e, m, &roles->items[i], holder, of_scope));
    return 0;
}

static int of_clients(struct exporter *e, struct mappings *m)
{
    struct client *clients;
    struct str after = {NULL, 0};
    size_t count;
    do {
        TRY(client_list(e->r, e->kept, after, 100, &clients, &count));
        for (size_t i = 0; i < count; i++) {
            struct roles roles;
            TRY(client_scope_roles(e->r, e->kept, clients[i].pk, &roles));
            TRY(add_all(e, m, &roles, clients[i].client_id, false));
        }
        if (count > 0)
            after = clients[count - 1].client_id;
    } while (count == 100);
    return 0;
}

static int of_scopes(struct exporter *e, struct mappings *m)
{
    struct client_scopes scopes;
    TRY(scope_list(e->r, e->kept, &scopes));
    for (size_t i = 0; i < scopes.count; i++) {
        struct roles roles;
        TRY(scope_roles(e->r, e->kept, scopes.items[i].pk, &roles));
        TRY(add_all(e, m, &roles, scopes.items[i].name, true));
    }
    return 0;
}

/* By the role's client, those of the realm first. */
static int by_owner(const void *left, const void *right)
{
    const struct mapping *a = left, *b = right;
    int order = str_cmp(a->owner, b->owner);
    if (order != 0)
        return order;
    return a->place < b->place ? -1 : a->place > b->place;
}

static bool same_holder(const struct mapping *a, const struct mapping *b)
{
    return a->of_scope == b->of_scope && str_eq(a->holder, b->holder);
}

/* From at on, all roles of one owner. */
static size_t write_of_owner(struct json_writer *w, const struct mappings *m, size_t at)
{
    const struct mapping *first = &m->items[at];
    jw_begin_array(w);
    while (at < m->count && str_eq(m->items[at].owner, first->owner)) {
        const struct mapping *holder = &m->items[at];
        jw_begin_object(w);
        jw_member_str(w, holder->of_scope ? "clientScope" : "client", holder->holder);
        jw_member_array(w, "roles");
        for (; at < m->count && str_eq(m->items[at].owner, first->owner) &&
               same_holder(&m->items[at], holder);
             at++)
            jw_str(w, m->items[at].role);
        jw_end_array(w);
        jw_end_object(w);
    }
    jw_end_array(w);
    return at;
}

int export_scope_mappings(struct exporter *e)
{
    struct mappings m = {NULL, 0, 0};
    size_t at = 0;
    if (e->options->clients)
        TRY(of_clients(e, &m));
    if (!e->options->without_client_scopes)
        TRY(of_scopes(e, &m));
    if (m.count > 0)
        qsort(m.items, m.count, sizeof(*m.items), by_owner);
    if (m.count > 0 && str_empty(m.items[0].owner)) {
        jw_key(&e->w, "scopeMappings");
        at = write_of_owner(&e->w, &m, at);
    }
    if (at < m.count) {
        jw_member_object(&e->w, "clientScopeMappings");
        while (at < m.count) {
            jw_key_s(&e->w, m.items[at].owner);
            at = write_of_owner(&e->w, &m, at);
        }
        jw_end_object(&e->w);
    }
    return export_next(e);
}
