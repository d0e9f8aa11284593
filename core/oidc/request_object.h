/* Request objects by value (OpenID Connect Core 6.1, RFC 9101): parameters in a JWT that the client
 * signed. Unsigned ones are refused. */
#ifndef GARITA_CORE_OIDC_REQUEST_OBJECT_H
#define GARITA_CORE_OIDC_REQUEST_OBJECT_H

#include "core/auth/context.h"
#include "core/codec/form.h"

/* Verifies the parameter request and gives the parameters that its claims stand for. Of what stands
 * outside only client_id, response_type and scope count, where the object does not say them
 * (RFC 9101 6.3, OpenID Connect Core 6.1); client_id and response_type may not differ.
 * ERR_INVALID_REQUEST_OBJECT; ERR_UPSTREAM when the client's keys cannot be had. */
MUST_CHECK int request_object_apply(const struct auth_ctx *ctx, const struct client *client,
                                    const struct form *form, struct form *ret_form);

#endif
