/* The machine's clocks, read in this one place, and how dates are written. */
#include "core/base/clock.h"

#include <fcntl.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "core/base/clock_shift.h"
#include "core/base/timeline.h"

#include "core/base/banned.h"

#define US_PER_MS    1000
#define BOOT_ID_PATH "/proc/sys/kernel/random/boot_id"

static struct {
    atomic_flag lock;     /* held for a few readings of the clocks, and rarely asked for */
    struct timeline line; /* under lock */
    /* Of the line, for the common case, in which the machine's clock is where ours is. */
    _Atomic int64_t offset_us, leapt_us;
    atomic_bool level;
    bool boot_id_known; /* under lock, as is the next */
    char boot_id[CLOCK_BOOT_ID_LEN + 1];
} clocks = {.lock = ATOMIC_FLAG_INIT};

static void lock(void)
{
    while (atomic_flag_test_and_set_explicit(&clocks.lock, memory_order_acquire))
        (void)sched_yield();
}

static void unlock(void)
{
    atomic_flag_clear_explicit(&clocks.lock, memory_order_release);
}

static int64_t read_clock_ns(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}

static int64_t read_clock_us(clockid_t id)
{
    struct timespec ts;
    (void)clock_gettime(id, &ts);
    return (int64_t)ts.tv_sec * 1000000 + ts.tv_nsec / 1000;
}

/* The boot clock last: a pause between the two makes the machine's clock look a little behind, for
 * this reading, and never ours run ahead. */
static struct timeline_reading read_both(void)
{
    int64_t wall_us = read_clock_us(CLOCK_REALTIME) + clock_shift_us();
    return (struct timeline_reading){wall_us, read_clock_us(CLOCK_BOOTTIME)};
}

/* Without such a pause, unless the machine is in a very bad way. */
static struct timeline_reading read_closely(void)
{
    struct timeline_reading r = {0};
    for (int i = 0; i < 20; i++) {
        int64_t from_us = read_clock_us(CLOCK_BOOTTIME);
        r = read_both();
        if (r.boot_us - from_us < TIMELINE_NEAR_US)
            break;
    }
    return r;
}

static bool agree(int64_t offset_us, const struct timeline_reading *r)
{
    int64_t off_us = r->wall_us - r->boot_us - offset_us;
    return off_us > -TIMELINE_NEAR_US && off_us < TIMELINE_NEAR_US;
}

/* With the lock. */
static void publish(void)
{
    atomic_store(&clocks.offset_us, clocks.line.offset_us);
    atomic_store(&clocks.leapt_us, clocks.line.leapt_us);
    atomic_store(&clocks.level, !clocks.line.behind);
}

static struct timeline look(struct timeline_reading *ret_reading)
{
    lock();
    *ret_reading = read_closely();
    timeline_look(&clocks.line, ret_reading);
    publish();
    struct timeline line = clocks.line;
    unlock();
    return line;
}

struct now clock_now(void)
{
    /* Read before the clocks, so that a lead that others give up meanwhile does not set us back. */
    bool level = atomic_load(&clocks.level);
    int64_t offset_us = atomic_load(&clocks.offset_us);
    int64_t leapt_us = atomic_load(&clocks.leapt_us);
    struct timeline_reading r = read_both();
    if (!level || !agree(offset_us, &r)) {
        struct timeline line = look(&r);
        offset_us = line.offset_us;
        leapt_us = line.leapt_us;
    }
    return (struct now){
        .wall_ms = (r.boot_us + offset_us) / US_PER_MS,
        .monotonic_ms = read_clock_ns(CLOCK_MONOTONIC) / 1000000,
        .leapt_ms = leapt_us / US_PER_MS,
    };
}

int64_t clock_monotonic_ns(void)
{
    return read_clock_ns(CLOCK_MONOTONIC);
}

int64_t clock_boot_ms(void)
{
    return read_clock_us(CLOCK_BOOTTIME) / 1000;
}

/* --- Over restarts --- */

static void read_boot_id(char id[CLOCK_BOOT_ID_LEN + 1])
{
    int fd = open(BOOT_ID_PATH, O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return;
    if (read(fd, id, CLOCK_BOOT_ID_LEN) != CLOCK_BOOT_ID_LEN)
        id[0] = '\0';
    (void)close(fd);
}

/* Read once. Empty where the file is hidden, as in some sandboxes. */
static void boot_id(char ret_id[CLOCK_BOOT_ID_LEN + 1])
{
    char id[CLOCK_BOOT_ID_LEN + 1] = "";
    lock();
    bool known = clocks.boot_id_known;
    unlock();
    if (!known)
        read_boot_id(id);
    lock();
    if (!clocks.boot_id_known)
        memcpy(clocks.boot_id, id, sizeof(id));
    clocks.boot_id_known = true;
    memcpy(ret_id, clocks.boot_id, sizeof(id));
    unlock();
}

void clock_mark(struct clock_mark *ret_mark)
{
    struct timeline_reading r;
    struct timeline line = look(&r);
    *ret_mark = (struct clock_mark){.wall_ms = (r.boot_us + line.offset_us) / US_PER_MS,
                                    .boot_ms = r.boot_us / US_PER_MS,
                                    .leapt_ms = line.leapt_us / US_PER_MS};
    boot_id(ret_mark->boot_id);
}

void clock_resume(const struct clock_mark *mark)
{
    struct timeline_mark from = {.wall_us = mark->wall_ms * US_PER_MS,
                                 .boot_us = mark->boot_ms * US_PER_MS,
                                 .leapt_us = mark->leapt_ms * US_PER_MS};
    char id[CLOCK_BOOT_ID_LEN + 1];
    boot_id(id);
    bool same_boot = id[0] && strcmp(mark->boot_id, id) == 0;
    lock();
    struct timeline_reading r = read_closely();
    timeline_resume(&clocks.line, &r, &from, same_boot);
    publish();
    unlock();
}

void clock_step_back(void)
{
    lock();
    struct timeline_reading r = read_closely();
    timeline_step_back(&clocks.line, &r);
    publish();
    unlock();
}

void clock_state(struct clock_state *ret_state)
{
    struct timeline_reading r;
    struct timeline line = look(&r);
    *ret_state = (struct clock_state){
        .behind_ms = line.behind ? (line.offset_us - line.machine_us) / US_PER_MS : 0,
        .leap_ms = line.leap_us / US_PER_MS,
        .since_leap_ms = line.leaps ? (r.boot_us - line.leap_at_us) / US_PER_MS : INT64_MAX,
        .steps_back = line.steps_back,
        .leaps = line.leaps,
    };
}

/* --- Dates --- */

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
