/* Puts a new realm together: settings, roles, scopes, clients, keys, first event. */
#include "core/admin/bootstrap.h"

#include "core/admin/bootstrap_parts.h"
#include "core/admin/record.h"
#include "core/base/rng.h"
#include "core/port/keys.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

/* Keycloak's names for these headers; the values go out with every page of the realm. */
static const char *const security_headers[][2] = {
    {"contentSecurityPolicyReportOnly", ""},
    {"xContentTypeOptions", "nosniff"},
    {"referrerPolicy", "no-referrer"},
    {"xRobotsTag", "none"},
    {"xFrameOptions", "SAMEORIGIN"},
    {"contentSecurityPolicy", "frame-src 'self'; frame-ancestors 'self'; object-src 'none';"},
    {"strictTransportSecurity", "max-age=31536000; includeSubDomains"},
};

static const char *const locales[] = {"en", "es", "pt"};

/* Every key has a priority, and the highest active one of an algorithm signs. */
#define FIRST_KEY_PRIORITY 100

int bootstrap_settings(struct arena *a, struct str name, struct realm *ret_realm)
{
    struct realm realm = {
        .id = uuid_new(a), .name = arena_str(a, name), .default_role_id = uuid_new(a)};
    fields_default(&realm_fields, &realm);
    if (str_absent(realm.id) || str_absent(realm.name) || str_absent(realm.default_role_id))
        return ERR_NO_MEMORY;
    realm.default_locale = STR("en");
    for (size_t i = 0; i < ARRAY_LEN(locales); i++)
        TRY(strs_add(&realm.supported_locales, a, str_c(locales[i])));
    for (size_t i = 0; i < ARRAY_LEN(security_headers); i++)
        TRY(str_map_set(&realm.browser_security_headers, a, str_c(security_headers[i][0]),
                        str_c(security_headers[i][1])));
    *ret_realm = realm;
    return 0;
}

static int add_default_role(struct bootstrap_state *s)
{
    struct role *role = &s->default_role.role;
    struct str lower = arena_lower(s->arena, s->realm->name);
    int rc = role_find_by_id(store_write_reader(s->w), s->arena, s->realm->default_role_id, role);
    if (rc != ERR_NOT_FOUND)
        return rc;
    s->default_role.made = true;
    *role = (struct role){
        .id = s->realm->default_role_id,
        .name = ARENA_CONCAT(s->arena, STR("default-roles-"), lower),
        .description = STR("${role_default-roles}"),
    };
    if (str_absent(lower) || str_absent(role->name))
        return ERR_NO_MEMORY;
    return role_insert(s->w, role);
}

static int add_realm_roles(struct bootstrap_state *s)
{
    struct bootstrap_role create_realm, token_validator;
    TRY(add_default_role(s));
    TRY(bootstrap_role(s->arena, s->w, NULL, ROLE_OFFLINE_ACCESS, "${role_offline-access}",
                       &s->offline_access));
    TRY(bootstrap_role(s->arena, s->w, NULL, ROLE_UMA_AUTHORIZATION, NULL, &s->uma_authorization));
    TRY(bootstrap_role(s->arena, s->w, NULL, ROLE_TOKEN_VALIDATOR, NULL, &token_validator));
    TRY(bootstrap_compose(s->w, &s->default_role, &s->offline_access));
    TRY(bootstrap_compose(s->w, &s->default_role, &s->uma_authorization));
    if (!s->is_master)
        return 0;
    TRY(bootstrap_role(s->arena, s->w, NULL, ROLE_ADMIN, NULL, &s->admin));
    TRY(bootstrap_role(s->arena, s->w, NULL, ROLE_CREATE_REALM, NULL, &create_realm));
    return bootstrap_compose(s->w, &s->admin, &create_realm);
}

static int has_key(struct bootstrap_state *s, struct str alg, bool *ret_has)
{
    struct realm_keys keys;
    *ret_has = false;
    TRY(key_list(store_write_reader(s->w), s->arena, &keys));
    for (size_t i = 0; i < keys.count; i++)
        *ret_has |= str_eq(keys.items[i].alg, alg) && keys.items[i].status == KEY_ACTIVE;
    return 0;
}

/* RS256 and the realm's own choice for what others verify, HS512 for what only this server reads (refresh
 * tokens). */
static int add_keys(struct bootstrap_state *s)
{
    const struct str algs[] = {STR("RS256"), s->realm->default_signature_algorithm, STR("HS512")};
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        bool there;
        struct realm_key key = {
            .alg = algs[i],
            .use = STR("sig"),
            .status = KEY_ACTIVE,
            .priority = FIRST_KEY_PRIORITY,
            .created_ms = store_write_now(s->w)->wall_ms,
        };
        TRY(has_key(s, algs[i], &there));
        if (!there)
            TRY(key_generate(s->w, s->arena, &key));
    }
    return 0;
}

static int record_creation(const struct auth_ctx *ctx, struct store_write *w,
                           const struct realm *realm)
{
    struct str data;
    TRY(change_data(ctx->arena, &realm_fields, NULL, realm, "realm", realm->name, &data, NULL));
    return admin_record(ctx, w, EVENT_RealmCreated, "realm", realm->id, data);
}

int bootstrap_fill(struct store_write *w, struct realm_view *empty_view, void *arg)
{
    const struct bootstrap *from = arg;
    struct bootstrap_state s = {
        .arena = from->ctx->arena,
        .w = w,
        .realm = from->realm,
        .is_master = str_eq(from->realm->name, STR(REALM_MASTER)),
    };
    (void)empty_view;
    TRY(record_creation(from->ctx, w, from->realm));
    TRY(add_realm_roles(&s));
    TRY(bootstrap_scopes(&s));
    TRY(bootstrap_clients(&s));
    return add_keys(&s);
}

static struct bootstrap_state state_of(struct store_write *w, const struct bootstrap_rest *rest)
{
    return (struct bootstrap_state){
        .arena = rest->ctx->arena,
        .w = w,
        .realm = rest->realm,
        .is_master = str_eq(rest->realm->name, STR(REALM_MASTER)),
        .scopes = rest->link_scopes,
        .link_scopes = rest->link_scopes,
    };
}

int bootstrap_complete_realm(struct store_write *w, const struct bootstrap_rest *rest)
{
    struct bootstrap_state s = state_of(w, rest);
    TRY(add_realm_roles(&s));
    return rest->with_scopes ? bootstrap_scopes(&s) : 0;
}

int bootstrap_complete_clients(struct store_write *w, const struct bootstrap_rest *rest)
{
    struct bootstrap_state s = state_of(w, rest);
    TRY(add_realm_roles(&s));
    TRY(bootstrap_clients(&s));
    return add_keys(&s);
}

int bootstrap_scope_named(struct store_write *w, const struct bootstrap_rest *rest,
                          const char *name, struct client_scope *ret_scope)
{
    struct bootstrap_state s = state_of(w, rest);
    TRY(add_realm_roles(&s));
    return bootstrap_one_scope(&s, name, ret_scope);
}
