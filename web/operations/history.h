/* The last minutes second by second, the last hour in steps of ten seconds: for whoever begins to look,
 * or looks again after a break. Bounded, in memory alone, gone with the process. From any thread. */
#ifndef GARITA_WEB_OPERATIONS_HISTORY_H
#define GARITA_WEB_OPERATIONS_HISTORY_H

#include "web/operations/figures.h"

#define HISTORY_SAMPLES      120
#define HISTORY_STEPS        360
#define HISTORY_STEP_SAMPLES 10 /* samples that one step sums up */

struct history;

/* What happened in a span of time, or was so at its end. */
struct sample {
    uint64_t number; /* from 1; of steps, too */
    int64_t at_ms;   /* its end, on the wall clock */
    int64_t span_ms;
    int64_t values[FIGURES];
    int64_t p95_us[LATENCIES]; /* 0: nothing was counted */
};

MUST_CHECK int history_new(int64_t started_ms, struct history **ret_history);
/* NULL is fine. */
void history_free(struct history *history);
/* When it began; tells one life of the server from another. */
int64_t history_started_ms(const struct history *history);

/* Figures in their order, one moment after another; the first are what the next are compared with. */
void history_add(struct history *history, const struct figures *figures);

/* What somebody gets next. Zeros: everything that is kept. After sample n: {n + 1, n / 10 + 1}. */
struct history_cursor {
    uint64_t sample, step;
};
/* The next step, or the next sample when no step is due. Who was away too long goes on with the oldest
 * that is kept. False: nothing yet. */
bool history_next(struct history *history, struct history_cursor *io_cursor,
                  struct sample *ret_sample, bool *ret_is_step);
/* The cursor of who has seen this sample; of who has seen none, or one of another life, zeros. */
struct history_cursor history_after(struct history *history, int64_t started_ms, uint64_t number);

#endif
