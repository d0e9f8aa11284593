/* When an account is locked and for how long. */
#include "core/auth/brute_force.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

bool brute_force_locked(const struct realm *realm, const struct login_failures *failures,
                        int64_t now_ms)
{
    return realm->brute_force_protected && failures->locked_until_ms > now_ms;
}

/* A factor of 0 or less would divide by zero; it means: lock at the first failure. */
static int64_t factor_of(const struct realm *realm)
{
    return realm->failure_factor > 0 ? realm->failure_factor : 1;
}

static int64_t wait_s(const struct realm *realm, int64_t count)
{
    int64_t factor = factor_of(realm);
    int64_t steps;
    if (count < factor)
        return 0;
    if (str_eq(realm->brute_force_strategy, STR("LINEAR")))
        steps = 1 + count - factor;
    else
        steps = count / factor;
    if (realm->wait_increment_s <= 0)
        return 0;
    /* Compared by division, so that a huge setting cannot overflow. */
    if (steps > realm->max_failure_wait_s / realm->wait_increment_s)
        return realm->max_failure_wait_s;
    return steps * realm->wait_increment_s;
}

static bool is_quick(const struct realm *realm, int64_t last_ms, int64_t now_ms)
{
    return last_ms > 0 && now_ms - last_ms < realm->quick_login_check_ms;
}

static bool is_permanent(const struct realm *realm, const struct login_failures *failures)
{
    return realm->permanent_lockout && failures->temporary_lockouts > realm->max_temporary_lockouts;
}

enum lockout brute_force_count(const struct realm *realm, struct login_failures *io_failures,
                               int64_t now_ms)
{
    int64_t last_ms = io_failures->last_failure_ms;
    if (!realm->brute_force_protected)
        return LOCKOUT_NONE;
    if (last_ms > 0 && (now_ms - last_ms) / MS_PER_S > realm->max_delta_time_s) {
        io_failures->count = 0;
        io_failures->temporary_lockouts = 0;
    }
    io_failures->last_failure_ms = now_ms;
    io_failures->count++;
    int64_t seconds = wait_s(realm, io_failures->count);
    bool over_limit = io_failures->count >= factor_of(realm);
    if (over_limit) {
        io_failures->temporary_lockouts++;
        if (is_permanent(realm, io_failures))
            return LOCKOUT_PERMANENT;
    } else if (is_quick(realm, last_ms, now_ms)) {
        seconds = realm->minimum_quick_login_wait_s;
    }
    if (seconds <= 0)
        return LOCKOUT_NONE;
    io_failures->locked_until_ms = now_ms + seconds * MS_PER_S;
    return LOCKOUT_TEMPORARY;
}
