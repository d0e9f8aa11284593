/* Reading back what a commit wrote. */
#include "store/repl/capture.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "store/page_file.h"
#include "store/sql/position.h"
#include "store/store.h"

#include "core/base/banned.h"

/* https://sqlite.org/fileformat2.html#walformat */
#define LOG_HEADER_BYTES   32
#define LOG_PAGE_BYTES_AT  8
#define LOG_SALTS_AT       16
#define FRAME_HEADER_BYTES 24
#define FRAME_COUNT_AT     4 /* pages of the database; 0: not the last frame of a commit */
#define FRAME_SALTS_AT     8
#define SALTS_BYTES        8
#define FRAME_BYTES        (FRAME_HEADER_BYTES + PAGE_BYTES)

#define FIRST_FRAMES  8 /* most commits change fewer pages */
#define KEPT_FRAMES   64
#define FIRST_CHANGES 16 /* times a power of 4: REPL_CHANGES_MAX */

/* --- Sinks --- */

void repl_sinks_init(struct repl_sinks *sinks, const struct repl_sink *first)
{
    (void)pthread_rwlock_init(&sinks->lock, NULL);
    if (first)
        sinks->items[0] = *first;
    atomic_init(&sinks->count, first ? 1 : 0);
    sinks->epoch = 1;
}

void repl_sinks_free(struct repl_sinks *sinks)
{
    (void)pthread_rwlock_destroy(&sinks->lock);
}

int repl_sink_add(struct store *store, const struct repl_sink *sink)
{
    struct repl_sinks *sinks = &store->sinks;
    (void)pthread_rwlock_wrlock(&sinks->lock);
    size_t count = atomic_load(&sinks->count);
    bool fits = count < REPL_SINKS_MAX;
    if (fits) {
        sinks->items[count] = *sink;
        atomic_store(&sinks->count, count + 1);
    }
    (void)pthread_rwlock_unlock(&sinks->lock);
    return fits ? 0 : ERR_TOO_LARGE;
}

void repl_sink_remove(struct store *store, const struct repl_sink *sink)
{
    struct repl_sinks *sinks = &store->sinks;
    (void)pthread_rwlock_wrlock(&sinks->lock);
    size_t count = atomic_load(&sinks->count);
    for (size_t i = 0; i < count; i++)
        if (sinks->items[i].commit == sink->commit && sinks->items[i].arg == sink->arg) {
            sinks->items[i] = sinks->items[count - 1];
            atomic_store(&sinks->count, count - 1);
            break;
        }
    (void)pthread_rwlock_unlock(&sinks->lock);
}

static void tell(struct repl_sinks *sinks, const struct repl_commit *commit)
{
    (void)pthread_rwlock_rdlock(&sinks->lock);
    size_t count = atomic_load(&sinks->count);
    for (size_t i = 0; i < count; i++)
        sinks->items[i].commit(sinks->items[i].arg, commit);
    (void)pthread_rwlock_unlock(&sinks->lock);
}

typedef void tell_of_file(void *arg, struct str file);

static tell_of_file *gone_of(const struct repl_sink *sink)
{
    return sink->gone;
}

static tell_of_file *archived_of(const struct repl_sink *sink)
{
    return sink->archived;
}

static tell_of_file *unarchived_of(const struct repl_sink *sink)
{
    return sink->unarchived;
}

static void tell_all(struct repl_sinks *sinks, struct str file,
                     tell_of_file *(*which)(const struct repl_sink *sink))
{
    if (atomic_load(&sinks->count) == 0)
        return;
    (void)pthread_rwlock_rdlock(&sinks->lock);
    size_t count = atomic_load(&sinks->count);
    for (size_t i = 0; i < count; i++) {
        tell_of_file *told = which(&sinks->items[i]);
        if (told)
            told(sinks->items[i].arg, file);
    }
    (void)pthread_rwlock_unlock(&sinks->lock);
}

void repl_sinks_tell_gone(struct repl_sinks *sinks, struct str file)
{
    tell_all(sinks, file, gone_of);
}

void repl_sinks_tell_archived(struct repl_sinks *sinks, struct str file)
{
    tell_all(sinks, file, archived_of);
}

void repl_sinks_tell_unarchived(struct repl_sinks *sinks, struct str file)
{
    tell_all(sinks, file, unarchived_of);
}

/* --- The position --- */

void capture_free(struct capture *c)
{
    free(c->frames);
    free(c->pages);
    free(c->changes);
    *c = (struct capture){0};
}

void capture_begin(struct realm_db *db)
{
    struct capture *c = &db->capture;
    c->moves = false;
    c->next = c->state;
    c->rows_changed = sqlite3_total_changes64(db->writer->db);
    c->notes = atomic_load(&db->store->sinks.count) > 0;
    c->lost = !c->notes;
    c->change_count = 0;
}

static bool reserve_changes(struct capture *c)
{
    if (c->change_count < c->changes_cap)
        return true;
    size_t cap = c->changes_cap ? c->changes_cap * 4 : FIRST_CHANGES;
    struct repl_change *changes = realloc(c->changes, cap * sizeof(*changes));
    if (!changes)
        return false;
    c->changes = changes;
    c->changes_cap = cap;
    return true;
}

static bool is_noted(const struct capture *c, struct repl_change change)
{
    if (c->change_count == 0)
        return false;
    const struct repl_change *last = &c->changes[c->change_count - 1];
    return last->kind == change.kind && last->key == change.key;
}

void capture_note(struct realm_db *db, struct repl_change change)
{
    struct capture *c = &db->capture;
    if (!c->notes || c->lost || is_noted(c, change))
        return;
    c->lost = c->change_count == REPL_CHANGES_MAX || !reserve_changes(c);
    if (!c->lost)
        c->changes[c->change_count++] = change;
}

static void tell_changes(const struct realm_db *db, struct repl_commit *commit)
{
    const struct capture *c = &db->capture;
    bool all = c->lost || db->marks.list;
    commit->changed = db->marks.config ? REPL_CHANGED_CONFIG : 0;
    if (all)
        commit->changed |= REPL_CHANGED_ALL;
    else if (c->change_count > 0)
        commit->changed |= REPL_CHANGED_ANY;
    commit->changes = c->changes;
    commit->change_count = all ? 0 : c->change_count;
}

static int move_on(struct realm_db *db)
{
    struct capture *c = &db->capture;
    if (c->state == POSITION_UNREAD)
        TRY(position_read(db->writer, &c->before));
    else
        c->before = c->state == POSITION_KEPT ? c->after : (struct repl_position){0};
    c->after.epoch = db->store->sinks.epoch;
    c->after.lsn = c->before.lsn + 1;
    do
        rng_bytes(&c->after.mark, sizeof(c->after.mark));
    while (c->after.mark == 0);
    c->state = POSITION_UNREAD;
    c->next = POSITION_KEPT;
    c->moves = true;
    return position_put(db->writer, &c->after);
}

int capture_move(struct realm_db *db)
{
    struct capture *c = &db->capture;
    if (sqlite3_total_changes64(db->writer->db) == c->rows_changed)
        return 0;
    if (atomic_load(&db->store->sinks.count) > 0)
        return move_on(db);
    if (c->state == POSITION_NONE)
        return 0;
    c->state = POSITION_UNREAD;
    c->next = POSITION_NONE;
    return position_forget(db->writer);
}

/* --- Frames --- */

static uint32_t get_u32(const unsigned char *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool reserve(struct capture *c, size_t count)
{
    unsigned char *frames = c->frames;
    struct repl_page *pages = c->pages;
    if (count > c->frames_cap && (frames = realloc(c->frames, count * FRAME_BYTES))) {
        c->frames = frames;
        c->frames_cap = count;
    }
    if (count > c->pages_cap && (pages = realloc(c->pages, count * sizeof(*pages)))) {
        c->pages = pages;
        c->pages_cap = count;
    }
    return count <= c->frames_cap && count <= c->pages_cap;
}

/* After an unusually large commit. */
static void shrink(struct capture *c)
{
    if (c->frames_cap <= KEPT_FRAMES)
        return;
    free(c->frames);
    free(c->pages);
    c->frames = NULL;
    c->pages = NULL;
    c->frames_cap = c->pages_cap = 0;
}

static bool read_log(struct realm_db *db, void *out, size_t bytes, size_t at)
{
    sqlite3_file *log = db->flush.log;
    return log->pMethods->xRead(log, out, (int)bytes, (sqlite3_int64)at) == SQLITE_OK;
}

/* Where the last commit begins among the last count frames of the log; count when it does not begin
 * there. */
static size_t start_of_commit(const unsigned char *frames, size_t count, bool whole_log)
{
    for (size_t i = count - 1; i > 0; i--)
        if (get_u32(frames + (i - 1) * FRAME_BYTES + FRAME_COUNT_AT) != 0)
            return i;
    return whole_log ? 0 : count;
}

/* The frames of the last commit are [*ret_start, *ret_end) of those read. Frames that were rolled back
 * have been overwritten, or lie behind the end that SQLite told. */
static bool read_commit(struct realm_db *db, size_t *ret_start, size_t *ret_end)
{
    struct capture *c = &db->capture;
    size_t total = (size_t)c->log_frames;
    for (size_t want = FIRST_FRAMES;; want *= 4) {
        size_t limit = total < REPL_PAGES_MAX + 1 ? total : REPL_PAGES_MAX + 1;
        size_t count = want < limit ? want : limit;
        if (!reserve(c, count) || !read_log(db, c->frames, count * FRAME_BYTES,
                                            LOG_HEADER_BYTES + (total - count) * FRAME_BYTES))
            return false;
        *ret_start = start_of_commit(c->frames, count, count == total);
        *ret_end = count;
        if (*ret_start < count)
            return count - *ret_start <= REPL_PAGES_MAX;
        if (count == limit)
            return false; /* larger than what is told */
    }
}

/* Frames of this log, of our pages, the last one ending a commit. */
static bool frames_are_right(struct realm_db *db, size_t start, size_t end)
{
    unsigned char header[LOG_HEADER_BYTES];
    const unsigned char *frames = db->capture.frames;
    if (!read_log(db, header, sizeof(header), 0) ||
        get_u32(header + LOG_PAGE_BYTES_AT) != PAGE_BYTES)
        return false;
    for (size_t i = start; i < end; i++) {
        const unsigned char *frame = frames + i * FRAME_BYTES;
        if (memcmp(frame + FRAME_SALTS_AT, header + LOG_SALTS_AT, SALTS_BYTES) != 0 ||
            (get_u32(frame + FRAME_COUNT_AT) != 0) != (i + 1 == end))
            return false;
    }
    return true;
}

/* By number, the newest first. */
static int compare(const void *a, const void *b)
{
    const struct repl_page *x = a;
    const struct repl_page *y = b;
    if (x->number != y->number)
        return x->number < y->number ? -1 : 1;
    return x->image > y->image ? -1 : x->image < y->image;
}

/* What was cut off at the end of the database is no page of it any more. */
static size_t newest_images(struct capture *c, size_t start, size_t end, uint32_t page_count)
{
    size_t all = 0;
    size_t count = 0;
    for (size_t i = start; i < end; i++) {
        unsigned char *frame = c->frames + i * FRAME_BYTES;
        page_clean(frame + FRAME_HEADER_BYTES, get_u32(frame), page_count);
        c->pages[all++] = (struct repl_page){get_u32(frame), frame + FRAME_HEADER_BYTES};
    }
    qsort(c->pages, all, sizeof(*c->pages), compare);
    for (size_t i = 0; i < all && c->pages[i].number <= page_count; i++)
        if (count == 0 || c->pages[i].number != c->pages[count - 1].number)
            c->pages[count++] = c->pages[i];
    return count;
}

static bool has_sums(struct realm_db *db)
{
    int sums = 0;
    return sqlite3_file_control(db->writer->db, "main", PAGE_OP_HAS_SUMS, &sums) == SQLITE_OK &&
           sums;
}

static void read_back(struct realm_db *db, struct repl_commit *commit)
{
    struct capture *c = &db->capture;
    size_t start, end;
    if (c->log_frames <= 0 || !has_sums(db) || !read_commit(db, &start, &end) ||
        !frames_are_right(db, start, end)) {
        LOG_WARN("replication", "a commit in %s is not followed page by page", db->slot->file);
        return;
    }
    commit->page_count = get_u32(c->frames + (end - 1) * FRAME_BYTES + FRAME_COUNT_AT);
    commit->count = newest_images(c, start, end, commit->page_count);
    commit->pages = c->pages;
}

void capture_committed(struct realm_db *db)
{
    char name[REALM_NAME_MAX + 1];
    struct capture *c = &db->capture;
    c->state = c->next;
    if (!c->moves)
        return;
    slot_name(db->slot, name);
    struct repl_commit commit = {
        .realm = str_c(name),
        .file = str_c(db->slot->file),
        .before = c->before,
        .after = c->after,
        .time_ms = clock_now().wall_ms,
    };
    tell_changes(db, &commit);
    read_back(db, &commit);
    tell(&db->store->sinks, &commit);
    shrink(c);
}
