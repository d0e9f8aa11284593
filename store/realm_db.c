/* Open databases: one connection that writes, a few that read, made on demand. Beyond a number of
 * open realms the longest unused one is closed. */
#include "store/store.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "store/fence.h"
#include "store/keystore/audit_key.h"
#include "store/log_state.h"
#include "store/migrate.h"
#include "store/page_file.h"
#include "store/renew.h"
#include "store/sql/page.h"
#include "store/sql/person.h"

#include "core/base/banned.h"

/* SQLite tells the pages of the log after each commit; the keeper is called when they are many. */
static int log_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct slot *slot = arg;
    (void)db;
    (void)name;
    /* Set before the writer is used, and gone after it. */
    if (slot->db) {
        atomic_store(&slot->db->log_pages, pages);
        flush_grew(&slot->db->flush);
        slot->db->capture.log_frames = pages;
    }
    if (pages >= slot->store->config.checkpoint_pages)
        keeper_wake(slot->store);
    return SQLITE_OK;
}

/* What is not of this program's version is not read, and followed all the same. */
static int look_at_version(struct slot *slot, struct realm_db *db)
{
    unsigned char page[PAGE_BYTES];
    int err = page_read(db->writer, 1, page, sizeof(page));
    if (err != 0 && err != ERR_NOT_FOUND)
        return err;
    atomic_store(&db->unreadable,
                 err == 0 ? migrate_compare(page, slot->is_master) : ERR_STORE_BUSY);
    return 0;
}

static int open_writer(struct slot *slot, struct realm_db *db, struct err_ctx *ctx)
{
    struct store *store = slot->store;
    TRY(folder_db_check(&store->folder, str_c(slot->file), slot->may_create, ctx));
    db->had_log = folder_log_bytes(&store->folder, str_c(slot->file)) >= 0;
    if (!store->config.read_only)
        TRY(renew_files(db->path, store->config.vfs));
    TRY(conn_open_told(db->path, store->config.vfs, CONN_WRITER, slot->may_create, &db->writer,
                       ctx));
    if (store->config.standby)
        TRY(look_at_version(slot, db));
    else
        TRY(migrate_told(db->writer, slot->is_master, ctx));
    if (store->config.read_only)
        TRY(conn_exec(db->writer, "PRAGMA query_only=ON"));
    conn_guard(db->writer);
    (void)sqlite3_wal_hook(db->writer->db, log_grew, slot);
    (void)sqlite3_update_hook(db->writer->db, marks_row_changed, db);
    TRY(flush_init(&db->flush, slot, db->writer));
    place_learn(db);
    db->ready = true;
    return 0;
}

int realm_db_open(struct slot *slot, struct realm_db **ret_db, struct err_ctx *ctx)
{
    struct store *store = slot->store;
    struct realm_db *db = calloc(1, sizeof(*db));
    if (!db)
        return ERR_NO_MEMORY;
    db->slot = slot;
    db->store = store;
    db->mark_seed = slot->mark_seed;
    turnstile_init(&db->turn, 1, WRITERS_WAITING_MAX);
    event_queue_init(&db->events);
    turnstile_init(&db->reader_places, store->reader_limit, WRITERS_WAITING_MAX);
    db->turn.stands_ms = WRITERS_STAND_MS;
    db->reader_places.stands_ms = READERS_STAND_MS;
    int err = folder_db_path(&store->folder, str_c(slot->file), db->path);
    if (err == 0)
        err = open_writer(slot, db, ctx);
    if (err != 0) {
        realm_db_close(db);
        return err;
    }
    atomic_fetch_add(&store->counters.db_opens, 1);
    *ret_db = db;
    return 0;
}

/* Whether the log may be folded into the database. Not after a failed flush: what is in the log
 * counts, and only what recovery finds there. Not when something is wrong with either. */
static bool may_fold(const struct realm_db *db)
{
    return db->ready && !db->store->config.read_only && !db->store->hands_off &&
           !atomic_load(&db->flush.failed) && fence_err(db->slot) == 0 &&
           !atomic_load(&db->writer->damaged);
}

void realm_db_close(struct realm_db *db)
{
    bool folds = may_fold(db);
    atomic_fetch_add(&db->store->counters.flushes, atomic_load(&db->flush.flushes));
    atomic_fetch_add(&db->store->counters.flush_ns, atomic_load(&db->flush.flush_ns));
    while (db->idle) {
        struct conn *conn = db->idle;
        db->idle = conn->next;
        conn_close(conn, true);
    }
    audit_signer_free(&db->signer);
    person_keys_forget(&db->persons);
    /* SQLite takes the log away with the last connection; without its mark on disk it must stay. */
    bool ended = folds && log_state_end(db->writer) == 0;
    bool keeps_log = folds ? !ended : db->writer && log_state_expects(db->writer);
    conn_close(db->writer, !ended);
    if (!ended && !db->had_log && !keeps_log)
        folder_log_tidy(&db->store->folder, str_c(db->slot->file));
    flush_free(&db->flush);
    capture_free(&db->capture);
    event_queue_free(&db->events);
    turnstile_free(&db->turn);
    turnstile_free(&db->reader_places);
    free(db);
}

/* Under slot->lock. */
static int open_locked(struct slot *slot, struct err_ctx *ctx)
{
    TRY(realm_db_open(slot, &slot->db, ctx));
    atomic_fetch_add(&slot->store->open_count, 1);
    return 0;
}

/* What asking again will not change. A realm that is being made is removed instead. */
static bool is_refusal(const struct slot *slot, int err)
{
    return !slot->may_create &&
           (err == ERR_STORE_CORRUPT || err == ERR_STORE_VERSION || err == ERR_CONFIG);
}

static void tell_failed_open(struct slot *slot, int err, const struct err_ctx *ctx)
{
    const char *reason = ctx->detail[0] ? ctx->detail : err_text(err);
    char name[REALM_NAME_MAX + 1];
    slot_name(slot, name);
    if (slot->is_master && !slot->store->keeper_runs) /* the start ends with this sentence */
        (void)snprintf(slot->fence_reason, sizeof(slot->fence_reason), "realm master: %.230s",
                       reason);
    else if (is_refusal(slot, err))
        fence_raise(slot, err == ERR_CONFIG ? ERR_STORE_FAILED : err, reason, false);
    else
        LOG_ERROR("store", "database of realm %s does not open: %s", name, reason);
}

/* On a standby its first pages may be still to come. */
static bool is_awaited(const struct slot *slot)
{
    const struct store *store = slot->store;
    return store->config.standby && !slot->may_create &&
           folder_db_bytes(&store->folder, str_c(slot->file)) <= 0;
}

/* Under slot->lock. */
static int may_acquire(const struct slot *slot)
{
    if (slot->dead)
        return ERR_NOT_FOUND;
    TRY(fence_err(slot));
    if (!slot->db)
        return is_awaited(slot) ? ERR_STORE_BUSY : 0;
    if (atomic_load(&slot->db->flush.failed))
        return ERR_STORE_FAILED;
    return 0;
}

static int acquire(struct slot *slot, bool to_read, struct realm_db **ret_db)
{
    struct store *store = slot->store;
    struct err_ctx ctx = {0};
    bool opened = false;
    (void)pthread_mutex_lock(&slot->lock);
    int err = may_acquire(slot);
    if (err == 0 && !slot->db) {
        opened = true;
        err = open_locked(slot, &ctx);
    }
    bool failed = opened && err != 0;
    if (err == 0 && to_read)
        err = atomic_load(&slot->db->unreadable);
    if (err == 0) {
        slot->db->users++;
        *ret_db = slot->db;
        atomic_store(&slot->db_used, clock_now().monotonic_ms);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    if (failed) {
        tell_failed_open(slot, err, &ctx);
        err = fence_err(slot) != 0 ? fence_err(slot) : err;
    }
    if (opened && !failed && atomic_load(&store->open_count) > store->open_limit)
        store_close_excess(store);
    return err;
}

int slot_db_acquire(struct slot *slot, struct realm_db **ret_db)
{
    return acquire(slot, true, ret_db);
}

int slot_db_acquire_to_follow(struct slot *slot, struct realm_db **ret_db)
{
    return acquire(slot, false, ret_db);
}

static void look_at(struct slot *slot, struct conn *conn)
{
    if (atomic_load(&conn->damaged))
        fence_raise(slot, ERR_STORE_CORRUPT,
                    "its database is damaged: restore it from a backup, or check it (garita realm "
                    "check)",
                    true);
}

void slot_db_release(struct slot *slot, struct realm_db *db)
{
    look_at(slot, db->writer);
    if (atomic_load(&db->flush.failed))
        atomic_store(&slot->store->failed, true);
    (void)pthread_mutex_lock(&slot->lock);
    db->users--;
    (void)pthread_mutex_unlock(&slot->lock);
}

static struct conn *pop_idle(struct slot *slot, struct realm_db *db)
{
    (void)pthread_mutex_lock(&slot->lock);
    struct conn *conn = db->idle;
    if (conn) {
        db->idle = conn->next;
        db->idle_count--;
    }
    (void)pthread_mutex_unlock(&slot->lock);
    return conn;
}

int slot_reader_take(struct slot *slot, struct realm_db *db, bool in_turn, struct conn **ret_conn)
{
    int err = 0;
    if (in_turn)
        err = turnstile_enter_as_request(&db->reader_places, slot->store->config.wait_ms);
    if (err != 0)
        return err == ERR_TIMEOUT ? ERR_STORE_BUSY : err;
    struct conn *conn = pop_idle(slot, db);
    if (!conn) {
        err = place_check(db);
        if (err == 0)
            err = conn_open(db->path, slot->store->config.vfs, CONN_READER, false, &conn);
        if (err == 0)
            conn_guard(conn);
        else if (in_turn)
            turnstile_leave(&db->reader_places);
    }
    if (err == 0)
        *ret_conn = conn;
    return err;
}

void slot_reader_give(struct slot *slot, struct realm_db *db, bool in_turn, struct conn *conn)
{
    look_at(slot, conn);
    (void)pthread_mutex_lock(&slot->lock);
    /* One that could not end its transaction would keep the log from starting anew. */
    bool kept = db->idle_count < slot->store->reader_limit && sqlite3_get_autocommit(conn->db) &&
                fence_err(slot) == 0;
    if (kept) {
        conn->next = db->idle;
        db->idle = conn;
        db->idle_count++;
    }
    (void)pthread_mutex_unlock(&slot->lock);
    if (!kept)
        conn_close(conn, true); /* the writer is open, so nothing is folded in anyway */
    if (in_turn)
        turnstile_leave(&db->reader_places);
}

void slot_db_trim(struct slot *slot, struct realm_db *db)
{
    for (struct conn *conn = pop_idle(slot, db); conn; conn = pop_idle(slot, db))
        conn_close(conn, true);
    if (turnstile_try(&db->turn)) {
        (void)sqlite3_db_release_memory(db->writer->db);
        turnstile_leave(&db->turn);
    }
}

bool slot_db_close_idle(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    struct realm_db *db = slot->db;
    bool free_to_go = db && db->users == 0 && !atomic_load(&db->flush.failed);
    if (free_to_go)
        slot->db = NULL;
    /* Closing folds the log into the database, which takes time; who comes meanwhile opens anew,
     * but not before the last handle of ours is gone: hence still under the lock. */
    if (free_to_go)
        realm_db_close(db);
    (void)pthread_mutex_unlock(&slot->lock);
    if (!free_to_go)
        return false;
    atomic_fetch_sub(&slot->store->open_count, 1);
    atomic_fetch_add(&slot->store->counters.db_closes, 1);
    return true;
}

static struct slot *longest_unused(struct store *store)
{
    struct slot *oldest = NULL;
    long long oldest_use = 0;
    (void)pthread_mutex_lock(&store->lock);
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        if (slot->is_master || pthread_mutex_trylock(&slot->lock) != 0)
            continue;
        long long used = atomic_load(&slot->db_used);
        bool idle = slot->db && slot->db->users == 0 && !atomic_load(&slot->db->flush.failed);
        (void)pthread_mutex_unlock(&slot->lock);
        if (idle && (!oldest || used < oldest_use)) {
            oldest = slot;
            oldest_use = used;
        }
    }
    (void)pthread_mutex_unlock(&store->lock);
    return oldest;
}

void store_close_excess(struct store *store)
{
    while (atomic_load(&store->open_count) > store->open_limit) {
        struct slot *slot = longest_unused(store);
        if (!slot || !slot_db_close_idle(slot))
            return; /* all are busy: more stay open for a while */
    }
}
