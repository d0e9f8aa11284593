/* The arithmetic of Keycloak's brute force settings: when an account is locked and for how long.
 * Pure: counters in, counters out. now_ms is on the scale of now_steady_ms(). */
#ifndef GARITA_CORE_AUTH_BRUTE_FORCE_H
#define GARITA_CORE_AUTH_BRUTE_FORCE_H

#include "core/model/user.h"

enum lockout {
    LOCKOUT_NONE,
    LOCKOUT_TEMPORARY, /* locked_until_ms was set by this failure */
    LOCKOUT_PERMANENT  /* the user is to be disabled */
};

/* Whether the account is locked at now_ms; never when the realm has protection off. */
bool brute_force_locked(const struct realm *realm, const struct login_failures *failures,
                        int64_t now_ms);

/* Counts one failure. Failures older than maxDeltaTimeSeconds are forgotten first. From the
 * failureFactor-th on each failure locks: for waitIncrementSeconds times the whole multiples of the
 * factor that were reached (MULTIPLE), or times one more with each failure (LINEAR), at most
 * maxFailureWaitSeconds. Before that, a failure within quickLoginCheckMilliSeconds of the last one
 * locks for minimumQuickLoginWaitSeconds. With permanentLockout, more than maxTemporaryLockouts
 * locks are permanent. */
enum lockout brute_force_count(const struct realm *realm, struct login_failures *io_failures,
                               int64_t now_ms);

#endif
