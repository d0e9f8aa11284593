/* How much room is left, once a second, and what that allows. */
#include "store/space.h"

#include <sys/statvfs.h>

#include "core/base/log.h"

#include "core/base/banned.h"

/* Coming back takes a little more than the reserve, so that the answer does not flutter. */
#define BACK_PERCENT 110

static bool measure(const struct store *store, int64_t *ret_total, int64_t *ret_free,
                    int64_t *ret_reserve)
{
    struct statvfs fs;
    if (fstatvfs(store->folder.realms_fd, &fs) != 0)
        return false;
    int64_t unit = (int64_t)fs.f_frsize;
    *ret_total = (int64_t)fs.f_blocks * unit;
    *ret_free = (int64_t)fs.f_bavail * unit;
    int64_t tenth = *ret_total / 10;
    *ret_reserve = store->config.reserve_bytes < tenth ? store->config.reserve_bytes : tenth;
    if (store->config.reserve_percent > 0)
        *ret_reserve = (int64_t)fs.f_blocks * unit / 100 * store->config.reserve_percent;
    return true;
}

static enum space judge(enum space before, int64_t free_bytes, int64_t reserve)
{
    int64_t quarter = reserve / 4;
    if (before != SPACE_ENOUGH)
        reserve = reserve / 100 * BACK_PERCENT;
    if (before == SPACE_VERY_LOW)
        quarter = quarter / 100 * BACK_PERCENT;
    if (free_bytes >= reserve)
        return SPACE_ENOUGH;
    return free_bytes >= quarter ? SPACE_LOW : SPACE_VERY_LOW;
}

static void tell(enum space now, int64_t free_bytes, int64_t reserve)
{
    long long mib = (long long)(free_bytes >> 20);
    long long reserve_mib = (long long)(reserve >> 20);
    if (now == SPACE_ENOUGH)
        LOG_INFO("store", "%lld MiB of disk are free again: all goes on", mib);
    else if (now == SPACE_LOW)
        LOG_ERROR(
            "store",
            "%lld MiB of disk are free, less than the reserve of %lld MiB: changes are refused, "
            "logins go on; make room",
            mib, reserve_mib);
    else
        LOG_ERROR(
            "store",
            "%lld MiB of disk are free, less than a quarter of the reserve of %lld MiB: logins "
            "and new tokens are refused too, validation and logout go on; make room",
            mib, reserve_mib);
}

void space_look(struct store *store)
{
    int64_t total_bytes, free_bytes, reserve;
    if (!measure(store, &total_bytes, &free_bytes, &reserve))
        return;
    atomic_store(&store->total_bytes, total_bytes);
    atomic_store(&store->free_bytes, free_bytes);
    enum space before = (enum space)atomic_load(&store->space);
    enum space now = reserve > 0 ? judge(before, free_bytes, reserve) : SPACE_ENOUGH;
    /* Of many who look at once, one sees the change. */
    before = (enum space)atomic_exchange(&store->space, (int)now);
    if (now != before)
        tell(now, free_bytes, reserve);
    /* What failed before there was room again is of the past. */
    if (now == SPACE_ENOUGH && before != SPACE_ENOUGH)
        atomic_store(&store->full, false);
}

const char *store_space_word(struct store *store)
{
    switch ((enum space)atomic_load(&store->space)) {
    case SPACE_LOW: return "there is less room: changes are refused, logins go on; make room";
    case SPACE_VERY_LOW:
        return "there is less than a quarter of it: changes, logins and new tokens are refused; make "
               "room";
    case SPACE_ENOUGH: break;
    }
    return NULL;
}

static bool refuses(const struct store *store, enum store_need need)
{
    int space = atomic_load_explicit(&store->space, memory_order_relaxed);
    return (space >= SPACE_LOW && need == NEED_CHANGE) ||
           (space >= SPACE_VERY_LOW && need == NEED_SESSION);
}

int space_admit(struct store *store, enum store_need need)
{
    if (!refuses(store, need))
        return 0;
    space_look(store);
    return refuses(store, need) ? ERR_STORE_FULL : 0;
}
