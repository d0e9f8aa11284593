/* Making void all that a realm has given out. */
#ifndef GARITA_CORE_ADMIN_VOID_H
#define GARITA_CORE_ADMIN_VOID_H

#include "core/auth/context.h"

/* Ends every session of the realm and puts a new key in the place of each that signs: no token that
 * was given out before is good any more, here or anywhere. why goes into the event. ret_sessions
 * (how many) and ret_keys. */
MUST_CHECK int admin_void_all(const struct auth_ctx *ctx, struct store_write *w, struct str why,
                              int64_t *ret_sessions, int64_t *ret_keys);

/* A realm that came out of a backup: what was given out after that was made is unknown to it, and what was
 * spent since may be alive again, so all of it is made void (BK-01, OT-05): sessions and tokens, those of
 * client registration too, and what comes from outside (one-time passwords, assertions of clients) when it is
 * dated before this moment. In the realm's chain stands from which backup it came, and from when (taken_ms) it
 * is. */
MUST_CHECK int admin_realm_restored(const struct auth_ctx *ctx, struct store_write *w,
                                    struct str backup, int64_t taken_ms);

#endif
