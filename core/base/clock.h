/* Time. The wall clock gives dates (what goes into rows and tokens), the monotonic one durations
 * (time-outs, rates). Core never calls the system: what it needs to know stands in struct now,
 * taken once per request, so that one request sees one moment. */
#ifndef GARITA_CORE_BASE_CLOCK_H
#define GARITA_CORE_BASE_CLOCK_H

#include <stdint.h>

struct now {
    int64_t wall_ms;      /* since the epoch */
    int64_t monotonic_ms; /* since some start */
};

/* NumericDate of JWTs (RFC 7519 2). */
static inline int64_t now_s(const struct now *n)
{
    return n->wall_ms / 1000;
}

struct now clock_now(void);
int64_t clock_monotonic_ns(void);
/* "2026-11-22T16:03:09.123Z" (RFC 3339); text has room for 25 bytes. */
void clock_rfc3339(int64_t wall_ms, char text[25]);
/* "Sun, 06 Nov 1994 08:49:37 GMT" (RFC 9110 5.6.7); text has room for 30 bytes. */
void clock_http_date(int64_t wall_ms, char text[30]);

#endif
