/* Two rings. A number stands at its remainder, so what is kept needs no search. */
#include "web/operations/history.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/banned.h"

struct ring {
    struct sample *items;
    uint64_t size;
    uint64_t last; /* number of the newest; 0: none */
    struct figures before;
};

struct history {
    int64_t started_ms;
    pthread_mutex_t mutex; /* guards all below */
    bool has_begun;
    struct ring samples, steps;
};

int history_new(int64_t started_ms, struct history **ret_history)
{
    struct history *h = calloc(1, sizeof(*h));
    if (!h)
        return ERR_NO_MEMORY;
    h->started_ms = started_ms;
    h->samples.size = HISTORY_SAMPLES;
    h->steps.size = HISTORY_STEPS;
    h->samples.items = calloc(HISTORY_SAMPLES, sizeof(*h->samples.items));
    h->steps.items = calloc(HISTORY_STEPS, sizeof(*h->steps.items));
    pthread_mutex_init(&h->mutex, NULL);
    if (!h->samples.items || !h->steps.items) {
        history_free(h);
        return ERR_NO_MEMORY;
    }
    *ret_history = h;
    return 0;
}

void history_free(struct history *h)
{
    if (!h)
        return;
    pthread_mutex_destroy(&h->mutex);
    free(h->samples.items);
    free(h->steps.items);
    free(h);
}

int64_t history_started_ms(const struct history *h)
{
    return h->started_ms;
}

/* Counters are read one by one while others write, so a sum may seem to have gone back. */
static int64_t grown(int64_t before, int64_t after)
{
    return after > before ? after - before : 0;
}

static void ring_add(struct ring *ring, const struct figures *now)
{
    const struct figures *before = &ring->before;
    struct sample *s = &ring->items[++ring->last % ring->size];
    *s = (struct sample){.number = ring->last,
                         .at_ms = now->at_ms,
                         .span_ms = now->monotonic_ms - before->monotonic_ms};
    for (enum figure f = 0; f < FIGURES; f++)
        s->values[f] = figure_kind(f) == FIGURE_KIND_SUM ? grown(before->values[f], now->values[f])
                                                         : now->values[f];
    for (enum latency l = 0; l < LATENCIES; l++)
        s->p95_us[l] = histogram_percentile(&before->latencies[l], &now->latencies[l], 95);
    ring->before = *now;
}

static int64_t highest(const struct ring *samples, enum figure f)
{
    int64_t most = 0;
    for (uint64_t i = 0; i < HISTORY_STEP_SAMPLES; i++) {
        int64_t value = samples->items[(samples->last - i) % samples->size].values[f];
        most = value > most ? value : most;
    }
    return most;
}

static void add_step(struct history *h, const struct figures *now)
{
    ring_add(&h->steps, now);
    struct sample *step = &h->steps.items[h->steps.last % h->steps.size];
    for (enum figure f = 0; f < FIGURES; f++)
        if (figure_kind(f) == FIGURE_KIND_PEAK)
            step->values[f] = highest(&h->samples, f);
}

void history_add(struct history *h, const struct figures *figures)
{
    pthread_mutex_lock(&h->mutex);
    if (!h->has_begun) {
        h->samples.before = h->steps.before = *figures;
        h->has_begun = true;
    } else {
        ring_add(&h->samples, figures);
        if (h->samples.last % HISTORY_STEP_SAMPLES == 0)
            add_step(h, figures);
    }
    pthread_mutex_unlock(&h->mutex);
}

static bool ring_next(const struct ring *ring, uint64_t *io_number, struct sample *ret_sample)
{
    uint64_t oldest = ring->last > ring->size ? ring->last - ring->size + 1 : 1;
    if (*io_number < oldest)
        *io_number = oldest;
    if (*io_number > ring->last)
        return false;
    *ret_sample = ring->items[*io_number % ring->size];
    (*io_number)++;
    return true;
}

bool history_next(struct history *h, struct history_cursor *io_cursor, struct sample *ret_sample,
                  bool *ret_is_step)
{
    pthread_mutex_lock(&h->mutex);
    *ret_is_step = ring_next(&h->steps, &io_cursor->step, ret_sample);
    bool found = *ret_is_step || ring_next(&h->samples, &io_cursor->sample, ret_sample);
    pthread_mutex_unlock(&h->mutex);
    return found;
}

struct history_cursor history_after(struct history *h, int64_t started_ms, uint64_t number)
{
    pthread_mutex_lock(&h->mutex);
    bool is_ours = started_ms == h->started_ms && number <= h->samples.last;
    pthread_mutex_unlock(&h->mutex);
    if (!is_ours || number == 0)
        return (struct history_cursor){0};
    return (struct history_cursor){number + 1, number / HISTORY_STEP_SAMPLES + 1};
}
