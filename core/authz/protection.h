/* The protection API (UMA 2.0 Federated Authorization 3): a resource server looks after its own resources by
 * an access token of its own that carries its role uma_protection, as service accounts of such clients have it.
 * It sees and changes what is its own and nothing else. Permission tickets do not exist.
 *
 * ctx is that of the realm. Errors of all: ERR_INVALID_TOKEN; ERR_FORBIDDEN for a token without the role, and
 * where the settings do not allow it; ERR_NOT_FOUND, ERR_CONFLICT, ERR_INVALID_REQUEST, ERR_STORE_*. */
#ifndef GARITA_CORE_AUTHZ_PROTECTION_H
#define GARITA_CORE_AUTHZ_PROTECTION_H

#include "core/auth/context.h"
#include "core/codec/form.h"
#include "core/codec/json.h"

#define PROTECTION_PAGE     100
#define PROTECTION_PAGE_MAX 1000

/* name, exactName, uri, matchingUri, owner, type, scope, first, max; ids alone, with deep=true all of each. */
MUST_CHECK int protection_list(const struct auth_ctx *ctx, struct str token,
                               const struct form *query, struct str *ret_json);
MUST_CHECK int protection_read(const struct auth_ctx *ctx, struct str token, struct str id,
                               struct str *ret_json);
/* Changes are durable when these return. */
MUST_CHECK int protection_create(const struct auth_ctx *ctx, struct str token,
                                 const struct json_value *json, struct str *ret_json);
MUST_CHECK int protection_replace(const struct auth_ctx *ctx, struct str token, struct str id,
                                  const struct json_value *json);
MUST_CHECK int protection_remove(const struct auth_ctx *ctx, struct str token, struct str id);

#endif
