/* What must be done from time to time: sessions that are over go, keys whose overlap ended are
 * disabled, realms get what a crash kept from them, certificates that expire are told. One thread. */
#ifndef GARITA_APPLIANCE_JOBS_H
#define GARITA_APPLIANCE_JOBS_H

#include "core/base/attr.h"
#include <stdint.h>

struct jobs;
struct store;
struct web;

MUST_CHECK int jobs_start(struct store *store, struct web *web, int64_t sweep_interval_s,
                          struct jobs **ret_jobs);
/* Ends after the step at work. NULL is fine. */
void jobs_stop(struct jobs *jobs);

#endif
