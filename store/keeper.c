/* The keeper: a thread that folds long logs into their databases, away from requests, closes
 * databases and connections that nobody uses, and watches the machine's clock. */
#include "store/store.h"

#include <malloc.h>
#include <time.h>

#include "core/base/log.h"
#include "store/fence.h"
#include "store/space.h"
#include "store/timekeeper.h"

#include "core/base/banned.h"

#define ROUND_MS         1000
/* A log that readers kept from starting anew for so long that it got this many times the size that
 * starts a checkpoint: writers wait a moment for it. */
#define OVERLONG         16
/* Without use for so long, a database gives back memory, and later it is closed and the picture of
 * its realm forgotten. */
#define REST_MS          10000
#define IDLE_CLOSE_MS    300000
#define OVERLONG_WAIT_MS 200

static void note_failure(struct realm_db *db, struct conn *conn, int rc)
{
    if (rc != SQLITE_OK && rc != SQLITE_BUSY && rc != SQLITE_LOCKED)
        (void)conn_err(conn, rc);
    if (rc == SQLITE_IOERR_FSYNC || rc == SQLITE_IOERR_DIR_FSYNC)
        flush_fail(&db->flush, rc);
}

/* Copies what it can without waiting for anybody. */
static void fold_quietly(struct slot *slot, struct realm_db *db)
{
    struct conn *conn;
    int log = 0;
    int done = 0;
    if (slot_reader_take(slot, db, false, &conn) != 0)
        return;
    int rc = sqlite3_wal_checkpoint_v2(conn->db, NULL, SQLITE_CHECKPOINT_PASSIVE, &log, &done);
    note_failure(db, conn, rc);
    slot_reader_give(slot, db, false, conn);
    atomic_fetch_add(&slot->store->counters.checkpoints, 1);
    if (rc == SQLITE_OK && log == done)
        atomic_store(&db->log_pages, 0); /* the next commit starts the log anew and says so */
}

/* With the writer's turn: waits for readers, shortly, so that the log can start anew. */
static void fold_firmly(struct slot *slot, struct realm_db *db)
{
    if (!turnstile_try(&db->turn))
        return;
    (void)sqlite3_busy_timeout(db->writer->db, OVERLONG_WAIT_MS);
    int rc = sqlite3_wal_checkpoint_v2(db->writer->db, NULL, SQLITE_CHECKPOINT_RESTART, NULL, NULL);
    (void)sqlite3_busy_timeout(db->writer->db, 2000);
    note_failure(db, db->writer, rc);
    turnstile_leave(&db->turn);
    atomic_fetch_add(&slot->store->counters.checkpoints, 1);
    if (rc == SQLITE_OK)
        atomic_store(&db->log_pages, 0);
}

/* Counts itself as a user, if the database is open. */
static struct realm_db *enter_open(struct slot *slot)
{
    struct realm_db *db = NULL;
    (void)pthread_mutex_lock(&slot->lock);
    if (slot->db && !atomic_load(&slot->db->flush.failed)) {
        db = slot->db;
        db->users++;
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return db;
}

/* After a while without use; true when there was something to give back. */
static bool trim(struct slot *slot, struct realm_db *db, int64_t unused_ms)
{
    long long used = atomic_load(&slot->db_used);
    if (unused_ms < REST_MS || db->trimmed_after == used)
        return false;
    db->trimmed_after = used;
    slot_db_trim(slot, db);
    return true;
}

/* True when memory was given back. */
static bool look_after(struct slot *slot)
{
    int64_t pages_limit = slot->store->config.checkpoint_pages;
    struct realm_db *db = enter_open(slot);
    if (!db)
        return false;
    int64_t unused_ms = clock_now().monotonic_ms - atomic_load(&slot->db_used);
    int64_t pages = atomic_load(&db->log_pages);
    bool folds = fence_err(slot) == 0 && place_check(db) == 0;
    if (folds && pages >= pages_limit)
        fold_quietly(slot, db);
    if (folds && pages >= pages_limit * OVERLONG && atomic_load(&db->log_pages) != 0)
        fold_firmly(slot, db);
    bool trimmed = trim(slot, db, unused_ms);
    slot_db_release(slot, db);
    bool closed = !slot->is_master && (unused_ms > IDLE_CLOSE_MS || fence_err(slot) != 0) &&
                  slot_db_close_idle(slot);
    return trimmed || closed;
}

/* True when there was one. */
static bool drop_old_view(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    bool kept = slot->view != NULL;
    (void)pthread_mutex_unlock(&slot->lock);
    int64_t unused_ms = clock_now().monotonic_ms - atomic_load(&slot->view_used);
    if (!kept || slot->is_master || unused_ms <= IDLE_CLOSE_MS)
        return false;
    slot_view_drop(slot);
    return true;
}

static void one_round(struct store *store)
{
    space_look(store);
    (void)pthread_mutex_lock(&store->lock);
    struct slot *slot = store->slots;
    (void)pthread_mutex_unlock(&store->lock);
    /* The list only grows at its head. */
    bool trimmed = false;
    for (; slot; slot = slot->next) {
        trimmed |= look_after(slot);
        trimmed |= drop_old_view(slot);
        fence_report(slot);
    }
    if (trimmed)
        (void)malloc_trim(0);
    store_close_excess(store);
    timekeeper_round(store);
}

static void wait_a_round(struct store *store)
{
    struct timespec until;
    (void)clock_gettime(CLOCK_MONOTONIC, &until);
    until.tv_sec += ROUND_MS / 1000;
    if (!store->keeper_stops)
        (void)pthread_cond_timedwait(&store->keeper_call, &store->keeper_lock, &until);
}

static void *keep(void *arg)
{
    struct store *store = arg;
    (void)pthread_mutex_lock(&store->keeper_lock);
    while (!store->keeper_stops) {
        wait_a_round(store);
        if (store->keeper_stops)
            break;
        (void)pthread_mutex_unlock(&store->keeper_lock);
        one_round(store);
        (void)pthread_mutex_lock(&store->keeper_lock);
    }
    (void)pthread_mutex_unlock(&store->keeper_lock);
    return NULL;
}

int keeper_start(struct store *store)
{
    pthread_attr_t attr;
    pthread_condattr_t call_attr;
    (void)pthread_mutex_init(&store->keeper_lock, NULL);
    /* Not the wall clock, which may be set back by years. */
    (void)pthread_condattr_init(&call_attr);
    (void)pthread_condattr_setclock(&call_attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(&store->keeper_call, &call_attr);
    (void)pthread_condattr_destroy(&call_attr);
    (void)pthread_attr_init(&attr);
    (void)pthread_attr_setstacksize(&attr, (size_t)256 << 10);
    int rc = pthread_create(&store->keeper, &attr, keep, store);
    (void)pthread_attr_destroy(&attr);
    store->keeper_runs = rc == 0;
    return rc == 0 ? 0 : ERR_INTERNAL;
}

void keeper_wake(struct store *store)
{
    if (store->keeper_runs)
        (void)pthread_cond_signal(&store->keeper_call);
}

void keeper_stop(struct store *store)
{
    if (!store->keeper_runs)
        return;
    (void)pthread_mutex_lock(&store->keeper_lock);
    store->keeper_stops = true;
    (void)pthread_cond_signal(&store->keeper_call);
    (void)pthread_mutex_unlock(&store->keeper_lock);
    (void)pthread_join(store->keeper, NULL);
    (void)pthread_mutex_destroy(&store->keeper_lock);
    (void)pthread_cond_destroy(&store->keeper_call);
    store->keeper_runs = false;
}
