/* Key sets of clients are fetched as often as needed and no more (JO-04). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>

#include <cmocka.h>

#include <pthread.h>
#include <stdatomic.h>
#include <unistd.h>

#include "core/base/err.h"
#include "core/port/fetch.h"
#include "web/oidc/jwks_cache.h"

/* The other host: counts who comes. */
static atomic_int fetches;
static int answer_rc;
static const char *answer_text;
static atomic_bool hangs;

int fetch_json(struct arena *a, struct str realm_id, struct str url, size_t max_bytes,
               struct str *ret_body)
{
    assert_false(str_empty(realm_id));
    assert_true(url.len > 0 && max_bytes > 0);
    fetches++;
    while (atomic_load(&hangs))
        usleep(1000);
    if (answer_rc != 0)
        return answer_rc;
    *ret_body = arena_str_c(a, answer_text);
    return 0;
}

struct fixture {
    struct arena arena;
    struct jwks_cache *cache;
};

static int setup(void **state)
{
    static struct fixture f;
    arena_init(&f.arena, 1 << 20);
    fetches = 0;
    answer_rc = 0;
    answer_text = "{\"keys\":[1]}";
    *state = &f;
    return jwks_cache_new(&f.cache);
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    jwks_cache_free(f->cache);
    arena_free(&f->arena);
    return 0;
}

static int get(struct fixture *f, const char *url, bool fresh, int64_t now_ms, struct str *ret)
{
    struct auth_jwks jwks = {.age_ms = 0};
    int rc = jwks_cache_get_at(f->cache, &f->arena, STR("peru"), str_c(url), fresh, now_ms, &jwks);
    if (rc == 0)
        *ret = jwks.text;
    return rc;
}

static void a_copy_is_used_until_it_is_old(void **state)
{
    struct fixture *f = *state;
    struct str jwks;
    assert_int_equal(get(f, "https://a/jwks", false, 1000, &jwks), 0);
    answer_text = "{\"keys\":[2]}";
    assert_int_equal(get(f, "https://a/jwks", false, 1000 + JWKS_KEEP_MS - 1, &jwks), 0);
    assert_true(str_eq_c(jwks, "{\"keys\":[1]}"));
    assert_int_equal(fetches, 1);
    assert_int_equal(get(f, "https://a/jwks", false, 1000 + JWKS_KEEP_MS, &jwks), 0);
    assert_true(str_eq_c(jwks, "{\"keys\":[2]}"));
    assert_int_equal(fetches, 2);
    assert_int_equal(get(f, "https://b/jwks", false, 1000, &jwks), 0);
    assert_int_equal(fetches, 3);
}

/* JO-04: unknown kids ask freshly, and a thousand of them cause one fetch. */
static void fresh_questions_are_bounded(void **state)
{
    struct fixture *f = *state;
    struct str jwks;
    assert_int_equal(get(f, "https://a/jwks", false, 0, &jwks), 0);
    for (int i = 0; i < 1000; i++)
        assert_int_equal(get(f, "https://a/jwks", true, JWKS_FRESH_MS + i, &jwks), 0);
    assert_int_equal(fetches, 2);
}

static void a_host_that_fails_is_left_alone_for_a_while(void **state)
{
    struct fixture *f = *state;
    struct str jwks = STR("untouched");
    answer_rc = ERR_UPSTREAM;
    for (int i = 0; i < 100; i++)
        assert_int_equal(get(f, "https://a/jwks", i % 2, i, &jwks), ERR_UPSTREAM);
    assert_int_equal(fetches, 1);
    assert_true(str_eq_c(jwks, "untouched"));
    answer_rc = 0;
    assert_int_equal(get(f, "https://a/jwks", false, JWKS_RETRY_MS, &jwks), 0);
    assert_int_equal(fetches, 2);
}

/* HT-02: others' hosts that hang use up the fetches; that must not make this one wait afterwards. */
static void a_host_that_was_not_asked_did_not_fail(void **state)
{
    struct fixture *f = *state;
    struct str jwks;
    answer_rc = ERR_OVERLOADED;
    assert_int_equal(get(f, "https://a/jwks", false, 0, &jwks), ERR_OVERLOADED);
    answer_rc = 0;
    assert_int_equal(get(f, "https://a/jwks", false, 1, &jwks), 0);
    assert_true(str_eq_c(jwks, "{\"keys\":[1]}"));
    assert_int_equal(fetches, 2);
}

/* An old copy is better than none while the host is away, and for so long only. */
static void a_copy_stands_in_for_a_bounded_time(void **state)
{
    struct fixture *f = *state;
    struct auth_jwks jwks = {.age_ms = -1};
    struct str text;
    assert_int_equal(get(f, "https://a/jwks", false, 0, &text), 0);
    answer_rc = ERR_TIMEOUT;
    int64_t later = 2 * JWKS_KEEP_MS;
    assert_int_equal(jwks_cache_get_at(f->cache, &f->arena, STR("peru"), STR("https://a/jwks"),
                                       false, later, &jwks),
                     0);
    assert_true(str_eq_c(jwks.text, answer_text) && jwks.age_ms == later);
    assert_int_equal(get(f, "https://a/jwks", true, later + 1, &text), 0);
    assert_int_equal(fetches, 2);
    assert_int_equal(get(f, "https://a/jwks", false, JWKS_STALE_MS - 1, &text), 0);
    assert_int_equal(fetches, 3);
    assert_int_equal(get(f, "https://a/jwks", false, JWKS_STALE_MS, &text), ERR_TIMEOUT);
    assert_int_equal(get(f, "https://a/jwks", true, JWKS_STALE_MS + JWKS_RETRY_MS, &text),
                     ERR_TIMEOUT);
    answer_rc = 0;
    assert_int_equal(get(f, "https://a/jwks", false, JWKS_STALE_MS + 2 * JWKS_RETRY_MS, &text), 0);
}

static void an_address_that_is_none_is_not_fetched(void **state)
{
    struct fixture *f = *state;
    struct str text;
    char *url = arena_alloc(&f->arena, 5000);
    memset(url, 'a', 4999);
    url[4999] = '\0';
    assert_int_equal(get(f, "", false, 0, &text), ERR_FORBIDDEN);
    assert_int_equal(get(f, url, false, 0, &text), ERR_FORBIDDEN);
    assert_int_equal(fetches, 0);
}

static void many_urls_push_out_the_oldest(void **state)
{
    struct fixture *f = *state;
    struct str jwks;
    char url[64];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(url, sizeof(url), "https://a/%d", i);
        assert_int_equal(get(f, url, false, 0, &jwks), 0);
        assert_int_equal(get(f, "https://keep", false, 0, &jwks), 0);
    }
    assert_int_equal(fetches, 1001);
    assert_int_equal(get(f, "https://a/999", false, 0, &jwks), 0);
    assert_int_equal(fetches, 1001);
    assert_int_equal(get(f, "https://a/1", false, 0, &jwks), 0);
    assert_int_equal(fetches, 1002);
}

/* Clearing makes the next one who asks fetch, and loses nothing when that fails. */
static void cleared_copies_are_fetched_anew_and_still_stand_in(void **state)
{
    struct fixture *f = *state;
    struct str text;
    assert_int_equal(get(f, "https://a/jwks", false, 1000, &text), 0);
    assert_int_equal(get(f, "https://a/jwks", false, 2000, &text), 0);
    assert_int_equal(fetches, 1);
    jwks_cache_expire(f->cache, 3000);
    answer_text = "{\"keys\":[2]}";
    assert_int_equal(get(f, "https://a/jwks", false, 3000, &text), 0);
    assert_int_equal(fetches, 2);
    assert_true(str_eq(text, STR("{\"keys\":[2]}")));
    jwks_cache_expire(f->cache, 4000);
    answer_rc = ERR_UPSTREAM;
    assert_int_equal(get(f, "https://a/jwks", false, 4000, &text), 0);
    assert_int_equal(fetches, 3);
    assert_true(str_eq(text, STR("{\"keys\":[2]}")));
}

/* --- many at once --- */

#define CROWD 8 /* so many may wait, and one fetches */

struct asker {
    pthread_t thread;
    struct jwks_cache *cache;
    int rc;
    char text[64];
};

static atomic_size_t asking, answered;

static void *ask(void *argument)
{
    struct asker *asker = argument;
    struct arena a;
    struct auth_jwks jwks;
    arena_init(&a, 1 << 20);
    atomic_fetch_add(&asking, 1);
    asker->rc =
        jwks_cache_get_at(asker->cache, &a, STR("peru"), STR("https://a/jwks"), false, 0, &jwks);
    if (asker->rc == 0)
        (void)snprintf(asker->text, sizeof(asker->text), "%.*s", STR_ARG(jwks.text));
    arena_free(&a);
    atomic_fetch_add(&answered, 1);
    return NULL;
}

static void start(struct fixture *f, struct asker *askers, size_t count)
{
    atomic_store(&hangs, true);
    atomic_store(&answered, 0);
    atomic_store(&asking, 0);
    for (size_t i = 0; i < count; i++) {
        askers[i] = (struct asker){.cache = f->cache, .rc = -1};
        assert_int_equal(pthread_create(&askers[i].thread, NULL, ask, &askers[i]), 0);
    }
    while (atomic_load(&asking) < count)
        usleep(1000);
}

static void finish(struct asker *askers, size_t count)
{
    atomic_store(&hangs, false);
    for (size_t i = 0; i < count; i++)
        pthread_join(askers[i].thread, NULL);
}

static void what_nobody_has_is_fetched_once(void **state)
{
    struct fixture *f = *state;
    struct asker askers[CROWD];
    start(f, askers, CROWD);
    usleep(300000);
    finish(askers, CROWD);
    assert_int_equal(fetches, 1);
    for (size_t i = 0; i < CROWD; i++) {
        assert_int_equal(askers[i].rc, 0);
        assert_string_equal(askers[i].text, "{\"keys\":[1]}");
    }
}

static void who_waits_hears_of_the_failure_too(void **state)
{
    struct fixture *f = *state;
    struct asker askers[CROWD];
    answer_rc = ERR_TIMEOUT;
    start(f, askers, CROWD);
    usleep(300000);
    finish(askers, CROWD);
    assert_int_equal(fetches, 1);
    for (size_t i = 0; i < CROWD; i++)
        assert_int_equal(askers[i].rc, ERR_TIMEOUT);
}

/* A host that hangs holds a few threads: the others can go on to somebody else's question. */
static void not_everybody_waits_for_a_host_that_hangs(void **state)
{
    enum { MANY = 40 };
    struct fixture *f = *state;
    struct asker askers[MANY];
    size_t turned_away = 0, served = 0;
    start(f, askers, MANY);
    while (atomic_load(&answered) == 0) /* while it hangs, only who is turned away gets an answer */
        usleep(1000);
    finish(askers, MANY);
    for (size_t i = 0; i < MANY; i++) {
        served += askers[i].rc == 0;
        turned_away += askers[i].rc == ERR_OVERLOADED;
    }
    assert_int_equal(fetches, 1);
    assert_int_equal(served + turned_away, MANY);
    assert_true(turned_away > 0 && served > 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_copy_is_used_until_it_is_old, setup, teardown),
        cmocka_unit_test_setup_teardown(fresh_questions_are_bounded, setup, teardown),
        cmocka_unit_test_setup_teardown(a_host_that_fails_is_left_alone_for_a_while, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(a_host_that_was_not_asked_did_not_fail, setup, teardown),
        cmocka_unit_test_setup_teardown(a_copy_stands_in_for_a_bounded_time, setup, teardown),
        cmocka_unit_test_setup_teardown(cleared_copies_are_fetched_anew_and_still_stand_in, setup,
                                        teardown),
        cmocka_unit_test_setup_teardown(an_address_that_is_none_is_not_fetched, setup, teardown),
        cmocka_unit_test_setup_teardown(many_urls_push_out_the_oldest, setup, teardown),
        cmocka_unit_test_setup_teardown(what_nobody_has_is_fetched_once, setup, teardown),
        cmocka_unit_test_setup_teardown(who_waits_hears_of_the_failure_too, setup, teardown),
        cmocka_unit_test_setup_teardown(not_everybody_waits_for_a_host_that_hangs, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
