/* Token buckets per client address and class, in a table of fixed size (HT-08): an address costs no
 * memory of its own. */
#ifndef GARITA_WEB_RATE_H
#define GARITA_WEB_RATE_H

#include "web/web.h"

struct rate_limiter;

/* ERR_NO_MEMORY. */
MUST_CHECK int rate_limiter_new(const struct web_rate rates[RATE_COUNT],
                                struct rate_limiter **ret_limiter);
void rate_limiter_free(struct rate_limiter *limiter);
/* Takes one from the bucket. 0 when it may pass, else the seconds to wait (Retry-After). */
int64_t rate_take(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                  int64_t now_ms);
/* The seconds to wait, without taking any: for requests that only count when they are refused. */
int64_t rate_wait_s(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                    int64_t now_ms);
/* Takes count more although they may not be there: the next ones wait for them, at most a minute
 * more than for a used up bucket. */
void rate_charge(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                 int64_t now_ms, int64_t count);

#endif
