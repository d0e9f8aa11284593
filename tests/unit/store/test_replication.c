/* Leader and follower over a stream of bytes that may break at any byte: whatever is done at the primary,
 * the standby is page by page the same in the end, and what was answered in a synchronous mode is there
 * at once (RP-02, RP-03). */
#include "tests/unit/store/follow_support.h"

#include <stdatomic.h>

#include "core/base/log.h"
#include "store/repl/leader.h"

#define PIPE_BYTES ((size_t)96 << 20)
#define WAIT_MS    60000

/* --- A stream one way --- */

struct stream {
    pthread_mutex_t lock;
    pthread_cond_t changed;
    unsigned char *bytes; /* PIPE_BYTES */
    size_t start, end;
    bool cut;
    int (*take)(const struct repl_message *m);
    pthread_t reader;
};

static struct leader *leader;
static struct stream down, up; /* to the standby, to the primary */
static bool connected;
static atomic_bool broke; /* by what was said, not by us */

static int take_down(const struct repl_message *m)
{
    return follower_message(follower, m);
}

static int take_up(const struct repl_message *m)
{
    return leader_message(leader, m);
}

static int stream_send(void *arg, const struct repl_message *m)
{
    struct stream *s = arg;
    struct arena a;
    struct buf b;
    struct str bytes;
    arena_init(&a, (size_t)2 << 20);
    buf_init(&b, &a, (size_t)1 << 20);
    ok(repl_encode(&b, m));
    ok(buf_finish(&b, &bytes));
    (void)pthread_mutex_lock(&s->lock);
    if (s->start == s->end)
        s->start = s->end = 0;
    bool fits = s->end + bytes.len <= PIPE_BYTES;
    int err = s->cut || !fits ? ERR_IO : 0;
    if (err == 0) {
        memcpy(s->bytes + s->end, bytes.ptr, bytes.len);
        s->end += bytes.len;
    }
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
    arena_free(&a);
    return err;
}

static size_t stream_waiting(void *arg)
{
    struct stream *s = arg;
    (void)pthread_mutex_lock(&s->lock);
    size_t waiting = s->end - s->start;
    (void)pthread_mutex_unlock(&s->lock);
    return waiting;
}

static size_t length_at(const unsigned char *p)
{
    return (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
}

/* False: cut, whatever is still in it. */
static bool stream_next(struct stream *s, unsigned char *out, size_t *ret_len)
{
    (void)pthread_mutex_lock(&s->lock);
    while (!s->cut && s->start == s->end)
        (void)pthread_cond_wait(&s->changed, &s->lock);
    bool any = !s->cut;
    if (any) {
        *ret_len = length_at(s->bytes + s->start);
        assert_true(*ret_len <= REPL_MESSAGE_MAX);
        memcpy(out, s->bytes + s->start + REPL_LENGTH_BYTES, *ret_len);
        s->start += REPL_LENGTH_BYTES + *ret_len;
    }
    (void)pthread_mutex_unlock(&s->lock);
    return any;
}

static void *stream_read(void *arg)
{
    struct stream *s = arg;
    unsigned char *bytes = malloc(REPL_MESSAGE_MAX);
    struct repl_message *m = calloc(1, sizeof(*m));
    size_t len;
    assert_true(bytes && m);
    while (stream_next(s, bytes, &len)) {
        ok(repl_decode(str_of((const char *)bytes, len), m));
        int err = s->take(m);
        if (err != 0) {
            LOG_WARN("test", "the connection ends: %s", err_text(err));
            atomic_store(&broke, true);
            break;
        }
    }
    free(m);
    free(bytes);
    return NULL;
}

static void stream_open(struct stream *s, int (*take)(const struct repl_message *m))
{
    if (!s->bytes) {
        s->bytes = malloc(PIPE_BYTES);
        assert_non_null(s->bytes);
        (void)pthread_mutex_init(&s->lock, NULL);
        (void)pthread_cond_init(&s->changed, NULL);
    }
    s->start = s->end = 0;
    s->cut = false;
    s->take = take;
}

static void stream_start(struct stream *s)
{
    assert_int_equal(pthread_create(&s->reader, NULL, stream_read, s), 0);
}

static void stream_cut(struct stream *s)
{
    (void)pthread_mutex_lock(&s->lock);
    s->cut = true;
    (void)pthread_cond_signal(&s->changed);
    (void)pthread_mutex_unlock(&s->lock);
}

/* --- The two --- */

static void connect_both(void)
{
    const struct repl_out to_standby_out = {stream_send, stream_waiting, &down};
    const struct repl_out to_primary_out = {stream_send, stream_waiting, &up};
    const struct follower_config config = {.cluster = STR(CLUSTER)};
    stream_open(&down, take_down);
    stream_open(&up, take_up);
    atomic_store(&broke, false);
    if (!follower)
        ok(follower_new(standby, &config, &follower));
    ok(leader_attach(leader, &to_standby_out));
    stream_start(&up);
    ok(follower_attach(follower, &to_primary_out));
    stream_start(&down);
    connected = true;
}

static void disconnect(void)
{
    if (!connected)
        return;
    stream_cut(&down);
    stream_cut(&up);
    (void)pthread_join(down.reader, NULL);
    (void)pthread_join(up.reader, NULL);
    leader_detach(leader);
    follower_detach(follower);
    connected = false;
}

static void lead(enum repl_mode mode)
{
    const struct leader_config config = {.cluster = STR(CLUSTER), .epoch = 1, .mode = mode};
    ok(leader_new(primary, &config, &leader));
}

static int start_both(void **state)
{
    char command[1000];
    (void)state;
    arena_init(&arena, (size_t)256 << 20);
    make_dir();
    open_primary();
    make_realm(REALM_MASTER);
    make_realm("peru");
    (void)snprintf(command, sizeof(command),
                   "mkdir -m 700 '%s/s' && cp -p '%s/p/master.key' '%s/s/'", test_dir, test_dir,
                   test_dir);
    assert_int_equal(system(command), 0);
    open_standby();
    lead(REPL_ASYNC);
    connect_both();
    return 0;
}

static int end_both(void **state)
{
    (void)state;
    disconnect();
    follower_free(follower);
    follower = NULL;
    store_close(standby);
    leader_free(leader);
    leader = NULL;
    store_close(primary);
    primary = standby = store = NULL;
    free(down.bytes);
    free(up.bytes);
    down.bytes = up.bytes = NULL;
    arena_free(&arena);
    remove_dir();
    return 0;
}

/* A connection that broke is made anew, as the link does. */
static void catch_up(void)
{
    struct leader_state told;
    int64_t until_ms = clock_now().monotonic_ms + WAIT_MS;
    do {
        assert_true(clock_now().monotonic_ms < until_ms);
        if (!connected || atomic_load(&broke) || leader_broken(leader)) {
            disconnect();
            connect_both();
        }
        (void)sqlite3_sleep(2);
        leader_state(leader, &told);
    } while (!told.in_step || told.behind_commits > 0);
}

static int compare_file(void *arg, struct str name)
{
    size_t *count = arg;
    if (!str_ends(name, STR(".db")))
        return 0;
    ++*count;
    same_everywhere(str_sub(name, 0, name.len - 3));
    return 0;
}

static int count_file(void *arg, struct str name)
{
    size_t *count = arg;
    *count += str_ends(name, STR(".db"));
    return 0;
}

static void all_is_the_same(void)
{
    size_t ours = 0, theirs = 0;
    ok(folder_each(&primary->folder, compare_file, &ours));
    /* What is gone at the primary goes here, a moment later. */
    int64_t until_ms = clock_now().monotonic_ms + WAIT_MS;
    do {
        assert_true(clock_now().monotonic_ms < until_ms);
        theirs = 0;
        ok(folder_each(&standby->folder, count_file, &theirs));
    } while (theirs != ours && sqlite3_sleep(5) > 0);
}

static void test_everything_arrives(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    add_user(view, "ana");
    catch_up();
    assert_true(standby_has_user("peru", "ana"));
    make_realm("chile");
    struct realm_view *chile = view_of("chile");
    add_user(chile, "eva");
    catch_up();
    assert_true(standby_has_user("chile", "eva"));
    all_is_the_same();
    realm_view_release(chile);
    realm_view_release(view);
}

/* --- Anything, and breaks in between --- */

static unsigned random_below(unsigned limit)
{
    uint32_t r;
    rng_bytes(&r, sizeof(r));
    return r % limit;
}

static void change_users(const char *realm, int round)
{
    struct realm_view *view;
    if (realm_view_acquire(primary, str_c(realm), &view) != 0)
        return;
    for (unsigned i = 0; i <= random_below(4); i++) {
        char name[48];
        (void)snprintf(name, sizeof(name), "u%d-%u-%u", round, i, random_below(1000000));
        struct user user = add_user(view, name);
        if (random_below(3) == 0) {
            struct store_write *w = begin_write(view);
            ok(user_delete(w, user.pk));
            commit(w);
        }
    }
    realm_view_release(view);
}

static void make_or_delete(const char *realm)
{
    struct realm_view *view;
    if (realm_view_acquire(primary, str_c(realm), &view) != 0) {
        make_realm(realm);
        return;
    }
    realm_view_release(view);
    if (random_below(2) == 0)
        ok(store_realm_delete(primary, str_c(realm)));
}

static void restart_standby(void)
{
    disconnect();
    follower_free(follower);
    follower = NULL;
    store_close(standby);
    open_standby();
}

static void restart_primary(void)
{
    disconnect();
    leader_free(leader);
    store_close(primary);
    open_primary();
    lead(REPL_ASYNC);
}

static void test_rp_03_whatever_happens_they_are_the_same(void **state)
{
    (void)state;
    static const char *const realms[] = {"peru", "chile", "lima", "cusco"};
    for (int round = 0; round < 150; round++) {
        const char *realm = realms[random_below(ARRAY_LEN(realms))];
        change_users(realm, round);
        if (random_below(6) == 0 && strcmp(realm, "peru") != 0)
            make_or_delete(realm);
        if (random_below(5) == 0)
            disconnect();
        if (random_below(25) == 0)
            restart_standby();
        if (random_below(40) == 0)
            restart_primary();
        if (!connected && random_below(2) == 0)
            connect_both();
        if (random_below(30) == 0) {
            catch_up();
            all_is_the_same();
        }
    }
    catch_up();
    all_is_the_same();
}

/* An answer leaves when readers of the standby see what it says. */
static void test_rp_02_synchronous_means_there(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    catch_up();
    leader_set_mode(leader, REPL_SYNC_APPLY);
    for (int i = 0; i < 40; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "user%d", i);
        struct user user = user_named(name);
        struct store_write *w = begin_write(view);
        ok(user_insert(w, &user));
        ok(store_commit(w, DURABLE_STANDBY));
        assert_true(standby_has_user("peru", name));
    }
    leader_set_mode(leader, REPL_ASYNC);
    realm_view_release(view);
}

/* RP-03: what differs although it should not is found by comparing, and put right. */
static void test_rp_03_a_silent_difference_is_found(void **state)
{
    (void)state;
    struct leader_state told;
    struct realm_view *view = view_of("peru");
    struct slot *slot;
    struct realm_db *db;
    add_user(view, "ana");
    catch_up();
    ok(slot_find(standby, STR("peru"), &slot));
    ok(slot_db_acquire(slot, &db));
    db->writer->guarded = false;
    ok(conn_exec(db->writer, "UPDATE user SET username = 'eve' WHERE username = 'ana'"));
    db->writer->guarded = true;
    slot_db_release(slot, db);
    assert_false(standby_has_user("peru", "ana"));
    ok(leader_verify(leader));
    int64_t until_ms = clock_now().monotonic_ms + WAIT_MS;
    do {
        assert_true(clock_now().monotonic_ms < until_ms);
        (void)sqlite3_sleep(5);
        leader_state(leader, &told);
    } while (told.verified_ms == 0 || told.pages_differed == 0);
    catch_up();
    assert_true(standby_has_user("peru", "ana"));
    all_is_the_same();
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_everything_arrives, start_both, end_both),
        cmocka_unit_test_setup_teardown(test_rp_03_whatever_happens_they_are_the_same, start_both,
                                        end_both),
        cmocka_unit_test_setup_teardown(test_rp_02_synchronous_means_there, start_both, end_both),
        cmocka_unit_test_setup_teardown(test_rp_03_a_silent_difference_is_found, start_both,
                                        end_both),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
