/* Keeps the product's time over restarts: the latest moment stands in the master database. */
#ifndef GARITA_STORE_TIMEKEEPER_H
#define GARITA_STORE_TIMEKEEPER_H

#include "core/base/buf.h"
#include "store/store.h"

/* Goes on from the moment that the master database knows, before anything else asks for the time. */
MUST_CHECK int timekeeper_resume(struct store *store);
/* Says once what the machine's clock did, and keeps the moment when that is due: when the clocks
 * moved against each other, or a minute after the last time if something was committed since. What
 * cannot be kept now is tried again in the next round. */
void timekeeper_round(struct store *store);
/* At the end. */
void timekeeper_close(struct store *store);
void timekeeper_metrics(struct buf *b);

#endif
