/* Pushed authorization requests (RFC 9126): a client sends its request over the back channel and gets
 * a request_uri, which stands for it at the authorization endpoint, once (OX-01). What was pushed is
 * checked when it comes and again when it is used. */
#ifndef GARITA_CORE_OIDC_PAR_H
#define GARITA_CORE_OIDC_PAR_H

#include "core/oidc/authz_request.h"
#include "core/oidc/client_auth.h"

struct par_response {
    struct str json;             /* RFC 9126 2.2; no-store */
    const struct client *client; /* for CORS; also set on failure when it was authenticated */
};

/* Takes a request: durable when this returns 0. The client authenticates as at the token endpoint.
 * Errors as client_auth_check and authz_request_parse; ERR_INVALID_REQUEST for a request_uri inside,
 * ERR_TOO_LARGE, ERR_RATE_LIMITED when too many of this client wait. */
MUST_CHECK int par_accept(const struct auth_ctx *ctx, struct str authorization,
                          const struct form *form, struct par_response *ret_response);

/* The request that the request_uri of an authorization request stands for, spent for good. *ret_pushed
 * is false, and *ret_form is form, when there is none of ours; what is wrong with it is then said by
 * authz_request_parse. Of what stands beside it only client_id counts (RFC 9101 5). ERR_INVALID_REQUEST_URI
 * when it is unknown, another client's, spent or over. */
MUST_CHECK int par_redeem(const struct auth_ctx *ctx, const struct form *form,
                          struct form *ret_form, bool *ret_pushed);

#endif
