/* What readiness checks and the metrics page ask of a store. */
#include "store/cache/cache.h"
#include "store/store.h"
#include "store/timekeeper.h"

#include "core/base/banned.h"

static void note_failed(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        if (pthread_mutex_trylock(&slot->lock) != 0)
            continue; /* being opened or closed; its next user tells */
        if (slot->db && atomic_load(&slot->db->flush.failed))
            atomic_store(&store->failed, true);
        (void)pthread_mutex_unlock(&slot->lock);
    }
    (void)pthread_mutex_unlock(&store->lock);
}

int store_health(struct store *store)
{
    note_failed(store);
    if (atomic_load(&store->failed))
        return ERR_STORE_FAILED;
    return atomic_load(&store->full) ? ERR_STORE_FULL : 0;
}

struct sums {
    uint64_t flushes, flush_ns, failed, log_pages, readers;
};

static struct sums sum_up(struct store *store)
{
    struct sums s = {.flushes = atomic_load(&store->counters.flushes),
                     .flush_ns = atomic_load(&store->counters.flush_ns)};
    (void)pthread_mutex_lock(&store->lock);
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        (void)pthread_mutex_lock(&slot->lock);
        if (slot->db) {
            s.flushes += atomic_load(&slot->db->flush.flushes);
            s.flush_ns += atomic_load(&slot->db->flush.flush_ns);
            s.failed += atomic_load(&slot->db->flush.failed);
            s.log_pages += (uint64_t)atomic_load(&slot->db->log_pages);
            s.readers += slot->db->idle_count;
        }
        (void)pthread_mutex_unlock(&slot->lock);
    }
    (void)pthread_mutex_unlock(&store->lock);
    return s;
}

static void metric(struct buf *b, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    buf_printf(b, "# HELP garita_store_%s %s\n# TYPE garita_store_%s %s\ngarita_store_%s %llu\n",
               name, help, name, type, name, (unsigned long long)value);
}

void store_metrics(struct store *store, struct buf *b)
{
    struct store_counters *c = &store->counters;
    struct sums s = sum_up(store);
    metric(b, "commits_total", "counter", "Committed write transactions.",
           atomic_load(&c->commits));
    metric(b, "rollbacks_total", "counter", "Write transactions that were not committed.",
           atomic_load(&c->rollbacks));
    metric(b, "failed_commits_total", "counter", "Commits that the database refused.",
           atomic_load(&c->failed_commits));
    metric(b, "disk_full_total", "counter", "Writes that found no space.",
           atomic_load(&c->full_errors));
    metric(b, "reads_total", "counter", "Read transactions.", atomic_load(&c->reads));
    metric(b, "view_builds_total", "counter", "Pictures of a realm's configuration built.",
           atomic_load(&c->view_builds));
    metric(b, "checkpoints_total", "counter", "Logs folded into their databases.",
           atomic_load(&c->checkpoints));
    metric(b, "database_opens_total", "counter", "Databases opened.", atomic_load(&c->db_opens));
    metric(b, "database_closes_total", "counter", "Databases closed while idle.",
           atomic_load(&c->db_closes));
    metric(b, "databases_open", "gauge", "Databases open now.", atomic_load(&store->open_count));
    metric(b, "views_kept", "gauge", "Pictures of realms in memory.",
           atomic_load(&store->view_count));
    metric(b, "databases_failed", "gauge", "Open databases whose flush failed.", s.failed);
    metric(b, "log_pages", "gauge", "Pages in the logs of open databases.", s.log_pages);
    metric(b, "idle_readers", "gauge", "Reading connections at rest.", s.readers);
    metric(b, "flushes_total", "counter", "Flushes of logs.", s.flushes);
    metric(b, "flush_microseconds_total", "counter", "Time spent in flushes of logs.",
           s.flush_ns / 1000);
    timekeeper_metrics(b);
    cache_metrics(store, b);
}
