/* Bringing the standby's databases to what is here: all of them are looked at when it connects; what
 * leads on is followed, for the rest goes what differs, or the whole. */
#include <stdlib.h>

#include "core/base/log.h"
#include "store/page_file.h"
#include "store/realm_list.h"
#include "store/repl/forks.h"
#include "store/repl/leading.h"
#include "store/sql/page.h"
#include "store/sql/position.h"

#include "core/base/banned.h"

#define NAME_ARENA_BYTES ((size_t)64 << 10)
#define SETTING_BYTES    ((size_t)60000) /* of a value, which has a length of two bytes */
#define LOOK_MS          1000
#define RETRY_MS         1000
#define RETRY_MAKING_MS  50
#define ROOM_LOOK_MS     2
#define ANSWER_MS        120000
#define HASH_PAGES_MAX   (UINT32_C(8) << 20) /* of a database of 16 GiB; larger ones go whole */

/* A database being brought, read as of one moment. */
struct bringing {
    struct leader *leader;
    struct leader_db *db;
    uint64_t connection;
    char realm[REALM_NAME_MAX + 1];
    struct conn *conn;
    struct repl_position position;
    uint32_t page_count;
    bool was_equal; /* should have been: it is compared */
    bool difference;
    unsigned char *theirs; /* hashes of the standby's pages */
    uint32_t theirs_count;
    unsigned char *differs; /* a bit for each page; NULL: all are sent */
    uint32_t count;
};

bool leading_goes_on(const struct leader *l, uint64_t connection)
{
    return l->attached && !l->broken && !l->stopping && l->connection == connection;
}

static bool is_on(const struct bringing *b)
{
    return leading_goes_on(b->leader, b->connection);
}

/* --- Hashes of the standby's pages --- */

void leading_forget_hashes(struct leader_db *db)
{
    free(db->hashes.bytes);
    memset(&db->hashes, 0, sizeof(db->hashes));
}

static int begin_hashes(struct leader_db *db, uint32_t page_count)
{
    db->hashes.page_count = page_count;
    if (page_count == 0 || page_count > HASH_PAGES_MAX) {
        db->hashes.whole = true;
        return 0;
    }
    db->hashes.bytes = malloc((size_t)page_count * REPL_HASH_BYTES);
    return db->hashes.bytes ? 0 : ERR_NO_MEMORY;
}

int leading_hashes(struct leader *l, const struct repl_hashes *h)
{
    struct leader_db *db = leading_db(l, h->file, false);
    if (!db || !db->hashes.asked || db->hashes.whole)
        return db ? 0 : ERR_INVALID_REQUEST; /* an answer that nobody waits for any more */
    if (!db->hashes.bytes)
        TRY(begin_hashes(db, h->page_count));
    uint32_t count = (uint32_t)(h->hashes.len / REPL_HASH_BYTES);
    if (db->hashes.bytes) {
        if (h->page_count != db->hashes.page_count || h->first != db->hashes.count + 1 ||
            count > db->hashes.page_count - db->hashes.count)
            return ERR_INVALID_REQUEST;
        memcpy(db->hashes.bytes + (size_t)db->hashes.count * REPL_HASH_BYTES, h->hashes.ptr,
               (size_t)count * REPL_HASH_BYTES);
        db->hashes.count += count;
        db->hashes.whole = db->hashes.count == db->hashes.page_count;
    }
    if (db->hashes.whole)
        leading_work(l);
    return 0;
}

static int ask(struct bringing *b)
{
    struct leader *l = b->leader;
    leading_forget_hashes(b->db);
    b->db->hashes.asked = true;
    l->scratch.type = REPL_HASHES;
    l->scratch.hashes = (struct repl_hashes){.file = str_c(b->db->file), .hashes = STR("")};
    return leading_send(l, &l->scratch);
}

/* Commits of other databases go on meanwhile; a realm that is deleted meanwhile is let go, so that its file can
 * be removed. */
static int wait_for_hashes(struct bringing *b)
{
    struct leader *l = b->leader;
    int64_t until_ms = clock_now().monotonic_ms + ANSWER_MS;
    while (is_on(b) && !b->db->gone && b->db->hashes.asked && !b->db->hashes.whole) {
        if (clock_now().monotonic_ms >= until_ms)
            return ERR_TIMEOUT;
        leading_pause(l, &l->wake, clock_now().monotonic_ms + LOOK_MS);
    }
    if (b->db->gone)
        return ERR_NOT_FOUND;
    return is_on(b) && b->db->hashes.asked ? 0 : ERR_IO;
}

static bool page_differs(const struct bringing *b, uint32_t number, const unsigned char *image)
{
    uint64_t hash;
    if (number > b->theirs_count)
        return true;
    memcpy(&hash, b->theirs + (size_t)(number - 1) * REPL_HASH_BYTES, sizeof(hash));
    return hash != page_hash(&b->leader->hash_key, number, image);
}

static int read_clean(const struct bringing *b, uint32_t number, unsigned char *out)
{
    TRY(page_read(b->conn, number, out, PAGE_BYTES));
    page_clean(out, number, b->page_count);
    return 0;
}

static int compare_pages(struct bringing *b)
{
    unsigned char page[PAGE_BYTES];
    b->differs = calloc(b->page_count / 8 + 1, 1);
    if (!b->differs)
        return ERR_NO_MEMORY;
    b->count = 0;
    for (uint32_t n = 1; n <= b->page_count; n++) {
        TRY(read_clean(b, n, page));
        if (page_differs(b, n, page)) {
            b->differs[n / 8] |= (unsigned char)(1u << n % 8);
            b->count++;
        }
    }
    return 0;
}

static int find_difference(struct bringing *b)
{
    struct leader *l = b->leader;
    (void)pthread_mutex_lock(&l->lock);
    int err = is_on(b) ? ask(b) : ERR_IO;
    if (err == 0)
        err = wait_for_hashes(b);
    if (err == 0) {
        b->theirs = b->db->hashes.bytes;
        b->theirs_count = b->db->hashes.count;
        memset(&b->db->hashes, 0, sizeof(b->db->hashes));
    }
    (void)pthread_mutex_unlock(&l->lock);
    TRY(err);
    b->difference = b->theirs != NULL;
    return b->difference ? compare_pages(b) : 0;
}

/* --- Sending --- */

/* Called and left with the lock held. */
static int wait_for_room(struct bringing *b)
{
    struct leader *l = b->leader;
    while (is_on(b) && l->out.waiting(l->out.arg) > LEADING_SEND_BELOW_BYTES)
        leading_pause(l, &l->wake, clock_now().monotonic_ms + ROOM_LOOK_MS);
    return is_on(b) ? 0 : ERR_IO;
}

static int send_head(struct bringing *b)
{
    struct leader *l = b->leader;
    TRY(wait_for_room(b));
    l->scratch.type = REPL_SNAPSHOT;
    l->scratch.snapshot = (struct repl_snapshot){.realm = str_c(b->realm),
                                                 .file = str_c(b->db->file),
                                                 .position = b->position,
                                                 .page_count = b->page_count,
                                                 .count = b->count,
                                                 .difference = b->difference};
    return leading_send(l, &l->scratch);
}

struct batch {
    struct repl_page pages[REPL_MESSAGE_PAGES];
    unsigned char images[REPL_MESSAGE_PAGES][PAGE_BYTES];
    size_t count;
};

static bool is_sent(const struct bringing *b, uint32_t number)
{
    return !b->differs || (b->differs[number / 8] >> number % 8 & 1) != 0;
}

static int fill(const struct bringing *b, uint32_t *io_next, struct batch *batch)
{
    batch->count = 0;
    for (; *io_next <= b->page_count && batch->count < REPL_MESSAGE_PAGES; (*io_next)++) {
        if (!is_sent(b, *io_next))
            continue;
        unsigned char *image = batch->images[batch->count];
        TRY(read_clean(b, *io_next, image));
        batch->pages[batch->count++] = (struct repl_page){*io_next, image};
    }
    return 0;
}

/* The pause that makes it no faster than is allowed. Called and left with the lock held. */
static void keep_pace(struct bringing *b, size_t pages)
{
    int64_t per_s = b->leader->config.snapshot_pages_per_s;
    if (per_s <= 0)
        return;
    int64_t until_ms = clock_now().monotonic_ms + (int64_t)pages * 1000 / per_s;
    while (is_on(b) && clock_now().monotonic_ms < until_ms)
        leading_pause(b->leader, &b->leader->wake, until_ms);
}

static int send_batch(struct bringing *b, const struct batch *batch)
{
    struct leader *l = b->leader;
    (void)pthread_mutex_lock(&l->lock);
    int err = wait_for_room(b);
    if (err == 0) {
        l->scratch.type = REPL_PAGES;
        l->scratch.pages.count = batch->count;
        memcpy(l->scratch.pages.pages, batch->pages, batch->count * sizeof(*batch->pages));
        err = leading_send(l, &l->scratch);
    }
    if (err == 0)
        keep_pace(b, batch->count);
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

static int send_pages(struct bringing *b)
{
    struct batch *batch = malloc(sizeof(*batch));
    int err = batch ? 0 : ERR_NO_MEMORY;
    for (uint32_t next = 1; err == 0 && next <= b->page_count;) {
        err = fill(b, &next, batch);
        if (err == 0 && batch->count > 0)
            err = send_batch(b, batch);
    }
    free(batch);
    return err;
}

static int send_end(struct bringing *b)
{
    struct leader *l = b->leader;
    l->scratch.type = REPL_SNAPSHOT_END;
    l->scratch.file = str_c(b->db->file);
    TRY(leading_send(l, &l->scratch));
    if (b->difference)
        l->told.differences++;
    else
        l->told.snapshots++;
    if (b->db->gone) { /* deleted meanwhile, and at the standby by now */
        b->db->at_standby = b->db->gone_untold = true;
        leading_tell_gone(l, b->db);
        return 0;
    }
    b->db->fresh = false;
    b->db->listed = true;
    if (b->db->archives == ARCHIVES_UNKNOWN || !b->difference)
        b->db->archives = ARCHIVES_WANTED;
    leading_ship(l);
    b->db->brought = b->position;
    if (b->count == 0) /* it stands there already, and will not say so again */
        leading_has(l, b->db, &b->position);
    leading_continue(l, b->db, &b->position, true);
    return 0;
}

static int send_database(struct bringing *b)
{
    struct leader *l = b->leader;
    (void)pthread_mutex_lock(&l->lock);
    int err = send_head(b);
    (void)pthread_mutex_unlock(&l->lock);
    if (err == 0)
        err = send_pages(b);
    (void)pthread_mutex_lock(&l->lock);
    if (err == 0)
        err = is_on(b) ? send_end(b) : ERR_IO;
    else if (is_on(b))
        l->broken = true; /* what was begun cannot be ended */
    l->work = true;
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}

/* --- One moment --- */

/* A database that was last changed when nobody followed has no position: it gets one. */
static int give_position(struct slot *slot)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    const struct repl_position first = {.lsn = 1, .mark = 1};
    struct now now = clock_now();
    TRY(tx_write_begin(slot, NULL, &now, &w));
    TRY(position_put(write_conn(w), &first));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int begin(struct bringing *b)
{
    int64_t pages, bytes;
    TRY(conn_exec(b->conn, "BEGIN"));
    TRY(position_read(b->conn, &b->position));
    TRY(page_count(b->conn, &pages));
    TRY(page_bytes(b->conn, &bytes));
    if (bytes != PAGE_BYTES || pages < 1 || pages > UINT32_MAX)
        return ERR_STORE_VERSION;
    b->page_count = (uint32_t)pages;
    return 0;
}

static int open_conn(struct bringing *b, struct slot *slot)
{
    const struct store *store = b->leader->store;
    char path[FOLDER_PATH_MAX];
    int lenient = 1; /* a page that is free may never have been written */
    TRY(folder_db_path(&store->folder, str_c(slot->file), path));
    TRY(conn_open(path, store->config.vfs, CONN_READER, false, &b->conn));
    (void)sqlite3_file_control(b->conn->db, "main", PAGE_OP_LENIENT, &lenient);
    return begin(b);
}

static int open_moment(struct bringing *b, struct slot *slot)
{
    TRY(open_conn(b, slot));
    if (position_known(&b->position))
        return 0;
    conn_close(b->conn, true);
    b->conn = NULL;
    TRY(give_position(slot));
    TRY(open_conn(b, slot));
    return position_known(&b->position) ? 0 : ERR_STORE_BUSY;
}

/* Of a database that follows: all up to the moment is sent, and nothing after it. False when it does
 * not follow after all. */
static bool stop_at_moment(struct bringing *b)
{
    struct leader *l = b->leader;
    (void)pthread_mutex_lock(&l->lock);
    while (is_on(b) && b->db->state == DB_COMPARED &&
           position_compare(&b->db->sent, &b->position) < 0) {
        leading_pump(l, b->db, &b->position);
        leading_pause(l, &l->wake, clock_now().monotonic_ms + ROOM_LOOK_MS);
    }
    bool stands = b->db->state == DB_COMPARED && position_same(&b->db->sent, &b->position);
    if (!stands && is_on(b) && b->db->state == DB_COMPARED)
        leading_fall_behind(l, b->db);
    (void)pthread_mutex_unlock(&l->lock);
    return stands;
}

static void found_equal(struct bringing *b)
{
    struct leader *l = b->leader;
    (void)pthread_mutex_lock(&l->lock);
    if (is_on(b) && b->db->state == DB_COMPARED)
        leading_continue(l, b->db, &b->position, true);
    (void)pthread_mutex_unlock(&l->lock);
}

static void tell_difference(struct bringing *b)
{
    LOG_ERROR("replication",
              "%u pages of realm %s at the standby were not what they should be: they are replaced",
              b->count, b->realm);
    (void)pthread_mutex_lock(&b->leader->lock);
    b->leader->told.pages_differed += b->count;
    (void)pthread_mutex_unlock(&b->leader->lock);
}

static int bring_open(struct bringing *b)
{
    if (b->was_equal)
        b->was_equal = stop_at_moment(b);
    if (b->db->at_standby)
        TRY(find_difference(b));
    if (b->was_equal && b->difference && b->count == 0 && b->theirs_count == b->page_count) {
        found_equal(b);
        return 0;
    }
    if (!b->difference)
        b->count = b->page_count;
    if (b->was_equal)
        tell_difference(b);
    return send_database(b);
}

static int bring_slot(struct bringing *b, struct slot *slot)
{
    struct realm_db *open;
    TRY(slot_db_acquire(slot, &open));
    int err = open_moment(b, slot);
    if (err == 0)
        err = bring_open(b);
    conn_close(b->conn, true);
    free(b->theirs);
    free(b->differs);
    slot_db_release(slot, open);
    return err;
}

static int bring_named(struct bringing *b)
{
    struct store_visit visit;
    TRY(store_visit_begin(b->leader->store, str_c(b->realm), &visit));
    int err =
        str_eq_c(str_c(visit.slot->file), b->db->file) ? bring_slot(b, visit.slot) : ERR_NOT_FOUND;
    store_visit_end(&visit);
    return err;
}

int leading_realm_of(struct leader *l, const struct leader_db *db,
                     char ret_realm[REALM_NAME_MAX + 1])
{
    CLEANUP(arena_free) struct arena a;
    char aside[FILE_NAME_MAX + 2];
    struct list_row row;
    arena_init(&a, NAME_ARENA_BYTES);
    if (str_eq_c(str_c(db->file), REALM_MASTER)) {
        memcpy(ret_realm, REALM_MASTER, sizeof(REALM_MASTER));
        return 0;
    }
    int err = realm_list_find_file(l->store, &a, str_c(db->file), &row);
    if (err == ERR_NOT_FOUND) /* being made, perhaps: known by its file then */
        row.name = realm_list_aside(db->file, aside);
    else
        TRY(err);
    if (row.name.len > REALM_NAME_MAX)
        return ERR_STORE_CORRUPT;
    memcpy(ret_realm, row.name.ptr, row.name.len);
    ret_realm[row.name.len] = '\0';
    return 0;
}

/* Called and left with the lock held; not while it works. */
static void bring(struct leader *l, struct leader_db *db)
{
    struct bringing b = {
        .leader = l, .db = db, .connection = l->connection, .was_equal = db->state == DB_FOLLOWS};
    db->compares = false;
    if (b.was_equal)
        db->state = DB_COMPARED;
    (void)pthread_mutex_unlock(&l->lock);
    int err = leading_realm_of(l, db, b.realm);
    if (err == 0)
        err = bring_named(&b);
    (void)pthread_mutex_lock(&l->lock);
    leading_forget_hashes(db);
    if (err == 0 || !is_on(&b) || db->gone)
        return;
    bool is_making = err == ERR_NOT_FOUND || (err == ERR_STORE_BUSY && db->fresh);
    if (!is_making)
        LOG_WARN("replication", "realm %s is not at the standby: %s", b.realm, err_text(err));
    leading_fall_behind(l, db);
    db->retry_ms = clock_now().monotonic_ms + (is_making ? RETRY_MAKING_MS : RETRY_MS);
}

/* --- All databases --- */

static bool is_due(const struct leader_db *db)
{
    return !db->gone && db->state == DB_BEHIND && db->retry_ms <= clock_now().monotonic_ms;
}

/* Master first: without it no other is found. */
static struct leader_db *next_due(struct leader *l)
{
    struct leader_db *due = NULL;
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all)
        if (is_due(db) && (!due || str_eq_c(str_c(db->file), REALM_MASTER)))
            due = db;
    for (struct leader_db *db = l->dbs; db && !due; db = db->next_of_all)
        if (db->compares && db->state == DB_FOLLOWS)
            due = db;
    return due;
}

static void end_verifying(struct leader *l)
{
    if (!l->verifying)
        return;
    l->verifying = false;
    l->told.verified_ms = clock_now().wall_ms;
    LOG_INFO("replication", "all pages of the standby were compared");
}

static void add_setting(struct leader *l, const char *name, struct str value)
{
    struct repl_settings *s = &l->scratch.settings;
    s->names[s->count] = str_c(name);
    s->values[s->count++] = value;
}

static void add_forks(struct leader *l, struct arena *a)
{
    struct str text;
    if (forks_read(node_data_dir(store_node(l->store)), a, &text) != 0)
        return; /* none, or the disk is in trouble: the next connection tells it */
    for (size_t at = 0; at < text.len; at += SETTING_BYTES)
        add_setting(l, REPL_SETTING_FORKS, str_sub(text, at, SETTING_BYTES));
}

static int send_shared(struct leader *l)
{
    if (l->shared.len == 0)
        return 0;
    TRY(repl_decode(str_from(buf_str(&l->shared), REPL_LENGTH_BYTES), &l->scratch));
    return leading_send(l, &l->scratch);
}

static void send_settings(struct leader *l)
{
    CLEANUP(arena_free) struct arena a;
    struct node_state node;
    arena_init(&a, 2 * FORKS_BYTES);
    node_look(l->store->node, &node);
    l->scratch.type = REPL_SETTINGS;
    l->scratch.settings.count = 0;
    add_setting(l, REPL_SETTING_MODE, str_c(repl_mode_word(l->config.mode)));
    add_setting(l, REPL_SETTING_WITNESS, str_c(node.witness.address));
    add_forks(l, &a);
    l->settings_untold = leading_send(l, &l->scratch) != 0 || send_shared(l) != 0;
}

/* What there was no room for, and what came between. */
static void catch_up(struct leader *l)
{
    if (l->settings_untold)
        send_settings(l);
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all) {
        leading_tell_gone(l, db);
        if (db->state == DB_FOLLOWS && db->next)
            leading_pump(l, db, NULL);
    }
}

/* Whether there may be more to do. */
static bool work(struct leader *l)
{
    if (!l->settled) {
        if (l->all_said)
            leading_settle(l);
        return l->settled;
    }
    catch_up(l);
    struct leader_db *due = next_due(l);
    if (due)
        bring(l, due);
    else
        end_verifying(l);
    return due != NULL;
}

/* Until there is room, or a realm is made, or for a look around. */
static int64_t pause_ms(const struct leader *l)
{
    if (l->work)
        return ROOM_LOOK_MS;
    for (const struct leader_db *db = l->dbs; db; db = db->next_of_all)
        if (!db->gone && db->state == DB_BEHIND)
            return RETRY_MAKING_MS;
    return LOOK_MS;
}

void *leading_run(void *leader)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        l->work = false;
        bool more = l->attached && !l->broken && work(l);
        if (!more && !l->stopping)
            leading_pause(l, &l->wake, clock_now().monotonic_ms + pause_ms(l));
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}
