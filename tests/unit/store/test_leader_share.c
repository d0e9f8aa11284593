/* What whoever uses the leader wants the standby to hear: now, at each connection, and in place of what was said
 * before. */
#include "tests/unit/store/leader_support.h"

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    open_store();
    make_realm(REALM_MASTER);
    make_filled("peru");
    return 0;
}

static int end(void **state)
{
    if (atomic_load(&talks))
        disconnect_standby();
    leader_free(leader);
    leader = NULL;
    for (size_t i = 0; i < COPIES; i++)
        free(standby.copies[i].pages);
    return end_test(state);
}

static void share(const char *hostname)
{
    const struct repl_settings settings = {
        .names = {STR("hostname")}, .values = {str_c(hostname)}, .count = 1};
    ok(leader_share(leader, &settings));
}

static void until_shared(int times, const char *hostname)
{
    bool heard = false;
    for (int i = 0; i < WAIT_MS && !heard; i++) {
        (void)usleep(1000);
        (void)pthread_mutex_lock(&standby.lock);
        heard = standby.shared >= times && strcmp(standby.hostname, hostname) == 0;
        (void)pthread_mutex_unlock(&standby.lock);
    }
    assert_true(heard);
}

static void test_the_standby_hears_what_is_shared(void **state)
{
    (void)state;
    static char long_value[UINT16_MAX + 2];
    start_leader((struct leader_config){0});
    share("https://one");
    connect_standby();
    until_shared(1, "https://one");
    share("https://two");
    until_shared(2, "https://two");
    disconnect_standby();
    share("https://three");
    connect_standby();
    until_shared(3, "https://three");
    memset(long_value, 'x', sizeof(long_value) - 1);
    const struct repl_settings too_long = {
        .names = {STR("hostname")}, .values = {str_c(long_value)}, .count = 1};
    fails(leader_share(leader, &too_long), ERR_INVALID_REQUEST);
    disconnect_standby();
    connect_standby();
    until_shared(4, "https://three");
    until_in_step();
    assert_int_equal(standby.breaches, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_the_standby_hears_what_is_shared, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
