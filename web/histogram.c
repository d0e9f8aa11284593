/* Ranges of durations. */
#include "web/histogram.h"

#include "core/base/banned.h"

static const struct {
    int64_t up_to_us;
    const char *label; /* in seconds */
} bounds[HISTOGRAM_RANGES - 1] = {
    {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"},
    {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},
};

static unsigned long long get(const atomic_ullong *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

void histogram_add(struct histogram *h, int64_t duration_us)
{
    size_t range = 0;
    while (range < ARRAY_LEN(bounds) && duration_us > bounds[range].up_to_us)
        range++;
    atomic_fetch_add_explicit(&h->ranges[range], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&h->sum_us, (unsigned long long)duration_us, memory_order_relaxed);
}

void histogram_write(const struct histogram *h, const char *name, const char *labels,
                     struct buf *out)
{
    struct histogram_state state = {{0}};
    unsigned long long sum = 0, us = get(&h->sum_us);
    histogram_read(h, &state);
    for (size_t i = 0; i < HISTOGRAM_RANGES; i++)
        sum += state.ranges[i];
    if (sum == 0)
        return;
    sum = 0;
    for (size_t i = 0; i < HISTOGRAM_RANGES; i++) {
        sum += state.ranges[i];
        buf_printf(out, "%s_bucket{%s,le=\"%s\"} %llu\n", name, labels,
                   i < ARRAY_LEN(bounds) ? bounds[i].label : "+Inf", sum);
    }
    buf_printf(out, "%s_sum{%s} %llu.%06llu\n", name, labels, us / 1000000, us % 1000000);
    buf_printf(out, "%s_count{%s} %llu\n", name, labels, sum);
}

void histogram_read(const struct histogram *h, struct histogram_state *io_state)
{
    for (size_t i = 0; i < HISTOGRAM_RANGES; i++)
        io_state->ranges[i] += get(&h->ranges[i]);
}

/* Counters are read one by one, so one may seem to have gone back by what came in between. */
static uint64_t counted(const struct histogram_state *before, const struct histogram_state *after,
                        size_t range)
{
    return after->ranges[range] > before->ranges[range]
               ? after->ranges[range] - before->ranges[range]
               : 0;
}

int64_t histogram_percentile(const struct histogram_state *before,
                             const struct histogram_state *after, int percent)
{
    uint64_t total = 0, below = 0;
    for (size_t i = 0; i < HISTOGRAM_RANGES; i++)
        total += counted(before, after, i);
    if (total == 0)
        return 0;
    double wanted = (double)total * percent / 100;
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++) {
        uint64_t here = counted(before, after, i);
        if (here > 0 && (double)(below + here) >= wanted) {
            int64_t from_us = i > 0 ? bounds[i - 1].up_to_us : 0;
            double part = (wanted - (double)below) / (double)here;
            return from_us + (int64_t)(part * (double)(bounds[i].up_to_us - from_us));
        }
        below += here;
    }
    return bounds[ARRAY_LEN(bounds) - 1].up_to_us;
}
