/* The arithmetic of a clock that never runs backwards. */
#include "core/base/timeline.h"

#include "core/base/banned.h"

static void count_leap(struct timeline *t, int64_t boot_us, int64_t leap_us)
{
    if (leap_us < TIMELINE_STEP_US)
        return;
    t->leaps++;
    t->leap_us = leap_us;
    t->leap_at_us = boot_us;
    t->leapt_us += leap_us;
}

static void follow(struct timeline *t, const struct timeline_reading *r)
{
    count_leap(t, r->boot_us, t->machine_us - t->offset_us);
    t->offset_us = t->machine_us;
    t->behind = false;
}

/* Gives up a part of the lead that is smaller than the time that passed, so that time still runs
 * forward. */
static void run_on(struct timeline *t, const struct timeline_reading *r)
{
    int64_t lead_us = t->offset_us - t->machine_us;
    if (!t->behind)
        t->eased_us = r->boot_us;
    t->behind = true;
    int64_t part_us = (r->boot_us - t->eased_us) / TIMELINE_EASE;
    if (part_us <= 0)
        return;
    t->eased_us += part_us * TIMELINE_EASE;
    t->offset_us -= part_us < lead_us ? part_us : lead_us;
}

void timeline_look(struct timeline *t, const struct timeline_reading *r)
{
    int64_t machine_us = r->wall_us - r->boot_us;
    if (!t->started) {
        t->started = true;
        t->machine_us = t->offset_us = machine_us;
        return;
    }
    if (machine_us <= t->machine_us - TIMELINE_STEP_US)
        t->steps_back++;
    t->machine_us = machine_us;
    if (machine_us >= t->offset_us)
        follow(t, r);
    else if (t->offset_us - machine_us < TIMELINE_NEAR_US)
        t->behind = false;
    else
        run_on(t, r);
}

static void go_on_from(struct timeline *t, const struct timeline_reading *r, int64_t offset_us)
{
    if (offset_us - t->offset_us >= TIMELINE_STEP_US)
        t->steps_back++;
    t->offset_us = offset_us;
    t->eased_us = r->boot_us;
    t->behind = true;
}

void timeline_resume(struct timeline *t, const struct timeline_reading *r,
                     const struct timeline_mark *mark, bool same_boot)
{
    bool known = same_boot && r->boot_us >= mark->boot_us;
    int64_t passed_us = known ? r->boot_us - mark->boot_us : 0;
    int64_t offset_us = mark->wall_us + passed_us - r->boot_us;
    timeline_look(t, r);
    t->leapt_us = mark->leapt_us;
    if (offset_us > t->offset_us)
        go_on_from(t, r, offset_us);
    else if (known)
        count_leap(t, r->boot_us, t->offset_us - offset_us);
}

void timeline_step_back(struct timeline *t, const struct timeline_reading *r)
{
    timeline_look(t, r);
    t->leapt_us -= t->offset_us - t->machine_us;
    t->offset_us = t->machine_us;
    t->behind = false;
}
