/* How long things took, by ranges that all histograms of the server share: Prometheus adds them up, and
 * the live figures take their percentiles from them. Counting is one atomic addition; nothing waits. */
#ifndef GARITA_WEB_HISTOGRAM_H
#define GARITA_WEB_HISTOGRAM_H

#include <stdatomic.h>
#include <stdint.h>

#include "core/base/buf.h"

#define HISTOGRAM_RANGES 15 /* the last is open */

struct histogram {
    atomic_ullong ranges[HISTOGRAM_RANGES];
    atomic_ullong sum_us;
};

void histogram_add(struct histogram *h, int64_t duration_us);
/* In Prometheus text format, name and labels (without braces, not empty) as given; nothing when nothing
 * was counted. */
void histogram_write(const struct histogram *h, const char *name, const char *labels,
                     struct buf *out);

/* What was counted by some moment; several histograms add up in one. */
struct histogram_state {
    uint64_t ranges[HISTOGRAM_RANGES];
};
void histogram_read(const struct histogram *h, struct histogram_state *io_state);
/* The duration in microseconds that so many of a hundred stayed below between two moments, straight
 * lines drawn within a range; beyond the last bound that bound. 0 when nothing was counted. */
int64_t histogram_percentile(const struct histogram_state *before,
                             const struct histogram_state *after, int percent);

#endif
