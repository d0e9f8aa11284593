/* Client authentication at the token, introspection, revocation and logout endpoints: exactly one
 * method a request, and the registered one (OC-01, OC-02; RFC 6749 2.3, RFC 7523). */
#ifndef GARITA_CORE_OIDC_CLIENT_AUTH_H
#define GARITA_CORE_OIDC_CLIENT_AUTH_H

#include "core/auth/context.h"
#include "core/codec/form.h"

enum client_auth_method {
    CLIENT_AUTH_NONE, /* public client: client_id only */
    CLIENT_AUTH_SECRET_BASIC,
    CLIENT_AUTH_SECRET_POST,
    CLIENT_AUTH_SECRET_JWT,
    CLIENT_AUTH_PRIVATE_KEY_JWT
};

struct client_auth {
    const struct client *client;
    enum client_auth_method method;
    struct str bearer; /* the access token that stands for it (uma.h); else absent */
};

/* authorization: the Authorization header's value, absent when there was none. Public clients pass
 * with their client_id alone. ERR_INVALID_CLIENT for everything that is wrong, with one text for
 * unknown client and wrong secret; ERR_INVALID_REQUEST for two methods or a repeated parameter;
 * ERR_STORE_*, ERR_UPSTREAM. Disabled clients and those of other protocols are refused (OT-07). An
 * assertion is spent, durably, when this returns 0. */
MUST_CHECK int client_auth_check(const struct auth_ctx *ctx, struct str authorization,
                                 const struct form *form, struct client_auth *ret_auth);

/* Who asked in the name of a public client, which shows nothing of who it is: a hash of the host's address.
 * Absent for clients that did show it. */
MUST_CHECK int client_auth_source(const struct auth_ctx *ctx, const struct client_auth *auth,
                                  struct str *ret_hash);

#endif
