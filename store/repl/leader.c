/* The leader as a whole: its table of databases, the standby's coming and going, what it says, figures. */
#include "store/repl/leader.h"

#include <inttypes.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "store/repl/leading.h"
#include "store/steady_cond.h"

#include "core/base/banned.h"

#define FIRST_HASH         256
#define DEFAULT_CONFIRM_MS 5000
#define DEFAULT_KEPT_BYTES ((size_t)64 << 20)

/* --- The table --- */

static uint64_t hash_file(struct str file)
{
    uint64_t h = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < file.len; i++)
        h = (h ^ (unsigned char)file.ptr[i]) * UINT64_C(0x100000001b3);
    return h ^ (h >> 32);
}

static void link_db(struct leader *l, struct leader_db *db)
{
    struct leader_db **at = &l->hash[hash_file(str_c(db->file)) & (l->hash_cap - 1)];
    db->next_in_hash = *at;
    *at = db;
}

static void grow(struct leader *l)
{
    size_t cap = l->hash_cap ? l->hash_cap * 2 : FIRST_HASH;
    struct leader_db **fresh = calloc(cap, sizeof(struct leader_db *));
    if (!fresh)
        return; /* the lists in it get longer */
    free(l->hash);
    l->hash = fresh;
    l->hash_cap = cap;
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all)
        link_db(l, db);
}

static struct leader_db *make_db(struct leader *l, struct str file)
{
    if (file.len > FILE_NAME_MAX || l->db_count >= REPL_DATABASES_MAX)
        return NULL;
    struct leader_db *db = calloc(1, sizeof(*db));
    if (!db)
        return NULL;
    memcpy(db->file, file.ptr, file.len);
    steady_cond_init(&db->changed);
    if (l->db_count >= l->hash_cap)
        grow(l);
    link_db(l, db);
    db->next_of_all = l->dbs;
    l->dbs = db;
    l->db_count++;
    return db;
}

struct leader_db *leading_db(struct leader *l, struct str file, bool make)
{
    struct leader_db *db = l->hash[hash_file(file) & (l->hash_cap - 1)];
    while (db && !str_eq_c(file, db->file))
        db = db->next_in_hash;
    if (db && make)
        db->only_said = false;
    return db || !make ? db : make_db(l, file);
}

void leading_work(struct leader *l)
{
    l->work = true;
    (void)pthread_cond_signal(&l->wake);
}

void leading_pause(struct leader *l, pthread_cond_t *cond, int64_t until_ms)
{
    steady_cond_wait(cond, &l->lock, until_ms);
}

/* --- Its life --- */

static void free_parts(struct leader *l)
{
    recent_free(&l->recent);
    buf_free(&l->shared);
    while (l->dbs) {
        struct leader_db *db = l->dbs;
        l->dbs = db->next_of_all;
        leading_forget_hashes(db);
        (void)pthread_cond_destroy(&db->changed);
        free(db);
    }
    free(l->hash);
    (void)pthread_cond_destroy(&l->shipping);
    (void)pthread_cond_destroy(&l->wake);
    (void)pthread_mutex_destroy(&l->lock);
    free(l);
}

static void take_config(struct leader *l, const struct leader_config *config)
{
    l->config = *config;
    size_t len = config->cluster.len < REPL_NODE_ID_LEN ? config->cluster.len : REPL_NODE_ID_LEN;
    memcpy(l->cluster, config->cluster.ptr, len);
    l->config.cluster = str_of(l->cluster, len);
    if (l->config.confirm_ms <= 0)
        l->config.confirm_ms = DEFAULT_CONFIRM_MS;
    if (l->config.kept_bytes == 0)
        l->config.kept_bytes = DEFAULT_KEPT_BYTES;
    page_hash_key(l->config.cluster, &l->hash_key);
}

static int start(struct leader *l)
{
    TRY(repl_sink_add(l->store, &l->sink));
    TRY(repl_gate_set(l->store, &l->gate));
    l->worker_runs = pthread_create(&l->worker, NULL, leading_run, l) == 0;
    return l->worker_runs ? leading_archives_begin(l) : ERR_NO_MEMORY;
}

int leader_new(struct store *store, const struct leader_config *config, struct leader **ret_leader)
{
    struct leader *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NO_MEMORY;
    l->store = store;
    l->lease = node_lease(store->node);
    l->sink = (struct repl_sink){.commit = leading_commit,
                                 .gone = leading_gone,
                                 .archived = leading_archived,
                                 .unarchived = leading_archived,
                                 .arg = l};
    l->gate = (struct repl_gate){leading_admit, leading_wait, leading_keeps_archives, l};
    (void)pthread_mutex_init(&l->lock, NULL);
    steady_cond_init(&l->wake);
    steady_cond_init(&l->shipping);
    take_config(l, config);
    recent_init(&l->recent, l->config.kept_bytes);
    grow(l);
    store->sinks.epoch = config->epoch;
    int err = l->hash ? start(l) : ERR_NO_MEMORY;
    if (err != 0) {
        leader_free(l);
        return err;
    }
    atomic_store(&store->leader, l);
    *ret_leader = l;
    return 0;
}

struct leader *leader_of(struct store *store)
{
    return atomic_load(&store->leader);
}

void leader_free(struct leader *l)
{
    if (!l)
        return;
    atomic_store(&l->store->leader, NULL);
    (void)pthread_mutex_lock(&l->lock);
    l->stopping = true;
    leading_work(l);
    leading_ship(l);
    leading_wake_all(l);
    (void)pthread_mutex_unlock(&l->lock);
    leading_archives_end(l);
    if (l->worker_runs)
        (void)pthread_join(l->worker, NULL);
    if (atomic_load(&l->store->gate.gate) == &l->gate)
        repl_gate_clear(l->store);
    repl_sink_remove(l->store, &l->sink);
    free_parts(l);
}

void leader_set_mode(struct leader *l, enum repl_mode mode)
{
    (void)pthread_mutex_lock(&l->lock);
    l->settings_untold |= mode != l->config.mode;
    l->config.mode = mode;
    l->slow = false;
    leading_work(l);
    leading_wake_all(l);
    (void)pthread_mutex_unlock(&l->lock);
}

void leader_witness_changed(struct leader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    l->settings_untold = true;
    leading_work(l);
    (void)pthread_mutex_unlock(&l->lock);
}

int leader_share(struct leader *l, const struct repl_settings *settings)
{
    const struct repl_message m = {.type = REPL_SETTINGS, .settings = *settings};
    struct buf fresh;
    buf_init(&fresh, NULL, REPL_MESSAGE_MAX + REPL_LENGTH_BYTES);
    int err = repl_encode(&fresh, &m);
    if (err != 0) {
        buf_free(&fresh);
        return err;
    }
    (void)pthread_mutex_lock(&l->lock);
    buf_free(&l->shared);
    l->shared = fresh;
    l->settings_untold = true;
    leading_work(l);
    (void)pthread_mutex_unlock(&l->lock);
    return 0;
}

/* --- The standby --- */

/* Nobody holds such a one: it is neither brought nor waited for. */
static void forget_what_was_said(struct leader *l)
{
    struct leader_db **at = &l->dbs;
    memset(l->hash, 0, l->hash_cap * sizeof(struct leader_db *));
    while (*at) {
        struct leader_db *db = *at;
        if (!db->only_said || db->waiters > 0) {
            link_db(l, db);
            at = &db->next_of_all;
            continue;
        }
        *at = db->next_of_all;
        l->db_count--;
        (void)pthread_cond_destroy(&db->changed);
        free(db);
    }
}

static void forget_standby(struct leader *l)
{
    forget_what_was_said(l);
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all) {
        leading_forget_hashes(db);
        db->state = DB_UNKNOWN;
        db->next = NULL;
        db->sent = db->acknowledged = db->brought = db->at = (struct repl_position){0};
        db->at_standby = db->fresh = db->listed = db->compares = db->gone_untold = false;
        leading_wake(db);
    }
    l->all_said = l->settled = l->broken = l->verifying = l->slow = false;
}

int leader_attach(struct leader *l, const struct repl_out *out)
{
    (void)pthread_mutex_lock(&l->lock);
    int err = l->attached ? ERR_CONFLICT : 0;
    if (err == 0) {
        forget_standby(l);
        l->out = *out;
        l->connection++;
        l->attached = true;
        l->settings_untold = true;
    }
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

void leader_detach(struct leader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool was = l->attached;
    l->attached = false;
    forget_standby(l);
    leading_work(l);
    leading_ship(l);
    (void)pthread_mutex_unlock(&l->lock);
    if (was)
        LOG_WARN("replication", "the standby is gone");
}

bool leader_broken(struct leader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool broken = l->broken;
    (void)pthread_mutex_unlock(&l->lock);
    return broken;
}

/* After AT_END: this database of the standby does not go on with what came. */
static int take_at(struct leader *l, const struct repl_at *at)
{
    struct leader_db *db = leading_db(l, at->file, false);
    if (!db) {
        db = leading_db(l, at->file, true);
        if (!db)
            return ERR_INVALID_REQUEST;
        db->only_said = true;
    }
    db->at_standby = true;
    db->at = at->position;
    if (db->gone || (l->settled && !db->listed && !db->fresh)) {
        db->gone_untold = true;
        leading_work(l);
    } else if (l->settled) {
        leading_fall_behind(l, db);
    }
    return 0;
}

static int take_at_end(struct leader *l)
{
    if (l->all_said)
        return ERR_INVALID_REQUEST;
    l->all_said = true;
    leading_work(l);
    return 0;
}

static int take(struct leader *l, const struct repl_message *m)
{
    if (l->broken)
        return ERR_IO;
    if (!l->attached)
        return ERR_INVALID_REQUEST;
    switch (m->type) {
    case REPL_AT: return take_at(l, &m->at);
    case REPL_AT_END: return take_at_end(l);
    case REPL_ACK: return leading_acknowledged(l, &m->at);
    case REPL_HASHES: return leading_hashes(l, &m->hashes);
    case REPL_ARCHIVE_ACK: return leading_archive_there(l, &m->archive);
    case REPL_HEARTBEAT: return 0;
    default: return ERR_INVALID_REQUEST;
    }
}

int leader_message(struct leader *l, const struct repl_message *m)
{
    (void)pthread_mutex_lock(&l->lock);
    int err = take(l, m);
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

int leader_verify(struct leader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    bool may = l->attached && l->settled && !l->broken;
    for (struct leader_db *db = l->dbs; may && db; db = db->next_of_all)
        db->compares = db->state == DB_FOLLOWS;
    l->verifying |= may;
    leading_work(l);
    (void)pthread_mutex_unlock(&l->lock);
    return may ? 0 : ERR_NOT_FOUND;
}

/* --- The lease --- */

enum lease_stance leader_stance(struct leader *l, enum lease_stance told)
{
    (void)pthread_mutex_lock(&l->lock);
    bool in_step = leading_in_step(l) && !l->slow;
    bool is_still = in_step || (l->config.stop_without_standby && !l->attached);
    bool covered = told == LEASE_COVERED ? is_still : in_step && l->recent.behind_count == 0;
    enum lease_stance stance = LEASE_ALONE;
    if (l->config.mode == REPL_ASYNC)
        stance = in_step ? LEASE_ASYNC : LEASE_ALONE;
    else if (covered)
        stance = LEASE_COVERED;
    (void)pthread_mutex_unlock(&l->lock);
    return stance;
}

void leader_lease_changed(struct leader *l)
{
    (void)pthread_mutex_lock(&l->lock);
    leading_wake_all(l);
    (void)pthread_mutex_unlock(&l->lock);
}

/* --- Figures --- */

static int64_t behind_ms(const struct leader *l)
{
    const struct kept *k = l->recent.first;
    while (k && k->acknowledged)
        k = k->next;
    return k ? clock_now().monotonic_ms - k->monotonic_ms : 0;
}

void leader_state(struct leader *l, struct leader_state *ret_state)
{
    (void)pthread_mutex_lock(&l->lock);
    struct leader_state s = l->told;
    s.mode = l->config.mode;
    s.attached = l->attached;
    s.in_step = leading_in_step(l);
    s.all_sent = s.in_step;
    s.degraded = s.mode != REPL_ASYNC && (!s.in_step || l->slow);
    for (const struct leader_db *db = l->dbs; db; db = db->next_of_all) {
        s.databases += !db->gone;
        s.all_sent = s.all_sent && (!db->next || db->gone);
        s.following += db->state == DB_FOLLOWS || db->state == DB_COMPARED;
        s.archives_wanted +=
            !db->gone && (db->archives == ARCHIVES_WANTED || db->archives == ARCHIVES_ON_THEIR_WAY);
    }
    s.behind_bytes = l->recent.behind_bytes;
    s.behind_commits = l->recent.behind_count;
    s.behind_ms = behind_ms(l);
    (void)pthread_mutex_unlock(&l->lock);
    *ret_state = s;
}

static void metric(struct buf *b, const char *name, const char *type, const char *help,
                   int64_t value)
{
    buf_printf(b,
               "# HELP garita_replication_%s %s\n# TYPE garita_replication_%s %s\n"
               "garita_replication_%s %" PRId64 "\n",
               name, help, name, type, name, value);
}

void leader_metrics(struct leader *l, struct buf *b)
{
    struct leader_state s;
    leader_state(l, &s);
    metric(b, "connected", "gauge", "Whether a standby is connected.", s.attached);
    metric(b, "in_step", "gauge", "Whether all databases of the standby follow.", s.in_step);
    metric(b, "degraded", "gauge", "Whether answers that should wait for the standby do not.",
           s.degraded);
    metric(b, "databases", "gauge", "Databases that changed or were compared.",
           (int64_t)s.databases);
    metric(b, "following", "gauge", "Databases that follow at the standby.", (int64_t)s.following);
    metric(b, "behind_bytes", "gauge", "Changes that the standby did not confirm yet.",
           (int64_t)s.behind_bytes);
    metric(b, "behind_commits", "gauge", "Commits that the standby did not confirm yet.",
           (int64_t)s.behind_commits);
    metric(b, "behind_milliseconds", "gauge", "Age of the oldest commit that is not confirmed.",
           s.behind_ms);
    metric(b, "sent_commits_total", "counter", "Commits sent to standbys.",
           (int64_t)s.sent_commits);
    metric(b, "sent_bytes_total", "counter", "Bytes of commits sent to standbys.",
           (int64_t)s.sent_bytes);
    metric(b, "snapshots_total", "counter", "Databases sent whole.", (int64_t)s.snapshots);
    metric(b, "differences_total", "counter", "Databases brought in step by what differed.",
           (int64_t)s.differences);
    metric(b, "archives_total", "counter", "Files of archived events that got to standbys.",
           (int64_t)s.archives);
    metric(b, "sent_archive_bytes_total", "counter", "Bytes sent of files of archived events.",
           (int64_t)s.sent_archive_bytes);
    metric(b, "archives_wanted", "gauge",
           "Databases whose files of archived events are not all at the standby.",
           (int64_t)s.archives_wanted);
    metric(b, "pages_differed_total", "counter",
           "Pages that should have been equal on the standby and were not.",
           (int64_t)s.pages_differed);
    metric(b, "verified_timestamp_milliseconds", "gauge",
           "When all pages were compared the last time; 0: never.", s.verified_ms);
}
