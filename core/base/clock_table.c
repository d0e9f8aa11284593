/* Buckets of places, and the hand that goes round over these. */
#include "core/base/clock_table.h"

#include <stdlib.h>

#include "core/base/secret.h"

#include "core/base/banned.h"

/* What an entry is taken to need at least: decides how many places there are. */
#define PLACE_BYTES 512
#define PLACES_MIN  8
/* Places count from 1: memory fresh from the system, which is zero, is an empty table, and costs
 * nothing until it is used. */
#define NONE        0

struct clock_place {
    struct clock_table_key key;
    char *value; /* owned; NULL: empty */
    uint32_t len;
    uint32_t next; /* in its bucket, or in the list of empty ones */
    int64_t expires_ms;
    bool used;
};

int clock_table_init(struct clock_table *t, size_t max_bytes)
{
    size_t cap = max_bytes / PLACE_BYTES;
    *t = (struct clock_table){.max_bytes = max_bytes};
    t->cap = cap < PLACES_MIN ? PLACES_MIN : (uint32_t)(cap & UINT32_C(0x7fffffff));
    t->places = calloc((size_t)t->cap + 1, sizeof(*t->places));
    t->buckets = calloc(t->cap, sizeof(*t->buckets));
    return t->places && t->buckets ? 0 : ERR_NO_MEMORY;
}

static void free_value(char *value, size_t len)
{
    secret_wipe(value, len);
    free(value);
}

void clock_table_free(struct clock_table *t)
{
    for (uint32_t i = 1; t->places && i <= t->fresh; i++)
        if (t->places[i].value)
            free_value(t->places[i].value, t->places[i].len);
    free(t->places);
    free(t->buckets);
    *t = (struct clock_table){.cap = 0};
}

void clock_table_on_evict(struct clock_table *t, clock_table_evicted *evicted, void *arg)
{
    t->evicted = evicted;
    t->evicted_arg = arg;
}

/* The key is a keyed hash: any of its bytes will do. */
static uint32_t *bucket_of(struct clock_table *t, const struct clock_table_key *key)
{
    uint32_t hash;
    memcpy(&hash, key->bytes + 1, sizeof(hash));
    return &t->buckets[hash % t->cap];
}

/* The link that leads to the key's place; to NONE when there is none. */
static uint32_t *find(struct clock_table *t, const struct clock_table_key *key)
{
    uint32_t *at = bucket_of(t, key);
    while (*at != NONE && memcmp(&t->places[*at].key, key, sizeof(*key)) != 0)
        at = &t->places[*at].next;
    return at;
}

static size_t weight(size_t len)
{
    return sizeof(struct clock_place) + sizeof(uint32_t) + len;
}

static void take_out(struct clock_table *t, uint32_t *link)
{
    uint32_t index = *link;
    struct clock_place *p = &t->places[index];
    *link = p->next;
    t->counts.bytes -= weight(p->len);
    t->counts.entries--;
    free_value(p->value, p->len);
    p->value = NULL;
    p->next = t->empty;
    t->empty = index;
}

/* False when nothing is there that could go. */
static bool evict_one(struct clock_table *t, int64_t now_ms)
{
    for (uint32_t i = 0; i < 2 * t->fresh; i++) {
        uint32_t index = t->hand < t->fresh ? t->hand + 1 : 1;
        struct clock_place *p = &t->places[index];
        t->hand = index;
        if (!p->value)
            continue;
        if (p->used && p->expires_ms > now_ms) {
            p->used = false;
            continue;
        }
        if (p->expires_ms > now_ms) {
            t->counts.evictions++;
            if (t->evicted)
                t->evicted(t->evicted_arg, &p->key);
        }
        take_out(t, find(t, &p->key));
        return true;
    }
    return false;
}

static bool make_room(struct clock_table *t, size_t len, int64_t now_ms)
{
    if (weight(len) > t->max_bytes)
        return false;
    while ((t->empty == NONE && t->fresh == t->cap) || t->counts.bytes + weight(len) > t->max_bytes)
        if (!evict_one(t, now_ms))
            return false;
    return true;
}

void clock_table_put(struct clock_table *t, const struct clock_table_key *key, char *value,
                     size_t len, int64_t now_ms, int64_t expires_ms)
{
    uint32_t *old = find(t, key);
    if (*old != NONE)
        take_out(t, old);
    if (len > UINT32_MAX || !make_room(t, len, now_ms)) {
        free_value(value, len);
        return;
    }
    uint32_t index = t->empty != NONE ? t->empty : ++t->fresh;
    struct clock_place *p = &t->places[index];
    uint32_t *bucket = bucket_of(t, key);
    if (index == t->empty)
        t->empty = p->next;
    *p = (struct clock_place){.key = *key,
                              .value = value,
                              .len = (uint32_t)len,
                              .next = *bucket,
                              .expires_ms = expires_ms};
    *bucket = index;
    t->counts.bytes += weight(len);
    t->counts.entries++;
}

int clock_table_get(struct clock_table *t, const struct clock_table_key *key, int64_t now_ms,
                    struct str *ret_value, int64_t *ret_expires_ms)
{
    uint32_t *link = find(t, key);
    if (*link != NONE && t->places[*link].expires_ms <= now_ms) {
        take_out(t, link);
    } else if (*link != NONE) {
        struct clock_place *p = &t->places[*link];
        p->used = true;
        t->counts.hits++;
        *ret_value = str_of(p->value, p->len);
        *ret_expires_ms = p->expires_ms;
        return 0;
    }
    t->counts.misses++;
    return ERR_NOT_FOUND;
}

void clock_table_sweep(struct clock_table *t, int64_t now_ms)
{
    for (uint32_t i = 1; i <= t->fresh; i++)
        if (t->places[i].value && t->places[i].expires_ms <= now_ms)
            take_out(t, find(t, &t->places[i].key));
}
