/* Answers that wait until the standby has what they say.
 *
 * The change itself is made and on this machine's disk by then, others may see it. So a wait that ends
 * in vain does not undo anything: it ends in an answer that promises nothing. */
#include "core/base/log.h"
#include "store/repl/leading.h"

#include "core/base/banned.h"

/* For the witness to hear that answers leave without the standby. */
#define WITNESS_MS 2000

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

bool leading_keeps_up(const struct leader *l)
{
    return l->attached && l->settled && !l->broken && !l->slow;
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

/* Whether no answer may leave without the standby: by setting, or as the witness counts on it. */
static bool must_wait(const struct leader *l)
{
    return (l->config.mode != REPL_ASYNC && l->config.stop_without_standby) ||
           !lease_may_answer_alone(l->lease, l->config.mode == REPL_ASYNC);
}

/* Whether the standby is expected to have what is committed soon: also of a database that is just being
 * brought in step. */
static bool is_expected(const struct leader *l)
{
    return must_wait(l) || (l->config.mode != REPL_ASYNC && leading_keeps_up(l));
}

/* Whether the word of the standby that follows is enough: where the witness may let another one reign it is
 * not. */
static bool is_counted_on(const struct leader *l)
{
    return lease_may_answer_alone(l->lease, l->config.mode == REPL_ASYNC) ||
           lease_is_counted_on(l->lease);
}

static bool is_there(const struct leader *l, const struct leader_db *db,
                     const struct repl_position *position)
{
    return db->gone || !position_known(position) ||
           (position_compare(&db->acknowledged, position) >= 0 && is_counted_on(l));
}

static void give_up(struct leader *l, const struct leader_db *db)
{
    if (l->slow || l->config.mode == REPL_ASYNC)
        return;
    l->slow = true;
    LOG_WARN(
        "replication",
        "the standby did not confirm a change in %s within %lld ms: answers do not wait for it "
        "until it keeps up",
        db->file, (long long)l->config.confirm_ms);
}

/* Called and left with the lock held. */
static void pause_until(struct leader *l, struct leader_db *db,
                        const struct repl_position *position, int64_t until_ms)
{
    while (!is_there(l, db, position) && is_expected(l) && !l->stopping &&
           clock_now().monotonic_ms < until_ms)
        leading_pause(l, &db->changed, until_ms);
}

/* 0, or ERR_UNCONFIRMED. Called and left with the lock held. A witness that counts on the standby is told
 * first that answers leave without it (store/witness/warden.h), which takes a moment. */
static int wait_for(struct leader *l, struct leader_db *db, const struct repl_position *position)
{
    db->waiters++;
    pause_until(l, db, position, clock_now().monotonic_ms + l->config.confirm_ms);
    if (!is_there(l, db, position) && is_expected(l) && !l->config.stop_without_standby) {
        give_up(l, db);
        pause_until(l, db, position, clock_now().monotonic_ms + WITNESS_MS);
    }
    db->waiters--;
    return is_there(l, db, position) || !must_wait(l) ? 0 : ERR_UNCONFIRMED;
}

static int wait_in_turn(struct leader *l, struct str file, const struct repl_position *position)
{
    struct leader_db *db =
        is_expected(l) || l->config.mode != REPL_ASYNC ? leading_db(l, file, false) : NULL;
    if (!db)
        return 0;
    struct repl_position until = position_known(position) ? *position : db->newest;
    return wait_for(l, db, &until);
}

/* Whoever was stopped for long, and committed in a reign that may be over, promises nothing. */
int leading_wait(void *leader, struct str file, const struct repl_position *position)
{
    struct leader *l = leader;
    (void)pthread_mutex_lock(&l->lock);
    int err = wait_in_turn(l, file, position);
    (void)pthread_mutex_unlock(&l->lock);
    return err == 0 && !lease_is_held(l->lease) ? ERR_UNCONFIRMED : err;
}
