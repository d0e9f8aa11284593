/* The two clocks and how dates are written. */
#include "core/base/clock.h"

#include <stdio.h>
#include <time.h>

#include "core/base/banned.h"

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

struct now clock_now(void)
{
    return (struct now){
        .wall_ms = read_clock_ns(CLOCK_REALTIME) / 1000000,
        .monotonic_ms = read_clock_ns(CLOCK_MONOTONIC) / 1000000,
    };
}

int64_t clock_monotonic_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

static struct tm utc_of(int64_t wall_ms)
{
    struct tm tm = {0};
    time_t seconds = (time_t)(wall_ms / 1000);
    (void)gmtime_r(&seconds, &tm);
    return tm;
}

void clock_rfc3339(int64_t wall_ms, char text[25])
{
    struct tm tm = utc_of(wall_ms);
    char longest[64];
    (void)snprintf(longest, sizeof(longest), "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ",
                   tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                   (int)(wall_ms % 1000));
    (void)snprintf(text, 25, "%.24s", longest);
}

void clock_http_date(int64_t wall_ms, char text[30])
{
    /* Not strftime's names, which follow the locale. */
    static const char days[7][4] = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
    static const char months[12][4] = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                       "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
    struct tm tm = utc_of(wall_ms);
    char longest[96];
    (void)snprintf(longest, sizeof(longest), "%s, %02d %s %04d %02d:%02d:%02d GMT",
                   days[tm.tm_wday % 7], tm.tm_mday, months[tm.tm_mon % 12], tm.tm_year + 1900,
                   tm.tm_hour, tm.tm_min, tm.tm_sec);
    (void)snprintf(text, 30, "%.29s", longest);
}
