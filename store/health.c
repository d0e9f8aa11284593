/* What readiness checks and the metrics page ask of a store. */
#include "store/cache/cache.h"
#include "store/store.h"

#include <stdio.h>

#include "store/fence.h"
#include "store/space.h"
#include "store/timekeeper.h"

#include "core/base/banned.h"

/* The list only grows at its head, and nothing goes away before the store. */
static struct slot *first_slot(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = store->slots;
    (void)pthread_mutex_unlock(&store->lock);
    return slot;
}

static bool flush_has_failed(struct slot *slot)
{
    if (pthread_mutex_trylock(&slot->lock) != 0)
        return false; /* being opened or closed; its next user tells */
    bool failed = slot->db && atomic_load(&slot->db->flush.failed);
    (void)pthread_mutex_unlock(&slot->lock);
    return failed;
}

static bool trouble_of(struct slot *slot, char reason[FENCE_REASON_MAX])
{
    if (slot->dead)
        return false;
    if (fence_reason(slot, reason))
        return true;
    (void)snprintf(reason, FENCE_REASON_MAX,
                   "a flush of its log failed: look after the disk, then start the server anew");
    return flush_has_failed(slot);
}

static void note_failed(struct store *store)
{
    (void)pthread_mutex_lock(&store->lock);
    for (struct slot *slot = store->slots; slot; slot = slot->next)
        if (flush_has_failed(slot))
            atomic_store(&store->failed, true);
    (void)pthread_mutex_unlock(&store->lock);
}

int store_health(struct store *store)
{
    note_failed(store);
    if (atomic_load(&store->failed))
        return ERR_STORE_FAILED;
    return atomic_load(&store->full) ? ERR_STORE_FULL : 0;
}

const char *health_word(struct store *store, struct str name)
{
    struct slot *slot = slot_known(store, name);
    if (!slot)
        return "ok"; /* nobody asked for it yet */
    if (fence_err(slot) != 0)
        return "fenced";
    return flush_has_failed(slot) ? "failed" : "ok";
}

bool store_realm_trouble(struct store *store, struct str realm, struct arena *a,
                         struct str *ret_reason)
{
    char reason[FENCE_REASON_MAX];
    struct slot *slot = slot_known(store, realm);
    if (!slot || !trouble_of(slot, reason))
        return false;
    *ret_reason = arena_str_c(a, reason);
    return true;
}

static bool flaw_of(struct slot *slot, char reason[FENCE_REASON_MAX])
{
    (void)pthread_mutex_lock(&slot->lock);
    memcpy(reason, slot->flaw, FENCE_REASON_MAX);
    (void)pthread_mutex_unlock(&slot->lock);
    return !slot->dead && reason[0] != '\0';
}

bool store_realm_flaw(struct store *store, struct str realm, struct arena *a,
                      struct str *ret_reason)
{
    char reason[FENCE_REASON_MAX];
    struct slot *slot = slot_known(store, realm);
    if (!slot || !flaw_of(slot, reason))
        return false;
    *ret_reason = arena_str_c(a, reason);
    return true;
}

/* What is not well about a realm, in a word; NULL: nothing. */
static const char *state_of(struct slot *slot, char reason[FENCE_REASON_MAX])
{
    if (trouble_of(slot, reason))
        return fence_err(slot) != 0 ? "fenced" : "failed";
    return flaw_of(slot, reason) ? "flawed" : NULL;
}

int64_t store_realm_checked_ms(struct store *store, struct str realm)
{
    struct slot *slot = slot_known(store, realm);
    return slot ? atomic_load(&slot->checked_ms) : 0;
}

static void begin_check(struct json_writer *w, struct str name, bool up, const char *state)
{
    jw_begin_object(w);
    jw_member_str(w, "name", name);
    jw_member_c(w, "status", up ? "UP" : "DOWN");
    jw_member_object(w, "data");
    jw_member_c(w, "state", state);
}

static void end_check(struct json_writer *w)
{
    jw_end_object(w);
    jw_end_object(w);
}

static bool report_disk(const struct store *store, struct json_writer *w)
{
    static const char *const names[] = {"enough", "low", "very low"};
    bool full = atomic_load(&store->full);
    int space = atomic_load(&store->space);
    begin_check(w, STR("disk"), !full && space == SPACE_ENOUGH, full ? "full" : names[space]);
    jw_member_i64(w, "freeMiB", atomic_load(&store->free_bytes) >> 20);
    end_check(w);
    return !full && space == SPACE_ENOUGH;
}

/* Only where backups are wanted. */
static bool report_backup(struct store *store, struct json_writer *w)
{
    struct backup_state *b = &store->backup;
    bool failed = atomic_load(&b->failed);
    if (!store->config.backup_dir)
        return true;
    begin_check(w, STR("backup"), !failed, failed ? "failed" : "ok");
    jw_member_i64(w, "lastMs", atomic_load(&b->made_ms));
    jw_member_i64(w, "provedMs", atomic_load(&b->proved_ms));
    end_check(w);
    return !failed;
}

/* Only where there is an archive. */
static bool report_archive(struct store *store, struct json_writer *w)
{
    struct backup_state *b = &store->backup;
    bool failed = atomic_load(&b->archive_failed);
    if (!atomic_load(&b->archives))
        return true;
    begin_check(w, STR("archive"), !failed, failed ? "behind" : "ok");
    jw_member_i64(w, "archivedMs", atomic_load(&b->archived_ms));
    jw_member_i64(w, "gaps", (int64_t)atomic_load(&b->archive_gaps));
    end_check(w);
    return !failed;
}

/* Only where copies are wanted. */
static bool report_copy(struct store *store, struct json_writer *w)
{
    struct backup_state *b = &store->backup;
    bool failed = atomic_load(&b->copy_failed);
    if (!atomic_load(&b->copies))
        return true;
    begin_check(w, STR("backup-copy"), !failed, failed ? "failed" : "ok");
    jw_member_i64(w, "copiedMs", atomic_load(&b->copied_ms));
    end_check(w);
    return !failed;
}

/* Only where exports are wanted. */
static bool report_export(struct store *store, struct json_writer *w)
{
    struct backup_state *b = &store->backup;
    bool failed = atomic_load(&b->export_failed);
    if (!atomic_load(&b->exports))
        return true;
    begin_check(w, STR("export"), !failed, failed ? "failed" : "ok");
    jw_member_i64(w, "lastMs", atomic_load(&b->exported_ms));
    end_check(w);
    return !failed;
}

enum store_state store_report(struct store *store, struct json_writer *checks)
{
    enum store_state state = report_disk(store, checks) ? STORE_WELL : STORE_DEGRADED;
    if (!report_backup(store, checks))
        state = STORE_DEGRADED;
    if (!report_archive(store, checks))
        state = STORE_DEGRADED;
    if (!report_copy(store, checks))
        state = STORE_DEGRADED;
    if (!report_export(store, checks))
        state = STORE_DEGRADED;
    for (struct slot *slot = first_slot(store); slot; slot = slot->next) {
        char reason[FENCE_REASON_MAX];
        char text[REALM_NAME_MAX + sizeof("realm ")] = "realm ";
        const char *word = state_of(slot, reason);
        if (!word)
            continue;
        slot_name(slot, text + strlen("realm "));
        begin_check(checks, str_c(text), false, word);
        jw_member_c(checks, "reason", reason);
        end_check(checks);
        if (state == STORE_WELL)
            state = STORE_DEGRADED;
    }
    return store_health(store) == ERR_STORE_FAILED ? STORE_DOWN : state;
}

struct sums {
    uint64_t flushes, flush_ns, failed, log_pages, readers, fenced;
};

static struct sums sum_up(struct store *store)
{
    struct sums s = {.flushes = atomic_load(&store->counters.flushes),
                     .flush_ns = atomic_load(&store->counters.flush_ns)};
    /* Not under store->lock: a database that is being opened would hold up all who look for a realm. */
    for (struct slot *slot = first_slot(store); slot; slot = slot->next) {
        (void)pthread_mutex_lock(&slot->lock);
        s.fenced += fence_err(slot) != 0 && !slot->dead;
        if (slot->db) {
            s.flushes += atomic_load(&slot->db->flush.flushes);
            s.flush_ns += atomic_load(&slot->db->flush.flush_ns);
            s.failed += atomic_load(&slot->db->flush.failed);
            s.log_pages += (uint64_t)atomic_load(&slot->db->log_pages);
            s.readers += slot->db->idle_count;
        }
        (void)pthread_mutex_unlock(&slot->lock);
    }
    return s;
}

void store_figures(struct store *store, struct store_figures *ret_figures)
{
    struct store_counters *c = &store->counters;
    struct sums s = sum_up(store);
    *ret_figures = (struct store_figures){
        .logins = (int64_t)atomic_load(&c->logins),
        .login_failures = (int64_t)atomic_load(&c->login_failures),
        .commits = (int64_t)atomic_load(&c->commits),
        .flushes = (int64_t)s.flushes,
        .flush_us = (int64_t)(s.flush_ns / 1000),
        .free_bytes = atomic_load(&store->free_bytes),
        .total_bytes = atomic_load(&store->total_bytes),
        .open_realms = (int64_t)atomic_load(&store->open_count),
    };
    cache_figures(store, &ret_figures->cache_hits, &ret_figures->cache_asked);
}

static void metric(struct buf *b, const char *name, const char *type, const char *help,
                   uint64_t value)
{
    buf_printf(b, "# HELP garita_store_%s %s\n# TYPE garita_store_%s %s\ngarita_store_%s %llu\n",
               name, help, name, type, name, (unsigned long long)value);
}

/* One line for each realm that is not well: its name cannot have anything that must be quoted. */
static void metric_states(struct store *store, struct buf *b)
{
    buf_add_c(b, "# HELP garita_store_realm_trouble Realms that nobody is let into, or whose "
                 "configuration cannot be read in full.\n"
                 "# TYPE garita_store_realm_trouble gauge\n");
    for (struct slot *slot = first_slot(store); slot; slot = slot->next) {
        char reason[FENCE_REASON_MAX];
        char name[REALM_NAME_MAX + 1];
        const char *word = state_of(slot, reason);
        if (!word)
            continue;
        slot_name(slot, name);
        buf_printf(b, "garita_store_realm_trouble{realm=\"%s\",state=\"%s\"} 1\n", name, word);
    }
}

static void metric_space(const struct store *store, struct buf *b)
{
    metric(b, "disk_free_bytes", "gauge", "Room on the disk, as of the last look.",
           (uint64_t)atomic_load(&store->free_bytes));
    metric(b, "disk_low", "gauge",
           "1: below the reserve, changes are refused; 2: below a quarter of it, logins too.",
           (uint64_t)atomic_load(&store->space));
}

static void metric_backup(struct store *store, struct buf *b)
{
    struct backup_state *s = &store->backup;
    if (!store->config.backup_dir)
        return;
    metric(b, "backups_total", "counter", "Backups that were made.", atomic_load(&s->made));
    metric(b, "backup_failures_total", "counter", "Daily backups, or their trials, that failed.",
           atomic_load(&s->failures));
    metric(b, "backup_last_timestamp_seconds", "gauge", "When the last backup was begun; 0: none.",
           (uint64_t)atomic_load(&s->made_ms) / 1000);
    metric(b, "backup_proved_timestamp_seconds", "gauge",
           "When a backup was restored on trial, the last time since the start.",
           (uint64_t)atomic_load(&s->proved_ms) / 1000);
    metric(b, "backup_last_bytes", "gauge", "Size of the last backup since the start.",
           (uint64_t)atomic_load(&s->made_bytes));
    metric(b, "backup_last_milliseconds", "gauge", "How long the last backup since the start took.",
           (uint64_t)atomic_load(&s->took_ms));
}

static void metric_archive(struct store *store, struct buf *b)
{
    struct backup_state *s = &store->backup;
    long long oldest_ms = atomic_load(&s->archive_oldest_ms);
    int64_t age_ms = oldest_ms ? clock_now().wall_ms - oldest_ms : 0;
    if (!atomic_load(&s->archives))
        return;
    metric(b, "archive_last_timestamp_seconds", "gauge",
           "All that was committed until then is in the archive; 0: nothing yet.",
           (uint64_t)atomic_load(&s->archived_ms) / 1000);
    metric(b, "archive_waiting_milliseconds", "gauge",
           "How long the oldest commit that is not in the archive yet has waited, as of the last "
           "writing.",
           age_ms > 0 ? (uint64_t)age_ms : 0);
    metric(b, "archive_bytes_total", "counter",
           "Bytes of commits that went to the archive, before they are compressed.",
           (uint64_t)atomic_load(&s->archive_bytes));
    metric(b, "archive_gaps_total", "counter", "Times that commits of a realm were not archived.",
           atomic_load(&s->archive_gaps));
    metric(b, "archive_bases_total", "counter", "Realms that were read as a whole for the archive.",
           atomic_load(&s->bases));
}

static void metric_copy(struct store *store, struct buf *b)
{
    struct backup_state *s = &store->backup;
    if (!atomic_load(&s->copies))
        return;
    metric(b, "backup_copied_timestamp_seconds", "gauge",
           "When the newest backup was known to be elsewhere, too; 0: not yet.",
           (uint64_t)atomic_load(&s->copied_ms) / 1000);
    metric(b, "backup_copy_failures_total", "counter", "Copies of backups that failed.",
           atomic_load(&s->copy_failures));
}

static void metric_export(struct store *store, struct buf *b)
{
    struct backup_state *s = &store->backup;
    if (!atomic_load(&s->exports))
        return;
    metric(b, "exports_total", "counter", "Daily exports that were made.",
           atomic_load(&s->exports_made));
    metric(b, "export_failures_total", "counter", "Daily exports that failed, or lack a realm.",
           atomic_load(&s->export_failures));
    metric(b, "export_last_timestamp_seconds", "gauge",
           "When the last daily export since the start was made; 0: none.",
           (uint64_t)atomic_load(&s->exported_ms) / 1000);
    metric(b, "export_last_bytes", "gauge", "Size of the last daily export since the start.",
           (uint64_t)atomic_load(&s->export_bytes));
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
    metric(b, "logins_total", "counter", "Logins of people.", atomic_load(&c->logins));
    metric(b, "login_failures_total", "counter", "Logins that failed.",
           atomic_load(&c->login_failures));
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
    metric(b, "realms_fenced", "gauge", "Realms fenced off.", s.fenced);
    metric(b, "fences_total", "counter", "Times that a realm was fenced off.",
           atomic_load(&c->fences));
    metric(b, "pages_checked_total", "counter", "Pages that checks have read.",
           atomic_load(&c->pages_checked));
    metric(b, "checks_total", "counter", "Checks of a database that came to an end.",
           atomic_load(&c->checks));
    metric_states(store, b);
    metric_space(store, b);
    metric_backup(store, b);
    metric_archive(store, b);
    metric_copy(store, b);
    metric_export(store, b);
    metric(b, "log_pages", "gauge", "Pages in the logs of open databases.", s.log_pages);
    metric(b, "idle_readers", "gauge", "Reading connections at rest.", s.readers);
    metric(b, "flushes_total", "counter", "Flushes of logs.", s.flushes);
    metric(b, "flush_microseconds_total", "counter", "Time spent in flushes of logs.",
           s.flush_ns / 1000);
    timekeeper_metrics(b);
    cache_metrics(store, b);
}
