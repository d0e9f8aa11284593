/* Dynamic client registration (RFC 7591) and its management (RFC 7592). Nobody registers without an initial
 * access token, whatever else the realm allows (OA-15). ctx is that of the realm; ret_json is the client
 * information response (RFC 7591 3.2.1), or Keycloak's representation, with a registration access token that
 * takes the place of the one that was shown. Each call is a transaction of its own. */
#ifndef GARITA_CORE_REGISTRATION_REGISTRATION_H
#define GARITA_CORE_REGISTRATION_REGISTRATION_H

#include "core/auth/context.h"
#include "core/codec/json.h"

/* How clients are described, in what comes and in what is answered. */
enum registration_form {
    REGISTRATION_METADATA,      /* RFC 7591 */
    REGISTRATION_REPRESENTATION /* Keycloak's ClientRepresentation */
};

/* ERR_INVALID_TOKEN, ERR_INVALID_METADATA, ERR_METADATA_REDIRECT_URI, ERR_STORE_*. The token is spent only
 * when a client was made. */
MUST_CHECK int registration_create(const struct auth_ctx *ctx, enum registration_form form,
                                   struct str token, const struct json_value *metadata,
                                   struct str *ret_json);
/* Of the client of that client_id, whose token this must be: ERR_INVALID_TOKEN. */
MUST_CHECK int registration_read(const struct auth_ctx *ctx, enum registration_form form,
                                 struct str token, struct str client_id, struct str *ret_json);
/* The metadata as a whole; client_id and client_secret in them must be those that are there. */
MUST_CHECK int registration_replace(const struct auth_ctx *ctx, enum registration_form form,
                                    struct str token, struct str client_id,
                                    const struct json_value *metadata, struct str *ret_json);
MUST_CHECK int registration_delete(const struct auth_ctx *ctx, struct str token,
                                   struct str client_id);

#endif
