/* Open databases: one connection that writes, a few that read, made on demand. Beyond a number of
 * open realms the longest unused one is closed. */
#include "store/store.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "store/keystore/audit_key.h"
#include "store/migrate.h"
#include "store/renew.h"
#include "store/sql/person.h"

#include "core/base/banned.h"

/* SQLite tells the pages of the log after each commit; the keeper is called when they are many. */
static int log_grew(void *arg, sqlite3 *db, const char *name, int pages)
{
    struct slot *slot = arg;
    (void)db;
    (void)name;
    /* Set before the writer is used, and gone after it. */
    if (slot->db)
        atomic_store(&slot->db->log_pages, pages);
    if (pages >= slot->store->config.checkpoint_pages)
        keeper_wake(slot->store);
    return SQLITE_OK;
}

static int open_writer(struct slot *slot, struct realm_db *db)
{
    struct store *store = slot->store;
    if (!store->config.read_only)
        TRY(renew_files(db->path, store->config.vfs));
    TRY(conn_open(db->path, store->config.vfs, CONN_WRITER, slot->may_create, &db->writer));
    TRY(migrate(db->writer, slot->is_master));
    if (store->config.read_only)
        TRY(conn_exec(db->writer, "PRAGMA query_only=ON"));
    conn_guard(db->writer);
    (void)sqlite3_wal_hook(db->writer->db, log_grew, slot);
    (void)sqlite3_update_hook(db->writer->db, marks_row_changed, db);
    return flush_init(&db->flush, db->writer);
}

int realm_db_open(struct slot *slot, struct realm_db **ret_db)
{
    struct store *store = slot->store;
    struct realm_db *db = calloc(1, sizeof(*db));
    if (!db)
        return ERR_NO_MEMORY;
    db->store = store;
    db->mark_seed = slot->mark_seed;
    turnstile_init(&db->turn, 1, WRITERS_WAITING_MAX);
    event_queue_init(&db->events);
    turnstile_init(&db->reader_places, store->reader_limit, WRITERS_WAITING_MAX);
    int err = folder_db_path(&store->folder, str_c(slot->file), db->path);
    if (err == 0)
        err = open_writer(slot, db);
    if (err != 0) {
        char name[REALM_NAME_MAX + 1];
        slot_name(slot, name);
        LOG_ERROR("store", "database of realm %s does not open: %s", name, err_text(err));
        realm_db_close(db);
        return err;
    }
    atomic_fetch_add(&store->counters.db_opens, 1);
    *ret_db = db;
    return 0;
}

void realm_db_close(struct realm_db *db)
{
    /* After a failed flush nothing is folded into the database: what is in the log counts, and only
     * what recovery finds there. */
    bool failed = atomic_load(&db->flush.failed);
    atomic_fetch_add(&db->store->counters.flushes, atomic_load(&db->flush.flushes));
    atomic_fetch_add(&db->store->counters.flush_ns, atomic_load(&db->flush.flush_ns));
    while (db->idle) {
        struct conn *conn = db->idle;
        db->idle = conn->next;
        conn_close(conn, failed);
    }
    conn_close(db->writer, failed);
    person_keys_forget(&db->persons);
    audit_signer_free(&db->signer);
    flush_free(&db->flush);
    event_queue_free(&db->events);
    turnstile_free(&db->turn);
    turnstile_free(&db->reader_places);
    free(db);
}

/* Under slot->lock. */
static int open_locked(struct slot *slot)
{
    if (slot->dead)
        return ERR_NOT_FOUND;
    TRY(realm_db_open(slot, &slot->db));
    atomic_fetch_add(&slot->store->open_count, 1);
    return 0;
}

int slot_db_acquire(struct slot *slot, struct realm_db **ret_db)
{
    struct store *store = slot->store;
    int err = 0;
    (void)pthread_mutex_lock(&slot->lock);
    bool opened = !slot->db;
    if (opened)
        err = open_locked(slot);
    else if (slot->dead)
        err = ERR_NOT_FOUND;
    else if (atomic_load(&slot->db->flush.failed))
        err = ERR_STORE_FAILED;
    if (err == 0) {
        slot->db->users++;
        *ret_db = slot->db;
        atomic_store(&slot->db_used, clock_now().monotonic_ms);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    if (opened && err == 0 && atomic_load(&store->open_count) > store->open_limit)
        store_close_excess(store);
    return err;
}

void slot_db_release(struct slot *slot, struct realm_db *db)
{
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
    int err = in_turn ? turnstile_enter(&db->reader_places, slot->store->config.wait_ms) : 0;
    if (err != 0)
        return err == ERR_TIMEOUT ? ERR_STORE_BUSY : err;
    struct conn *conn = pop_idle(slot, db);
    if (!conn) {
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
    (void)pthread_mutex_lock(&slot->lock);
    /* One that could not end its transaction would keep the log from starting anew. */
    bool kept = db->idle_count < slot->store->reader_limit && sqlite3_get_autocommit(conn->db);
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
