/* A change that a transaction is about to make, as a second person is asked about it: which kinds of
 * change it is, what changes, and a digest of what was there before, by which it is known again.
 *
 * The transaction's own audit events say it. No change goes without its event (AU-03), so nothing is
 * overlooked, whichever call, part of a body or file it came by. */
#ifndef GARITA_CORE_ADMIN_HELD_CHANGE_H
#define GARITA_CORE_ADMIN_HELD_CHANGE_H

#include "core/admin/four_eyes.h"
#include "core/crypto/digest.h"

#define HELD_ROWS_MAX_BYTES ((size_t)64 << 10) /* of what a request shows of its changes */

struct held_change {
    unsigned kinds;   /* of those that wait in the realm; 0: nothing waits */
    bool refused;     /* it cannot be kept for later: nobody may do it in this way */
    struct str rows;  /* JSON: what changes, as events tell it, without secrets */
    int64_t left_out; /* rows that did not fit */
    unsigned char digest[BLAKE2B_BYTES];
};

/* Looks at what w has written so far. setting: as it was before w. ERR_TOO_LARGE for more changes than
 * can be looked at. */
MUST_CHECK int held_change_judge(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct four_eyes *setting, struct held_change *ret_held);
/* Whether changes of this type have a line in four_eyes_events.def. */
bool held_change_knows(enum event_type type);

#endif
