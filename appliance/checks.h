/* Checks of the databases in the background: every page of every realm is read again, slowly, so that
 * damage on the disk is found before somebody needs what is there. One thread. */
#ifndef GARITA_APPLIANCE_CHECKS_H
#define GARITA_APPLIANCE_CHECKS_H

#include <stdint.h>

#include "core/base/attr.h"

struct checks;
struct store;

/* pages_per_s 0: none. The first round begins a minute after the start. */
MUST_CHECK int checks_start(struct store *store, int64_t pages_per_s, int64_t interval_h,
                            struct checks **ret_checks);
/* When a round over all realms ended, the last time since the start; 0: none did. NULL is fine. */
int64_t checks_ended_ms(const struct checks *checks);
/* Ends in the middle of a check. NULL is fine. */
void checks_stop(struct checks *checks);

#endif
