/* Bases of the continuous archive: a realm that wants one gets it, whatever comes in between (BK-01). */
#include "tests/unit/store/journal_support.h"

static void a_base_that_was_wanted_is_made_after_a_new_start(void **state)
{
    (void)state;
    six_reels();
    told_nobody();
    (void)usleep(20000);
    change(90);
    ok(journal_write(journal, NULL));
    begin_anew();
    note();
    state_is_of(model.states[5].at_ms);
    state_is_of(model.states[model.count - 1].at_ms);
    assert_int_equal(atomic_load(&store->backup.bases), 1);
    begin_anew();
    assert_int_equal(atomic_load(&store->backup.bases), 0);
}

/* Whenever the list of realms changed, before anything else happens: a realm that it has is not in use yet,
 * or the one before it still is. */
static void make_bases_at_once(void *arg, const struct repl_commit *commit)
{
    (void)arg;
    if (!str_eq_c(commit->file, REALM_MASTER))
        return;
    ok(journal_write(journal, NULL));
    ok(journal_make_bases(journal, NULL, NULL));
}

static const struct repl_sink eager = {.commit = make_bases_at_once};

static void has_moments_soon(const char *realm)
{
    struct replay_source source;
    struct replay replay;
    int err = ERR_NOT_FOUND;
    int64_t end_ms =
        clock_now().monotonic_ms + 30000; /* one that failed is tried again after 60 s */
    while (err != 0 && clock_now().monotonic_ms < end_ms) {
        flush();
        err = find(&source, realm, clock_now().wall_ms, &replay, NULL);
        replay_source_close(&source);
        (void)usleep(err != 0 ? 100000 : 0);
    }
    ok(err);
}

static void a_realm_that_is_just_made_gets_its_base(void **state)
{
    (void)state;
    ok(repl_sink_add(store, &eager));
    make_realm("chile");
    repl_sink_remove(store, &eager);
    has_moments_soon("chile");
}

static bool is_base_of(const char *realm, const char *file)
{
    struct replay_source source;
    struct replay replay;
    ok(find(&source, realm, clock_now().wall_ms, &replay, NULL));
    bool is = str_eq_c(replay.base.realm->file, file);
    replay_source_close(&source);
    return is;
}

static void a_realm_that_takes_the_place_of_another_gets_its_base(void **state)
{
    struct realm realm = realm_named("peru");
    struct now now = clock_now();
    struct slot *slot;
    (void)state;
    ok(repl_sink_add(store, &eager));
    ok(store_realm_replace(store, &realm, &now, NULL, NULL));
    repl_sink_remove(store, &eager);
    ok(slot_find(store, STR("peru"), &slot));
    for (int i = 0; i < 300 && !is_base_of("peru", slot->file); i++) {
        flush();
        (void)usleep(100000);
    }
    assert_true(is_base_of("peru", slot->file));
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_base_that_was_wanted_is_made_after_a_new_start, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(a_realm_that_is_just_made_gets_its_base, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_realm_that_takes_the_place_of_another_gets_its_base, set_up,
                                    tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
