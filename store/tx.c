/* Transactions: reads see one moment, writes are one after another per realm and leave the writer
 * before they wait for the disk, so that many share a flush. */
#include "store/tx.h"

#include <stdlib.h>

#include "store/keystore/audit_key.h"
#include "store/realm_list.h"
#include "store/space.h"
#include "store/sql/person.h"
#include "store/view.h"

#include "core/base/banned.h"

/* What 10,000 people of a partial import and their events take; taken as it is needed. */
#define WRITE_ARENA_BYTES ((size_t)64 << 20)

static const struct sql begin_read = {"BEGIN"};
static const struct sql begin_write = {"BEGIN IMMEDIATE"};
static const struct sql commit_sql = {"COMMIT"};
static const struct sql rollback_sql = {"ROLLBACK"};

static int run(struct conn *conn, const struct sql *sql)
{
    QUERY(q);
    TRY(query_open(conn, sql, &q));
    return query_run(&q);
}

static void end_transaction(struct conn *conn, const struct sql *how)
{
    conn->in_transaction = false;
    if (!sqlite3_get_autocommit(conn->db) && run(conn, how) != 0)
        (void)run(conn, &rollback_sql);
}

/* --- Reading --- */

static int begin(struct conn *conn, const struct sql *how)
{
    conn->trouble = 0;
    /* The end of the one before may have lacked the memory for itself. */
    if (!sqlite3_get_autocommit(conn->db))
        TRY(run(conn, &rollback_sql));
    TRY(run(conn, how));
    conn->in_transaction = true;
    return 0;
}

static int take_reader(struct store_read *read)
{
    TRY(read->to_follow ? slot_db_acquire_to_follow(read->slot, &read->db)
                        : slot_db_acquire(read->slot, &read->db));
    int err = slot_reader_take(read->slot, read->db, read->in_turn, &read->conn);
    if (err == 0) {
        err = begin(read->conn, &begin_read);
        if (err != 0)
            slot_reader_give(read->slot, read->db, read->in_turn, read->conn);
    }
    if (err != 0)
        slot_db_release(read->slot, read->db);
    return err;
}

static int read_begin(const struct store_read *how, struct store_read **ret_read)
{
    struct store_read *read = calloc(1, sizeof(*read));
    if (!read)
        return ERR_NO_MEMORY;
    *read = *how;
    int err = take_reader(read);
    if (err != 0) {
        free(read);
        return err;
    }
    atomic_fetch_add_explicit(&read->slot->store->counters.reads, 1, memory_order_relaxed);
    *ret_read = read;
    return 0;
}

int store_read_begin(struct realm_view *view, struct store_read **ret_read)
{
    const struct store_read how = {.slot = view->slot, .view = view, .in_turn = true};
    return read_begin(&how, ret_read);
}

int tx_config_read_begin(struct slot *slot, struct realm_view *view, struct store_read **ret_read)
{
    const struct store_read how = {.slot = slot, .view = view};
    return read_begin(&how, ret_read);
}

int tx_follow_read_begin(struct slot *slot, struct store_read **ret_read)
{
    const struct store_read how = {.slot = slot, .to_follow = true};
    return read_begin(&how, ret_read);
}

void store_read_end(struct store_read *read)
{
    if (!read || read->of_write)
        return;
    end_transaction(read->conn, &commit_sql);
    slot_reader_give(read->slot, read->db, read->in_turn, read->conn);
    slot_db_release(read->slot, read->db);
    free(read);
}

void store_read_end_p(struct store_read **read)
{
    store_read_end(*read);
    *read = NULL;
}

/* --- Writing --- */

/* Writes that this thread has open, the newest first: at most one per realm (two in all, when the
 * list of realms changes along). */
static _Thread_local struct store_write *thread_writes;

struct store_write *tx_write_of_thread(const struct slot *slot)
{
    struct store_write *w = thread_writes;
    while (w && w->reader.slot != slot)
        w = w->older;
    return w;
}

static void thread_forget(const struct store_write *w)
{
    struct store_write **at = &thread_writes;
    while (*at && *at != w)
        at = &(*at)->older;
    if (*at)
        *at = w->older;
}

/* With the turn. */
static int begin_turn(struct realm_db *db)
{
    if (atomic_load(&db->flush.failed))
        return ERR_STORE_FAILED;
    /* Deleted or replaced while this waited: what it wrote would be answered and lost. */
    if (slot_is_dead(db->slot))
        return ERR_STORE_BUSY;
    TRY(place_check_with_turn(db));
    TRY(flush_prime(&db->flush, &db->store->folder));
    TRY(begin(db->writer, &begin_write));
    capture_begin(db);
    return 0;
}

static int enter(struct store_write *w)
{
    struct realm_db *db = w->reader.db;
    flush_expect(&db->flush);
    int err = turnstile_enter(&db->turn, w->reader.slot->store->config.wait_ms);
    if (err == 0) {
        err = begin_turn(db);
        if (err != 0)
            turnstile_leave(&db->turn);
    } else if (err == ERR_TIMEOUT) {
        err = ERR_STORE_BUSY;
    }
    if (err != 0)
        flush_expect_no_more(&db->flush);
    return err;
}

int tx_may_write(const struct store *store)
{
    if (store->config.standby)
        return ERR_STORE_STANDBY;
    return store->config.read_only ? ERR_STORE_READ_ONLY : 0;
}

int tx_write_begin(struct slot *slot, struct realm_view *view, const struct now *now,
                   struct store_write **ret_write)
{
    TRY(tx_may_write(slot->store));
    if (tx_write_of_thread(slot))
        return ERR_INTERNAL; /* it would wait for itself */
    struct store_write *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->now = *now;
    arena_init(&w->arena, WRITE_ARENA_BYTES);
    w->reader = (struct store_read){.slot = slot, .view = view, .of_write = true};
    int err = slot_db_acquire(slot, &w->reader.db);
    if (err == 0) {
        err = enter(w);
        if (err != 0)
            slot_db_release(slot, w->reader.db);
    }
    if (err != 0) {
        free(w);
        return err;
    }
    w->reader.conn = w->reader.db->writer;
    w->reader.db->marks = (struct mark_set){.any = false};
    endings_begin(w);
    w->head = w->reader.db->head;
    w->seq_before = w->head.seq;
    w->older = thread_writes;
    thread_writes = w;
    *ret_write = w;
    return 0;
}

int store_write_begin(struct realm_view *view, const struct now *now,
                      struct store_write **ret_write)
{
    return store_write_begin_for(view, now, NEED_SESSION, ret_write);
}

int store_write_begin_for(struct realm_view *view, const struct now *now, enum store_need need,
                          struct store_write **ret_write)
{
    TRY(tx_may_write(view->slot->store));
    TRY(gate_admit(view->slot->store));
    TRY(space_admit(view->slot->store, need));
    return tx_write_begin(view->slot, view, now, ret_write);
}

int store_write_begin_own(struct realm_view *view, const struct now *now,
                          struct store_write **ret_write)
{
    TRY(tx_may_write(view->slot->store));
    TRY(gate_admit_own(view->slot->store));
    TRY(space_admit(view->slot->store, NEED_ENDING));
    return tx_write_begin(view->slot, view, now, ret_write);
}

struct store_read *store_write_reader(struct store_write *write)
{
    return &write->reader;
}

const struct now *store_write_now(const struct store_write *write)
{
    return &write->now;
}

/* What this transaction learnt counts for the next one. With the turn. */
static void publish(struct store_write *w)
{
    struct slot *slot = w->reader.slot;
    struct realm_db *db = w->reader.db;
    if (w->head.known && w->head.seq != db->head.seq)
        atomic_store(&slot->unsigned_events, true);
    if (w->signed_seq != 0 && w->signed_seq == w->head.seq)
        atomic_store(&slot->unsigned_events, false);
    db->head = w->head;
    if (db->marks.config)
        atomic_fetch_add(&slot->generation, 1);
    if (db->marks.any) {
        /* In this order: who sees a raised mark also sees that something changed (footing.h). */
        atomic_fetch_add(&slot->changes, 1);
        marks_raise(&slot->store->marks, &db->marks);
    }
    /* Last: who is told and asks finds all of it raised. */
    endings_tell(w, db->marks.config || db->marks.any);
}

/* What was kept of rows that are not there after all. */
static void forget_undone(struct store_write *w)
{
    struct realm_db *db = w->reader.db;
    if (w->texts_added)
        db->texts = (struct event_texts){0};
    if (w->persons_added)
        person_keys_forget(&db->persons);
    if (w->signer_added)
        audit_signer_free(&db->signer);
}

static void count_logins(const struct store_write *w)
{
    struct store_counters *c = &w->reader.slot->store->counters;
    if (w->logins)
        atomic_fetch_add(&c->logins, w->logins);
    if (w->login_failures)
        atomic_fetch_add(&c->login_failures, w->login_failures);
}

/* Notes why writing does not work; leaves the turn and frees all but the result. */
static void finish(struct store_write *w, bool done)
{
    struct store *store = w->reader.slot->store;
    struct realm_db *db = w->reader.db;
    struct conn *conn = db->writer;
    if (done)
        count_logins(w);
    else
        forget_undone(w);
    if (conn->sync_failed)
        flush_fail(&db->flush, SQLITE_IOERR_FSYNC);
    if (conn->trouble == ERR_STORE_FULL) {
        atomic_fetch_add(&store->counters.full_errors, 1);
        atomic_store(&store->full, true);
    } else if (done) {
        atomic_store(&store->full, false);
    }
    thread_forget(w);
    atomic_fetch_add(done ? &store->counters.commits : &store->counters.rollbacks, 1);
    turnstile_leave(&db->turn);
    flush_expect_no_more(&db->flush);
}

static void release(struct store_write *w)
{
    slot_db_release(w->reader.slot, w->reader.db);
    arena_free(&w->arena);
    free(w);
}

/* A failure that the caller overlooked spoils the transaction all the same. */
static int commit_now(struct store_write *w)
{
    struct conn *conn = w->reader.conn;
    if (conn->trouble != 0)
        return conn->trouble;
    if (sqlite3_get_autocommit(conn->db))
        return ERR_STORE_FAILED;
    TRY(capture_move(w->reader.db));
    TRY(run(conn, &commit_sql));
    conn->in_transaction = false;
    capture_committed(w->reader.db);
    return 0;
}

static int commit_turn(struct store_write *w, uint64_t *ret_ticket,
                       struct repl_position *ret_position)
{
    int err = w->list.wanted ? realm_list_change_begin(w) : 0;
    if (err == 0) {
        endings_look_up(w);
        err = commit_now(w);
    }
    if (err != 0) {
        end_transaction(w->reader.conn, &rollback_sql);
        atomic_fetch_add(&w->reader.slot->store->counters.failed_commits, 1);
        return err;
    }
    *ret_ticket = flush_ticket(&w->reader.db->flush);
    gate_position(w->reader.db, ret_position);
    publish(w);
    return 0;
}

int store_commit(struct store_write *write, enum durability durability)
{
    struct slot *slot = write->reader.slot;
    struct repl_position position;
    uint64_t ticket = 0;
    int err = commit_turn(write, &ticket, &position);
    finish(write, err == 0);
    /* Also when nothing was changed: the answer may rest on a commit that is not on disk yet. */
    if (err == 0 && durability != DURABLE_NONE)
        err = flush_wait(&write->reader.db->flush, ticket);
    if (write->list.wanted)
        err = realm_list_change_end(write, err);
    /* What is being made is waited for when it is there (realms.c). */
    bool waits = err == 0 && durability == DURABLE_STANDBY && !slot->may_create;
    release(write);
    return waits ? gate_wait(slot, &position) : err;
}

int store_confirm(struct realm_view *view)
{
    return gate_wait(view->slot, &(const struct repl_position){0});
}

/* No keeper looks after a realm that is not there yet, and nobody reads it: its log is copied here. */
static int fold_of_fill(struct store_write *w)
{
    struct realm_db *db = w->reader.db;
    if (atomic_load(&db->log_pages) < w->reader.slot->store->config.checkpoint_pages)
        return 0;
    int rc = sqlite3_wal_checkpoint_v2(db->writer->db, NULL, SQLITE_CHECKPOINT_PASSIVE, NULL, NULL);
    return rc == SQLITE_OK ? 0 : ERR_STORE_FAILED;
}

/* Keeps the turn. What was learnt stands in rows that are committed now. */
int store_fill_step(struct store_write *write)
{
    struct realm_db *db = write->reader.db;
    if (!write->reader.slot->may_create || write->reader.slot->is_master)
        return ERR_INTERNAL;
    TRY(commit_now(write));
    db->head = write->head;
    write->texts_added = write->persons_added = write->signer_added = false;
    arena_reset(&write->arena);
    endings_begin(write);
    TRY(fold_of_fill(write));
    TRY(begin(db->writer, &begin_write));
    capture_begin(db);
    return 0;
}

void store_rollback(struct store_write *write)
{
    if (!write)
        return;
    end_transaction(write->reader.conn, &rollback_sql);
    finish(write, false);
    release(write);
}

void store_rollback_p(struct store_write **write)
{
    store_rollback(*write);
    *write = NULL;
}

int store_commit_p(struct store_write **write, enum durability durability)
{
    struct store_write *w = *write;
    *write = NULL;
    return store_commit(w, durability);
}
