/* The client scopes of a new realm and their protocol mappers, with the names, types and config
 * keys that Keycloak gives them. */
#include "core/admin/bootstrap.h"
#include "core/admin/bootstrap_parts.h"
#include "core/base/rng.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define ID         "id.token.claim"
#define ACCESS     "access.token.claim"
#define USERINFO   "userinfo.token.claim"
#define INTROSPECT "introspection.token.claim"
#define EVERYWHERE ID, "true", ACCESS, "true", USERINFO, "true", INTROSPECT, "true"
#define ATTRIBUTE  "oidc-usermodel-attribute-mapper"
#define PROPERTY   "oidc-usermodel-property-mapper"
#define NOTE       "oidc-usersessionmodel-note-mapper"

#define CONFIG_MAX 24

struct mapper_row {
    const char *scope;
    const char *name;
    const char *type;
    const char *config[CONFIG_MAX]; /* key, value, ..., NULL */
};

/* A claim from an attribute of the user. */
#define FROM_USER(scope, name, type, attribute, claim, kind)                                       \
    {                                                                                              \
        scope, name, type,                                                                         \
        {                                                                                          \
            "user.attribute", attribute, "claim.name", claim, "jsonType.label", kind, EVERYWHERE,  \
                NULL                                                                               \
        }                                                                                          \
    }
/* A claim from a note of the session, not for UserInfo. */
#define FROM_SESSION(scope, name, note, claim, kind)                                               \
    {                                                                                              \
        scope, name, NOTE,                                                                         \
        {                                                                                          \
            "user.session.note", note, "claim.name", claim, "jsonType.label", kind, ID, "true",    \
                ACCESS, "true", INTROSPECT, "true", NULL                                           \
        }                                                                                          \
    }

static const struct mapper_row mapper_rows[] = {
    {"profile", "full name", "oidc-full-name-mapper", {EVERYWHERE, NULL}},
    FROM_USER("profile", "family name", ATTRIBUTE, "lastName", "family_name", "String"),
    FROM_USER("profile", "given name", ATTRIBUTE, "firstName", "given_name", "String"),
    FROM_USER("profile", "middle name", ATTRIBUTE, "middleName", "middle_name", "String"),
    FROM_USER("profile", "nickname", ATTRIBUTE, "nickname", "nickname", "String"),
    FROM_USER("profile", "username", ATTRIBUTE, "username", "preferred_username", "String"),
    FROM_USER("profile", "profile", ATTRIBUTE, "profile", "profile", "String"),
    FROM_USER("profile", "picture", ATTRIBUTE, "picture", "picture", "String"),
    FROM_USER("profile", "website", ATTRIBUTE, "website", "website", "String"),
    FROM_USER("profile", "gender", ATTRIBUTE, "gender", "gender", "String"),
    FROM_USER("profile", "birthdate", ATTRIBUTE, "birthdate", "birthdate", "String"),
    FROM_USER("profile", "zoneinfo", ATTRIBUTE, "zoneinfo", "zoneinfo", "String"),
    FROM_USER("profile", "locale", ATTRIBUTE, "locale", "locale", "String"),
    FROM_USER("profile", "updated at", ATTRIBUTE, "updatedAt", "updated_at", "long"),
    FROM_USER("email", "email", ATTRIBUTE, "email", "email", "String"),
    FROM_USER("email", "email verified", PROPERTY, "emailVerified", "email_verified", "boolean"),
    {"address",
     "address",
     "oidc-address-mapper",
     {"user.attribute.formatted", "formatted", "user.attribute.street", "street",
      "user.attribute.locality", "locality", "user.attribute.region", "region",
      "user.attribute.postal_code", "postal_code", "user.attribute.country", "country", EVERYWHERE,
      NULL}},
    FROM_USER("phone", "phone number", ATTRIBUTE, "phoneNumber", "phone_number", "String"),
    FROM_USER("phone", "phone number verified", ATTRIBUTE, "phoneNumberVerified",
              "phone_number_verified", "boolean"),
    {"roles",
     "realm roles",
     "oidc-usermodel-realm-role-mapper",
     {"user.attribute", "foo", "claim.name", "realm_access.roles", "jsonType.label", "String",
      "multivalued", "true", ACCESS, "true", INTROSPECT, "true", NULL}},
    {"roles",
     "client roles",
     "oidc-usermodel-client-role-mapper",
     {"user.attribute", "foo", "claim.name", "resource_access.${client_id}.roles", "jsonType.label",
      "String", "multivalued", "true", ACCESS, "true", INTROSPECT, "true", NULL}},
    {"roles",
     "audience resolve",
     "oidc-audience-resolve-mapper",
     {ACCESS, "true", INTROSPECT, "true", NULL}},
    {"web-origins",
     "allowed web origins",
     "oidc-allowed-origins-mapper",
     {ACCESS, "true", INTROSPECT, "true", NULL}},
    {"acr",
     "acr loa level",
     "oidc-acr-mapper",
     {ID, "true", ACCESS, "true", INTROSPECT, "true", NULL}},
    FROM_SESSION("basic", "auth_time", "AUTH_TIME", "auth_time", "long"),
    {"basic", "sub", "oidc-sub-mapper", {ACCESS, "true", INTROSPECT, "true", NULL}},
    FROM_USER("microprofile-jwt", "upn", ATTRIBUTE, "username", "upn", "String"),
    {"microprofile-jwt",
     "groups",
     "oidc-usermodel-realm-role-mapper",
     {"user.attribute", "foo", "claim.name", "groups", "jsonType.label", "String", "multivalued",
      "true", EVERYWHERE, NULL}},
    FROM_SESSION("service_account", "Client ID", "client_id", "client_id", "String"),
    FROM_SESSION("service_account", "Client Host", "clientHost", "clientHost", "String"),
    FROM_SESSION("service_account", "Client IP Address", "clientAddress", "clientAddress",
                 "String"),
};

static const struct scope_row {
    const char *name;
    const char *description;
    const char *consent_text; /* NULL: not on the consent page */
    bool in_token_scope;
    enum scope_link link;
} scope_rows[] = {
    {"profile", "OpenID Connect built-in scope: profile", "${profileScopeConsentText}", true,
     SCOPE_LINK_DEFAULT},
    {"email", "OpenID Connect built-in scope: email", "${emailScopeConsentText}", true,
     SCOPE_LINK_DEFAULT},
    {"roles", "OpenID Connect scope for add user roles to the access token",
     "${rolesScopeConsentText}", false, SCOPE_LINK_DEFAULT},
    {"web-origins", "OpenID Connect scope for add allowed web origins to the access token", NULL,
     false, SCOPE_LINK_DEFAULT},
    {"acr",
     "OpenID Connect scope for add acr (authentication context class reference) to the token", NULL,
     false, SCOPE_LINK_DEFAULT},
    {"basic", "OpenID Connect scope for add all basic claims to the token", NULL, false,
     SCOPE_LINK_DEFAULT},
    {"address", "OpenID Connect built-in scope: address", "${addressScopeConsentText}", true,
     SCOPE_LINK_OPTIONAL},
    {"phone", "OpenID Connect built-in scope: phone", "${phoneScopeConsentText}", true,
     SCOPE_LINK_OPTIONAL},
    {"offline_access", "OpenID Connect built-in scope: offline_access",
     "${offlineAccessScopeConsentText}", true, SCOPE_LINK_OPTIONAL},
    {"microprofile-jwt", "Microprofile - JWT built-in scope", NULL, true, SCOPE_LINK_OPTIONAL},
    {SCOPE_SERVICE_ACCOUNT, "Specific scope for a client enabled for service accounts", NULL, false,
     SCOPE_LINK_NONE},
};

int bootstrap_mapper(struct arena *a, struct protocol_mappers *io_mappers, const char *name,
                     const char *type, const char *const *config)
{
    struct protocol_mapper *items =
        arena_grow(a, io_mappers->items, io_mappers->count, io_mappers->count + 1, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    struct protocol_mapper *mapper = &items[io_mappers->count];
    *mapper = (struct protocol_mapper){
        .id = uuid_new(a),
        .name = str_c(name),
        .protocol = STR("openid-connect"),
        .type = str_c(type),
    };
    if (str_absent(mapper->id))
        return ERR_NO_MEMORY;
    for (; *config; config += 2)
        TRY(str_map_set(&mapper->config, a, str_c(config[0]), str_c(config[1])));
    *io_mappers = (struct protocol_mappers){items, io_mappers->count + 1};
    return 0;
}

static int scope_of_row(struct bootstrap_state *s, const struct scope_row *row,
                        struct client_scope *ret_scope)
{
    struct client_scope scope = {
        .id = uuid_new(s->arena),
        .name = str_c(row->name),
        .description = str_c(row->description),
        .protocol = STR("openid-connect"),
        .is_default = row->link == SCOPE_LINK_DEFAULT,
    };
    if (str_absent(scope.id))
        return ERR_NO_MEMORY;
    TRY(str_map_set(&scope.attributes, s->arena, STR("include.in.token.scope"),
                    row->in_token_scope ? STR("true") : STR("false")));
    TRY(str_map_set(&scope.attributes, s->arena, STR("display.on.consent.screen"),
                    row->consent_text ? STR("true") : STR("false")));
    if (row->consent_text)
        TRY(str_map_set(&scope.attributes, s->arena, STR(CLIENT_ATTR_CONSENT_TEXT),
                        str_c(row->consent_text)));
    for (size_t i = 0; i < ARRAY_LEN(mapper_rows); i++)
        if (str_eq_c(scope.name, mapper_rows[i].scope))
            TRY(bootstrap_mapper(s->arena, &scope.mappers, mapper_rows[i].name, mapper_rows[i].type,
                                 mapper_rows[i].config));
    /* Only who has the role may ask for offline access. */
    if (str_eq(scope.name, STR(ROLE_OFFLINE_ACCESS))) {
        scope.role_pks = &s->offline_access.role.pk;
        scope.role_count = 1;
    }
    *ret_scope = scope;
    return 0;
}

static int store_scope(struct bootstrap_state *s, const struct scope_row *row,
                       struct client_scope *ret_scope)
{
    TRY(scope_of_row(s, row, ret_scope));
    TRY(scope_insert(s->w, ret_scope));
    return row->link == SCOPE_LINK_NONE ? 0 : scope_realm_link(s->w, ret_scope->pk, row->link);
}

int bootstrap_one_scope(struct bootstrap_state *s, const char *name, struct client_scope *ret_scope)
{
    for (size_t i = 0; i < ARRAY_LEN(scope_rows); i++)
        if (str_eq_c(str_c(name), scope_rows[i].name))
            return store_scope(s, &scope_rows[i], ret_scope);
    return ERR_NOT_FOUND;
}

int bootstrap_scopes(struct bootstrap_state *s)
{
    struct client_scope *all = ARENA_ARRAY(s->arena, ARRAY_LEN(scope_rows), struct client_scope);
    struct client_scope *linked = ARENA_ARRAY(s->arena, ARRAY_LEN(scope_rows), struct client_scope);
    size_t link_count = 0;
    if (!all || !linked)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < ARRAY_LEN(scope_rows); i++) {
        TRY(store_scope(s, &scope_rows[i], &all[i]));
        if (scope_rows[i].link != SCOPE_LINK_NONE)
            linked[link_count++] = all[i];
    }
    s->scopes = (struct client_scopes){all, ARRAY_LEN(scope_rows)};
    s->link_scopes = (struct client_scopes){linked, link_count};
    return 0;
}

int bootstrap_builtin_mappers(struct arena *a, struct protocol_mappers *ret_mappers)
{
    *ret_mappers = (struct protocol_mappers){0};
    for (size_t i = 0; i < ARRAY_LEN(mapper_rows); i++)
        TRY(bootstrap_mapper(a, ret_mappers, mapper_rows[i].name, mapper_rows[i].type,
                             mapper_rows[i].config));
    return 0;
}
