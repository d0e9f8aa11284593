/* Figures of the running server at one moment. Counters grow from the start on; what happened in a
 * second is the difference of two moments (history.h). */
#ifndef GARITA_WEB_OPERATIONS_FIGURES_H
#define GARITA_WEB_OPERATIONS_FIGURES_H

#include "core/base/clock.h"
#include "core/base/err.h"
#include "web/histogram.h"

struct web;

enum figure {
#define F(name, kind) FIGURE_##name,
#include "web/operations/figures.def"
#undef F
    FIGURES
};

/* Requests by what they are for: each has its percentiles. */
enum latency { LATENCY_LOGIN, LATENCY_TOKEN, LATENCY_VALIDATION, LATENCY_ADMIN, LATENCIES };

struct figures {
    int64_t at_ms; /* on the wall clock */
    int64_t monotonic_ms;
    int64_t values[FIGURES];
    struct histogram_state latencies[LATENCIES];
};

enum figure_kind { FIGURE_KIND_SUM, FIGURE_KIND_LEVEL, FIGURE_KIND_PEAK };

const char *figure_name(enum figure figure);
enum figure_kind figure_kind(enum figure figure);
/* "login", "token", "validation", "administration". */
const char *latency_name(enum latency latency);

/* As of now. Waits for no request; what is not the web's is asked of web->services.figures. */
void figures_take(const struct web *web, struct figures *ret_figures);

#endif
