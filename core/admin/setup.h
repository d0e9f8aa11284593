/* The first administrator. While nobody has set the house up, a one-time token (shown once on the
 * machine's own console) lets one person make himself the administrator of the realm master. Once
 * that was done, or anyone exists in master, set-up is over for good: deleting the last administrator
 * does not bring it back (RE-04). */
#ifndef GARITA_CORE_ADMIN_SETUP_H
#define GARITA_CORE_ADMIN_SETUP_H

#include "core/auth/context.h"
#include "core/model/user.h"

/* All functions take a context whose view is master's. */

/* Whether a first administrator may still be made. */
MUST_CHECK int setup_is_open(const struct auth_ctx *ctx, bool *ret_open);
/* A fresh token in the arena; an older one is void. Its hash is stored. Absent (and success) when
 * set-up is over. */
MUST_CHECK int setup_token_new(const struct auth_ctx *ctx, struct str *ret_token);
/* Whether this is the token: for the page that asks for name and password. Constant time. */
MUST_CHECK int setup_token_check(const struct auth_ctx *ctx, struct str token, bool *ret_match);
/* Makes the administrator. ERR_FORBIDDEN when the token is wrong or set-up is over; ERR_CONFLICT,
 * ERR_INVALID_REQUEST, ERR_PASSWORD_POLICY as for any user. Commits. */
MUST_CHECK int setup_complete(const struct auth_ctx *ctx, struct str token, struct str username,
                              struct str password, struct user *ret_user);
/* The same from the environment of the machine's owner, without a token. ERR_FORBIDDEN when set-up
 * is over. */
MUST_CHECK int setup_from_environment(const struct auth_ctx *ctx, struct str username,
                                      struct str password, struct user *ret_user);

#endif
