/* The cache as core sees it: first the table in memory, then the file. */
#include "store/cache/cache.h"

#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/crypto/kdf.h"

#include "core/base/banned.h"

#define DEFAULT_MEMORY_BYTES ((int64_t)64 << 20)

/* The file serves the table, never alone. */
static int open_disk(struct store *store)
{
    unsigned char key[KDF_KEY_BYTES];
    if (store->config.cache_disk_bytes <= 0 || store->config.read_only)
        return 0;
    TRY(kdf_derive(secret_view(&store->master_key), "token-cache-file", STR(""), key));
    store->cache.disk = disk_cache_open(&store->folder, (size_t)store->config.cache_disk_bytes,
                                        str_of((const char *)key, sizeof(key)));
    secret_wipe(key, sizeof(key));
    return 0;
}

int cache_open(struct store *store)
{
    int64_t bytes = store->config.cache_memory_bytes;
    TRY(kdf_derive(secret_view(&store->master_key), "token-cache", STR(""), store->cache.key));
    if (bytes == 0)
        bytes = DEFAULT_MEMORY_BYTES;
    if (bytes > 0)
        store->cache.hot = hot_cache_new((size_t)bytes);
    return store->cache.hot ? open_disk(store) : 0;
}

void cache_close(struct store *store)
{
    disk_cache_close(store->cache.disk);
    store->cache.disk = NULL;
    hot_cache_free(store->cache.hot);
    store->cache.hot = NULL;
    secret_wipe(store->cache.key, sizeof(store->cache.key));
}

void cache_forget(struct store *store)
{
    if (store->cache.disk)
        disk_cache_forget(store->cache.disk);
    else
        disk_cache_remove(&store->folder);
}

static const char *const kind_names[TOKEN_CACHE_KINDS] = {"jwt_signature", "rights", "jwks_keys",
                                                          "user_context"};

const char *token_cache_kind_name(enum token_cache_kind kind)
{
    return kind_names[kind];
}

enum token_cache_kind token_cache_kind_of(const struct token_cache_key *key)
{
    unsigned char kind = key->bytes[sizeof(key->bytes) - 1];
    return kind < TOKEN_CACHE_KINDS ? (enum token_cache_kind)kind : TOKEN_CACHE_SIGNATURE;
}

void token_cache_key(const struct store *store, enum token_cache_kind kind, struct str scope,
                     struct str subject, struct token_cache_key *ret_key)
{
    /* Lengths in front, so that no two triples run together. */
    const struct str parts[] = {str_c(kind_names[kind]), scope, subject};
    uint64_t lengths[] = {parts[0].len, parts[1].len, parts[2].len};
    const struct str all[] = {str_of((const char *)lengths, sizeof(lengths)), parts[0], parts[1],
                              parts[2]};
    blake2b_256(str_of((const char *)store->cache.key, sizeof(store->cache.key)), all,
                ARRAY_LEN(all), ret_key->bytes);
    ret_key->bytes[sizeof(ret_key->bytes) - 1] = (unsigned char)kind;
}

int token_cache_get(struct store *store, const struct token_cache_key *key, struct arena *a,
                    int64_t now_ms, struct str *ret_value)
{
    int64_t expires_ms;
    if (!store->cache.hot)
        return ERR_NOT_FOUND;
    int rc = hot_cache_get(store->cache.hot, key, a, now_ms, ret_value, &expires_ms);
    if (rc != ERR_NOT_FOUND || !store->cache.disk)
        return rc;
    TRY(disk_cache_get(store->cache.disk, key, a, now_ms, ret_value, &expires_ms));
    hot_cache_put(store->cache.hot, key, *ret_value, now_ms, expires_ms);
    return 0;
}

uint64_t token_cache_generation(struct store *store)
{
    return store->cache.disk ? disk_cache_generation(store->cache.disk) : 0;
}

void token_cache_put(struct store *store, const struct token_cache_key *key, struct str value,
                     uint64_t generation, int64_t now_ms, int64_t expires_ms)
{
    if (store->cache.hot)
        hot_cache_put(store->cache.hot, key, value, now_ms, expires_ms);
    if (store->cache.disk)
        disk_cache_put(store->cache.disk, key, value, generation, now_ms, expires_ms);
}

void store_cache_sweep(struct store *store, int64_t now_ms)
{
    if (store->cache.hot)
        hot_cache_sweep(store->cache.hot, now_ms);
    if (store->cache.disk)
        disk_cache_sweep(store->cache.disk, now_ms);
}

static void head_of(struct buf *b, const char *level, const char *name, const char *type,
                    const char *help)
{
    buf_printf(b, "# HELP garita_token_cache_%s_%s %s\n# TYPE garita_token_cache_%s_%s %s\n", level,
               name, help, level, name, type);
}

static void counters_of(struct buf *b, const char *level, const char *name, const char *help,
                        const uint64_t values[TOKEN_CACHE_KINDS])
{
    head_of(b, level, name, "counter", help);
    for (size_t i = 0; i < TOKEN_CACHE_KINDS; i++)
        buf_printf(b, "garita_token_cache_%s_%s{kind=\"%s\"} %llu\n", level, name, kind_names[i],
                   (unsigned long long)values[i]);
}

static void gauge_of(struct buf *b, const char *level, const char *name, const char *help,
                     uint64_t value)
{
    head_of(b, level, name, "gauge", help);
    buf_printf(b, "garita_token_cache_%s_%s %llu\n", level, name, (unsigned long long)value);
}

static void metrics_of(struct buf *b, const char *level, const struct cache_counts *c)
{
    counters_of(b, level, "hits_total", "Answers found.", c->hits);
    counters_of(b, level, "misses_total", "Answers not found.", c->misses);
    counters_of(b, level, "evictions_total", "Answers that made room before their time.",
                c->evictions);
    gauge_of(b, level, "entries", "Answers kept now.", c->entries);
    gauge_of(b, level, "bytes", "Bytes they take.", c->bytes);
}

void cache_metrics(struct store *store, struct buf *b)
{
    struct cache_counts counts = {.entries = 0};
    if (store->cache.hot)
        hot_cache_counts(store->cache.hot, &counts);
    metrics_of(b, "memory", &counts);
    counts = (struct cache_counts){.entries = 0};
    if (store->cache.disk)
        disk_cache_counts(store->cache.disk, &counts);
    metrics_of(b, "disk", &counts);
}

void cache_figures(struct store *store, int64_t *ret_hits, int64_t *ret_asked)
{
    struct cache_counts hot = {.entries = 0}, disk = {.entries = 0};
    if (store->cache.hot)
        hot_cache_counts(store->cache.hot, &hot);
    if (store->cache.disk)
        disk_cache_counts(store->cache.disk, &disk);
    const enum token_cache_kind kind = TOKEN_CACHE_SIGNATURE;
    *ret_hits = (int64_t)(hot.hits[kind] + disk.hits[kind]);
    *ret_asked = (int64_t)(store->cache.hot ? hot.hits[kind] + hot.misses[kind]
                                            : disk.hits[kind] + disk.misses[kind]);
}
