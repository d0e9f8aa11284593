/* Many threads validate while one ends tokens: a validation that begins after the end was answered
 * says so, however often the answer was kept before, and the ground of an answer that somebody keeps
 * holds no longer (OT-06). */
#include "tests/unit/core/validation/validation_support.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

#include "core/oidc/revoke.h"

#define THREADS 4
#define TOKENS  24

static struct {
    struct str tokens[TOKENS];
    atomic_int ended; /* the first so many are over, and that was answered */
    atomic_bool stop;
    atomic_size_t asked, kept, held, wrong, failed;
    struct str gate;
} race;

/* As a thread does that keeps answers of its own. */
static void look_at_ground(const struct ground *g, int number)
{
    bool over = number < atomic_load(&race.ended);
    if (!g->firm || !store_ground_holds(g->pins, g->count))
        return;
    atomic_fetch_add(&race.held, 1);
    atomic_fetch_add(&race.wrong, over);
}

static void ask_once(struct arena *a, int number, struct ground *ground)
{
    struct err_ctx err = {0};
    struct now now = t.now;
    struct validation_call call = {.store = t.store,
                                   .arena = a,
                                   .now = &now,
                                   .err = &err,
                                   .base_url = STR("https://id.example"),
                                   .default_realm = STR("peru"),
                                   .authorization = race.gate,
                                   .ground = ground};
    const struct validation_question question = {.token = race.tokens[number]};
    struct validation_answer answer;
    struct validation_caller caller;
    look_at_ground(ground, number);
    ground_init(ground);
    bool over = number < atomic_load(&race.ended);
    if (validation_caller_find(&call, &caller) != 0 ||
        validation_check(&call, &caller, &question, &answer) != 0) {
        atomic_fetch_add(&race.failed, 1);
        return;
    }
    atomic_fetch_add(&race.asked, 1);
    atomic_fetch_add(&race.kept, answer.from_cache);
    atomic_fetch_add(&race.wrong, over && answer.active);
}

static void *validate_all(void *arg)
{
    struct ground grounds[TOKENS] = {{.firm = false}};
    struct arena a;
    (void)arg;
    arena_init(&a, (size_t)1 << 20);
    while (!atomic_load(&race.stop)) {
        for (int i = 0; i < TOKENS; i++) {
            ask_once(&a, i, &grounds[i]);
            arena_reset(&a);
        }
    }
    arena_free(&a);
    return NULL;
}

/* By revocation and by the end of the session, in turns. */
static void end_token(int number)
{
    const struct client *client;
    struct user_session session;
    if (number % 2) {
        OK(realm_view_client(t.view, STR("web"), &client));
        OK(revoke_token_of(&t.ctx, client, race.tokens[number]));
        return;
    }
    struct store_write *w = begin_write();
    OK(session_find(store_write_reader(w), &test_arena,
                    json_get_str(claims_of(race.tokens[number]), "sid"), &session));
    OK(session_delete(w, session.pk));
    OK(store_commit(w, DURABLE_LOCAL));
}

/* Until everybody has seen every token once more. */
static void let_them_ask(void)
{
    size_t until = atomic_load(&race.asked) + (size_t)2 * THREADS * TOKENS;
    while (atomic_load(&race.asked) < until && atomic_load(&race.failed) == 0)
        (void)sched_yield();
}

static void an_end_that_was_answered_is_seen_by_all_OT_06(void **state)
{
    pthread_t threads[THREADS];
    (void)state;
    memset(&race, 0, sizeof(race));
    race.gate = basic_of("gate", SECRET);
    for (int i = 0; i < TOKENS; i++)
        race.tokens[i] = issue_to("web", "").access;
    for (int i = 0; i < THREADS; i++)
        OK(pthread_create(&threads[i], NULL, validate_all, NULL));
    for (int i = 0; i < TOKENS; i++) {
        let_them_ask();
        end_token(i);
        atomic_store(&race.ended, i + 1);
    }
    let_them_ask();
    atomic_store(&race.stop, true);
    for (int i = 0; i < THREADS; i++)
        OK(pthread_join(threads[i], NULL));
    assert_int_equal(atomic_load(&race.failed), 0);
    assert_int_equal(atomic_load(&race.wrong), 0);
    assert_true(atomic_load(&race.kept) > 0 && atomic_load(&race.held) > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        VALIDATION_TEST(an_end_that_was_answered_is_seen_by_all_OT_06),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
