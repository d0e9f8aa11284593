/* The table of connections: who owns which, since when each waits, and how many there may be. */
#include "web/link.h"

#include <limits.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <sodium.h>

#include "core/base/rng.h"
#include "core/base/secret.h"

#include "core/base/banned.h"

#define ADDRESS_BUCKETS     65536U
#define EVICTION_SAMPLE     64U
#define SQUEEZED_PHASE_MS   3000
#define STATE_FLAGS         (LINK_OWNED | LINK_EVENT)
#define POLL_EVENTS         (EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET)
#define GENERATION(state)   ((state) >> 2)
#define EVENT_OF(slot, gen) ((uint64_t)(slot) << 32 | (gen))

int lot_init(struct lot *lot, const struct web_limits *limits)
{
    *lot = (struct lot){.capacity = limits->connections,
                        .address_cap = limits->connections_per_address,
                        .parked_max_bytes = limits->parked_bytes};
    pthread_mutex_init(&lot->mutex, NULL);
    rng_bytes(lot->address_key, sizeof(lot->address_key));
    lot->links = calloc(lot->capacity, sizeof(*lot->links));
    lot->free_slots = calloc(lot->capacity, sizeof(*lot->free_slots));
    lot->addresses = calloc(ADDRESS_BUCKETS, sizeof(*lot->addresses));
    lot->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    if (!lot->links || !lot->free_slots || !lot->addresses || lot->epoll_fd < 0)
        return ERR_NO_MEMORY;
    return 0; /* the slots are begun one by one: memory that nobody needed yet is not touched */
}

void lot_free(struct lot *lot)
{
    for (size_t i = 0; lot->links && i < atomic_load(&lot->high_water); i++)
        if (lot_take(&lot->links[i]))
            lot_close(lot, &lot->links[i]);
    if (lot->epoll_fd >= 0)
        close(lot->epoll_fd);
    free(lot->links);
    free(lot->free_slots);
    free(lot->addresses);
    pthread_mutex_destroy(&lot->mutex);
}

/* Keyed, so that nobody can choose addresses that share a bucket; IPv6 counts by /64. */
static uint32_t address_bucket(const struct lot *lot, const struct sockaddr_storage *peer)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)peer;
    const struct sockaddr_in *four = (const struct sockaddr_in *)peer;
    unsigned char hash[crypto_shorthash_BYTES];
    bool mapped = peer->ss_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&six->sin6_addr);
    if (peer->ss_family == AF_INET)
        crypto_shorthash(hash, (const unsigned char *)&four->sin_addr, 4, lot->address_key);
    else
        crypto_shorthash(hash, six->sin6_addr.s6_addr, mapped ? 16 : 8, lot->address_key);
    return (uint32_t)(hash[0] | hash[1] << 8) % ADDRESS_BUCKETS;
}

static bool slot_take(struct lot *lot, uint32_t *ret_slot)
{
    bool found = true;
    pthread_mutex_lock(&lot->mutex);
    size_t used = atomic_load(&lot->high_water);
    if (lot->free_count)
        *ret_slot = lot->free_slots[--lot->free_count];
    else if (used < lot->capacity) {
        *ret_slot = (uint32_t)used;
        /* A slot without a link is owned, so that nobody takes it. */
        atomic_init(&lot->links[used].state, LINK_OWNED);
        atomic_store(&lot->high_water, used + 1);
    } else
        found = false;
    pthread_mutex_unlock(&lot->mutex);
    return found;
}

/* Full: among some links that keep us waiting the one that waits longest makes room, so that slow
 * clients cannot lock others out (HT-02). */
static bool evict_one(struct lot *lot)
{
    struct link *worst = NULL;
    uint32_t used = (uint32_t)atomic_load(&lot->high_water);
    for (uint32_t i = 0; i < EVICTION_SAMPLE && used > 0; i++) {
        struct link *l = &lot->links[rng_below(used)];
        enum link_phase phase = atomic_load_explicit(&l->phase, memory_order_relaxed);
        bool waits = phase == LINK_HANDSHAKE || phase == LINK_HEADER || phase == LINK_IDLE ||
                     phase == LINK_CLOSING;
        if (!waits || (atomic_load(&l->state) & LINK_OWNED))
            continue;
        if (!worst || atomic_load(&l->since_ms) < atomic_load(&worst->since_ms))
            worst = l;
    }
    if (!worst || !lot_take(worst))
        return false;
    atomic_fetch_add(&lot->refused, 1);
    lot_close(lot, worst);
    return true;
}

/* All but the state, which late events of the slot's former link still look at. */
static unsigned reset_link(struct link *l, uint32_t slot, int fd)
{
    memset((char *)l + offsetof(struct link, slot), 0, sizeof(*l) - offsetof(struct link, slot));
    l->slot = slot;
    l->fd = fd;
    return GENERATION(atomic_load(&l->state));
}

static bool may_enter(struct lot *lot, uint32_t bucket, uint32_t *ret_slot)
{
    if (lot->address_cap && atomic_load(&lot->addresses[bucket]) >= lot->address_cap)
        return false;
    return slot_take(lot, ret_slot) || (evict_one(lot) && slot_take(lot, ret_slot));
}

struct link *lot_add(struct lot *lot, int fd, const struct sockaddr_storage *peer,
                     const struct link_kind *kind, int64_t time_ms)
{
    uint32_t slot, bucket = address_bucket(lot, peer);
    if (!may_enter(lot, bucket, &slot)) {
        atomic_fetch_add(&lot->refused, 1);
        close(fd);
        return NULL;
    }
    struct link *l = &lot->links[slot];
    unsigned generation = reset_link(l, slot, fd);
    l->kind = *kind;
    l->handshake_done = !kind->is_tls;
    l->peer = *peer;
    l->address_bucket = bucket;
    atomic_fetch_add(&lot->addresses[bucket], 1);
    atomic_fetch_add(&lot->accepted, 1);
    atomic_fetch_add(&lot->open, 1);
    link_enter(l, kind->is_tls ? LINK_HANDSHAKE : LINK_HEADER, time_ms);
    atomic_store(&l->state, generation << 2);
    struct epoll_event ev = {.events = POLL_EVENTS, .data.u64 = EVENT_OF(slot, generation)};
    if (epoll_ctl(lot->epoll_fd, EPOLL_CTL_ADD, fd, &ev) != 0 && lot_take(l)) {
        lot_close(lot, l);
        return NULL;
    }
    return l;
}

void lot_nudge(struct lot *lot, struct link *l)
{
    unsigned generation = GENERATION(atomic_load(&l->state));
    struct epoll_event ev = {.events = POLL_EVENTS, .data.u64 = EVENT_OF(l->slot, generation)};
    (void)epoll_ctl(lot->epoll_fd, EPOLL_CTL_MOD, l->fd, &ev);
}

void lot_rearm(struct lot *lot, struct link *l)
{
    do
        lot_nudge(lot, l);
    while (!lot_release(l));
}

struct link *lot_claim(struct lot *lot, uint64_t event)
{
    struct link *l = &lot->links[event >> 32];
    unsigned generation = (unsigned)(event & UINT32_MAX);
    unsigned state = atomic_load(&l->state);
    for (;;) {
        if (GENERATION(state) != generation)
            return NULL;
        unsigned next = state & LINK_OWNED ? state | LINK_EVENT : state | LINK_OWNED;
        if (atomic_compare_exchange_weak(&l->state, &state, next))
            return state & LINK_OWNED ? NULL : l;
    }
}

bool lot_take(struct link *l)
{
    unsigned state = atomic_load(&l->state);
    return !(state & STATE_FLAGS) &&
           atomic_compare_exchange_strong(&l->state, &state, state | LINK_OWNED);
}

bool lot_release(struct link *l)
{
    unsigned state = atomic_load(&l->state);
    for (;;) {
        bool event = state & LINK_EVENT;
        unsigned next = state & ~(event ? LINK_EVENT : LINK_OWNED);
        if (atomic_compare_exchange_weak(&l->state, &state, next))
            return !event;
    }
}

void lot_close(struct lot *lot, struct link *l)
{
    if (l->kind.is_tls && !l->handshake_done && l->tls)
        atomic_fetch_add(&lot->handshakes_failed, 1);
    stream_close(l->stream); /* first: until then it may wake this link */
    l->stream = NULL;
    tls_session_free(l->tls);
    l->tls = NULL;
    link_bytes_free(lot, &l->in);
    link_bytes_free(lot, &l->out);
    close(l->fd);
    l->fd = 0;
    atomic_fetch_sub(&lot->addresses[l->address_bucket], 1);
    atomic_fetch_sub(&lot->open, 1);
    /* A late event finds another generation and no owner to wake. */
    unsigned generation = (GENERATION(atomic_load(&l->state)) + 1) & GENERATION(UINT_MAX);
    atomic_store(&l->state, generation << 2 | LINK_OWNED);
    pthread_mutex_lock(&lot->mutex);
    lot->free_slots[lot->free_count++] = l->slot;
    pthread_mutex_unlock(&lot->mutex);
}

/* While memory for waiting bytes runs short, those who make us wait with it get less time. */
static bool is_over(const struct lot *lot, struct link *l, int64_t now_ms, bool draining)
{
    enum link_phase phase = atomic_load_explicit(&l->phase, memory_order_relaxed);
    bool holds_bytes = phase == LINK_BODY || phase == LINK_WRITING;
    bool squeezed = atomic_load(&lot->parked_bytes) > (long long)(lot->parked_max_bytes / 2);
    if (squeezed && holds_bytes && now_ms - atomic_load(&l->since_ms) > SQUEEZED_PHASE_MS)
        return true;
    if (draining && (phase == LINK_IDLE || phase == LINK_HANDSHAKE || phase == LINK_HEADER))
        return true;
    return now_ms > atomic_load(&l->deadline_ms);
}

static bool is_stream(struct link *l)
{
    return atomic_load_explicit(&l->phase, memory_order_relaxed) == LINK_STREAM;
}

void lot_sweep(struct lot *lot, int64_t now_ms, bool draining)
{
    size_t used = atomic_load(&lot->high_water);
    for (size_t i = 0; i < used; i++) {
        struct link *l = &lot->links[i];
        if ((atomic_load_explicit(&l->state, memory_order_relaxed) & STATE_FLAGS) ||
            (!is_stream(l) && !is_over(lot, l, now_ms, draining)) || !lot_take(l))
            continue;
        if (!is_over(lot, l, now_ms, draining)) {
            /* A stream, or it moved on meanwhile. An event that came while we held it must not be
             * lost. */
            lot_rearm(lot, l);
            continue;
        }
        if (atomic_load(&l->phase) != LINK_IDLE)
            atomic_fetch_add(&lot->expired, 1);
        lot_close(lot, l);
    }
}

bool lot_is_busy(struct lot *lot)
{
    size_t used = atomic_load(&lot->high_water);
    for (size_t i = 0; i < used; i++) {
        struct link *l = &lot->links[i];
        enum link_phase phase = atomic_load(&l->phase);
        if (!(atomic_load(&l->state) & LINK_OWNED) &&
            (phase == LINK_BODY || phase == LINK_WRITING || phase == LINK_STREAM))
            return true;
    }
    return false;
}

int link_bytes_reserve(struct lot *lot, struct link_bytes *b, size_t cap)
{
    if (cap <= b->cap)
        return 0;
    long long more = (long long)(cap - b->cap);
    if (atomic_fetch_add(&lot->parked_bytes, more) + more > (long long)lot->parked_max_bytes) {
        atomic_fetch_sub(&lot->parked_bytes, more);
        return ERR_OVERLOADED;
    }
    char *p = malloc(cap);
    if (!p) {
        atomic_fetch_sub(&lot->parked_bytes, more);
        return ERR_OVERLOADED;
    }
    if (b->len)
        memcpy(p, b->ptr, b->len);
    if (b->ptr) {
        secret_wipe(b->ptr, b->len);
        free(b->ptr);
    }
    b->ptr = p;
    b->cap = cap;
    return 0;
}

void link_bytes_free(struct lot *lot, struct link_bytes *b)
{
    if (!b->ptr)
        return;
    atomic_fetch_sub(&lot->parked_bytes, (long long)b->cap);
    secret_wipe(b->ptr, b->len);
    free(b->ptr);
    *b = (struct link_bytes){0};
}
