/* Documents about the realm: what it offers, truthfully, and its public keys. They change only with
 * the realm's configuration: the edge may cache them. */
#ifndef GARITA_CORE_OIDC_DISCOVERY_H
#define GARITA_CORE_OIDC_DISCOVERY_H

#include "core/auth/context.h"

/* /.well-known/openid-configuration and oauth-authorization-server. */
MUST_CHECK int discovery_document(const struct auth_ctx *ctx, struct str *ret_json);
/* /.well-known/uma2-configuration: of UMA 2.0 what exists, which is no permission endpoint. */
MUST_CHECK int discovery_uma_document(const struct auth_ctx *ctx, struct str *ret_json);
/* /protocol/openid-connect/certs: active and passive keys, public members only (JO-16). */
MUST_CHECK int discovery_jwks(const struct auth_ctx *ctx, struct str *ret_json);
/* GET /realms/{realm}: {"realm","public_key","token-service","account-service",
 * "tokens-not-before"}. */
MUST_CHECK int discovery_realm_info(const struct auth_ctx *ctx, struct str *ret_json);

#endif
