/* Answers that wait until the standby has what they say.
 *
 * The change itself is made and on this machine's disk by then, others may see it. So a wait that ends
 * in vain does not undo anything: it ends in an answer that promises nothing. */
#include "core/base/log.h"
#include "store/repl/leading.h"

#include "core/base/banned.h"

void leading_wake(struct leader_db *db)
{
    if (db->waiters > 0)
        (void)pthread_cond_broadcast(&db->changed);
}

void leading_wake_all(struct leader *l)
{
    for (struct leader_db *db = l->dbs; db; db = db->next_of_all)
        leading_wake(db);
}

/* A realm that is being made is none yet. */
static bool is_missing(const struct leader_db *db)
{
    bool follows = db->state == DB_FOLLOWS || db->state == DB_COMPARED;
    return !db->gone && !db->fresh && db->listed && (!follows || position_known(&db->brought));
}

bool leading_in_step(const struct leader *l)
{
    if (!l->attached || !l->settled || l->broken)
        return false;
    for (const struct leader_db *db = l->dbs; db; db = db->next_of_all)
        if (is_missing(db))
            return false;
    return true;
}

int leading_admit(void *leader)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    bool refuses = l->config.mode != REPL_ASYNC && l->config.stop_without_standby && !l->stopping &&
                   (!l->attached || !l->settled || l->broken);
    (void)pthread_mutex_unlock(&l->lock);
    return refuses ? ERR_NO_STANDBY : 0;
}

/* Whether the standby is expected to have what is committed soon: also of a database that is just being
 * brought in step. */
static bool is_expected(const struct leader *l)
{
    return l->config.stop_without_standby || (l->attached && l->settled && !l->broken && !l->slow);
}

static bool is_there(const struct leader_db *db, const struct repl_position *position)
{
    return !position_known(position) || position_compare(&db->acknowledged, position) >= 0;
}

static void give_up(struct leader *l, const struct leader_db *db)
{
    if (l->slow)
        return;
    l->slow = true;
    LOG_WARN(
        "replication",
        "the standby did not confirm a change in %s within %lld ms: answers do not wait for it "
        "until it keeps up",
        db->file, (long long)l->config.confirm_ms);
}

/* 0, or ERR_UNCONFIRMED. Called and left with the lock held. */
static int wait_for(struct leader *l, struct leader_db *db, const struct repl_position *position)
{
    int64_t until_ms = clock_now().monotonic_ms + l->config.confirm_ms;
    bool stops = l->config.stop_without_standby;
    db->waiters++;
    while (!db->gone && !is_there(db, position) && is_expected(l) && !l->stopping) {
        if (clock_now().monotonic_ms >= until_ms) {
            if (!stops)
                give_up(l, db);
            break;
        }
        leading_pause(l, &db->changed, until_ms);
    }
    db->waiters--;
    return db->gone || is_there(db, position) || !stops ? 0 : ERR_UNCONFIRMED;
}

int leading_wait(void *leader, struct str file, const struct repl_position *position)
{
    struct leader *l = leader;
    int err = 0;
    (void)pthread_mutex_lock(&l->lock);
    struct leader_db *db = l->config.mode == REPL_ASYNC ? NULL : leading_db(l, file, false);
    if (db) {
        struct repl_position until = position_known(position) ? *position : db->newest;
        err = wait_for(l, db, &until);
    }
    (void)pthread_mutex_unlock(&l->lock);
    return err;
}
