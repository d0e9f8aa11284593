/* The standby's end: a table of those who wait, each for one answer. */
#include "store/repl/relay.h"

#include <pthread.h>
#include <stdlib.h>

#include "core/base/clock.h"
#include "store/steady_cond.h"

#include "core/base/banned.h"

struct question {
    enum { QUESTION_NONE, QUESTION_ASKED, QUESTION_ANSWERED_IN_PART, QUESTION_OVER } state;
    uint64_t id;
    uint32_t bytes; /* of the answer */
    bool ends;
    int err;
    struct buf answer;
    pthread_cond_t over;
};

struct relay {
    pthread_mutex_t lock;
    struct repl_out out;
    bool is_up, hushed;
    uint64_t last_id;
    size_t most; /* questions at once */
    struct question questions[RELAY_ASKS_MAX];
};

int relay_new(size_t most, struct relay **ret_relay)
{
    struct relay *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    r->most = most < 1 ? 1 : most < RELAY_ASKS_MAX ? most : RELAY_ASKS_MAX;
    (void)pthread_mutex_init(&r->lock, NULL);
    for (size_t i = 0; i < RELAY_ASKS_MAX; i++)
        steady_cond_init(&r->questions[i].over);
    *ret_relay = r;
    return 0;
}

void relay_free(struct relay *r)
{
    if (!r)
        return;
    for (size_t i = 0; i < RELAY_ASKS_MAX; i++) {
        buf_free(&r->questions[i].answer);
        (void)pthread_cond_destroy(&r->questions[i].over);
    }
    (void)pthread_mutex_destroy(&r->lock);
    free(r);
}

/* --- The connection --- */

void relay_up(struct relay *r, const struct repl_out *out)
{
    (void)pthread_mutex_lock(&r->lock);
    r->out = *out;
    r->is_up = true;
    (void)pthread_mutex_unlock(&r->lock);
}

static void end(struct question *q, int err)
{
    q->state = QUESTION_OVER;
    q->err = err;
    (void)pthread_cond_signal(&q->over);
}

/* Whether the primary has done it is not known. */
static void end_all(struct relay *r)
{
    for (size_t i = 0; i < RELAY_ASKS_MAX; i++)
        if (r->questions[i].state != QUESTION_NONE && r->questions[i].state != QUESTION_OVER)
            end(&r->questions[i], ERR_UNANSWERED);
}

void relay_down(struct relay *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->is_up = false;
    end_all(r);
    (void)pthread_mutex_unlock(&r->lock);
}

void relay_hush(struct relay *r)
{
    (void)pthread_mutex_lock(&r->lock);
    r->hushed = true;
    end_all(r);
    (void)pthread_mutex_unlock(&r->lock);
}

/* --- Answers --- */

/* NULL: nobody waits for it any more. */
static struct question *question_of(struct relay *r, uint64_t id)
{
    for (size_t i = 0; i < RELAY_ASKS_MAX; i++)
        if (r->questions[i].state != QUESTION_NONE && r->questions[i].id == id)
            return &r->questions[i];
    return NULL;
}

static int take_answer(struct relay *r, const struct repl_answer *a)
{
    struct question *q = question_of(r, a->id);
    if (!q || q->state == QUESTION_OVER)
        return 0;
    if (q->state != QUESTION_ASKED)
        return ERR_INVALID_REQUEST;
    q->bytes = a->bytes;
    q->ends = a->ends;
    q->state = QUESTION_ANSWERED_IN_PART;
    buf_init(&q->answer, NULL, (size_t)a->bytes + 1);
    if (a->bytes == 0)
        end(q, ERR_OVERLOADED);
    return 0;
}

static int take_piece(struct relay *r, const struct repl_piece *p)
{
    struct question *q = question_of(r, p->id);
    if (!q || q->state == QUESTION_OVER)
        return 0;
    if (q->state != QUESTION_ANSWERED_IN_PART || p->bytes.len > q->bytes - q->answer.len)
        return ERR_INVALID_REQUEST;
    buf_add(&q->answer, p->bytes);
    if (q->answer.failed)
        return ERR_NO_MEMORY;
    if (q->answer.len == q->bytes)
        end(q, 0);
    return 0;
}

int relay_message(struct relay *r, const struct repl_message *m)
{
    (void)pthread_mutex_lock(&r->lock);
    int err = m->type == REPL_ANSWER  ? take_answer(r, &m->answer)
              : m->type == REPL_PIECE ? take_piece(r, &m->piece)
                                      : ERR_INVALID_REQUEST;
    (void)pthread_mutex_unlock(&r->lock);
    return err;
}

/* --- Questions --- */

static struct question *free_question(struct relay *r)
{
    for (size_t i = 0; i < r->most; i++)
        if (r->questions[i].state == QUESTION_NONE)
            return &r->questions[i];
    return NULL;
}

static int send_ask(struct relay *r, const struct repl_ask *ask)
{
    const struct repl_message m = {.type = REPL_ASK, .ask = *ask};
    return r->out.send(r->out.arg, &m);
}

static int send_pieces(struct relay *r, uint64_t id, struct str bytes)
{
    struct repl_message m = {.type = REPL_PIECE, .piece = {.id = id}};
    while (bytes.len > 0) {
        m.piece.bytes = str_sub(bytes, 0, REPL_MESSAGE_BYTES);
        TRY(r->out.send(r->out.arg, &m));
        bytes = str_from(bytes, m.piece.bytes.len);
    }
    return 0;
}

/* An ask that did not get there as a whole is not answered. */
static int send_question(struct relay *r, struct question *q, const struct repl_ask *ask,
                         struct str request)
{
    struct repl_ask numbered = *ask;
    q->id = ++r->last_id;
    numbered.id = q->id;
    numbered.bytes = (uint32_t)request.len;
    int err = send_ask(r, &numbered);
    if (err == 0)
        err = send_pieces(r, q->id, request);
    return err == 0 || err == ERR_NO_MEMORY ? err : ERR_OVERLOADED;
}

static void wait_for(struct relay *r, struct question *q, int64_t until_ms)
{
    while (q->state != QUESTION_OVER && clock_now().monotonic_ms < until_ms)
        steady_cond_wait(&q->over, &r->lock, until_ms);
    if (q->state != QUESTION_OVER)
        end(q, ERR_UNANSWERED);
}

/* Under the lock, which is left while it waits. */
static int ask_in(struct relay *r, struct question *q, const struct repl_ask *ask,
                  struct str request, int64_t within_ms)
{
    q->state = QUESTION_ASKED;
    q->err = 0;
    q->ends = false;
    int err = send_question(r, q, ask, request);
    if (err != 0)
        return err;
    wait_for(r, q, clock_now().monotonic_ms + within_ms);
    return q->err;
}

int relay_ask(struct relay *r, const struct repl_ask *ask, struct str request, int64_t within_ms,
              struct buf *ret_answer, bool *ret_ends)
{
    if (request.len == 0 || request.len > REPL_ASK_BYTES_MAX)
        return ERR_TOO_LARGE;
    (void)pthread_mutex_lock(&r->lock);
    bool may = r->is_up && !r->hushed;
    struct question *q = may ? free_question(r) : NULL;
    int err = !may ? ERR_STORE_STANDBY : ERR_OVERLOADED;
    if (q) {
        err = ask_in(r, q, ask, request, within_ms);
        q->state = QUESTION_NONE;
        *ret_ends = q->ends;
        if (err == 0)
            *ret_answer = q->answer;
        else
            buf_free(&q->answer);
        q->answer = (struct buf){0};
    }
    (void)pthread_mutex_unlock(&r->lock);
    return err;
}
