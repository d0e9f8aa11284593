/* Devices without a browser of their own (RFC 8628): a device asks for a pair of codes, shows the short one
 * and polls with the long one, until somebody has typed the short one elsewhere and let it in. */
#ifndef GARITA_CORE_OIDC_DEVICE_H
#define GARITA_CORE_OIDC_DEVICE_H

#include "core/oidc/authz_request.h"
#include "core/oidc/client_auth.h"
#include "core/port/device_codes.h"

struct device_response {
    struct str json;             /* RFC 8628 3.2; no-store */
    const struct client *client; /* for CORS; also set on failure when it was authenticated */
};

/* The device authorization request (RFC 8628 3.1): durable when this returns 0. The client
 * authenticates as at the token endpoint. Errors as client_auth_check; ERR_UNAUTHORIZED_CLIENT,
 * ERR_INVALID_SCOPE, ERR_RATE_LIMITED when too many devices of this client wait. */
MUST_CHECK int device_authorize(const struct auth_ctx *ctx, struct str authorization,
                                const struct form *form, struct device_response *ret_response);

/* A user code as it is kept: eight letters. However it was typed (RFC 8628 6.1); absent for what can be
 * none, or without memory. */
struct str device_user_code(struct arena *a, struct str typed);
/* As people read it: "BCDF-GHJK". */
struct str device_user_code_shown(struct arena *a, struct str user_code);
/* The device that waits with that user code. ERR_NOT_FOUND when there is none (any more). */
MUST_CHECK int device_find_waiting(const struct auth_ctx *ctx, struct store_read *r,
                                   struct str user_code, struct device_code *ret_code);

#endif
