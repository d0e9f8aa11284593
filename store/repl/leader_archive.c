/* Files of archived audit events, to the standby: each is offered, and what is missing of it there is sent
 * in pieces, between commits. One realm after another, one file after another, by a thread of its own: to hash
 * a large month takes long, and databases are brought meanwhile.
 *
 * What is known to be at the standby stays known when a connection ends, so that nothing is read again. */
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/archive/folder.h"
#include "store/page_file.h"
#include "store/repl/leading.h"
#include "store/sql/event_row.h"

#include "core/base/banned.h"

#define LIST_ARENA_BYTES ((size_t)16 << 20)
#define RETRY_MS         1000
#define LOOK_MS          1000
#define ROOM_LOOK_MS     2

struct shipment {
    struct leader_db *db;
    uint64_t connection;
    const struct slot *slot;
    struct arena arena;
    struct event_segment *segments; /* in the arena, as all texts */
    size_t count, at;
    enum { SHIP_NEXT, SHIP_OFFERED, SHIP_SENDS, SHIP_ENDED } state;
    struct repl_archive head; /* of the file under way; there: sent so far */
    int fd;                   /* of it; -1: none */
};

/* --- One realm --- */

static void close_file(struct shipment *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
}

static void end_shipment(struct leader *l, bool all_there)
{
    struct shipment *s = l->shipment;
    if (!s)
        return;
    if (s->db->archives == ARCHIVES_ON_THEIR_WAY)
        s->db->archives = all_there ? ARCHIVES_THERE : ARCHIVES_WANTED;
    close_file(s);
    arena_free(&s->arena);
    free(s);
    l->shipment = NULL;
}

static void try_later(struct leader *l, int err)
{
    struct leader_db *db = l->shipment->db;
    LOG_WARN("replication", "archives of %s are not at the standby: %s", db->file, err_text(err));
    db->archives_retry_ms = clock_now().monotonic_ms + RETRY_MS;
    end_shipment(l, false);
}

static int list_of_view(struct realm_view *view, struct shipment *s)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(view, &r));
    return event_segment_list(r, &s->arena, &s->segments, &s->count);
}

static int list_segments(struct leader *l, struct shipment *s)
{
    char realm[REALM_NAME_MAX + 1];
    struct store_visit visit;
    struct realm_view *view;
    TRY(leading_realm_of(l, s->db, realm));
    TRY(store_visit_begin(l->store, str_c(realm), &visit));
    s->slot = visit.slot; /* lives as long as the store */
    int err = realm_view_acquire(l->store, str_c(realm), &view);
    if (err == 0) {
        err = list_of_view(view, s);
        realm_view_release(view);
    }
    store_visit_end(&visit);
    return err;
}

static bool is_due(const struct leader_db *db)
{
    return db->archives == ARCHIVES_WANTED && db->state == DB_FOLLOWS && !db->gone &&
           db->archives_retry_ms <= clock_now().monotonic_ms;
}

static bool begin_next(struct leader *l)
{
    struct leader_db *db = l->dbs;
    while (db && !is_due(db))
        db = db->next_of_all;
    struct shipment *s = db ? calloc(1, sizeof(*s)) : NULL;
    if (!s)
        return false;
    *s = (struct shipment){.db = db, .connection = l->connection, .fd = -1};
    arena_init(&s->arena, LIST_ARENA_BYTES);
    l->shipment = s;
    db->archives = ARCHIVES_ON_THEIR_WAY;
    (void)pthread_mutex_unlock(&l->lock);
    int err = list_segments(l, s);
    (void)pthread_mutex_lock(&l->lock);
    if (err != 0)
        try_later(l, err);
    return true;
}

/* --- One file --- */

/* Not under the lock. */
static int open_file(struct leader *l, struct shipment *s, const struct event_segment *segment)
{
    s->head = (struct repl_archive){
        .file = str_c(s->db->file), .name = segment->file, .removed = segment->removed};
    if (segment->removed)
        return 0;
    TRY(archive_open_read(s->slot, segment->file, &s->fd));
    return archive_file_sum(s->fd, &l->shipping_ends, &s->head.bytes, s->head.hash);
}

/* One that is missing here is told to who verifies the chain; the others go on. */
static void pass_over(struct shipment *s)
{
    LOG_ERROR("replication", "the archive %.*s of %s is missing here and cannot be sent",
              STR_ARG(s->head.name), s->db->file);
    s->at++;
}

static void send_offer(struct leader *l)
{
    l->scratch.type = REPL_ARCHIVE;
    l->scratch.archive = l->shipment->head;
    if (leading_send(l, &l->scratch) == 0)
        l->shipment->state = SHIP_OFFERED;
}

static bool offer_next(struct leader *l)
{
    struct shipment *s = l->shipment;
    close_file(s);
    if (s->at == s->count) {
        end_shipment(l, true);
        return true;
    }
    (void)pthread_mutex_unlock(&l->lock);
    int err = open_file(l, s, &s->segments[s->at]);
    (void)pthread_mutex_lock(&l->lock);
    if (err == ERR_NOT_FOUND)
        pass_over(s);
    else if (err != 0 && err != ERR_CANCELLED)
        try_later(l, err);
    else if (err == 0 && leading_goes_on(l, s->connection) && !s->db->gone)
        send_offer(l);
    return true;
}

/* The pause that makes it no faster than databases are brought. */
static void keep_pace(struct leader *l, size_t bytes)
{
    int64_t per_s = l->config.snapshot_pages_per_s * PAGE_BYTES;
    if (per_s > 0)
        l->archives_next_ms = clock_now().monotonic_ms + (int64_t)bytes * 1000 / per_s;
}

static int send_end(struct leader *l)
{
    l->scratch.type = REPL_ARCHIVE_END;
    l->scratch.file = str_c(l->shipment->db->file);
    TRY(leading_send(l, &l->scratch));
    l->shipment->state = SHIP_ENDED;
    return 0;
}

static int send_bytes(struct leader *l, struct str bytes)
{
    l->scratch.type = REPL_BYTES;
    l->scratch.bytes = bytes;
    TRY(leading_send(l, &l->scratch));
    l->shipment->head.there += bytes.len;
    l->told.sent_archive_bytes += bytes.len;
    keep_pace(l, bytes.len);
    return l->shipment->head.there == l->shipment->head.bytes ? send_end(l) : 0;
}

/* Not under the lock. */
static int read_piece(const struct shipment *s, char *out, size_t *ret_len)
{
    uint64_t left = s->head.bytes - s->head.there;
    size_t len = left < REPL_MESSAGE_BYTES ? (size_t)left : REPL_MESSAGE_BYTES;
    ssize_t n = pread(s->fd, out, len, (off_t)s->head.there);
    *ret_len = n > 0 ? (size_t)n : 0;
    return n > 0 ? 0 : ERR_IO;
}

static bool send_piece(struct leader *l)
{
    struct shipment *s = l->shipment;
    size_t len = 0;
    bool waits = clock_now().monotonic_ms < l->archives_next_ms ||
                 l->out.waiting(l->out.arg) > LEADING_SEND_BELOW_BYTES;
    char *piece = waits ? NULL : malloc(REPL_MESSAGE_BYTES);
    if (!piece)
        return false;
    (void)pthread_mutex_unlock(&l->lock);
    int err = read_piece(s, piece, &len);
    (void)pthread_mutex_lock(&l->lock);
    if (s->db->gone) /* told meanwhile: the standby takes no more of it */
        err = 0;
    else if (err == 0 && leading_goes_on(l, s->connection))
        err = send_bytes(l, str_of(piece, len));
    free(piece);
    if (err != 0)
        l->broken = true; /* what was begun cannot be ended */
    return true;
}

/* --- All of it --- */

/* Does a next step, if one can be done now. */
static bool ship(struct leader *l)
{
    struct shipment *s = l->shipment;
    if (s && (s->connection != l->connection || s->db->gone)) {
        end_shipment(l, false);
        return true;
    }
    if (!s)
        return begin_next(l);
    switch (s->state) {
    case SHIP_NEXT: return offer_next(l);
    case SHIP_SENDS: return send_piece(l);
    case SHIP_OFFERED:
    case SHIP_ENDED: break;
    }
    return false;
}

/* While a file is on its way, room or its time has to come. */
static int64_t pause_ms(const struct leader *l)
{
    return l->shipment && l->shipment->state == SHIP_SENDS ? ROOM_LOOK_MS : LOOK_MS;
}

static void *ship_all(void *leader)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    while (!l->stopping) {
        l->ships = false;
        bool more = l->attached && l->settled && !l->broken && ship(l);
        if (!more && !l->ships && !l->stopping)
            leading_pause(l, &l->shipping, clock_now().monotonic_ms + pause_ms(l));
    }
    (void)pthread_mutex_unlock(&l->lock);
    return NULL;
}

void leading_ship(struct leader *l)
{
    l->ships = true;
    (void)pthread_cond_signal(&l->shipping);
}

int leading_archives_begin(struct leader *l)
{
    l->shipper_runs = pthread_create(&l->shipper, NULL, ship_all, l) == 0;
    return l->shipper_runs ? 0 : ERR_NO_MEMORY;
}

void leading_archives_end(struct leader *l)
{
    atomic_store(&l->shipping_ends, true);
    if (l->shipper_runs)
        (void)pthread_join(l->shipper, NULL);
    (void)pthread_mutex_lock(&l->lock);
    end_shipment(l, false);
    (void)pthread_mutex_unlock(&l->lock);
}

static bool is_under_way(const struct shipment *s, const struct repl_archive *a)
{
    return str_eq(s->head.file, a->file) && str_eq(s->head.name, a->name) &&
           s->head.bytes == a->bytes;
}

int leading_archive_there(struct leader *l, const struct repl_archive *a)
{
    struct shipment *s = l->shipment;
    if (!s || s->connection != l->connection)
        return 0; /* its realm was deleted meanwhile */
    bool whole = a->there == a->bytes;
    bool fits =
        is_under_way(s, a) && (s->state == SHIP_OFFERED || (s->state == SHIP_ENDED && whole));
    if (!fits)
        return ERR_INVALID_REQUEST;
    s->head.there = a->there;
    s->at += whole;
    s->state = whole ? SHIP_NEXT : SHIP_SENDS;
    l->told.archives += whole && !a->removed;
    leading_ship(l);
    return 0;
}

void leading_archived(void *leader, struct str file)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    struct leader_db *db = leading_db(l, file, true);
    if (db)
        db->archives = ARCHIVES_WANTED;
    leading_ship(l);
    (void)pthread_mutex_unlock(&l->lock);
}

bool leading_keeps_archives(void *leader, struct str file)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    const struct leader_db *db = leading_db(l, file, false);
    bool kept = !l->expects_standby || (db && db->archives == ARCHIVES_THERE);
    (void)pthread_mutex_unlock(&l->lock);
    return kept;
}

/* Another standby has nothing of what the one before had. */
void leader_expect_standby(struct leader *l, bool expects)
{
    (void)pthread_mutex_lock(&l->lock);
    for (struct leader_db *db = l->dbs; db && !expects; db = db->next_of_all)
        db->archives = ARCHIVES_WANTED;
    l->expects_standby = expects;
    (void)pthread_mutex_unlock(&l->lock);
}

static int note_folder(void *arg, struct str file)
{
    struct leader *l = arg;
    (void)pthread_mutex_lock(&l->lock);
    struct leader_db *db = leading_db(l, file, false);
    if (db && db->archives == ARCHIVES_UNKNOWN)
        db->archives = ARCHIVES_WANTED;
    (void)pthread_mutex_unlock(&l->lock);
    return 0;
}

int leading_find_archives(struct leader *l)
{
    TRY(archive_each_realm(&l->store->folder, note_folder, l));
    (void)pthread_mutex_lock(&l->lock);
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all)
        if (db->archives == ARCHIVES_UNKNOWN && db->listed)
            db->archives = ARCHIVES_THERE;
    (void)pthread_mutex_unlock(&l->lock);
    return 0;
}
