/* The leader against a standby that is only a picture of one: what is sent, put together, is what the
 * databases hold, and answers wait for it. */
#include "tests/unit/store/store_support.h"

#include <pthread.h>
#include <stdatomic.h>

#include "store/page_file.h"
#include "store/realm_list.h"
#include "store/repl/leader.h"
#include "store/repl/page_hash.h"
#include "store/repl/recent.h"
#include "store/sql/page.h"
#include "store/sql/position.h"
#include "store/tx.h"

#define COPIES     16
#define COPY_PAGES 4000
#define REPLIES    4096
#define CLUSTER    "3c9f1f9e-6a1f-4c0b-9a51-5f1d6a0e7b42"
#define WAIT_MS    30000

struct copy {
    char file[FILE_NAME_MAX + 1];
    char realm[REALM_NAME_MAX + 1];
    unsigned char *pages; /* NULL: none */
    uint32_t page_count;
    struct repl_position at;
};

/* What the standby says next. */
struct reply {
    enum repl_message_type type;
    size_t copy;
    struct repl_position at;
};

static struct {
    pthread_mutex_t lock;
    struct copy copies[COPIES];
    struct reply replies[REPLIES];
    size_t reply_count;
    size_t receives;     /* the copy that pages are for */
    uint32_t pages_left; /* of it */
    bool in_snapshot;
    struct repl_position ends_at;
    uint32_t ends_with;
    bool silent;           /* says nothing */
    atomic_size_t waiting; /* as told */
    int breaches;          /* of what the leader promises */
    int commits, snapshots, differences, gone;
    uint32_t snapshot_pages;
} standby = {.lock = PTHREAD_MUTEX_INITIALIZER};

static struct leader *leader;
static pthread_t talker;
static atomic_bool talks;

/* --- The standby --- */

static size_t copy_of(struct str file)
{
    for (size_t i = 0; i < COPIES; i++)
        if (str_eq_c(file, standby.copies[i].file))
            return i;
    for (size_t i = 0; i < COPIES; i++)
        if (!standby.copies[i].file[0]) {
            memcpy(standby.copies[i].file, file.ptr, file.len);
            return i;
        }
    standby.breaches++;
    return 0;
}

static void reply(enum repl_message_type type, size_t copy, const struct repl_position *at)
{
    if (standby.reply_count == REPLIES)
        standby.breaches++;
    else
        standby.replies[standby.reply_count++] =
            (struct reply){type, copy, at ? *at : (struct repl_position){0}};
}

static void end_if_whole(void)
{
    struct copy *c = &standby.copies[standby.receives];
    if (standby.in_snapshot || standby.pages_left > 0)
        return;
    c->at = standby.ends_at;
    c->page_count = standby.ends_with;
    reply(REPL_ACK, standby.receives, &c->at);
}

static void take_commit(const struct repl_commit_head *h)
{
    struct copy *c = &standby.copies[copy_of(h->file)];
    standby.commits++;
    standby.breaches += !c->pages || !position_same(&c->at, &h->before);
    standby.receives = copy_of(h->file);
    standby.pages_left = h->count;
    standby.ends_at = h->after;
    standby.ends_with = h->page_count;
    end_if_whole();
}

static void take_snapshot(const struct repl_snapshot *s)
{
    struct copy *c = &standby.copies[copy_of(s->file)];
    *(s->difference ? &standby.differences : &standby.snapshots) += 1;
    standby.snapshot_pages += s->count;
    standby.breaches += s->difference && !c->pages;
    standby.breaches += s->page_count > COPY_PAGES || !position_known(&s->position);
    if (!c->pages)
        c->pages = calloc(COPY_PAGES, PAGE_BYTES);
    memset(c->realm, 0, sizeof(c->realm));
    memcpy(c->realm, s->realm.ptr, s->realm.len);
    c->at = (struct repl_position){0};
    standby.receives = copy_of(s->file);
    standby.in_snapshot = true;
    standby.pages_left = s->count;
    standby.ends_at = s->position;
    standby.ends_with = s->page_count;
}

static void take_pages(const struct repl_pages *p)
{
    struct copy *c = &standby.copies[standby.receives];
    for (size_t i = 0; i < p->count; i++) {
        uint32_t n = p->pages[i].number;
        standby.breaches += n < 1 || n > COPY_PAGES || standby.pages_left == 0;
        if (n < 1 || n > COPY_PAGES || standby.pages_left == 0)
            return;
        memcpy(c->pages + (size_t)(n - 1) * PAGE_BYTES, p->pages[i].image, PAGE_BYTES);
        standby.pages_left--;
    }
    end_if_whole();
}

static void take_gone(struct str file)
{
    struct copy *c = &standby.copies[copy_of(file)];
    standby.gone++;
    free(c->pages);
    memset(c, 0, sizeof(*c));
}

static int take(void *arg, const struct repl_message *m)
{
    (void)arg;
    (void)pthread_mutex_lock(&standby.lock);
    bool within = standby.pages_left > 0 || standby.in_snapshot;
    standby.breaches += within && m->type != REPL_PAGES && m->type != REPL_SNAPSHOT_END;
    switch (m->type) {
    case REPL_COMMIT: take_commit(&m->commit); break;
    case REPL_SNAPSHOT: take_snapshot(&m->snapshot); break;
    case REPL_PAGES: take_pages(&m->pages); break;
    case REPL_SNAPSHOT_END:
        standby.breaches += standby.pages_left > 0;
        standby.in_snapshot = false;
        end_if_whole();
        break;
    case REPL_HASHES: reply(REPL_HASHES, copy_of(m->hashes.file), NULL); break;
    case REPL_SETTINGS: standby.breaches += m->settings.count != 1; break;
    case REPL_GONE: take_gone(m->file); break;
    default: standby.breaches++;
    }
    (void)pthread_mutex_unlock(&standby.lock);
    return 0;
}

static size_t waiting(void *arg)
{
    (void)arg;
    return atomic_load(&standby.waiting);
}

static const struct repl_out out = {take, waiting, NULL};

static int say_hashes(const struct copy *c)
{
    static unsigned char hashes[COPY_PAGES * REPL_HASH_BYTES];
    struct page_hash_key key;
    struct repl_message m = {.type = REPL_HASHES};
    uint32_t count = c->pages ? c->page_count : 0;
    page_hash_key(STR(CLUSTER), &key);
    for (uint32_t i = 0; i < count; i++) {
        uint64_t hash = page_hash(&key, i + 1, c->pages + (size_t)i * PAGE_BYTES);
        memcpy(hashes + i * REPL_HASH_BYTES, &hash, sizeof(hash));
    }
    m.hashes = (struct repl_hashes){.file = str_c(c->file), .first = 1, .page_count = count};
    for (uint32_t i = 0; i < count || i == 0;) {
        uint32_t n = count - i < 100 ? count - i : 100;
        m.hashes.first = i + 1;
        m.hashes.hashes = str_of((const char *)hashes + i * REPL_HASH_BYTES, n * REPL_HASH_BYTES);
        TRY(leader_message(leader, &m));
        i += n;
        if (n == 0)
            break;
    }
    return 0;
}

/* False when there is nothing to say. */
static bool say_next(void)
{
    (void)pthread_mutex_lock(&standby.lock);
    bool any = standby.reply_count > 0 && !standby.silent;
    struct reply r = standby.replies[0];
    struct copy c = standby.copies[r.copy];
    if (any) {
        standby.reply_count--;
        memmove(standby.replies, standby.replies + 1,
                standby.reply_count * sizeof(*standby.replies));
    }
    (void)pthread_mutex_unlock(&standby.lock);
    if (!any)
        return false;
    struct repl_message m = {.type = r.type};
    m.at = (struct repl_at){str_c(c.file), r.at};
    int err = r.type == REPL_HASHES ? say_hashes(&c) : leader_message(leader, &m);
    if (err != 0) {
        (void)pthread_mutex_lock(&standby.lock);
        standby.breaches++;
        (void)pthread_mutex_unlock(&standby.lock);
    }
    return true;
}

static void *talk(void *arg)
{
    (void)arg;
    while (atomic_load(&talks))
        if (!say_next())
            (void)usleep(200);
    return NULL;
}

/* --- Its connection --- */

static void connect_standby(void)
{
    struct repl_message m = {.type = REPL_AT};
    ok(leader_attach(leader, &out));
    for (size_t i = 0; i < COPIES; i++)
        if (standby.copies[i].pages) {
            m.at = (struct repl_at){str_c(standby.copies[i].file), standby.copies[i].at};
            ok(leader_message(leader, &m));
        }
    m.type = REPL_AT_END;
    ok(leader_message(leader, &m));
    atomic_store(&talks, true);
    assert_int_equal(pthread_create(&talker, NULL, talk, NULL), 0);
}

static void disconnect_standby(void)
{
    atomic_store(&talks, false);
    (void)pthread_join(talker, NULL);
    leader_detach(leader);
    standby.reply_count = 0;
    standby.pages_left = 0;
    standby.in_snapshot = false;
}

static struct leader_state state_of(void)
{
    struct leader_state s;
    leader_state(leader, &s);
    return s;
}

static void until_in_step(void)
{
    for (int i = 0; i < WAIT_MS; i++) {
        struct leader_state s = state_of();
        if (s.in_step && s.behind_commits == 0)
            return;
        (void)usleep(1000);
    }
    fail_msg("the standby is not in step");
}

static void start_leader(struct leader_config config)
{
    config.cluster = STR(CLUSTER);
    config.epoch = 3;
    ok(leader_new(store, &config, &leader));
}

/* --- What it has is what there is --- */

static void same_as(const char *realm)
{
    struct slot *slot;
    struct realm_db *db;
    unsigned char page[PAGE_BYTES];
    struct repl_position at;
    int64_t count;
    ok(slot_find(store, str_c(realm), &slot));
    ok(slot_db_acquire(slot, &db));
    const struct copy *c = &standby.copies[copy_of(str_c(slot->file))];
    assert_non_null(c->pages);
    (void)sqlite3_set_authorizer(db->writer->db, NULL, NULL);
    ok(page_count(db->writer, &count));
    assert_int_equal(count, c->page_count);
    ok(position_read(db->writer, &at));
    assert_true(position_same(&at, &c->at));
    for (uint32_t i = 1; i <= count; i++) {
        ok(page_read(db->writer, i, page, PAGE_BYTES));
        page_clean(page, i, (uint32_t)count);
        assert_memory_equal(page, c->pages + (size_t)(i - 1) * PAGE_BYTES, PAGE_BYTES);
    }
    slot_db_release(slot, db);
    assert_int_equal(standby.breaches, 0);
}

static void statement(struct slot *slot, const char *text)
{
    struct store_write *w;
    struct now now = clock_now();
    ok(tx_write_begin(slot, NULL, &now, &w));
    (void)sqlite3_set_authorizer(write_conn(w)->db, NULL, NULL);
    ok(conn_exec(write_conn(w), text));
    ok(store_commit(w, DURABLE_LOCAL));
}

static void change(const char *realm, int times)
{
    struct slot *slot;
    ok(slot_find(store, str_c(realm), &slot));
    for (int i = 0; i < times; i++)
        statement(slot, "INSERT OR REPLACE INTO t"
                        " SELECT abs(random()) % 500, randomblob(abs(random()) % 5000)");
}

/* Nobody follows a change of the schema: it is made before. */
static void make_filled(const char *realm)
{
    struct slot *slot;
    make_realm(realm);
    ok(slot_find(store, str_c(realm), &slot));
    statement(slot, "CREATE TABLE t (k INTEGER PRIMARY KEY, v BLOB)");
}

/* --- Tests --- */

static int start(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    make_dir();
    open_store();
    make_realm(REALM_MASTER);
    make_filled("peru");
    memset(standby.copies, 0, sizeof(standby.copies));
    standby.reply_count = 0;
    standby.breaches = standby.commits = standby.snapshots = 0;
    standby.differences = standby.gone = 0;
    standby.snapshot_pages = 0;
    standby.silent = false;
    atomic_store(&standby.waiting, 0);
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

static void test_comes_and_follows(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    assert_int_equal(standby.snapshots, 2);
    change("peru", 40);
    until_in_step();
    same_as("peru");
    same_as(REALM_MASTER);
    assert_int_equal(standby.snapshots, 2);
    assert_in_range(standby.commits, 40, 60);
    assert_int_equal(standby.copies[0].at.epoch, 3);
}

static void test_goes_on_after_a_break(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    disconnect_standby();
    change("peru", 30);
    assert_in_range(state_of().behind_commits, 30, 60);
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
    assert_int_equal(standby.differences, 0);
}

static void test_sends_what_differs(void **state)
{
    (void)state;
    start_leader((struct leader_config){.kept_bytes = 64 << 10});
    change("peru", 300);
    connect_standby();
    until_in_step();
    disconnect_standby();
    standby.snapshot_pages = 0;
    change("peru", 60);
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
    assert_in_range(standby.differences, 1, 2);
    assert_in_range(standby.snapshot_pages, 1, standby.copies[copy_of(STR(""))].page_count + 2000);
}

/* RP-02: the same number in another history. */
static void test_tells_histories_apart(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    disconnect_standby();
    ok(slot_find(store, STR("peru"), &slot));
    struct copy *c = &standby.copies[copy_of(str_c(slot->file))];
    c->at.mark ^= 1;
    c->pages[3 * PAGE_BYTES + 7] ^= 1;
    connect_standby();
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.differences, 1);
}

/* RP-02: changed while nobody followed, a database's numbers begin anew, below those of the standby. */
static void test_numbers_begin_anew(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    change("peru", 30);
    until_in_step();
    disconnect_standby();
    leader_free(leader);
    change("peru", 1);
    start_leader((struct leader_config){0});
    change("peru", 2);
    connect_standby();
    until_in_step();
    change("peru", 2);
    until_in_step();
    same_as("peru");
    assert_in_range(standby.differences, 1, 2);
}

static void test_compares_all_pages(void **state)
{
    (void)state;
    struct slot *slot;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    change("peru", 20);
    until_in_step();
    ok(leader_verify(leader));
    for (int i = 0; state_of().verified_ms == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_not_equal(state_of().verified_ms, 0);
    assert_int_equal(state_of().pages_differed, 0);
    assert_int_equal(standby.differences, 0);
    ok(slot_find(store, STR("peru"), &slot));
    (void)pthread_mutex_lock(&standby.lock);
    standby.copies[copy_of(str_c(slot->file))].pages[5 * PAGE_BYTES + 9] ^= 1;
    (void)pthread_mutex_unlock(&standby.lock);
    ok(leader_verify(leader));
    for (int i = 0; state_of().pages_differed == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_equal(state_of().pages_differed, 1);
    change("peru", 3);
    until_in_step();
    same_as("peru");
}

static void test_realms_come_and_go(void **state)
{
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_APPLY});
    connect_standby();
    until_in_step();
    make_realm("chile");
    until_in_step();
    same_as("chile");
    ok(store_realm_delete(store, STR("chile")));
    until_in_step();
    for (int i = 0; standby.gone == 0 && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_int_equal(standby.gone, 1);
    same_as(REALM_MASTER);
}

static int commit_as_answered(const char *name)
{
    struct realm_view *view = view_of("peru");
    struct user user = user_named(name);
    struct store_write *w;
    struct now now = clock_now();
    int err = store_write_begin(view, &now, &w);
    if (err == 0) {
        ok(user_insert(w, &user));
        err = store_commit(w, DURABLE_STANDBY);
    }
    realm_view_release(view);
    return err;
}

static void silence(bool on)
{
    (void)pthread_mutex_lock(&standby.lock);
    standby.silent = on;
    (void)pthread_mutex_unlock(&standby.lock);
}

static void *speak_soon(void *arg)
{
    (void)arg;
    (void)usleep(300000);
    silence(false);
    return NULL;
}

static void test_answers_wait(void **state)
{
    pthread_t thread;
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = WAIT_MS});
    connect_standby();
    until_in_step();
    silence(true);
    int64_t begun_ms = clock_now().monotonic_ms;
    assert_int_equal(pthread_create(&thread, NULL, speak_soon, NULL), 0);
    ok(commit_as_answered("ana"));
    assert_true(clock_now().monotonic_ms - begun_ms >= 290);
    (void)pthread_join(thread, NULL);
    assert_int_equal(state_of().behind_commits, 0);
    assert_false(state_of().degraded);
}

static void test_answers_do_not_wait_when_asynchronous(void **state)
{
    (void)state;
    start_leader((struct leader_config){.confirm_ms = 3600000});
    connect_standby();
    until_in_step();
    silence(true);
    ok(commit_as_answered("ana"));
    assert_int_not_equal(state_of().behind_commits, 0);
    leader_set_mode(leader, REPL_SYNC_FLUSH);
    silence(false);
    ok(commit_as_answered("eva"));
    assert_int_equal(state_of().behind_commits, 0);
}

static void test_goes_on_without(void **state)
{
    (void)state;
    start_leader((struct leader_config){.mode = REPL_SYNC_FLUSH, .confirm_ms = 200});
    ok(commit_as_answered("before"));
    assert_true(state_of().degraded);
    connect_standby();
    until_in_step();
    assert_false(state_of().degraded);
    silence(true);
    ok(commit_as_answered("ana"));
    assert_true(state_of().degraded);
    silence(false);
    until_in_step();
    ok(commit_as_answered("eva"));
    for (int i = 0; state_of().degraded && i < WAIT_MS; i++)
        (void)usleep(1000);
    assert_false(state_of().degraded);
}

static void test_stops_without(void **state)
{
    (void)state;
    start_leader((struct leader_config){
        .mode = REPL_SYNC_FLUSH, .confirm_ms = 200, .stop_without_standby = true});
    fails(commit_as_answered("before"), ERR_NO_STANDBY);
    connect_standby();
    until_in_step();
    ok(commit_as_answered("ana"));
    silence(true);
    fails(commit_as_answered("eva"), ERR_UNCONFIRMED);
    silence(false);
    ok(commit_as_answered("eve"));
    disconnect_standby();
    fails(commit_as_answered("late"), ERR_NO_STANDBY);
    connect_standby();
    until_in_step();
    same_as("peru");
}

static void test_waits_for_room(void **state)
{
    (void)state;
    start_leader((struct leader_config){0});
    connect_standby();
    until_in_step();
    atomic_store(&standby.waiting, REPL_WAITING_MAX);
    int before = standby.commits;
    change("peru", 10);
    assert_int_equal(standby.commits, before);
    atomic_store(&standby.waiting, 0);
    until_in_step();
    same_as("peru");
    assert_int_equal(standby.snapshots, 2);
}

static void *write_much(void *arg)
{
    change(arg, 60);
    return NULL;
}

/* Commits of several realms while databases come and the connection breaks. */
static void test_all_at_once(void **state)
{
    static char realms[][8] = {"peru", "chile", "cuba"};
    pthread_t threads[ARRAY_LEN(realms)];
    (void)state;
    make_filled("chile");
    make_filled("cuba");
    start_leader((struct leader_config){.kept_bytes = 256 << 10});
    for (int round = 0; round < 4; round++) {
        connect_standby();
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            assert_int_equal(pthread_create(&threads[i], NULL, write_much, realms[i]), 0);
        (void)usleep(20000);
        disconnect_standby();
        connect_standby();
        int err = leader_verify(leader);
        assert_true(err == 0 || err == ERR_NOT_FOUND);
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            (void)pthread_join(threads[i], NULL);
        until_in_step();
        for (size_t i = 0; i < ARRAY_LEN(realms); i++)
            same_as(realms[i]);
        assert_int_equal(state_of().pages_differed, 0);
        disconnect_standby();
    }
}

static void test_refuses_what_makes_no_sense(void **state)
{
    struct repl_message m = {.type = REPL_AT_END};
    (void)state;
    start_leader((struct leader_config){0});
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    fails(leader_verify(leader), ERR_NOT_FOUND);
    connect_standby();
    fails(leader_attach(leader, &out), ERR_CONFLICT);
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    until_in_step();
    m.type = REPL_ACK;
    m.at = (struct repl_at){STR(REALM_MASTER), {9, 1, 1}};
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    m.type = REPL_HASHES;
    m.hashes = (struct repl_hashes){.file = STR("nowhere"), .first = 1};
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
    m.type = REPL_SNAPSHOT;
    fails(leader_message(leader, &m), ERR_INVALID_REQUEST);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start, end)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_comes_and_follows),
        TEST(test_goes_on_after_a_break),
        TEST(test_sends_what_differs),
        TEST(test_tells_histories_apart),
        TEST(test_numbers_begin_anew),
        TEST(test_compares_all_pages),
        TEST(test_realms_come_and_go),
        TEST(test_answers_wait),
        TEST(test_answers_do_not_wait_when_asynchronous),
        TEST(test_goes_on_without),
        TEST(test_stops_without),
        TEST(test_waits_for_room),
        TEST(test_all_at_once),
        TEST(test_refuses_what_makes_no_sense),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
