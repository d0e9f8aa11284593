/* Making sure that what was deleted is in no file any more. */
#include "core/port/store.h"

#include <time.h>

#include "store/cache/cache.h"
#include "store/view.h"

#include "core/base/banned.h"

#define TRIES    50
#define PAUSE_NS 100000000L

/* A log that is cut to nothing is not the one that was there: first the database stops asking for it, or a crash
 * from here to the next change would leave one that nobody opens. */
static int cut_log(struct realm_db *db)
{
    TRY(flush_let_go(&db->flush));
    int rc =
        sqlite3_wal_checkpoint_v2(db->writer->db, NULL, SQLITE_CHECKPOINT_TRUNCATE, NULL, NULL);
    if (db->writer->sync_failed)
        flush_fail(&db->flush, rc);
    if (rc == SQLITE_OK) {
        atomic_store(&db->log_pages, 0);
        db->capture.log_frames = 0;
    }
    return conn_err(db->writer, rc);
}

/* Folds the log into the database, where secure_delete has overwritten what was there, and cuts it
 * to nothing. Readers that are at work keep it from that for a moment. */
static int empty_log(struct realm_db *db, int64_t wait_ms)
{
    int err = turnstile_enter(&db->turn, wait_ms);
    if (err != 0)
        return err == ERR_TIMEOUT ? ERR_STORE_BUSY : err;
    err = cut_log(db);
    /* Pages that it keeps in memory may have remains between their rows, which the next change would
     * write into the log. */
    (void)sqlite3_db_release_memory(db->writer->db);
    turnstile_leave(&db->turn);
    return err;
}

int store_forget(struct realm_view *view)
{
    const struct timespec pause = {0, PAUSE_NS};
    struct realm_db *db;
    TRY(slot_db_acquire(view->slot, &db));
    int err = ERR_STORE_BUSY;
    for (int i = 0; i < TRIES && err == ERR_STORE_BUSY; i++) {
        if (i > 0)
            (void)nanosleep(&pause, NULL);
        err = empty_log(db, view->slot->store->config.wait_ms);
    }
    slot_db_release(view->slot, db);
    /* Answers about who was deleted. Last, when requests that were under way have put theirs. */
    cache_forget(view->slot->store);
    return err;
}
