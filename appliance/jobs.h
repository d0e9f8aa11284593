/* What must be done from time to time: sessions that are over go, keys whose overlap ended are
 * disabled, changes that nobody decided on expire, heads of audit chains are signed, old events
 * archived, realms get what a crash kept from them, certificates that expire are told. One thread. */
#ifndef GARITA_APPLIANCE_JOBS_H
#define GARITA_APPLIANCE_JOBS_H

#include "core/admin/audit_keeping.h"

struct jobs;
struct store;
struct web;

struct jobs_settings {
    int64_t sweep_interval_s;
    int64_t audit_sign_interval_s;
    struct audit_keeping audit; /* of realms that do not say otherwise */
};
MUST_CHECK int jobs_start(struct store *store, struct web *web,
                          const struct jobs_settings *settings, struct jobs **ret_jobs);
/* The last round over all realms; zeros before its end. NULL is fine. */
struct jobs_round {
    int64_t ended_ms;
    int64_t realms;
    int64_t sessions; /* that are kept */
};
void jobs_last_round(const struct jobs *jobs, struct jobs_round *ret_round);
/* Ends after the step at work. NULL is fine. */
void jobs_stop(struct jobs *jobs);

#endif
