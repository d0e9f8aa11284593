/* What there is when a standby connects, beside what it says that it has: what leads on is followed, the rest is
 * to be brought, and what it has of no realm goes. */
#include "core/base/log.h"
#include "store/realm_list.h"
#include "store/repl/leading.h"
#include "store/sql/position.h"

#include "core/base/banned.h"

#define LIST_ARENA_BYTES ((size_t)256 << 20)

static int list_all(struct leader *l, struct arena *a, struct list_row **ret_rows,
                    size_t *ret_count)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(tx_config_read_begin(l->store->master, NULL, &r));
    return realm_list_all(r, a, ret_rows, ret_count);
}

/* Where a database stands that nobody changed since the start. */
static int read_position(struct leader *l, struct str realm, struct repl_position *ret_position)
{
    struct store_visit visit;
    struct store_read *read;
    TRY(store_visit_begin(l->store, realm, &visit));
    int err = tx_config_read_begin(visit.slot, NULL, &read);
    if (err == 0) {
        err = position_read(read->conn, ret_position);
        store_read_end(read);
    }
    store_visit_end(&visit);
    return err;
}

static void look_at(struct leader *l, const struct list_row *row, uint64_t connection)
{
    struct repl_position here = {0};
    (void)pthread_mutex_lock(&l->lock);
    struct leader_db *db = leading_goes_on(l, connection) ? leading_db(l, row->file, true) : NULL;
    bool reads = db && db->at_standby && !position_known(&db->newest);
    (void)pthread_mutex_unlock(&l->lock);
    if (reads && read_position(l, row->name, &here) != 0)
        here = (struct repl_position){0};
    (void)pthread_mutex_lock(&l->lock);
    if (db && leading_goes_on(l, connection) && !db->gone) {
        bool leads =
            db->at_standby && (position_known(&db->newest) || position_same(&here, &db->at));
        if (leads)
            leading_continue(l, db, &db->at, position_same(&here, &db->at));
        else
            leading_fall_behind(l, db);
        if (db->state == DB_FOLLOWS)
            leading_has(l, db, &db->at);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

static bool is_there(const struct list_row *row)
{
    return row->state == LIST_READY || row->state == LIST_BEING_CHANGED;
}

/* What the standby has of no realm goes before anything is sent that is newer: as leading_gone. */
static void tell_unlisted(struct leader *l, const struct list_row *rows, size_t count,
                          uint64_t connection)
{
    (void)pthread_mutex_lock(&l->lock);
    for (size_t i = 0; i < count && leading_goes_on(l, connection); i++) {
        struct leader_db *db = is_there(&rows[i]) ? leading_db(l, rows[i].file, true) : NULL;
        if (db)
            db->listed = true;
    }
    for (struct leader_db *db = l->dbs; db && leading_goes_on(l, connection);
         db = db->next_of_all) {
        db->gone_untold |= db->at_standby && !db->listed;
        leading_tell_gone(l, db);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

/* Realms that are being made: their first commits came before it was looked what there is, and the list did
 * not say that they are ready. */
static void find_unlisted(struct leader *l)
{
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all) {
        bool is_made =
            position_known(&db->newest) && !db->listed && !db->gone && db->state == DB_UNKNOWN;
        if (!is_made)
            continue;
        db->fresh = true;
        leading_fall_behind(l, db);
    }
}

void leading_settle(struct leader *l)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row *rows = NULL;
    size_t count = 0;
    uint64_t connection = l->connection;
    (void)pthread_mutex_unlock(&l->lock);
    arena_init(&a, LIST_ARENA_BYTES);
    int err = list_all(l, &a, &rows, &count);
    if (err == 0)
        tell_unlisted(l, rows, count, connection);
    for (size_t i = 0; i < count && err == 0; i++)
        if (is_there(&rows[i]))
            look_at(l, &rows[i], connection);
    if (err == 0)
        err = leading_find_archives(l);
    (void)pthread_mutex_lock(&l->lock);
    if (!leading_goes_on(l, connection))
        return;
    if (err != 0) {
        LOG_ERROR("replication", "what there is of realms cannot be read: %s", err_text(err));
        l->broken = true;
        return;
    }
    find_unlisted(l);
    l->settled = true;
    l->work = true;
    leading_ship(l);
    LOG_INFO("replication", "the standby is connected: %zu databases", count);
}
