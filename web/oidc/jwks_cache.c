/* Key sets behind URLs, remembered for a while. */
#include "web/oidc/jwks_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/buf.h"
#include "core/base/clock.h"
#include "core/base/err.h"
#include "core/codec/uri.h"
#include "core/port/fetch.h"

#include "core/base/banned.h"

#define ENTRIES        128
#define TEXT_MAX_BYTES ((size_t)64 << 10)
#define URL_MAX_BYTES  URI_MAX_BYTES
/* Threads that wait for somebody else's fetch, over all URLs: a host that hangs must not hold all. */
#define WAITING_MAX    8

struct entry {
    struct buf url; /* empty: unused */
    struct buf text;
    bool has_text;
    int64_t fetched_ms; /* when text came */
    int64_t tried_ms;   /* when a fetch was begun last */
    int rc;             /* of the last finished fetch */
    bool under_way;     /* somebody fetches */
    uint64_t used;      /* for the least recently used */
};

struct jwks_cache {
    pthread_mutex_t lock;
    pthread_cond_t fetched; /* some fetch has ended */
    size_t waiting;
    struct entry entries[ENTRIES];
    uint64_t uses;
};

int jwks_cache_new(struct jwks_cache **ret_cache)
{
    struct jwks_cache *cache = calloc(1, sizeof(*cache));
    if (!cache)
        return ERR_NO_MEMORY;
    (void)pthread_mutex_init(&cache->lock, NULL);
    (void)pthread_cond_init(&cache->fetched, NULL);
    for (size_t i = 0; i < ENTRIES; i++) {
        buf_init(&cache->entries[i].url, NULL, URL_MAX_BYTES);
        buf_init(&cache->entries[i].text, NULL, TEXT_MAX_BYTES);
    }
    *ret_cache = cache;
    return 0;
}

void jwks_cache_free(struct jwks_cache *cache)
{
    if (!cache)
        return;
    for (size_t i = 0; i < ENTRIES; i++) {
        buf_free(&cache->entries[i].url);
        buf_free(&cache->entries[i].text);
    }
    (void)pthread_cond_destroy(&cache->fetched);
    (void)pthread_mutex_destroy(&cache->lock);
    free(cache);
}

void jwks_cache_expire(struct jwks_cache *cache, int64_t now_ms)
{
    int64_t at_most = now_ms - JWKS_KEEP_MS;
    (void)pthread_mutex_lock(&cache->lock);
    for (size_t i = 0; i < ENTRIES; i++)
        if (cache->entries[i].fetched_ms > at_most)
            cache->entries[i].fetched_ms = at_most;
    (void)pthread_mutex_unlock(&cache->lock);
}

static struct entry *find(struct jwks_cache *cache, struct str url)
{
    for (size_t i = 0; i < ENTRIES; i++)
        if (str_eq(buf_str(&cache->entries[i].url), url))
            return &cache->entries[i];
    return NULL;
}

/* An unused place, or that of the least recently used of those that nobody fetches for. */
static struct entry *find_place(struct jwks_cache *cache)
{
    struct entry *place = NULL;
    for (size_t i = 0; i < ENTRIES; i++) {
        struct entry *e = &cache->entries[i];
        if (e->url.len == 0)
            return e;
        if (!e->under_way && (!place || e->used < place->used))
            place = e;
    }
    return place;
}

/* The entry of this URL; NULL when there is no place for it. */
static struct entry *claim(struct jwks_cache *cache, struct str url)
{
    struct entry *e = find(cache, url);
    if (!e && (e = find_place(cache)) != NULL) {
        buf_clear(&e->url);
        buf_clear(&e->text);
        e->has_text = false;
        e->under_way = false;
        e->rc = 0;
        buf_add(&e->url, url);
    }
    if (e)
        e->used = ++cache->uses;
    return e;
}

/* The copy, when there is one that is younger. */
static bool has_copy(const struct entry *e, int64_t below_ms, int64_t now_ms)
{
    return e && e->has_text && now_ms - e->fetched_ms < below_ms;
}

static int copy_of(const struct entry *e, int64_t now_ms, struct arena *a,
                   struct auth_jwks *ret_jwks)
{
    struct str text = arena_str(a, buf_str(&e->text));
    if (str_absent(text))
        return ERR_NO_MEMORY;
    int64_t age_ms = now_ms - e->fetched_ms; /* who waited came before it was fetched */
    *ret_jwks = (struct auth_jwks){text, age_ms > 0 ? age_ms : 0};
    return 0;
}

/* Whether the entry answers without a fetch: *ret_rc is the answer then. */
static bool answers(const struct entry *e, bool fresh, int64_t now_ms, struct arena *a, int *ret_rc,
                    struct auth_jwks *ret_jwks)
{
    bool tried_lately = e->rc != 0 && now_ms - e->tried_ms < JWKS_RETRY_MS;
    int64_t keep_ms = fresh ? JWKS_FRESH_MS : JWKS_KEEP_MS;
    if (tried_lately || e->under_way) /* a host that hangs holds one thread, not all */
        keep_ms = JWKS_STALE_MS;
    bool copied = has_copy(e, keep_ms, now_ms);
    *ret_rc = copied ? copy_of(e, now_ms, a, ret_jwks) : e->rc;
    return copied || tried_lately;
}

static void remember(struct jwks_cache *cache, struct str url, int rc, struct str jwks,
                     int64_t now_ms)
{
    struct entry *e = claim(cache, url);
    if (!e)
        return;
    e->under_way = false;
    if (rc == ERR_OVERLOADED ||
        rc == ERR_NO_MEMORY) /* ours, not the host's: the next one may ask */
        return;
    e->rc = rc;
    e->tried_ms = now_ms;
    if (rc != 0)
        return;
    buf_clear(&e->text);
    buf_add(&e->text, jwks);
    e->has_text = !e->text.failed;
    e->fetched_ms = now_ms;
}

/* Under the lock. Of many who ask for what nobody has, one fetches and the others wait for him. False:
 * the caller is the one. */
static bool find_answer(struct jwks_cache *cache, struct arena *a, struct str url, bool fresh,
                        int64_t now_ms, int *ret_rc, struct auth_jwks *ret_jwks)
{
    struct entry *e;
    while ((e = find(cache, url)) == NULL || !answers(e, fresh, now_ms, a, ret_rc, ret_jwks)) {
        if (!e || !e->under_way) {
            e = claim(cache, url);
            if (e)
                e->under_way = true;
            return false;
        }
        if (cache->waiting == WAITING_MAX) {
            *ret_rc = ERR_OVERLOADED;
            return true;
        }
        cache->waiting++;
        (void)pthread_cond_wait(&cache->fetched, &cache->lock);
        cache->waiting--;
    }
    e->used = ++cache->uses;
    return true;
}

static int fetch_and_remember(struct jwks_cache *cache, struct arena *a, struct str realm_id,
                              struct str url, int64_t now_ms, struct auth_jwks *ret_jwks)
{
    struct auth_jwks jwks = {.age_ms = 0};
    int rc = fetch_json(a, realm_id, url, TEXT_MAX_BYTES, &jwks.text);
    (void)pthread_mutex_lock(&cache->lock);
    remember(cache, url, rc, jwks.text, now_ms);
    (void)pthread_cond_broadcast(&cache->fetched);
    struct entry *e = find(cache, url);
    if (rc != 0 && has_copy(e, JWKS_STALE_MS, now_ms))
        rc = copy_of(e, now_ms, a, &jwks);
    (void)pthread_mutex_unlock(&cache->lock);
    if (rc == 0)
        *ret_jwks = jwks;
    return rc;
}

int jwks_cache_get_at(struct jwks_cache *cache, struct arena *a, struct str realm_id,
                      struct str url, bool fresh, int64_t now_ms, struct auth_jwks *ret_jwks)
{
    int rc = 0;
    if (str_empty(url) || url.len > URL_MAX_BYTES)
        return ERR_FORBIDDEN;
    (void)pthread_mutex_lock(&cache->lock);
    bool known = find_answer(cache, a, url, fresh, now_ms, &rc, ret_jwks);
    (void)pthread_mutex_unlock(&cache->lock);
    return known ? rc : fetch_and_remember(cache, a, realm_id, url, now_ms, ret_jwks);
}

int jwks_cache_get(void *context, struct arena *a, struct str realm_id, struct str url, bool fresh,
                   struct auth_jwks *ret_jwks)
{
    return jwks_cache_get_at(context, a, realm_id, url, fresh, clock_monotonic_ns() / 1000000,
                             ret_jwks);
}
