/* For whoever holds the data folder, who needs no second person: it is noted that he did without one, and
 * he says why. */
#ifndef GARITA_CORE_ADMIN_FOUR_EYES_BYPASS_H
#define GARITA_CORE_ADMIN_FOUR_EYES_BYPASS_H

#include "core/admin/held_change.h"

/* Appends the event when w has written what else would wait. setting: as it was before w. ERR_USAGE unless
 * the actor's justification says why. */
MUST_CHECK int four_eyes_bypass(const struct auth_ctx *ctx, struct store_write *w,
                                const struct four_eyes *setting);

/* For what happens to a realm as a whole: which of the wanted kinds wait there; none when there is no such
 * realm or its database cannot be read. ERR_USAGE as above when there are some. */
MUST_CHECK int four_eyes_of_realm(const struct auth_ctx *ctx, struct store *store, struct str name,
                                  unsigned wanted, unsigned *ret_kinds);
/* The event for it, in the chain of ctx's realm, which is not the one that is named: that one goes. */
MUST_CHECK int four_eyes_bypass_realm(const struct auth_ctx *ctx, struct store_write *w,
                                      struct str name, unsigned kinds);

#endif
