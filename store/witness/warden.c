#include "store/witness/warden.h"

#include <stdlib.h>
#include <time.h>

#include "core/base/clock.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define LOOK_MS   50   /* between looks at what is to be told */
#define RETRY_MS  200  /* after a question without an answer */
#define IDLE_MS   2000 /* between questions of a node that does not reign */
#define WAIT_MOST 2000 /* for an answer, and for a connection */

struct warden {
    struct warden_config config;
    struct lease *lease;
    pthread_t thread;
    pthread_mutex_t lock;
    pthread_cond_t wake; /* monotonic */
    bool stopping;       /* under the lock */
    /* Of the thread. */
    struct witness_line line;
    int64_t asked_ms;    /* the last time, on the lease's clock */
    int64_t followed_ms; /* when the standby did, in the asynchronous mode */
    bool is_told;        /* the witness counts on told, for all that is known */
    enum lease_stance told;
    char standby[REPL_NODE_ID_LEN + 1]; /* of this one */
    int complained;                     /* the last error of asking that was logged */
    struct err_ctx obstacle;            /* why this node does not reign, as it was logged last */
};

/* --- Asking --- */

static int64_t wait_ms(const struct warden *w)
{
    int64_t third = lease_length_ms(w->lease) / 3;
    return third < WAIT_MOST ? third : WAIT_MOST;
}

static void complain(struct warden *w, int err)
{
    if (err == w->complained)
        return;
    w->complained = err;
    if (err != 0)
        LOG_WARN("replication", "the witness does not answer: %s",
                 err == ERR_UNAUTHENTICATED ? "another one answers there" : err_text(err));
    else
        LOG_INFO("replication", "the witness answers");
}

/* A connection on which this node has its turn. It takes several times as long as a question, and none of that
 * is time of a lease, which begins when the question is asked: so a short lease does not limit it. */
static int reach(struct warden *w)
{
    int64_t deadline_ms = clock_now().monotonic_ms + WAIT_MOST;
    struct witness_request q;
    struct witness_answer answer;
    witness_request_of(w->config.node, WITNESS_LOOK, &q);
    TRY(witness_dial(w->config.node, w->config.identity, deadline_ms, &w->line));
    return witness_ask(w->config.node, &w->line, &q, deadline_ms, &answer);
}

static int ask(struct warden *w, const struct witness_request *q, struct witness_answer *ret_answer)
{
    int err = w->line.channel ? 0 : reach(w);
    w->asked_ms = lease_now_ms(w->lease);
    if (err == 0)
        err = witness_ask(w->config.node, &w->line, q, clock_now().monotonic_ms + wait_ms(w),
                          ret_answer);
    if (err != 0)
        witness_hang_up(&w->line);
    if (err == 0)
        lease_note_witness(w->lease, ret_answer->knows_standby, ret_answer->stance);
    else
        lease_note_silence(w->lease);
    complain(w, err);
    return err;
}

static bool is_due(const struct warden *w, int64_t period_ms)
{
    return lease_now_ms(w->lease) - w->asked_ms >= period_ms;
}

/* --- A primary --- */

/* Before the witness counts on the standby, answers wait for it: what was answered before must be there
 * when it is looked at again. */
static enum lease_stance choose_stance(struct warden *w)
{
    enum lease_stance stance = leader_stance(w->config.leader, w->told);
    if (stance != LEASE_COVERED || w->told == LEASE_COVERED)
        return stance;
    lease_tell(w->lease, LEASE_COVERED);
    return leader_stance(w->config.leader, w->told);
}

/* A cut between the nodes may be the first sign of the primary's end: for a moment it stays what it was, so
 * that a standby reigns that lacks no more than that moment. */
static enum lease_stance delay(struct warden *w, enum lease_stance stance)
{
    struct node_state state;
    int64_t now_ms = lease_now_ms(w->lease);
    node_look(w->config.node, &state);
    if (stance == LEASE_ASYNC)
        w->followed_ms = now_ms;
    bool is_recent = now_ms - w->followed_ms < 2 * lease_length_ms(w->lease);
    bool stays = stance == LEASE_ALONE && w->told == LEASE_ASYNC && is_recent &&
                 state.mode == REPL_ASYNC && node_has_peer(&state);
    return stays ? LEASE_ASYNC : stance;
}

static void count_on(struct warden *w, enum lease_stance stance)
{
    lease_set_told(w->lease, stance);
    leader_lease_changed(w->config.leader);
}

/* Whom the witness is to let reign: the node's standby. Before it hears of another one than before, nothing
 * rests on the one before any more. */
static void choose_standby(struct warden *w, char standby[REPL_NODE_ID_LEN + 1])
{
    static const char nobody[REPL_NODE_ID_LEN + 1] = "";
    struct node_state state;
    node_look(w->config.node, &state);
    const char *counted = state.witness.counted;
    bool is_another = counted[0] != '\0' && strcmp(counted, state.peer.node) != 0;
    bool stays = is_another && node_count_on(w->config.node, nobody) != 0;
    memcpy(standby, stays ? counted : state.peer.node, REPL_NODE_ID_LEN + 1);
}

/* It is kept before anything rests on it. */
static bool keep_standby(struct warden *w, const char *standby)
{
    struct node_state state;
    node_look(w->config.node, &state);
    if (strcmp(state.witness.counted, standby) != 0 && node_count_on(w->config.node, standby) != 0)
        return false;
    memcpy(w->standby, standby, sizeof(w->standby));
    return true;
}

/* A request that was not answered may have been heard: from then on it is not known what is counted on. */
static void renew(struct warden *w, const char *standby, enum lease_stance stance)
{
    struct witness_request q;
    struct witness_answer answer;
    witness_request_of(w->config.node, WITNESS_RENEW, &q);
    q.stance = stance;
    memcpy(q.standby, standby, sizeof(q.standby));
    lease_tell(w->lease, stance);
    if (ask(w, &q, &answer) != 0 || answer.verdict != WITNESS_GRANTED) {
        w->is_told = false;
        w->told = LEASE_ALONE;
        return;
    }
    lease_extend(w->lease, w->asked_ms);
    w->is_told = keep_standby(w, standby);
    w->told = stance;
    count_on(w, stance);
}

static void reign(struct warden *w)
{
    char standby[REPL_NODE_ID_LEN + 1];
    choose_standby(w, standby);
    enum lease_stance stance = delay(w, choose_stance(w));
    if (!lease_may_tell(w->lease, standby))
        stance = LEASE_ALONE;
    bool is_news = !w->is_told || stance != w->told || strcmp(standby, w->standby) != 0;
    if (is_due(w, w->is_told ? is_news ? 0 : lease_length_ms(w->lease) / 3 : RETRY_MS))
        renew(w, standby, stance);
    else if (!is_news)
        count_on(w, stance);
}

/* --- A standby --- */

static int begin_reign(void *arg, struct node_state *state)
{
    (void)arg;
    return node_take_over(state, clock_now().wall_ms);
}

static int claim(struct warden *w, struct err_ctx *ctx)
{
    TRY(witness_claim(w->config.node, w->config.identity, false, 0, ctx));
    int err = node_change(w->config.node, begin_reign, NULL);
    if (err != 0) {
        lease_claim_end(w->lease);
        return err_set(ctx, err, "%s", err_text(err));
    }
    return 0;
}

static int take_over(struct warden *w, struct err_ctx *ctx)
{
    TRY(w->config.may_reign(w->config.arg, ctx));
    int err = claim(w, ctx);
    if (err != 0) {
        w->config.goes_on(w->config.arg);
        return err;
    }
    LOG_WARN("replication", "the primary is gone, and the witness let this node reign");
    return 0;
}

static void look(struct warden *w)
{
    struct witness_request q;
    struct witness_answer answer;
    witness_request_of(w->config.node, WITNESS_LOOK, &q);
    int err = ask(w, &q, &answer);
    (void)err; /* noted */
}

static void try_to_reign(struct warden *w)
{
    struct err_ctx ctx = {0};
    w->asked_ms = lease_now_ms(w->lease);
    if (take_over(w, &ctx) == 0 || strcmp(ctx.detail, w->obstacle.detail) == 0)
        return;
    LOG_WARN("replication", "the primary is not heard, and this node does not reign: %s",
             ctx.detail);
    w->obstacle = ctx;
}

static void stand_by(struct warden *w)
{
    int64_t sixth_ms = lease_length_ms(w->lease) / 6;
    bool tries = w->config.takes_over && lease_is_over(w->lease);
    if (!tries)
        w->obstacle.detail[0] = '\0';
    if (tries && is_due(w, sixth_ms > RETRY_MS ? sixth_ms : RETRY_MS))
        try_to_reign(w);
    else if (!tries && is_due(w, IDLE_MS))
        look(w);
}

/* --- The thread --- */

static void round_of(struct warden *w)
{
    struct node_state state;
    node_look(w->config.node, &state);
    if (w->config.leader && state.role == REPL_PRIMARY && !node_is_fenced(&state))
        reign(w);
    else if (state.role == REPL_STANDBY)
        stand_by(w);
}

/* False when it is time to end. */
static bool pause_a_while(struct warden *w)
{
    int64_t until_ms = clock_now().monotonic_ms + LOOK_MS;
    const struct timespec until = {(time_t)(until_ms / 1000), (long)(until_ms % 1000) * 1000000};
    pthread_mutex_lock(&w->lock);
    if (!w->stopping)
        (void)pthread_cond_timedwait(&w->wake, &w->lock, &until);
    bool goes_on = !w->stopping;
    pthread_mutex_unlock(&w->lock);
    return goes_on;
}

static void *run(void *arg)
{
    struct warden *w = arg;
    do
        round_of(w);
    while (pause_a_while(w));
    return NULL;
}

static void warden_free(struct warden *w)
{
    witness_hang_up(&w->line);
    (void)pthread_cond_destroy(&w->wake);
    (void)pthread_mutex_destroy(&w->lock);
    free(w);
}

static void init_wake(pthread_cond_t *wake)
{
    pthread_condattr_t attr;
    (void)pthread_condattr_init(&attr);
    (void)pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
    (void)pthread_cond_init(wake, &attr);
    (void)pthread_condattr_destroy(&attr);
}

int warden_start(const struct warden_config *config, bool asks_first, struct warden **ret_warden)
{
    struct warden *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->config = *config;
    w->lease = node_lease(config->node);
    w->told = LEASE_ALONE;
    w->asked_ms = lease_now_ms(w->lease) - LEASE_MOST_MS;
    (void)pthread_mutex_init(&w->lock, NULL);
    init_wake(&w->wake);
    if (asks_first)
        round_of(w);
    if (pthread_create(&w->thread, NULL, run, w) != 0) {
        warden_free(w);
        return ERR_NO_MEMORY;
    }
    *ret_warden = w;
    return 0;
}

void warden_stop(struct warden *w)
{
    if (!w)
        return;
    pthread_mutex_lock(&w->lock);
    w->stopping = true;
    (void)pthread_cond_signal(&w->wake);
    pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    warden_free(w);
}
