/* One database of a standby: pages go in, answers that rest on what changed are over, the log gets on
 * disk. */
#include <stdlib.h>

#include "core/base/log.h"
#include "store/migrate.h"
#include "store/repl/apply.h"
#include "store/repl/following.h"
#include "store/sql/page.h"
#include "store/sql/position.h"
#include "store/tx.h"

#include "core/base/banned.h"

#define NOTES_ARENA_BYTES ((size_t)4 << 20)

/* --- What is over --- */

/* What ends is looked up by its rows before they change, as the primary does within its transaction. */
static void note_endings(struct store_write *w, const struct job *job)
{
    static const enum ending_kind kinds[] = {[MARK_USER] = ENDING_USER,
                                             [MARK_SESSION] = ENDING_SESSION,
                                             [MARK_CLIENT_SESSION] = ENDING_CLIENT_SESSION,
                                             [MARK_REVOKED] = ENDING_ALL};
    struct ending_notes *notes = w->reader.db->notes;
    if (job->changed & REPL_CHANGED_CONFIG)
        endings_note(notes, ENDING_ALL, 0, STR(""));
    for (size_t i = 0; i < job->change_count; i++) {
        enum mark_kind kind = (enum mark_kind)job->changes[i].kind;
        if (kind < ARRAY_LEN(kinds))
            endings_note(notes, kinds[kind], (int64_t)job->changes[i].key, STR(""));
    }
}

static void begin_endings(struct store_write *w, const struct job *job)
{
    endings_begin(w);
    if (job->kind != JOB_COMMIT || (job->changed & REPL_CHANGED_ALL))
        w->reader.db->notes = NULL; /* not known one by one */
    note_endings(w, job);
    endings_look_up(w);
}

static void raise_marks(struct slot *slot, const struct job *job)
{
    struct mark_set set = {.any = false};
    for (size_t i = 0; i < job->change_count; i++)
        if (job->changes[i].kind <= MARK_RIGHTS)
            mark_set_add(&set, slot->mark_seed, (enum mark_kind)job->changes[i].kind,
                         job->changes[i].key);
    if (!set.any)
        return;
    /* In this order, as a commit of our own does (tx.c). */
    atomic_fetch_add(&slot->changes, 1);
    marks_raise(&slot->store->marks, &set);
}

/* With the new generation no answer of the realm that was kept before holds any more. */
static void end_answers(struct slot *slot, const struct job *job)
{
    if (job->kind != JOB_COMMIT || (job->changed & (REPL_CHANGED_CONFIG | REPL_CHANGED_ALL)))
        atomic_fetch_add(&slot->generation, 1);
    raise_marks(slot, job);
}

/* --- Pages --- */

/* The first page tells whether this program reads the rest. */
static int version_of(const struct followed *d, const struct job *job)
{
    if (job->pages[0].number != 1)
        return atomic_load(&d->db->unreadable);
    return migrate_compare(job->pages[0].image, d->slot->is_master);
}

/* Nobody reads a list of realms that was not taken in. */
static int let_read(struct followed *d, const struct job *job)
{
    int err = version_of(d, job);
    bool lists =
        d->slot->is_master && (job->kind != JOB_COMMIT || (job->changed & REPL_CHANGED_ALL) != 0);
    if (err == 0 && lists)
        TRY(slots_follow_list(d->slot->store));
    if (atomic_exchange(&d->db->unreadable, err) != err && err == ERR_STORE_VERSION)
        LOG_WARN("replication", "%s is of another version than this program: not read here",
                 d->file);
    return 0;
}

/* With the turn. */
static int put_pages(struct followed *d, const struct job *job)
{
    struct realm_db *db = d->db;
    int log_pages = 0;
    if (atomic_load(&db->flush.failed))
        return ERR_STORE_FAILED;
    TRY(flush_prime(&db->flush, &db->store->folder));
    int err = repl_apply(db->writer, job->pages, job->count, job->page_count, &log_pages);
    if (err != 0) {
        atomic_store(&db->store->full, err == ERR_STORE_FULL);
        return err;
    }
    flush_grew(&db->flush);
    atomic_store(&db->log_pages, log_pages);
    d->ticket = flush_ticket(&db->flush);
    return 0;
}

static int put_in_turn(struct followed *d, const struct job *job)
{
    struct realm_db *db = d->db;
    TRY(turnstile_enter(&db->turn, db->store->config.wait_ms));
    int err = put_pages(d, job);
    turnstile_leave(&db->turn);
    return err;
}

static int put(struct followed *d, const struct job *job)
{
    struct now now = clock_now();
    struct store_write w = {.reader = {.slot = d->slot, .db = d->db, .of_write = true}, .now = now};
    arena_init(&w.arena, NOTES_ARENA_BYTES);
    begin_endings(&w, job);
    int err = put_in_turn(d, job);
    if (err == 0) {
        d->at = job->after;
        end_answers(d->slot, job);
        endings_tell(&w, job->changed != 0 || job->kind != JOB_COMMIT);
    }
    d->db->notes = NULL;
    arena_free(&w.arena);
    return err;
}

static void allow_making(struct slot *slot, bool allowed)
{
    (void)pthread_mutex_lock(&slot->lock);
    slot->may_create = allowed;
    (void)pthread_mutex_unlock(&slot->lock);
}

static int use(struct followed *d, bool made)
{
    if (d->db)
        return 0;
    allow_making(d->slot, made);
    int err = slot_db_acquire_to_follow(d->slot, &d->db);
    allow_making(d->slot, false);
    return err;
}

/* The writer's connection sees what was put in last. */
static int read_position(struct followed *d)
{
    TRY(turnstile_enter(&d->db->turn, d->slot->store->config.wait_ms));
    int err = position_read(d->db->writer, &d->at);
    turnstile_leave(&d->db->turn);
    return err;
}

/* The pages say themselves where they stand. */
static int check_position(struct followed *d, const struct repl_position *announced)
{
    TRY(read_position(d));
    if (position_is(&d->at, announced))
        return 0;
    LOG_ERROR("replication", "%s came whole and is not what was announced", d->file);
    return ERR_STORE_CORRUPT;
}

int followed_apply(struct followed *d, const struct job *job, bool made)
{
    d->known = d->hashed = false;
    TRY(use(d, made));
    TRY(put(d, job));
    if (job->kind == JOB_SNAPSHOT)
        TRY(check_position(d, &job->after));
    TRY(let_read(d, job));
    d->known = true;
    if (atomic_load(&d->db->log_pages) >= d->slot->store->config.checkpoint_pages)
        keeper_wake(d->slot->store);
    return 0;
}

int followed_flush(struct followed *d)
{
    if (!d->db)
        return 0;
    int err = d->ticket != 0 ? flush_wait(&d->db->flush, d->ticket) : 0;
    slot_db_release(d->slot, d->db);
    d->db = NULL;
    d->ticket = 0;
    return err;
}

/* --- Where it stands --- */

static bool is_open(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    bool open = slot->db != NULL;
    (void)pthread_mutex_unlock(&slot->lock);
    return open;
}

int followed_look(struct followed *d)
{
    bool was_open = is_open(d->slot);
    TRY(use(d, false));
    int err = atomic_load(&d->db->unreadable) == ERR_STORE_BUSY ? ERR_STORE_BUSY : read_position(d);
    d->known = err == 0;
    slot_db_release(d->slot, d->db);
    d->db = NULL;
    if (!was_open && !d->slot->is_master)
        (void)slot_db_close_idle(d->slot);
    return err;
}

int followed_remove(struct followed *d)
{
    TRY(followed_flush(d));
    slot_retire(d->slot);
    d->known = false;
    return realm_files_remove(d->slot);
}
