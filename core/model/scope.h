/* Client scopes and the protocol mappers that turn a user into claims. */
#ifndef GARITA_CORE_MODEL_SCOPE_H
#define GARITA_CORE_MODEL_SCOPE_H

#include "core/model/fields.h"

struct protocol_mapper {
    int64_t pk;
    struct str id;
    struct str name;
    struct str protocol; /* "openid-connect" */
    struct str type;     /* Keycloak's providerId, e.g. "oidc-usermodel-attribute-mapper" */
    struct str_map config;
};

struct protocol_mappers {
    struct protocol_mapper *items;
    size_t count;
};

struct client_scope {
    int64_t pk;
    struct str id;
    struct str name;
    struct str description;
    struct str protocol;
    struct str_map attributes; /* include.in.token.scope, display.on.consent.screen, ... */
    struct protocol_mappers mappers;
    int64_t *role_pks; /* scope mappings: roles that this scope lets through; empty: no limit */
    size_t role_count;
    bool is_default;  /* as linked to a client or to the realm */
    bool is_optional; /* likewise; a scope of the realm may be neither */
};

struct client_scopes {
    struct client_scope *items;
    size_t count;
};

/* name, description, protocol, attributes of a client scope; name, protocol, protocolMapper, config of
 * a mapper. */
extern const struct field_table client_scope_fields;
extern const struct field_table mapper_fields;

/* Whether the name appears in the token's scope claim; true unless the attribute says "false". */
bool client_scope_in_token(const struct client_scope *scope);

#endif
