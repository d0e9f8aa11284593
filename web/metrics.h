/* Counters and histograms of requests, one set per line of routes.def: labels are bounded by the
 * table, never by what clients send (HT-08). */
#ifndef GARITA_WEB_METRICS_H
#define GARITA_WEB_METRICS_H

#include "web/web.h"

struct metrics;
struct figures;

/* ERR_NO_MEMORY. */
MUST_CHECK int metrics_new(size_t route_count, struct metrics **ret_metrics);
void metrics_free(struct metrics *metrics);
/* route: position in the table; route_count for requests that fit no line. */
void metrics_count(struct metrics *metrics, size_t route, int status, int64_t duration_us,
                   size_t bytes);
/* Adds requests, errors and latencies to the live figures (web/operations). */
void metrics_figures(const struct web *web, struct figures *io_figures);

#endif
