/* Requests of a standby and their answers, over messages that travel as bytes: each is answered once, by the
 * bytes that belong to it, or by an error that says whether it may have been done. */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "store/repl/relay.h"

#define WITHIN_MS 20000
#define LONG      ((size_t)REPL_ASK_BYTES_MAX)
#define QUEUE     4096

/* --- A wire one way --- */

struct wire {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    struct buf messages[QUEUE];
    size_t first, count;
    bool cut, holds; /* holds: nothing gets through for now */
    int (*take)(const struct repl_message *m);
    pthread_t thread;
    atomic_int err; /* what taking said */
};

static struct wire there = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct wire back = {.lock = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER};
static struct relay *relay;
static struct desk *desk;

static int wire_send(void *arg, const struct repl_message *m)
{
    struct wire *w = arg;
    (void)pthread_mutex_lock(&w->lock);
    int err = w->count == QUEUE ? ERR_OVERLOADED : 0;
    if (err == 0) {
        struct buf *b = &w->messages[(w->first + w->count++) % QUEUE];
        buf_init(b, NULL, (size_t)1 << 20);
        ok(repl_encode(b, m));
    }
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    return err;
}

static size_t nothing_waits(void *arg)
{
    (void)arg;
    return 0;
}

static bool wire_next(struct wire *w, struct buf *ret_message)
{
    (void)pthread_mutex_lock(&w->lock);
    while (!w->cut && (w->count == 0 || w->holds))
        (void)pthread_cond_wait(&w->changed, &w->lock);
    bool any = !w->cut;
    if (any) {
        *ret_message = w->messages[w->first];
        w->first = (w->first + 1) % QUEUE;
        w->count--;
    }
    (void)pthread_mutex_unlock(&w->lock);
    return any;
}

static void *wire_carry(void *arg)
{
    struct wire *w = arg;
    struct repl_message *m = calloc(1, sizeof(*m));
    struct buf b;
    assert_non_null(m);
    while (wire_next(w, &b)) {
        ok(repl_decode(str_from(buf_str(&b), REPL_LENGTH_BYTES), m));
        int err = w->take(m);
        if (err != 0)
            atomic_store(&w->err, err);
        buf_free(&b);
    }
    free(m);
    return NULL;
}

static void hold(struct wire *w, bool holds)
{
    (void)pthread_mutex_lock(&w->lock);
    w->holds = holds;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
}

static int to_desk(const struct repl_message *m)
{
    return desk_message(desk, m);
}

static int to_relay(const struct repl_message *m)
{
    return relay_message(relay, m);
}

static void wire_open(struct wire *w, int (*take)(const struct repl_message *m))
{
    w->cut = w->holds = false;
    w->take = take;
    atomic_store(&w->err, 0);
    assert_int_equal(pthread_create(&w->thread, NULL, wire_carry, w), 0);
}

static void wire_close(struct wire *w)
{
    (void)pthread_mutex_lock(&w->lock);
    w->cut = true;
    (void)pthread_cond_signal(&w->changed);
    (void)pthread_mutex_unlock(&w->lock);
    (void)pthread_join(w->thread, NULL);
    for (; w->count > 0; w->count--, w->first = (w->first + 1) % QUEUE)
        buf_free(&w->messages[w->first]);
}

/* --- The primary answers with what it was asked, twice, and who asked --- */

static atomic_int answers, gate_is_shut;

static int answer(void *arg, size_t thread, const struct repl_ask *ask, struct str request,
                  struct buf *out, bool *ret_ends)
{
    (void)arg;
    assert_true(thread < DESK_THREADS_MAX);
    while (atomic_load(&gate_is_shut))
        (void)usleep(1000);
    atomic_fetch_add(&answers, 1);
    if (str_eq(request, STR("nothing")))
        return ERR_UNANSWERED;
    if (str_eq(request, STR("no")))
        return ERR_INVALID_REQUEST;
    buf_add(out, ask->client);
    buf_add(out, request);
    buf_add(out, request);
    *ret_ends = ask->secure;
    return 0;
}

static int start(void **state)
{
    const struct desk_config config = {.answer = answer, .threads = 4};
    const struct repl_out out_there = {wire_send, nothing_waits, &there};
    const struct repl_out out_back = {wire_send, nothing_waits, &back};
    (void)state;
    atomic_store(&answers, 0);
    atomic_store(&gate_is_shut, 0);
    ok(relay_new(RELAY_ASKS_MAX, &relay));
    ok(desk_new(&config, &desk));
    wire_open(&there, to_desk);
    wire_open(&back, to_relay);
    desk_up(desk, &out_back);
    relay_up(relay, &out_there);
    return 0;
}

static int end(void **state)
{
    (void)state;
    desk_down(desk);
    relay_down(relay);
    desk_free(desk);
    wire_close(&there);
    wire_close(&back);
    assert_int_equal(atomic_load(&there.err), 0);
    assert_int_equal(atomic_load(&back.err), 0);
    relay_free(relay);
    return 0;
}

static const struct repl_ask somebody = {
    .client = {"203.0.113.9", 11}, .origin = {"https://id", 10}, .own_origin = {"https://id", 10}};

static int ask(struct str request, int64_t within_ms, struct buf *ret_answer)
{
    bool ends;
    return relay_ask(relay, &somebody, request, within_ms, ret_answer, &ends);
}

static void is_answer(struct buf *answered, struct str request)
{
    size_t name = somebody.client.len;
    struct str all = buf_str(answered);
    assert_int_equal(all.len, name + 2 * request.len);
    assert_true(str_eq(str_sub(all, 0, name), somebody.client));
    assert_true(str_eq(str_sub(all, name, request.len), request));
    assert_true(str_eq(str_from(all, name + request.len), request));
    buf_free(answered);
}

static void test_short_and_long_ones_are_answered(void **state)
{
    (void)state;
    static char bytes[LONG];
    struct buf answered;
    rng_bytes(bytes, sizeof(bytes));
    const size_t lengths[] = {1, 100, REPL_MESSAGE_BYTES, REPL_MESSAGE_BYTES + 1, LONG};
    for (size_t i = 0; i < ARRAY_LEN(lengths); i++) {
        ok(ask(str_of(bytes, lengths[i]), WITHIN_MS, &answered));
        is_answer(&answered, str_of(bytes, lengths[i]));
    }
    fails(ask(str_of(bytes, LONG + 1), WITHIN_MS, &answered), ERR_TOO_LARGE);
    fails(ask(STR(""), WITHIN_MS, &answered), ERR_TOO_LARGE);
    struct repl_ask last = somebody;
    bool ends = false;
    last.secure = true;
    ok(relay_ask(relay, &last, STR("bye"), WITHIN_MS, &answered, &ends));
    assert_true(ends);
    buf_free(&answered);
}

static void test_what_was_not_done_is_told_apart(void **state)
{
    (void)state;
    struct buf answered;
    fails(ask(STR("no"), WITHIN_MS, &answered), ERR_OVERLOADED);
    fails(ask(STR("nothing"), 200, &answered), ERR_UNANSWERED);
    relay_down(relay);
    fails(ask(STR("x"), WITHIN_MS, &answered), ERR_STORE_STANDBY);
}

static void *ask_one(void *arg)
{
    char text[20];
    struct buf answered;
    int n = snprintf(text, sizeof(text), "request %zu", (size_t)(uintptr_t)arg);
    struct str request = str_of(text, (size_t)n);
    int err = ask(request, WITHIN_MS, &answered);
    if (err == 0)
        is_answer(&answered, request);
    return (void *)(intptr_t)err;
}

static void test_as_many_as_there_are_places(void **state)
{
    enum { ASKERS = RELAY_ASKS_MAX + 20 };
    pthread_t threads[ASKERS];
    int good = 0, refused = 0;
    (void)state;
    atomic_store(&gate_is_shut, 1);
    for (size_t i = 0; i < ASKERS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, ask_one, (void *)(uintptr_t)i), 0);
    (void)usleep(100000);
    atomic_store(&gate_is_shut, 0);
    for (size_t i = 0; i < ASKERS; i++) {
        void *err;
        (void)pthread_join(threads[i], &err);
        good += err == NULL;
        refused += (intptr_t)err == ERR_OVERLOADED;
    }
    assert_int_equal(good, atomic_load(&answers)); /* who was refused was not worked for */
    assert_int_equal(good + refused, ASKERS);
    assert_in_range(good, RELAY_ASKS_MAX, ASKERS);
}

static void test_a_late_answer_is_nobodys(void **state)
{
    (void)state;
    struct buf answered;
    hold(&back, true);
    fails(ask(STR("first"), 50, &answered), ERR_UNANSWERED);
    hold(&back, false);
    for (int i = 0; i < 20; i++) {
        ok(ask(STR("second"), WITHIN_MS, &answered));
        is_answer(&answered, STR("second"));
    }
}

static void *ask_in_vain(void *arg)
{
    struct buf answered;
    (void)arg;
    return (void *)(intptr_t)ask(STR("x"), WITHIN_MS, &answered);
}

/* A connection that ends, and a server that stops. */
static void test_who_waits_is_let_go(void **state)
{
    (void)state;
    for (int i = 0; i < 2; i++) {
        pthread_t thread;
        void *err;
        hold(&back, true);
        assert_int_equal(pthread_create(&thread, NULL, ask_in_vain, NULL), 0);
        while (atomic_load(&answers) < i + 1)
            (void)usleep(1000);
        if (i == 0)
            relay_down(relay);
        else
            relay_hush(relay);
        (void)pthread_join(thread, &err);
        assert_int_equal((intptr_t)err, ERR_UNANSWERED);
        hold(&back, false);
        relay_up(relay, &(struct repl_out){wire_send, nothing_waits, &there});
    }
    struct buf answered;
    fails(ask(STR("x"), WITHIN_MS, &answered), ERR_STORE_STANDBY); /* it is hushed */
}

static void test_rp_03_what_makes_no_sense_is_refused(void **state)
{
    (void)state;
    struct repl_message m = {.type = REPL_PIECE, .piece = {7, STR("of nobody")}};
    ok(desk_message(desk, &m));
    ok(relay_message(relay, &m));
    m = (struct repl_message){.type = REPL_ASK, .ask = {.id = 7, .bytes = 4}};
    ok(desk_message(desk, &m));
    fails(desk_message(desk, &m), ERR_INVALID_REQUEST); /* twice */
    m = (struct repl_message){.type = REPL_PIECE, .piece = {7, STR("longer")}};
    fails(desk_message(desk, &m), ERR_INVALID_REQUEST);
    m = (struct repl_message){.type = REPL_ACK};
    fails(desk_message(desk, &m), ERR_INVALID_REQUEST);
    fails(relay_message(relay, &m), ERR_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_short_and_long_ones_are_answered),
        TEST(test_what_was_not_done_is_told_apart),
        TEST(test_as_many_as_there_are_places),
        TEST(test_a_late_answer_is_nobodys),
        TEST(test_who_waits_is_let_go),
        TEST(test_rp_03_what_makes_no_sense_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
