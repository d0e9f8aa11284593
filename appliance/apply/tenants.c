/* Tenants to realms. */
#include "appliance/apply/tenants.h"

#include "appliance/apply/tree.h"

#include "core/base/banned.h"

#define OWNER_ROLE "realm-management/realm-admin"

/* A person and one of his roles: "auditor" of the realm, "client/role" of a client. */
struct grant {
    const struct json_value *person; /* a text, or an object with username */
    struct str role;                 /* absent: none */
};
struct grants {
    struct grant *items;
    size_t count;
};

struct maker {
    struct arena *arena;
    struct err_ctx *err;
    struct json_writer out;
    struct str tenant;
};

static int refuse(struct maker *m, const char *what)
{
    return err_set(m->err, ERR_CONFIG, "tenant %.*s: %s",
                   (int)(m->tenant.len < 60 ? m->tenant.len : 60),
                   m->tenant.ptr ? m->tenant.ptr : "", what);
}

static struct str username_of(const struct json_value *person)
{
    return json_is_object(person) ? json_get_str(person, "username") : json_str(person);
}

static int add_grant(struct maker *m, struct grants *g, const struct json_value *person,
                     struct str role)
{
    if (str_empty(username_of(person)))
        return refuse(m, "a person is a user name or an object with username");
    if (g->count == TENANT_PEOPLE_MAX)
        return refuse(m, "too many people for the registry: list them in a realm");
    g->items[g->count++] = (struct grant){person, role};
    return 0;
}

static int begin_grants(struct maker *m, struct grants *ret_grants)
{
    *ret_grants = (struct grants){ARENA_ARRAY(m->arena, TENANT_PEOPLE_MAX, struct grant), 0};
    return ret_grants->items ? 0 : ERR_NO_MEMORY;
}

/* --- People with all their roles --- */

static bool stands_before(const struct grants *g, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_ieq(username_of(g->items[i].person), username_of(g->items[at].person)))
            return true;
    return false;
}

/* The part of a role's spelling before the slash; absent for roles of the realm. */
static struct str client_of(struct str role)
{
    ptrdiff_t slash = str_find(role, '/');
    return slash > 0 ? str_sub(role, 0, (size_t)slash) : str_of(NULL, 0);
}

/* The roles of one person of one client (absent: of the realm), as a list. */
static void write_roles(struct maker *m, const struct grants *g, struct str name, struct str client)
{
    jw_begin_array(&m->out);
    for (size_t i = 0; i < g->count; i++) {
        const struct grant *grant = &g->items[i];
        struct str of = client_of(grant->role);
        if (str_absent(grant->role) || !str_ieq(username_of(grant->person), name) ||
            str_absent(of) != str_absent(client) || !str_eq(of, client))
            continue;
        jw_str(&m->out, str_absent(of) ? grant->role : str_from(grant->role, of.len + 1));
    }
    jw_end_array(&m->out);
}

static bool is_first_of_client(const struct grants *g, size_t at, struct str name)
{
    for (size_t i = 0; i < at; i++)
        if (str_ieq(username_of(g->items[i].person), name) &&
            str_eq(client_of(g->items[i].role), client_of(g->items[at].role)))
            return false;
    return true;
}

static void write_client_roles(struct maker *m, const struct grants *g, struct str name)
{
    jw_member_object(&m->out, "clientRoles");
    for (size_t i = 0; i < g->count; i++) {
        struct str client = client_of(g->items[i].role);
        if (str_absent(client) || !str_ieq(username_of(g->items[i].person), name) ||
            !is_first_of_client(g, i, name))
            continue;
        jw_key_s(&m->out, client);
        write_roles(m, g, name, client);
    }
    jw_end_object(&m->out);
}

static void write_person(struct maker *m, const struct grants *g, size_t at)
{
    const struct json_value *person = g->items[at].person, *value;
    struct str member, name = username_of(person);
    jw_begin_object(&m->out);
    jw_member_str(&m->out, "username", name);
    for (struct json_iter it = json_iter(json_is_object(person) ? person : NULL);
         json_next(&it, &member, &value);)
        if (!str_eq(member, STR("username")) && !str_eq(member, STR("realmRoles")) &&
            !str_eq(member, STR("clientRoles"))) {
            jw_key_s(&m->out, member);
            jw_value(&m->out, value);
        }
    jw_key(&m->out, "realmRoles");
    write_roles(m, g, name, str_of(NULL, 0));
    write_client_roles(m, g, name);
    jw_end_object(&m->out);
}

static void write_people(struct maker *m, const struct grants *g)
{
    jw_member_array(&m->out, "users");
    for (size_t i = 0; i < g->count; i++)
        if (!stands_before(g, i))
            write_person(m, g, i);
    jw_end_array(&m->out);
}

/* --- The parts of a tenant --- */

static int take_members(struct maker *m, const struct json_value *tenant, struct grants *g)
{
    const struct json_value *owner = json_get(tenant, "owner"), *list, *person;
    struct str role;
    if (!json_is_none(owner))
        TRY(add_grant(m, g, owner, STR(OWNER_ROLE)));
    for (struct json_iter it = json_iter(json_get(tenant, "members"));
         json_next(&it, &role, &list);) {
        if (!json_is_array(list))
            return refuse(m, "members holds lists of people by role");
        for (struct json_iter in = json_iter(list); json_next(&in, NULL, &person);)
            TRY(add_grant(m, g, person, role));
    }
    return 0;
}

/* A service account's roles are those of a person with its name. */
static int take_account(struct maker *m, const struct json_value *account, struct grants *g)
{
    const struct json_value *role, *person;
    struct str client_id = json_get_str(account, "clientId");
    struct buf b;
    struct json_writer w;
    struct str text;
    if (str_empty(client_id))
        return refuse(m, "a service account without clientId");
    buf_init(&b, m->arena, TREE_MAX_BYTES);
    jw_init(&w, &b);
    jw_str(&w, ARENA_CONCAT(m->arena, STR("service-account-"), client_id));
    TRY(jw_finish(&w, &text));
    TRY(json_parse(m->arena, text, TREE_MAX_BYTES, &person));
    TRY(add_grant(m, g, person, str_of(NULL, 0)));
    for (struct json_iter it = json_iter(json_get(account, "roles")); json_next(&it, NULL, &role);)
        TRY(add_grant(m, g, person, json_str(role)));
    return 0;
}

static int write_accounts(struct maker *m, const struct json_value *tenant, struct grants *g)
{
    const struct json_value *account, *value;
    struct str member;
    struct json_writer *w = &m->out;
    jw_member_array(w, "clients");
    for (struct json_iter it = json_iter(json_get(tenant, "serviceAccounts"));
         json_next(&it, NULL, &account);) {
        TRY(take_account(m, account, g));
        jw_begin_object(w);
        jw_member_bool(w, "publicClient", false);
        jw_member_bool(w, "standardFlowEnabled", false);
        jw_member_bool(w, "serviceAccountsEnabled", true);
        for (struct json_iter in = json_iter(account); json_next(&in, &member, &value);)
            if (!str_eq(member, STR("roles"))) {
                jw_key_s(w, member);
                jw_value(w, value);
            }
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

static void write_attribute(struct json_writer *w, const char *prefix, struct str name,
                            const struct json_value *value, struct arena *a)
{
    int64_t number = 0;
    bool is_number = json_i64(value, &number) == 0;
    jw_key_s(w, ARENA_CONCAT(a, str_c(prefix), name));
    jw_str(w, is_number ? arena_printf(a, "%lld", (long long)number) : json_str(value));
}

static void write_attributes(struct maker *m, const struct json_value *tenant,
                             struct str environment)
{
    const struct json_value *value;
    struct str name;
    struct json_writer *w = &m->out;
    jw_member_object(w, "attributes");
    jw_member_str(w, "garita.tenant", m->tenant);
    jw_member_str(w, "garita.environment", environment);
    if (!str_empty(username_of(json_get(tenant, "owner"))))
        jw_member_str(w, "garita.owner", username_of(json_get(tenant, "owner")));
    for (struct json_iter it = json_iter(json_get(tenant, "quotas"));
         json_next(&it, &name, &value);)
        write_attribute(w, "garita.quota.", name, value, m->arena);
    jw_end_object(w);
}

/* --- A realm for each environment --- */

#define PRODUCTION "production"

static int write_realm(struct maker *m, const struct json_value *tenant, struct str environment)
{
    const struct json_value *value, *settings = json_get(tenant, "settings");
    bool is_production = str_eq(environment, STR(PRODUCTION));
    struct str member;
    struct grants g;
    struct json_writer *w = &m->out;
    TRY(begin_grants(m, &g));
    jw_begin_object(w);
    jw_member_str(w, "realm",
                  is_production ? m->tenant
                                : ARENA_CONCAT(m->arena, m->tenant, STR("-"), environment));
    jw_member_str_opt(w, "displayName", json_get_str(tenant, "displayName"));
    for (struct json_iter it = json_iter(settings); json_next(&it, &member, &value);) {
        jw_key_s(w, member);
        jw_value(w, value);
    }
    write_attributes(m, tenant, environment);
    TRY(take_members(m, tenant, &g));
    TRY(write_accounts(m, tenant, &g));
    write_people(m, &g);
    jw_end_object(w);
    return 0;
}

static int check_members(struct maker *m, const struct json_value *tenant)
{
    static const char known[] =
        "tenant displayName environments quotas settings owner members serviceAccounts";
    const struct json_value *value;
    struct str name;
    for (struct json_iter it = json_iter(tenant); json_next(&it, &name, &value);)
        if (!str_has_word(str_c(known), name))
            return err_set(m->err, ERR_CONFIG, "tenant %.*s: %.*s is not known",
                           (int)(m->tenant.len < 60 ? m->tenant.len : 60), m->tenant.ptr,
                           (int)(name.len < 60 ? name.len : 60), name.ptr);
    return 0;
}

static int write_tenant(struct maker *m, const struct json_value *tenant)
{
    const struct json_value *list = json_get(tenant, "environments"), *item;
    m->tenant = json_get_str(tenant, "tenant");
    if (str_empty(m->tenant))
        return refuse(m, "a name is needed (tenant: NAME)");
    TRY(check_members(m, tenant));
    if (json_is_none(list))
        return write_realm(m, tenant, STR(PRODUCTION));
    if (!json_is_array(list) || json_count(list) > TENANT_ENVIRONMENTS_MAX)
        return refuse(m, "environments is a short list of names");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (str_empty(json_str(item)))
            return refuse(m, "environments is a short list of names");
        TRY(write_realm(m, tenant, json_str(item)));
    }
    return 0;
}

static int write_admins(struct maker *m, const struct json_value *admins)
{
    const struct json_value *person;
    struct grants g;
    if (json_count(admins) == 0)
        return 0;
    m->tenant = STR("master");
    TRY(begin_grants(m, &g));
    for (struct json_iter it = json_iter(admins); json_next(&it, NULL, &person);)
        TRY(add_grant(m, &g, person, STR("admin")));
    jw_begin_object(&m->out);
    jw_member_c(&m->out, "realm", "master");
    write_people(m, &g);
    jw_end_object(&m->out);
    return 0;
}

static int write_all(struct maker *m, const struct json_value *root)
{
    const struct json_value *tenant;
    for (struct json_iter it = json_iter(json_get(root, "tenants")); json_next(&it, NULL, &tenant);)
        TRY(write_tenant(m, tenant));
    return write_admins(m, json_get(root, "globalAdmins"));
}

int tenants_to_realms(struct arena *a, const struct json_value *root,
                      const struct json_value **ret_realms, struct err_ctx *err)
{
    struct maker m = {.arena = a, .err = err};
    struct buf b;
    struct str text;
    buf_init(&b, a, TREE_MAX_BYTES);
    jw_init(&m.out, &b);
    jw_begin_array(&m.out);
    TRY(write_all(&m, root));
    jw_end_array(&m.out);
    TRY(jw_finish(&m.out, &text));
    int rc = json_parse(a, text, TREE_MAX_BYTES, ret_realms);
    if (rc == ERR_DUPLICATE)
        return err_set(err, ERR_CONFIG, "a tenant's settings or accounts say something twice");
    return rc;
}
