/* Time. The wall clock gives dates (what goes into rows and tokens), the monotonic one durations
 * (time-outs, rates). Core never calls the system: what it needs to know stands in struct now,
 * taken once per request, so that one request sees one moment.
 *
 * The dates are those of a clock that never runs backwards, whatever happens to the machine's
 * (core/base/timeline.h, docs/clock.md): what was over stays over. */
#ifndef GARITA_CORE_BASE_CLOCK_H
#define GARITA_CORE_BASE_CLOCK_H

#include <stdbool.h>
#include <stdint.h>

struct now {
    int64_t wall_ms;      /* since the epoch */
    int64_t monotonic_ms; /* since some start */
    int64_t leapt_ms;     /* how much of wall_ms came by leaps of the machine's clock */
};

/* NumericDate of JWTs (RFC 7519 2). */
static inline int64_t now_s(const struct now *n)
{
    return n->wall_ms / 1000;
}

/* A scale for waits that must last although the clock leaps (lockouts): the date without the leaps,
 * equal to wall_ms where there were none. */
static inline int64_t now_steady_ms(const struct now *n)
{
    return n->wall_ms - n->leapt_ms;
}

struct now clock_now(void);
int64_t clock_monotonic_ns(void);
/* As monotonic_ms, and goes on while the machine sleeps: for what was promised to other machines. */
int64_t clock_boot_ms(void);
/* "2026-11-22T16:03:09.123Z" (RFC 3339); text has room for 25 bytes. */
void clock_rfc3339(int64_t wall_ms, char text[25]);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7); text has room for 30 bytes. */
void clock_http_date(int64_t wall_ms, char text[30]);

/* --- For the store, which keeps time over restarts --- */

#define CLOCK_BOOT_ID_LEN 36

struct clock_mark {
    int64_t wall_ms, boot_ms, leapt_ms;
    char boot_id[CLOCK_BOOT_ID_LEN + 1]; /* empty when it cannot be learnt */
};

/* This moment, to be kept. */
void clock_mark(struct clock_mark *ret_mark);
/* Goes on from a mark of an earlier process: never before it, and after as much time as passed, when
 * the machine was not switched off since. */
void clock_resume(const struct clock_mark *mark);

/* Believes the machine's clock although it is behind. What is dated later must be made void before
 * (core/admin/void.h). */
void clock_step_back(void);

struct clock_state {
    int64_t behind_ms;     /* by how much the machine's clock is behind ours */
    int64_t leap_ms;       /* the last leap ahead */
    int64_t since_leap_ms; /* INT64_MAX: there was none */
    uint64_t steps_back, leaps;
};

/* What the machine's clock did since this process started. */
void clock_state(struct clock_state *ret_state);

#endif
