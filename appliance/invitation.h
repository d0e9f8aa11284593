/* A token by which a standby is paired with this node, for the command line and the API alike. */
#ifndef GARITA_APPLIANCE_INVITATION_H
#define GARITA_APPLIANCE_INVITATION_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct store;

/* In the arena. The caller appends the event in a transaction that is open meanwhile: one that cannot be
 * stored takes nothing back, and what was not told to anybody is of no use. A server that runs awaits the
 * standby from then on. ERR_CONFLICT, ERR_FORBIDDEN and ERR_LIMIT_REACHED with a sentence; errors of the node's
 * key and file. */
MUST_CHECK int invitation_make(struct store *store, struct arena *a, int64_t expires_ms,
                               struct str *ret_token, struct err_ctx *err);

#endif
