/* Leader and follower in one process, over a stream of bytes each way that may break at any byte. */
#ifndef GARITA_TESTS_UNIT_STORE_REPLICATION_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_REPLICATION_SUPPORT_H

#include "tests/unit/store/follow_support.h"

#include <stdatomic.h>

#include "core/base/log.h"
#include "store/realm_list.h"
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

/* The file of a realm that was deleted while something held it stays until the next start. */
static bool is_of_realm(struct str file)
{
    struct list_row row;
    if (str_eq(file, STR(REALM_MASTER)))
        return true;
    int err = realm_list_find_file(primary, &arena, file, &row);
    if (err != ERR_NOT_FOUND)
        ok(err);
    return err == 0;
}

static int compare_file(void *arg, struct str name)
{
    size_t *count = arg;
    if (!str_ends(name, STR(".db")))
        return 0;
    struct str file = str_sub(name, 0, name.len - 3);
    if (!is_of_realm(file))
        return 0;
    ++*count;
    same_everywhere(file);
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

#endif
