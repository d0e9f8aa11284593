/* Commits, from the thread that makes them to the standby. */
#include <stdlib.h>

#include "core/base/log.h"
#include "store/page_file.h"
#include "store/repl/leading.h"

#include "core/base/banned.h"

/* What a message adds to what it carries. */
#define HEAD_BYTES ((size_t)4 << 10)

int leading_send(struct leader *l, const struct repl_message *m)
{
    if (!l->attached || l->broken)
        return ERR_IO;
    int err = l->out.send(l->out.arg, m);
    if (err == 0)
        return 0;
    /* What was begun cannot be ended: only a new connection helps. */
    l->broken = true;
    LOG_WARN("replication", "sending to the standby broke off: %s", err_text(err));
    return ERR_IO;
}

bool leading_has_room(struct leader *l, size_t bytes)
{
    return l->out.waiting(l->out.arg) + bytes <= REPL_WAITING_MAX;
}

static int send_pages(struct leader *l, const struct repl_commit *c)
{
    struct repl_pages *pages = &l->scratch.pages;
    l->scratch.type = REPL_PAGES;
    for (size_t i = 0; i < c->count; i += pages->count) {
        size_t left = c->count - i;
        pages->count = left < REPL_MESSAGE_PAGES ? left : REPL_MESSAGE_PAGES;
        memcpy(pages->pages, c->pages + i, pages->count * sizeof(*pages->pages));
        TRY(leading_send(l, &l->scratch));
    }
    return 0;
}

static int send_commit(struct leader *l, const struct kept *kept)
{
    const struct repl_commit *c = &kept->commit;
    struct repl_commit_head *head = &l->scratch.commit;
    l->scratch.type = REPL_COMMIT;
    head->realm = c->realm;
    head->file = c->file;
    head->before = c->before;
    head->after = c->after;
    head->time_ms = c->time_ms;
    head->page_count = c->page_count;
    head->count = (uint32_t)c->count;
    head->changed = c->changed;
    head->change_count = c->change_count;
    if (c->change_count > 0)
        memcpy(head->changes, c->changes, c->change_count * sizeof(*c->changes));
    TRY(leading_send(l, &l->scratch));
    TRY(send_pages(l, c));
    l->told.sent_commits++;
    l->told.sent_bytes += kept->bytes;
    return 0;
}

void leading_fall_behind(struct leader *l, struct leader_db *db)
{
    db->state = DB_BEHIND;
    db->next = NULL;
    db->retry_ms = 0;
    leading_forget_hashes(db);
    leading_work(l);
    leading_wake(db);
}

void leading_pump(struct leader *l, struct leader_db *db, const struct repl_position *limit)
{
    for (struct kept *k = db->next; k; k = db->next) {
        if (limit && position_compare(&k->commit.after, limit) > 0)
            return;
        if (position_compare(&k->commit.after, &db->sent) > 0) {
            if (!position_same(&k->commit.before, &db->sent)) {
                leading_fall_behind(l, db);
                return;
            }
            if (!leading_has_room(l, k->bytes + HEAD_BYTES)) {
                leading_work(l);
                return;
            }
            if (send_commit(l, k) != 0)
                return;
            db->sent = k->commit.after;
        }
        db->next = k->next_of_file;
    }
    /* The last ones were too large to be kept, which nothing that comes would show: nothing may come. */
    if (db->state == DB_FOLLOWS && position_compare(&db->newest, &db->sent) > 0)
        leading_fall_behind(l, db);
}

static struct kept *first_after(const struct leader_db *db, const struct repl_position *position)
{
    struct kept *k = db->recent.first;
    while (k && position_compare(&k->commit.after, position) <= 0)
        k = k->next_of_file;
    return k;
}

/* Numbers begin anew when a database was changed while nobody followed: a higher one says nothing about a
 * position that comes from elsewhere. Of our own database, a commit may not have been told yet. */
static bool leads_on(const struct leader_db *db, const struct repl_position *position, bool is_ours,
                     const struct kept *next)
{
    if (!position_known(position))
        return false;
    if (next)
        return position_same(&next->commit.before, position);
    if (is_ours && position_compare(&db->newest, position) < 0)
        return true;
    return position_same(&db->newest, position);
}

void leading_continue(struct leader *l, struct leader_db *db, const struct repl_position *position,
                      bool is_ours)
{
    struct kept *next = first_after(db, position);
    db->at_standby = true; /* whatever follows: it has this, and will say so */
    db->sent = *position;
    if (!leads_on(db, position, is_ours, next)) {
        leading_fall_behind(l, db);
        return;
    }
    db->state = DB_FOLLOWS;
    db->next = next;
    leading_pump(l, db, NULL);
}

static void forget_kept(void *leader, const struct kept *kept)
{
    struct leader_db *db = (struct leader_db *)kept->file;
    if (db->unacknowledged == kept)
        db->unacknowledged = kept->next_of_file;
    if (db->next == kept)
        leading_fall_behind(leader, db);
}

static bool follows(const struct leader_db *db)
{
    return db->state == DB_FOLLOWS || db->state == DB_COMPARED;
}

static void keep(struct leader *l, struct leader_db *db, struct kept *kept)
{
    recent_add(&l->recent, &db->recent, kept, forget_kept, l);
    if (!db->unacknowledged)
        db->unacknowledged = kept;
    if (!l->attached || !follows(db))
        return;
    if (!db->next)
        db->next = kept;
    if (db->state == DB_FOLLOWS)
        leading_pump(l, db, NULL);
}

/* A database that nobody has heard of is one that is being made. */
static struct leader_db *db_of_commit(struct leader *l, struct str file)
{
    struct leader_db *db = leading_db(l, file, false);
    if (db) {
        db->only_said = false;
        return db;
    }
    db = leading_db(l, file, true);
    if (db && l->attached && l->settled) {
        db->fresh = true;
        leading_fall_behind(l, db);
    }
    return db;
}

void leading_commit(void *leader, const struct repl_commit *commit)
{
    struct leader *l = leader;
    struct kept *kept = commit->pages ? kept_copy(commit) : NULL;
    (void)pthread_mutex_lock(&l->lock);
    struct leader_db *db = db_of_commit(l, commit->file);
    if (db)
        db->newest = commit->after;
    else /* it is found when the standby connects anew */
        l->broken = true;
    if (db && db->gone) {
        /* nobody wants it any more */
    } else if (db && kept && kept->bytes <= l->recent.bytes_max) {
        keep(l, db, kept);
        kept = NULL;
    } else if (db && l->attached && follows(db)) {
        leading_fall_behind(l, db);
    }
    (void)pthread_mutex_unlock(&l->lock);
    free(kept);
}

/* Nobody waits for it any more. */
static void forget_unacknowledged(struct leader *l, struct leader_db *db)
{
    for (struct kept *k = db->unacknowledged; k; k = k->next_of_file)
        recent_acknowledge(&l->recent, k);
    db->unacknowledged = NULL;
}

void leading_tell_gone(struct leader *l, struct leader_db *db)
{
    if (!db->gone_untold)
        return;
    l->scratch.type = REPL_GONE;
    l->scratch.file = str_c(db->file);
    if (leading_send(l, &l->scratch) == 0)
        db->gone_untold = db->at_standby = false;
}

/* Told before the list of realms forgets it: a standby that hears the latter alone, and reigns then, has a
 * file of nobody (RP-02). */
void leading_gone(void *leader, struct str file)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    /* Also one that nobody has heard of: the list of realms may be read at this moment, with it in it. */
    struct leader_db *db = leading_db(l, file, true);
    if (!db)
        l->broken = true;
    if (db) {
        db->gone = true;
        db->gone_untold = db->at_standby;
        db->state = DB_UNKNOWN;
        db->next = NULL;
        forget_unacknowledged(l, db);
        leading_tell_gone(l, db);
        leading_work(l);
        leading_wake(db);
    }
    (void)pthread_mutex_unlock(&l->lock);
}

/* --- What the standby has --- */

static void note_pace(struct leader *l, const struct kept *kept)
{
    int64_t age_ms = clock_now().monotonic_ms - kept->monotonic_ms;
    if (l->slow && age_ms < l->config.confirm_ms / 2 && leading_in_step(l)) {
        l->slow = false;
        LOG_INFO("replication", "the standby keeps up again: answers wait for it");
    }
}

void leading_has(struct leader *l, struct leader_db *db, const struct repl_position *position)
{
    db->acknowledged = *position;
    if (position_compare(position, &db->brought) >= 0)
        db->brought = (struct repl_position){0};
    struct kept *k = db->unacknowledged;
    for (; k && position_compare(&k->commit.after, position) <= 0; k = k->next_of_file) {
        recent_acknowledge(&l->recent, k);
        if (!k->next_of_file || position_same(&k->commit.after, position))
            note_pace(l, k);
    }
    db->unacknowledged = k;
    leading_wake(db);
}

int leading_acknowledged(struct leader *l, const struct repl_at *at)
{
    struct leader_db *db = leading_db(l, at->file, false);
    if (!db || db->state == DB_UNKNOWN)
        return 0; /* deleted meanwhile */
    if (position_compare(&at->position, &db->sent) > 0)
        return ERR_INVALID_REQUEST;
    leading_has(l, db, &at->position);
    return 0;
}
