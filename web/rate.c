/* The generic cell rate algorithm: a bucket is one number, the moment at which it would be full
 * again. Each address has two places in the table, chosen by a keyed hash, and is refused only when
 * both say so: who floods from many addresses fills both places of few others. */
#include "web/rate.h"

#include <stdlib.h>

#include <sodium.h>

#include "core/base/rng.h"
#include "core/codec/address.h"

#include "core/base/banned.h"

/* Longest wait that charges alone can bring about. */
#define CHARGE_MAX_US 60000000
#define PLACES        32768U

struct rate_limiter {
    struct web_rate rates[RATE_COUNT];
    unsigned char key[16];
    atomic_llong full_at_us[RATE_COUNT][2][PLACES];
};

int rate_limiter_new(const struct web_rate rates[RATE_COUNT], struct rate_limiter **ret_limiter)
{
    struct rate_limiter *limiter = calloc(1, sizeof(*limiter));
    if (!limiter)
        return ERR_NO_MEMORY;
    memcpy(limiter->rates, rates, sizeof(limiter->rates));
    rng_bytes(limiter->key, sizeof(limiter->key));
    *ret_limiter = limiter;
    return 0;
}

void rate_limiter_free(struct rate_limiter *limiter)
{
    free(limiter);
}

/* Microseconds by which it is too early; 0 when taken. */
static int64_t take(atomic_llong *full_at_us, int64_t now_us, int64_t each_us, int64_t burst)
{
    long long full = atomic_load(full_at_us);
    for (;;) {
        long long from = full > now_us ? full : now_us;
        long long early = from + each_us - now_us - burst * each_us;
        if (early > 0)
            return early;
        if (atomic_compare_exchange_weak(full_at_us, &full, from + each_us))
            return 0;
    }
}

static void charge(atomic_llong *full_at_us, int64_t now_us, int64_t cost_us, int64_t latest_us)
{
    long long full = atomic_load(full_at_us), to;
    do {
        to = (full > now_us ? full : now_us) + cost_us;
        if (to > latest_us)
            to = latest_us;
    } while (to > full && !atomic_compare_exchange_weak(full_at_us, &full, to));
}

/* A bucket lies in two places of the table; whoever shares one of them with a busy address still
 * has the other. */
struct bucket {
    atomic_llong *places[2];
    int64_t each_us;
    int64_t burst;
};

static bool find_bucket(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                        struct bucket *ret_bucket)
{
    const struct web_rate *rate = &limiter->rates[class];
    unsigned char hash[crypto_shorthash_BYTES];
    unsigned char address[ADDRESS_BYTES];
    struct str ip = address_host(client_ip, address);
    if (class == RATE_NONE || rate->per_minute <= 0)
        return false;
    crypto_shorthash(hash, (const unsigned char *)ip.ptr, ip.len, limiter->key);
    unsigned first = (unsigned)(hash[0] | hash[1] << 8) % PLACES;
    unsigned second = (unsigned)(hash[2] | hash[3] << 8) % PLACES;
    *ret_bucket = (struct bucket){
        .places = {&limiter->full_at_us[class][0][first], &limiter->full_at_us[class][1][second]},
        .each_us = 60000000 / rate->per_minute,
        .burst = rate->burst > 0 ? rate->burst : 1,
    };
    return true;
}

int64_t rate_take(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                  int64_t now_ms)
{
    struct bucket b;
    if (!find_bucket(limiter, class, client_ip, &b))
        return 0;
    int64_t first = take(b.places[0], now_ms * 1000, b.each_us, b.burst);
    int64_t second = take(b.places[1], now_ms * 1000, b.each_us, b.burst);
    int64_t wait_us = first < second ? first : second;
    return wait_us == 0 ? 0 : wait_us / 1000000 + 1;
}

static int64_t early_us(atomic_llong *full_at_us, int64_t now_us, const struct bucket *b)
{
    int64_t early = atomic_load(full_at_us) + b->each_us - now_us - b->burst * b->each_us;
    return early > 0 ? early : 0;
}

int64_t rate_wait_s(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                    int64_t now_ms)
{
    struct bucket b;
    if (!find_bucket(limiter, class, client_ip, &b))
        return 0;
    int64_t first = early_us(b.places[0], now_ms * 1000, &b);
    int64_t second = early_us(b.places[1], now_ms * 1000, &b);
    int64_t wait_us = first < second ? first : second;
    return wait_us == 0 ? 0 : wait_us / 1000000 + 1;
}

void rate_charge(struct rate_limiter *limiter, enum rate_class class, struct str client_ip,
                 int64_t now_ms, int64_t count)
{
    struct bucket b;
    if (!find_bucket(limiter, class, client_ip, &b))
        return;
    int64_t now_us = now_ms * 1000;
    int64_t latest_us = now_us + b.burst * b.each_us + CHARGE_MAX_US;
    for (size_t i = 0; i < ARRAY_LEN(b.places); i++)
        charge(b.places[i], now_us, count * b.each_us, latest_us);
}
