/* How the product's time is made of what the machine's clocks say. Pure: readings in, state out;
 * core/base/clock.c reads the clocks. Times are microseconds.
 *
 * - The product's time never runs backwards. When the machine's wall clock steps back, time runs on
 *   with the boot clock, which nobody sets, so that nothing lives longer than it should.
 * - A lead over the machine's clock is given up slowly (one part in TIMELINE_EASE), so that small
 *   corrections heal by themselves while no life is stretched by more than that.
 * - A leap ahead is followed at once: a machine that slept, or had no time before it found the
 *   network, is right. How much of the time came by leaps is kept, for waits that must last. */
#ifndef GARITA_CORE_BASE_TIMELINE_H
#define GARITA_CORE_BASE_TIMELINE_H

#include <stdbool.h>
#include <stdint.h>

#define TIMELINE_EASE    1024
/* Two clocks are not read at the same moment: less than this is no difference. */
#define TIMELINE_NEAR_US INT64_C(1000)
/* From here on a difference is a step, not an adjustment. */
#define TIMELINE_STEP_US INT64_C(1000000)

struct timeline_reading {
    int64_t wall_us; /* the machine's date, since the epoch */
    int64_t boot_us; /* since the machine was switched on, sleep included */
};

struct timeline {
    bool started;
    bool behind;        /* the machine's clock is behind ours */
    int64_t offset_us;  /* ours less the boot clock */
    int64_t machine_us; /* the machine's less the boot clock, at the last look */
    int64_t eased_us;   /* the boot time up to which the lead was given up */
    int64_t leapt_us;   /* sum of the leaps ahead */
    int64_t leap_us;    /* the last one */
    int64_t leap_at_us; /* its boot time */
    uint64_t steps_back, leaps;
};

/* Takes a reading into account; offset_us holds for its moment. */
void timeline_look(struct timeline *t, const struct timeline_reading *r);

/* Where an earlier process was: the moment, by its time and by its boot clock. */
struct timeline_mark {
    int64_t wall_us, boot_us, leapt_us;
};

/* Goes on from a mark, never before it. same_boot: the boot clock is the one of the mark, so that
 * what passed meanwhile is known; else time goes on from the mark itself. */
void timeline_resume(struct timeline *t, const struct timeline_reading *r,
                     const struct timeline_mark *mark, bool same_boot);

/* Takes the machine's clock as right although it is behind: the one way back. The scale without
 * leaps goes on as it was. */
void timeline_step_back(struct timeline *t, const struct timeline_reading *r);

#endif
