/* Files of archived events get to the standby over connections that break, before their events leave the
 * database, and go there when they go here: who is promoted can prove every month (RP-02, AU-02). */
#include "tests/unit/store/replication_support.h"

#include <glob.h>

#define DAY_MS    INT64_C(86400000)
#define SEPTEMBER INT64_C(1788220800000) /* 2026-09-01 */
#define NOVEMBER  (SEPTEMBER + 61 * DAY_MS)
#define DECEMBER  (NOVEMBER + 30 * DAY_MS)
#define EVENTS    90

static const struct event_actor jobs = {.client_id = STR_INIT("garita-jobs")};
static const struct now in_december = {.wall_ms = DECEMBER + DAY_MS};

/* One a day. */
static void fill(struct realm_view *view)
{
    for (int i = 0; i < EVENTS; i++) {
        const struct now now = {.wall_ms = SEPTEMBER + i * DAY_MS};
        const struct event event = {.type = EVENT_UserLoggedIn,
                                    .actor = {.username = STR("ana"), .ip = STR("10.1.2.3")},
                                    .data = STR("{}")};
        struct store_write *w;
        ok(store_write_begin(view, &now, &w));
        ok(event_append(w, &event));
        commit(w);
    }
}

static bool archive_month(struct realm_view *view)
{
    struct event_archived archived;
    bool done;
    ok(event_archive_month(view, &in_december, &jobs, NOVEMBER, &arena, &archived, &done));
    return done;
}

static bool prune(struct realm_view *view)
{
    bool more = true;
    ok(event_archive_prune(view, &in_december, &more));
    return more;
}

static int64_t count_events(struct store_read *r)
{
    static const struct sql count = {"SELECT count(*) FROM event"};
    QUERY(q);
    ok(query_open(r->conn, &count, &q));
    ok(query_one(&q));
    return query_col_i64(&q, 0);
}

static int64_t events_in_database(struct realm_view *view)
{
    struct store_read *r = begin_read(view);
    int64_t count = count_events(r);
    store_read_end(r);
    return count;
}

static size_t wanted(void)
{
    struct leader_state told;
    leader_state(leader, &told);
    return told.archives_wanted;
}

/* Until no file is left to be sent. */
static void all_are_sent(void)
{
    catch_up();
    for (int64_t until_ms = clock_now().monotonic_ms + WAIT_MS; wanted() > 0; catch_up())
        assert_true(clock_now().monotonic_ms < until_ms);
}

/* On what the standby has, by itself. */
static struct event_verdict verdict_of_standby(void)
{
    struct realm_view *view = standby_view("peru");
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    realm_view_release(view);
    return verdict;
}

/* The rest of the name says where in the chain it begins. */
static bool standby_has(const char *month)
{
    char pattern[512];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s/s/audit/%s/%s-*.jsonl.zst", test_dir,
                   file_of("peru"), month);
    bool any = glob(pattern, 0, NULL, &found) == 0;
    globfree(&found);
    return any;
}

static void test_rp_02_a_standby_proves_what_was_archived(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_true(archive_month(view));
    assert_true(archive_month(view));
    assert_false(archive_month(view));
    all_are_sent();
    assert_true(standby_has("2026-09") && standby_has("2026-10"));
    while (prune(view))
        continue;
    assert_in_range(events_in_database(view), 29, 40);
    all_are_sent();
    all_is_the_same();
    struct event_verdict verdict = verdict_of_standby();
    assert_int_equal(verdict.bad_seq, 0);
    assert_in_range(verdict.checked, EVENTS, 2 * EVENTS);
    realm_view_release(view);
}

static void test_archives_of_before_the_pairing_come(void **state)
{
    (void)state;
    struct leader_state told;
    disconnect();
    leader_free(leader);
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_true(archive_month(view));
    while (prune(view))
        continue;
    lead(REPL_ASYNC);
    all_are_sent();
    assert_true(standby_has("2026-09"));
    leader_state(leader, &told);
    assert_int_equal(told.archives, 1);
    disconnect();
    all_are_sent(); /* what is known to be there is not offered again */
    leader_state(leader, &told);
    assert_int_equal(told.archives, 1);
    realm_view_release(view);
}

static void test_events_stay_until_their_file_is_at_the_standby(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    int64_t all = events_in_database(view);
    leader_expect_standby(leader, true);
    catch_up();
    disconnect();
    assert_true(archive_month(view));
    assert_false(prune(view));
    assert_in_range(events_in_database(view), all, all + 5);
    all_are_sent();
    while (prune(view))
        continue;
    assert_in_range(events_in_database(view), all - 31, all - 20);
    disconnect();
    assert_true(archive_month(view));
    assert_false(prune(view));
    leader_expect_standby(leader, false); /* it was let go */
    while (prune(view))
        continue;
    assert_in_range(events_in_database(view), 29, 45);
    realm_view_release(view);
}

static void test_a_file_that_goes_goes_there_too(void **state)
{
    (void)state;
    struct event_archived removed;
    bool done;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_true(archive_month(view));
    assert_true(archive_month(view));
    all_are_sent();
    ok(event_archive_remove(view, &in_december, &jobs, SEPTEMBER + 40 * DAY_MS, &arena, &removed,
                            &done));
    assert_true(done);
    all_are_sent();
    assert_false(standby_has("2026-09"));
    assert_true(standby_has("2026-10"));
    assert_int_equal(verdict_of_standby().bad_seq, 0);
    realm_view_release(view);
}

/* Wherever the stream is cut. */
static void test_rp_03_archives_arrive_over_breaks(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    for (int i = 0; i < 40; i++) {
        if (i == 10 || i == 20)
            assert_true(archive_month(view));
        if (!connected || atomic_load(&broke)) {
            disconnect();
            connect_both();
        }
        (void)sqlite3_sleep(i % 7);
        disconnect();
    }
    all_are_sent();
    assert_true(standby_has("2026-09") && standby_has("2026-10"));
    assert_int_equal(verdict_of_standby().bad_seq, 0);
    realm_view_release(view);
}

/* Of hundreds of gigabytes, without a byte on disk. */
static void make_endless(const char *month)
{
    char pattern[512];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s/p/audit/%s/%s-*.jsonl.zst", test_dir,
                   file_of("peru"), month);
    assert_int_equal(glob(pattern, 0, NULL, &found), 0);
    assert_int_equal(truncate(found.gl_pathv[0], INT64_C(400) << 30), 0);
    globfree(&found);
}

/* Read for its hash, which would take minutes: whatever else the standby lacks gets there meanwhile, and who
 * ends does not wait for it. */
static void test_a_large_month_holds_nothing_up(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    catch_up();
    disconnect();
    assert_true(archive_month(view));
    make_endless("2026-09");
    catch_up();
    assert_int_equal(wanted(), 1);
    make_realm("chile");
    struct realm_view *chile = view_of("chile");
    add_user(chile, "eva");
    catch_up();
    assert_true(standby_has_user("chile", "eva"));
    assert_true(wanted() > 0);
    assert_false(standby_has("2026-09"));
    realm_view_release(chile);
    realm_view_release(view);
}

/* As a node that rejoins: what it had of archives was moved aside. */
static void move_aside(const char *after)
{
    char command[1024];
    (void)snprintf(command, sizeof(command),
                   "cd '%s/s' && umask 077 && mkdir -p replication/diverged-1 && "
                   "mv audit replication/diverged-1/ && cd replication/diverged-1/audit/%s && %s",
                   test_dir, file_of("peru"), after);
    assert_int_equal(system(command), 0);
}

static size_t kept_aside(void)
{
    char pattern[512];
    glob_t found;
    (void)snprintf(pattern, sizeof(pattern), "%s/s/replication/diverged-1/audit/%s/*.jsonl.zst",
                   test_dir, file_of("peru"));
    size_t count = glob(pattern, 0, NULL, &found) == 0 ? found.gl_pathc : 0;
    globfree(&found);
    return count;
}

/* To a node of which nothing is known. */
static void send_all_again(void)
{
    disconnect();
    leader_free(leader);
    lead(REPL_ASYNC);
    leader_expect_standby(leader, true);
    connect_both();
    all_are_sent();
}

static struct leader_state told(void)
{
    struct leader_state state;
    leader_state(leader, &state);
    return state;
}

static void two_months(struct realm_view *view)
{
    fill(view);
    assert_true(archive_month(view));
    assert_true(archive_month(view));
    all_are_sent();
}

static void test_what_was_kept_aside_does_not_come_anew(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    two_months(view);
    disconnect();
    move_aside("true");
    send_all_again();
    assert_int_equal(told().archives, 2);
    assert_int_equal(told().sent_archive_bytes, 0);
    assert_true(standby_has("2026-09") && standby_has("2026-10"));
    assert_int_equal(verdict_of_standby().bad_seq, 0);
    assert_int_equal(kept_aside(), 2);
    realm_view_release(view);
}

/* Of its own history, or damaged: only what is the primary's to the last byte counts. */
static void test_rp_02_what_was_kept_and_is_another_comes_anew(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    two_months(view);
    disconnect();
    move_aside("printf X | dd of=$(ls 2026-09*) bs=1 seek=30 conv=notrunc status=none && "
               "head -c 20 2026-10* > short && mv short $(ls 2026-10*)");
    send_all_again();
    assert_int_equal(told().archives, 2);
    assert_true(told().sent_archive_bytes > 0);
    assert_true(standby_has("2026-09") && standby_has("2026-10"));
    assert_int_equal(verdict_of_standby().bad_seq, 0);
    realm_view_release(view);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, start_both, end_both)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_rp_02_a_standby_proves_what_was_archived),
        TEST(test_archives_of_before_the_pairing_come),
        TEST(test_events_stay_until_their_file_is_at_the_standby),
        TEST(test_a_file_that_goes_goes_there_too),
        TEST(test_rp_03_archives_arrive_over_breaks),
        TEST(test_a_large_month_holds_nothing_up),
        TEST(test_what_was_kept_aside_does_not_come_anew),
        TEST(test_rp_02_what_was_kept_and_is_another_comes_anew),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
