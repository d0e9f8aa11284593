/* Sessions, codes, refresh families, one-time values (core/port/sessions.h), and races for them. */
#include "tests/unit/store/store_support.h"

#include <pthread.h>

#define THREADS 200

static struct realm_view *view;
static struct user user;
static struct client client;
static struct user_session session;
static struct client_session cs;

static int start(void **state)
{
    (void)start_test(state);
    view = view_of("peru");
    user = add_user(view, "ana");
    client = add_client(view, "app");
    add_session(view, user.pk, client.pk, &session, &cs);
    return 0;
}

static int end(void **state)
{
    realm_view_release(view);
    return end_test(state);
}

static char hash_bytes[4][HANDLE_HASH_BYTES];

static struct str hash_of(int n)
{
    memset(hash_bytes[n], 'a' + n, HANDLE_HASH_BYTES);
    return str_of(hash_bytes[n], HANDLE_HASH_BYTES);
}

static struct auth_code add_code(void)
{
    struct auth_code code = {.hash = hash_of(0),
                             .client_pk = client.pk,
                             .client_session_pk = cs.pk,
                             .redirect_uri = STR("https://app/cb"),
                             .code_challenge = STR("challenge"),
                             .nonce = STR("n"),
                             .expires_ms = clock_now().wall_ms + 60000};
    struct store_write *w = begin_write(view);
    ok(code_insert(w, &code));
    commit(w);
    return code;
}

static struct refresh_family add_family(void)
{
    struct refresh_family family = {.id = uuid_new(&arena),
                                    .client_session_pk = cs.pk,
                                    .current_hash = hash_of(1),
                                    .expires_ms = clock_now().wall_ms + 60000};
    struct store_write *w = begin_write(view);
    ok(refresh_family_insert(w, &family));
    commit(w);
    return family;
}

static void test_session(void **state)
{
    (void)state;
    struct user_session found;
    struct user_session *items;
    size_t count;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    fails(session_find_by_cookie(r, &arena, hash_of(2), &found), ERR_NOT_FOUND);
    session.cookie_hash = hash_of(2);
    session.acr = STR("1");
    session.user_agent = STR("Browser/1");
    session.remember_me = true;
    session.auth_time_ms = 4711;
    ok(session_update(w, &session));
    ok(session_touch(w, session.pk, session.last_access_ms + 5));
    ok(session_touch(w, session.pk, session.last_access_ms - 5)); /* never backwards */
    ok(session_find_by_cookie(r, &arena, hash_of(2), &found));
    assert_int_equal(found.last_access_ms, session.last_access_ms + 5);
    assert_int_equal(found.auth_time_ms, 4711);
    assert_true(found.remember_me && !found.offline);
    assert_str(found.user_agent, "Browser/1");
    assert_true(str_eq(found.user_id, user.id));
    ok(session_find(r, &arena, session.id, &found));
    ok(session_find_by_pk(r, &arena, session.pk, &found));
    struct user_session other = {.id = uuid_new(&arena), .user_pk = user.pk};
    ok(session_insert(w, &other));
    ok(session_list_of_user(r, &arena, user.pk, &items, &count));
    assert_int_equal(count, 2);
    int64_t deleted;
    ok(session_delete_of_user(w, user.pk, session.pk, &deleted));
    assert_int_equal(deleted, 1);
    fails(session_find(r, &arena, other.id, &found), ERR_NOT_FOUND);
    ok(session_delete_of_user(w, user.pk, 0, &deleted));
    assert_int_equal(deleted, 1);
    commit(w);
}

/* The end of a session takes along all that hangs on it. */
static void test_session_delete_takes_all(void **state)
{
    (void)state;
    struct auth_code code = add_code();
    struct refresh_family family = add_family();
    struct client_session found;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    ok(session_delete(w, session.pk));
    fails(client_session_find_by_pk(r, &arena, cs.pk, &found), ERR_NOT_FOUND);
    fails(code_find(r, &arena, code.hash, &code), ERR_NOT_FOUND);
    fails(refresh_family_find(r, &arena, family.id, &family), ERR_NOT_FOUND);
    commit(w);
}

static void test_client_session(void **state)
{
    (void)state;
    struct auth_code code = add_code();
    struct refresh_family family = add_family();
    struct client_session found;
    struct client_session *items;
    size_t count;
    bool first;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    ok(client_session_find(r, &arena, session.pk, client.pk, &found));
    assert_str(found.client_id, "app");
    assert_str(found.scope, "openid");
    found.scope = STR("openid email");
    found.valid_from_ms = 99;
    ok(client_session_update(w, &found));
    ok(client_session_touch(w, cs.pk, found.last_access_ms + 1));
    ok(client_session_find_by_pk(r, &arena, cs.pk, &found));
    assert_str(found.scope, "openid email");
    assert_int_equal(found.valid_from_ms, 99);
    ok(client_session_list(r, &arena, session.pk, &items, &count));
    assert_int_equal(count, 1);
    ok(client_session_revoke(w, cs.pk));
    ok(client_session_find_by_pk(r, &arena, cs.pk, &found));
    assert_true(found.revoked);
    ok(client_session_list(r, &arena, session.pk, &items, &count));
    assert_int_equal(count, 0);
    ok(code_spend(w, code.pk, &first));
    assert_false(first);
    ok(refresh_family_find(r, &arena, family.id, &family));
    assert_true(family.revoked);
    commit(w);
}

static void test_code(void **state)
{
    (void)state;
    struct auth_code code = add_code();
    struct auth_code found;
    bool first;
    struct store_write *w = begin_write(view);
    ok(code_find(store_write_reader(w), &arena, code.hash, &found));
    assert_str(found.redirect_uri, "https://app/cb");
    assert_str(found.code_challenge, "challenge");
    assert_int_equal(found.client_session_pk, cs.pk);
    assert_int_equal(found.spent_ms, 0);
    assert_true(str_absent(found.claims));
    ok(code_spend(w, code.pk, &first));
    assert_true(first);
    ok(code_spend(w, code.pk, &first));
    assert_false(first);
    ok(code_find(store_write_reader(w), &arena, code.hash, &found));
    assert_true(found.spent_ms > 0);
    fails(code_find(store_write_reader(w), &arena, hash_of(3), &found), ERR_NOT_FOUND);
    commit(w);
}

static void test_family(void **state)
{
    (void)state;
    struct refresh_family family = add_family();
    struct refresh_family found;
    bool moved;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    ok(refresh_family_count_use(w, family.pk));
    ok(refresh_family_find(r, &arena, family.id, &found));
    assert_int_equal(found.use_count, 1);
    ok(refresh_family_rotate(w, family.pk, hash_of(1), hash_of(2), 7, &moved));
    assert_true(moved);
    ok(refresh_family_rotate(w, family.pk, hash_of(1), hash_of(3), 7, &moved));
    assert_false(moved);
    ok(refresh_family_find(r, &arena, family.id, &found));
    assert_int_equal(found.expires_ms, 7);
    assert_int_equal(found.use_count, 0);
    assert_true(str_eq(found.current_hash, hash_of(2)));
    ok(refresh_family_revoke(w, family.pk));
    ok(refresh_family_rotate(w, family.pk, hash_of(2), hash_of(3), 7, &moved));
    assert_false(moved);
    commit(w);
}

/* OT-03: kinds are kept apart. */
static void test_once(void **state)
{
    (void)state;
    bool first;
    bool spent;
    struct store_write *w = begin_write(view);
    ok(once_spend(w, STR("jti"), STR("x"), 1000, &first));
    assert_true(first);
    ok(once_spend(w, STR("jti"), STR("x"), 2000, &first));
    assert_false(first);
    ok(once_spend(w, STR("totp"), STR("x"), 1000, &first));
    assert_true(first);
    ok(once_is_spent(store_write_reader(w), STR("jti"), STR("x"), &spent));
    assert_true(spent);
    ok(once_is_spent(store_write_reader(w), STR("jti"), STR("y"), &spent));
    assert_false(spent);
    commit(w);
}

static struct pushed_request add_pushed(int n, int64_t expires_ms)
{
    struct pushed_request pushed = {.hash = hash_of(n),
                                    .client_pk = client.pk,
                                    .request = STR("client_id=app&state=s"),
                                    .expires_ms = expires_ms};
    struct store_write *w = begin_write(view);
    ok(pushed_request_insert(w, &pushed));
    commit(w);
    return pushed;
}

static void test_pushed_request(void **state)
{
    (void)state;
    struct pushed_request pushed = add_pushed(0, clock_now().wall_ms + 60000);
    struct pushed_request found;
    bool first;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    ok(pushed_request_find(r, &arena, pushed.hash, &found));
    assert_str(found.request, "client_id=app&state=s");
    assert_int_equal(found.client_pk, client.pk);
    assert_int_equal(found.expires_ms, pushed.expires_ms);
    ok(pushed_request_spend(w, found.pk, &first));
    assert_true(first);
    ok(pushed_request_spend(w, found.pk, &first));
    assert_false(first);
    fails(pushed_request_find(r, &arena, pushed.hash, &found), ERR_NOT_FOUND);
    commit(w);
    (void)add_pushed(1, 1);
    w = begin_write(view);
    ok(pushed_request_delete_all(w));
    fails(pushed_request_find(store_write_reader(w), &arena, hash_of(1), &found), ERR_NOT_FOUND);
    commit(w);
}

static struct device_code add_device(enum device_state state)
{
    struct device_code code = {.hash = hash_of(0),
                               .user_hash = hash_of(1),
                               .client_pk = client.pk,
                               .scope = STR("openid"),
                               .interval_s = 5,
                               .expires_ms = clock_now().wall_ms + 60000};
    bool first;
    struct store_write *w = begin_write(view);
    ok(device_code_insert(w, &code));
    code.state = state;
    code.client_session_pk = state == DEVICE_GRANTED ? cs.pk : 0;
    if (state != DEVICE_WAITS)
        ok(device_code_decide(w, &code, &first));
    commit(w);
    return code;
}

static void test_device_code(void **state)
{
    (void)state;
    struct device_code code = add_device(DEVICE_WAITS);
    struct device_code found;
    bool first;
    struct store_write *w = begin_write(view);
    struct store_read *r = store_write_reader(w);
    fails(device_code_insert(w, &code), ERR_CONFLICT);
    ok(device_code_spend(w, code.pk, &first));
    assert_false(first); /* nobody has granted it */
    ok(device_code_pace(w, code.pk, 10, 4711));
    ok(device_code_find_by_user_code(r, &arena, hash_of(1), &found));
    assert_int_equal(found.state, DEVICE_WAITS);
    assert_int_equal(found.interval_s, 10);
    assert_int_equal(found.next_poll_ms, 4711);
    found.state = DEVICE_GRANTED;
    found.scope = STR("openid email");
    found.client_session_pk = cs.pk;
    found.acr = STR("1");
    found.auth_time_ms = 99;
    ok(device_code_decide(w, &found, &first));
    assert_true(first);
    found.state = DEVICE_DENIED;
    ok(device_code_decide(w, &found, &first));
    assert_false(first);
    ok(device_code_find(r, &arena, hash_of(0), &found));
    assert_int_equal(found.state, DEVICE_GRANTED);
    assert_int_equal(found.client_session_pk, cs.pk);
    assert_int_equal(found.auth_time_ms, 99);
    assert_str(found.scope, "openid email");
    assert_str(found.acr, "1");
    ok(device_code_spend(w, code.pk, &first));
    assert_true(first);
    fails(device_code_find(r, &arena, hash_of(0), &found), ERR_NOT_FOUND);
    commit(w);
}

/* OT-06: what was granted in a session ends with it. */
static void test_device_code_ends_with_its_session(void **state)
{
    (void)state;
    struct device_code found;
    (void)add_device(DEVICE_GRANTED);
    struct store_write *w = begin_write(view);
    ok(session_delete(w, session.pk));
    fails(device_code_find(store_write_reader(w), &arena, hash_of(0), &found), ERR_NOT_FOUND);
    commit(w);
}

static int push_numbered(struct store_write *w, int64_t client_pk, int n, int64_t expires_ms)
{
    char bytes[HANDLE_HASH_BYTES] = {0};
    memcpy(bytes, &n, sizeof(n));
    struct pushed_request pushed = {.hash = str_of(bytes, sizeof(bytes)),
                                    .client_pk = client_pk,
                                    .request = STR("x"),
                                    .expires_ms = expires_ms};
    return pushed_request_insert(w, &pushed);
}

/* HT-08: a client that is full gets no more in, and takes nobody's place; what is over makes room. */
static void test_ht_08_pushed_requests_of_a_client(void **state)
{
    (void)state;
    struct client other = add_client(view, "other");
    int64_t later = clock_now().wall_ms + 60000;
    struct store_write *w = begin_write(view);
    for (int i = 0; i < PUSHED_REQUESTS_MAX; i++)
        ok(push_numbered(w, client.pk, i, i == 0 ? 1 : later));
    ok(push_numbered(w, client.pk, PUSHED_REQUESTS_MAX, later));
    fails(push_numbered(w, client.pk, PUSHED_REQUESTS_MAX + 1, later), ERR_LIMIT_REACHED);
    ok(push_numbered(w, other.pk, PUSHED_REQUESTS_MAX + 2, later));
    store_rollback(w);
}

static int push_from(struct store_write *w, int64_t client_pk, int n, int source)
{
    char bytes[HANDLE_HASH_BYTES] = {0}, from[HANDLE_HASH_BYTES] = {1};
    memcpy(bytes, &n, sizeof(n));
    memcpy(from, &source, sizeof(source));
    struct pushed_request pushed = {.hash = str_of(bytes, sizeof(bytes)),
                                    .client_pk = client_pk,
                                    .request = STR("x"),
                                    .expires_ms = clock_now().wall_ms + 60000,
                                    .source = str_of(from, sizeof(from))};
    return pushed_request_insert(w, &pushed);
}

/* HT-08: a stranger who fills up a public client keeps nobody else out of it, nor himself gets in by
 * another one. */
static void test_ht_08_pushed_requests_of_a_host(void **state)
{
    (void)state;
    struct client other = add_client(view, "other");
    struct store_write *w = begin_write(view);
    int n = 0;
    for (; n < PUSHED_REQUESTS_OF_SOURCE_MAX; n++)
        ok(push_from(w, client.pk, n, 1));
    fails(push_from(w, client.pk, n++, 1), ERR_LIMIT_REACHED);
    fails(push_from(w, other.pk, n++, 1), ERR_LIMIT_REACHED);
    for (int source = 2; n < PUSHED_REQUESTS_MAX + 10; n++)
        ok(push_from(w, client.pk, n, source + n / PUSHED_REQUESTS_OF_SOURCE_MAX));
    store_rollback(w);
}

/* --- Races: each thread in a transaction of its own, through store_commit. --- */

struct race {
    pthread_barrier_t start;
    int64_t pk;
    bool (*attempt)(struct store_write *w, int64_t pk);
    int winners;
    pthread_mutex_t lock;
};

static void *run_in_race(void *arg)
{
    struct race *race = arg;
    (void)pthread_barrier_wait(&race->start);
    struct store_write *w = begin_write(view);
    bool won = race->attempt(w, race->pk);
    commit(w);
    (void)pthread_mutex_lock(&race->lock);
    race->winners += won;
    (void)pthread_mutex_unlock(&race->lock);
    return NULL;
}

static int winners_of(bool (*attempt)(struct store_write *w, int64_t pk), int64_t pk)
{
    static pthread_t threads[THREADS];
    struct race race = {.pk = pk, .attempt = attempt};
    (void)pthread_mutex_init(&race.lock, NULL);
    (void)pthread_barrier_init(&race.start, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, run_in_race, &race), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    (void)pthread_barrier_destroy(&race.start);
    (void)pthread_mutex_destroy(&race.lock);
    return race.winners;
}

static bool spend_code(struct store_write *w, int64_t pk)
{
    bool first;
    ok(code_spend(w, pk, &first));
    return first;
}

/* OT-01: of 200 that redeem one code at once, one gets through, and it stays spent (OT-05). */
static void test_ot_01_code_race(void **state)
{
    (void)state;
    struct auth_code code = add_code();
    assert_int_equal(winners_of(spend_code, code.pk), 1);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    struct store_write *w = begin_write(view);
    assert_false(spend_code(w, code.pk));
    store_rollback(w);
}

static bool spend_pushed(struct store_write *w, int64_t pk)
{
    bool first;
    ok(pushed_request_spend(w, pk, &first));
    return first;
}

/* OX-01: of 200 that use one pushed request at once, one gets it, and it is gone (OT-05). */
static void test_ox_01_pushed_request_race(void **state)
{
    (void)state;
    struct pushed_request pushed = add_pushed(0, clock_now().wall_ms + 60000);
    assert_int_equal(winners_of(spend_pushed, pushed.pk), 1);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    struct store_write *w = begin_write(view);
    assert_false(spend_pushed(w, pushed.pk));
    store_rollback(w);
}

static bool spend_device(struct store_write *w, int64_t pk)
{
    bool first;
    ok(device_code_spend(w, pk, &first));
    return first;
}

/* OX-05: of 200 polls of one device that was let in, one gets the tokens. */
static void test_ox_05_device_race(void **state)
{
    (void)state;
    struct device_code code = add_device(DEVICE_GRANTED);
    assert_int_equal(winners_of(spend_device, code.pk), 1);
}

static bool rotate(struct store_write *w, int64_t pk)
{
    bool moved;
    struct str to = str_of(hash_bytes[2], HANDLE_HASH_BYTES);
    struct str from = str_of(hash_bytes[1], HANDLE_HASH_BYTES);
    ok(refresh_family_rotate(w, pk, from, to, 1, &moved));
    return moved;
}

/* OT-04: of 200 that rotate one family at once, one moves it. */
static void test_ot_04_rotation_race(void **state)
{
    (void)state;
    (void)hash_of(2);
    struct refresh_family family = add_family();
    assert_int_equal(winners_of(rotate, family.pk), 1);
}

static bool spend_once(struct store_write *w, int64_t pk)
{
    bool first;
    (void)pk;
    ok(once_spend(w, STR("jti"), STR("raced"), INT64_MAX, &first));
    return first;
}

static void test_once_race(void **state)
{
    (void)state;
    assert_int_equal(winners_of(spend_once, 0), 1);
}

/* PW-02: no failure is lost when many are counted at once. */
static bool count_failure(struct store_write *w, int64_t pk)
{
    struct login_failures f;
    struct arena own;
    arena_init(&own, 1 << 16);
    ok(login_failures_find(store_write_reader(w), &own, pk, &f));
    f.count++;
    ok(login_failures_put(w, pk, &f));
    arena_free(&own);
    return f.count == THREADS;
}

static void test_pw_02_failure_race(void **state)
{
    (void)state;
    assert_int_equal(winners_of(count_failure, user.pk), 1);
}

/* --- Sweeping --- */

static void add_old_sessions(int count, int64_t at_ms, bool remember)
{
    struct store_write *w = begin_write(view);
    for (int i = 0; i < count; i++) {
        struct user_session s = {.id = uuid_new(&arena),
                                 .user_pk = user.pk,
                                 .started_ms = at_ms,
                                 .last_access_ms = at_ms,
                                 .remember_me = remember};
        ok(session_insert(w, &s));
    }
    commit(w);
}

static bool is_waiting(struct store_read *r, int n)
{
    char bytes[HANDLE_HASH_BYTES] = {0};
    struct pushed_request found;
    memcpy(bytes, &n, sizeof(n));
    int rc = pushed_request_find(r, &arena, str_of(bytes, sizeof(bytes)), &found);
    assert_true(rc == 0 || rc == ERR_NOT_FOUND);
    return rc == 0;
}

static void test_sweep(void **state)
{
    (void)state;
    int64_t now_ms = clock_now().wall_ms;
    struct session_limits limits = {.idle_ms = 1000000,
                                    .max_ms = 100000000,
                                    .idle_remember_ms = 50000000,
                                    .max_remember_ms = 100000000,
                                    .offline_idle_ms = 100000000};
    struct user_session *items;
    size_t left;
    int64_t count;
    int64_t total = 0;
    bool spent;
    add_old_sessions(2500, now_ms - 5000000, false); /* idle */
    add_old_sessions(30, now_ms - 5000000, true);    /* not yet: remembered */
    add_old_sessions(20, now_ms - 200000000, true);  /* too old */
    struct store_write *w = begin_write(view);
    ok(once_spend(w, STR("jti"), STR("old"), now_ms - INT64_C(7200000), &spent));
    ok(once_spend(w, STR("jti"), STR("new"), now_ms + 1000000, &spent));
    ok(push_numbered(w, client.pk, 0, now_ms - 1));
    ok(push_numbered(w, client.pk, 1, now_ms + 6000000));
    commit(w);
    for (int i = 0; i < 100 && total < 2520; i++) {
        w = begin_write(view);
        ok(session_sweep(w, &limits, 100, &count));
        assert_true(count <= 100);
        commit(w);
        total += count;
    }
    assert_int_equal(total, 2520);
    struct store_read *r = begin_read(view);
    ok(session_list_of_user(r, &arena, user.pk, &items, &left));
    assert_int_equal(left, 31);
    assert_false(is_waiting(r, 0));
    assert_true(is_waiting(r, 1));
    ok(once_is_spent(r, STR("jti"), STR("old"), &spent));
    assert_false(spent);
    ok(once_is_spent(r, STR("jti"), STR("new"), &spent));
    assert_true(spent);
    store_read_end(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_session, start, end),
        cmocka_unit_test_setup_teardown(test_session_delete_takes_all, start, end),
        cmocka_unit_test_setup_teardown(test_client_session, start, end),
        cmocka_unit_test_setup_teardown(test_code, start, end),
        cmocka_unit_test_setup_teardown(test_family, start, end),
        cmocka_unit_test_setup_teardown(test_once, start, end),
        cmocka_unit_test_setup_teardown(test_ot_01_code_race, start, end),
        cmocka_unit_test_setup_teardown(test_ot_04_rotation_race, start, end),
        cmocka_unit_test_setup_teardown(test_once_race, start, end),
        cmocka_unit_test_setup_teardown(test_device_code, start, end),
        cmocka_unit_test_setup_teardown(test_device_code_ends_with_its_session, start, end),
        cmocka_unit_test_setup_teardown(test_ox_05_device_race, start, end),
        cmocka_unit_test_setup_teardown(test_pushed_request, start, end),
        cmocka_unit_test_setup_teardown(test_ht_08_pushed_requests_of_a_host, start, end),
        cmocka_unit_test_setup_teardown(test_ht_08_pushed_requests_of_a_client, start, end),
        cmocka_unit_test_setup_teardown(test_ox_01_pushed_request_race, start, end),
        cmocka_unit_test_setup_teardown(test_pw_02_failure_race, start, end),
        cmocka_unit_test_setup_teardown(test_sweep, start, end),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
