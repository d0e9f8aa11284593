/* Events that go with no other change: many callers, shared transactions (event_append_alone). */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <stdatomic.h>

#define THREADS    16
#define EACH       25
#define ROUNDS_MAX 50

struct caller {
    pthread_t thread;
    struct realm_view *view;
    struct event event;
    int rounds;
    int err;
};

static struct event login_of(struct str client_id)
{
    return (struct event){.type = EVENT_ClientLoggedIn,
                          .actor = {.client_id = client_id},
                          .subject_kind = STR("client"),
                          .subject_id = client_id,
                          .data = STR("{}")};
}

static void *call_often(void *arg)
{
    struct caller *c = arg;
    for (int i = 0; i < c->rounds && c->err == 0; i++) {
        struct now now = clock_now();
        c->err = event_append_alone(c->view, &now, &c->event, DURABLE_LOCAL);
    }
    return NULL;
}

static void start_callers(struct caller *callers, struct realm_view *view, int rounds)
{
    for (int i = 0; i < THREADS; i++) {
        callers[i] = (struct caller){.view = view, .rounds = rounds};
        callers[i].event = login_of(arena_printf(&arena, "client-%d", i));
    }
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&callers[i].thread, NULL, call_often, &callers[i]), 0);
}

static void join_callers(struct caller *callers)
{
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(callers[i].thread, NULL), 0);
}

static int64_t count_whole(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    assert_int_equal(verdict.bad_seq, 0);
    return verdict.checked;
}

static int64_t count_of(struct realm_view *view, struct str client_id)
{
    struct event_filter filter = {.client_id = client_id};
    struct event_record *items;
    size_t count;
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &filter, 1000, &items, &count));
    store_read_end(r);
    return (int64_t)count;
}

static uint64_t commits(void)
{
    struct buf b;
    buf_init(&b, &arena, 1 << 16);
    store_metrics(store, &b);
    const char *text = arena_cstr(&arena, buf_str(&b));
    assert_non_null(text);
    const char *at = strstr(text, "\ngarita_store_commits_total ");
    assert_non_null(at);
    return strtoull(strchr(at + 1, ' '), NULL, 10);
}

static void test_every_event_once_in_a_whole_chain(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct caller callers[THREADS];
    start_callers(callers, view, EACH);
    /* Other writers take their turns in between. */
    for (int i = 0; i < 10; i++) {
        char name[24];
        (void)snprintf(name, sizeof(name), "user-%d", i);
        (void)add_user(view, name);
    }
    join_callers(callers);
    assert_int_equal(count_whole(view), THREADS * EACH);
    for (int i = 0; i < THREADS; i++) {
        ok(callers[i].err);
        assert_int_equal(count_of(view, callers[i].event.actor.client_id), EACH);
    }
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    assert_int_equal(count_whole(view), THREADS * EACH);
    realm_view_release(view);
}

/* Whoever comes while the writer is taken goes along with the one who waits for it. */
static void test_callers_share_a_transaction(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    uint64_t used = THREADS;
    for (int i = 0; i < ROUNDS_MAX && used >= THREADS; i++) {
        struct caller callers[THREADS];
        uint64_t before = commits();
        struct store_write *w = begin_write(view);
        start_callers(callers, view, 1);
        (void)usleep(2000);
        store_rollback(w);
        join_callers(callers);
        used = commits() - before;
    }
    assert_true(used < THREADS);
    realm_view_release(view);
}

/* The one that is too large fails, alone and with its own error. */
static void test_a_bad_event_spoils_no_other(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct caller callers[THREADS];
    size_t len = (size_t)33 << 20;
    char *text = malloc(len);
    assert_non_null(text);
    memset(text, 'x', len);
    struct event large = login_of(STR("large"));
    large.data = str_of(text, len);
    struct now now = clock_now();
    struct store_write *w = begin_write(view);
    start_callers(callers, view, 1);
    struct caller bad = {.view = view, .event = large, .rounds = 1};
    assert_int_equal(pthread_create(&bad.thread, NULL, call_often, &bad), 0);
    (void)usleep(2000);
    store_rollback(w);
    join_callers(callers);
    assert_int_equal(pthread_join(bad.thread, NULL), 0);
    fails(bad.err, ERR_TOO_LARGE);
    fails(event_append_alone(view, &now, &large, DURABLE_LOCAL), ERR_TOO_LARGE);
    for (int i = 0; i < THREADS; i++)
        ok(callers[i].err);
    assert_int_equal(count_whole(view), THREADS);
    free(text);
    realm_view_release(view);
}

static void test_not_within_a_write(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event event = login_of(STR("app"));
    struct now now = clock_now();
    struct store_write *w = begin_write(view);
    fails(event_append_alone(view, &now, &event, DURABLE_LOCAL), ERR_INTERNAL);
    commit(w);
    ok(event_append_alone(view, &now, &event, DURABLE_LOCAL));
    ok(store_realm_delete(store, STR("peru")));
    fails(event_append_alone(view, &now, &event, DURABLE_LOCAL), ERR_NOT_FOUND);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_every_event_once_in_a_whole_chain, start_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_callers_share_a_transaction, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_a_bad_event_spoils_no_other, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_not_within_a_write, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
