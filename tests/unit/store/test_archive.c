/* Archives of the audit chain: months move to files, are listed, searched and proved like the rest;
 * a crash at any step loses nothing and doubles nothing (AU-02). */
#include "tests/unit/store/store_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sqlite3.h>
#include <sys/wait.h>

#include "store/archive/archive.h"

#define ANA "5b1f9f4e-1111-4000-8000-000000000001"
#define EVA "5b1f9f4e-2222-4000-8000-000000000002"

#define DAY_MS    INT64_C(86400000)
#define SEPTEMBER INT64_C(1788220800000) /* 2026-09-01 */
#define OCTOBER   (SEPTEMBER + 30 * DAY_MS)
#define NOVEMBER  (OCTOBER + 31 * DAY_MS)
#define DECEMBER  (NOVEMBER + 30 * DAY_MS)

static const struct event_actor jobs = {.client_id = STR_INIT("garita-jobs")};

static void append_at(struct realm_view *view, int64_t time_ms, const char *user_id)
{
    struct now now = {.wall_ms = time_ms};
    struct store_write *w;
    struct event event = {.type = EVENT_UserLoggedIn,
                          .actor = {.user_id = str_c(user_id),
                                    .username = STR("a-name"),
                                    .client_id = STR("app"),
                                    .ip = STR("10.1.2.3")},
                          .data = STR("{\"a\":\"<b>\"}")};
    ok(store_write_begin(view, &now, &w));
    ok(event_append(w, &event));
    commit(w);
}

/* 40 in September, 100 in October, 10 in November, ana's and eva's in turn. */
static void fill(struct realm_view *view)
{
    for (int i = 0; i < 150; i++) {
        int64_t month = i < 40 ? SEPTEMBER : i < 140 ? OCTOBER : NOVEMBER;
        append_at(view, month + i * 60000, i % 2 ? EVA : ANA);
    }
}

static struct now in_december(void)
{
    return (struct now){.wall_ms = DECEMBER + DAY_MS};
}

static int archive_all(struct realm_view *view, int64_t before_ms)
{
    struct event_archived archived;
    struct now now = in_december();
    bool done = true, more = true;
    int count = -1;
    for (; done; count++)
        ok(event_archive_month(view, &now, &jobs, before_ms, &arena, &archived, &done));
    while (more)
        ok(event_archive_prune(view, &now, &more));
    return count;
}

static struct event_verdict verify(struct realm_view *view)
{
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    if (verdict.bad_seq != 0)
        print_message("bad at %d: %.*s\n", (int)verdict.bad_seq, STR_ARG(verdict.reason));
    return verdict;
}

static size_t list(struct realm_view *view, const struct event_filter *filter, size_t limit,
                   struct event_record **items)
{
    size_t count;
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, filter, limit, items, &count));
    store_read_end(r);
    return count;
}

/* Every event is there once, in order, by pages from both ends. */
static void check_listing(struct realm_view *view, int64_t expected)
{
    struct event_record *items;
    struct event_filter up = {0}, down = {.newest_first = true};
    int64_t seq = 0;
    size_t count;
    while ((count = list(view, &up, 23, &items)) > 0)
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(items[i].seq, ++seq);
            assert_int_equal(items[i].prev_hash.len, 32);
            up.after_seq = seq;
        }
    assert_int_equal(seq, expected);
    while ((count = list(view, &down, 23, &items)) > 0)
        for (size_t i = 0; i < count; i++) {
            assert_int_equal(items[i].seq, seq--);
            down.after_seq = items[i].seq;
        }
    assert_int_equal(seq, 0);
}

static int64_t rows_in_database(struct realm_view *view)
{
    struct event_record *items;
    size_t count;
    struct store_read *r = begin_read(view);
    ok(event_rows(r, &arena, 0, INT64_MAX, 1000, &items, &count));
    store_read_end(r);
    return (int64_t)count;
}

/* Pages by how many come before them, over the border of database and archives. */
static void check_offsets(struct realm_view *view, struct event_filter filter)
{
    struct event_record *all, *page;
    size_t total = list(view, &filter, 1000, &all);
    assert_true(total > 50);
    for (filter.first = 0; filter.first <= total + 1; filter.first++) {
        size_t left = filter.first < total ? total - filter.first : 0;
        size_t count = list(view, &filter, 5, &page);
        assert_int_equal(count, left < 5 ? left : 5);
        for (size_t i = 0; i < count; i++)
            assert_int_equal(page[i].seq, all[filter.first + i].seq);
    }
}

static void test_offsets(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    for (int round = 0; round < 2; round++) {
        for (int down = 0; down < 2; down++) {
            struct event_filter filter = {.newest_first = down == 1};
            check_offsets(view, filter);
            filter.user_id = STR(EVA);
            check_offsets(view, filter);
            filter.client_id = STR("app");
            check_offsets(view, filter);
        }
        struct event_filter about = {.user_id = STR(EVA), .or_about_user = true};
        check_offsets(view, about);
        assert_int_equal(archive_all(view, NOVEMBER), round == 0 ? 2 : 0);
    }
    realm_view_release(view);
}

static void test_months(void **state)
{
    (void)state;
    struct event_record *items;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, SEPTEMBER + 10 * DAY_MS), 0); /* not over yet */
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    assert_int_equal(rows_in_database(view), 12); /* November and two that tell */
    assert_int_equal(archive_all(view, NOVEMBER), 0);
    assert_int_equal(verify(view).bad_seq, 0);
    assert_int_equal(verify(view).checked, 152);
    check_listing(view, 152);
    struct event_filter eva = {.user_id = STR(EVA)};
    assert_int_equal(list(view, &eva, 1000, &items), 75);
    assert_str(items[0].ip, "10.1.2.3"); /* opened */
    assert_str(items[0].data, "{\"a\":\"\\u003cb>\"}");
    struct event_filter october = {.from_ms = OCTOBER, .to_ms = NOVEMBER - 1};
    assert_int_equal(list(view, &october, 1000, &items), 100);
    struct event_filter newest = {.user_id = STR(ANA), .newest_first = true, .to_ms = NOVEMBER - 1};
    assert_int_equal(list(view, &newest, 3, &items), 3);
    assert_int_equal(items[0].seq, 139);
    assert_int_equal(items[2].seq, 135);
    struct str archived = STR("AuditArchived");
    struct event_filter type = {.types = {&archived, 1}};
    assert_int_equal(list(view, &type, 10, &items), 2);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    append_at(view, DECEMBER, ANA);
    check_listing(view, 153);
    assert_int_equal(verify(view).bad_seq, 0);
    struct event_verdict part;
    struct store_read *r = begin_read(view);
    ok(event_verify_between(r, &arena, OCTOBER, NOVEMBER - 1, &part));
    assert_int_equal(part.bad_seq, 0);
    assert_int_equal(part.first_seq, 41);
    assert_int_equal(part.checked, 100);
    store_read_end(r);
    realm_view_release(view);
}

/* Archived whole, the chain goes on from the archive. */
static void test_everything_archived(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct now now = in_december();
    struct event_archived archived;
    bool done, more;
    append_at(view, SEPTEMBER, ANA);
    ok(event_archive_month(view, &now, &jobs, NOVEMBER, &arena, &archived, &done));
    assert_true(done);
    ok(event_archive_prune(view, &now, &more));
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    append_at(view, DECEMBER + 2 * DAY_MS, ANA);
    assert_int_equal(verify(view).bad_seq, 0);
    check_listing(view, 3);
    realm_view_release(view);
}

/* A clock that was ten years ahead for a moment keeps nothing from the archive, and one that stepped
 * back takes nothing there too early. */
static void test_clock_steps(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    append_at(view, SEPTEMBER, ANA);
    append_at(view, SEPTEMBER + 3650 * DAY_MS, ANA);
    append_at(view, SEPTEMBER + DAY_MS, ANA);
    append_at(view, NOVEMBER, ANA);
    append_at(view, SEPTEMBER + 2 * DAY_MS, ANA);
    append_at(view, NOVEMBER + DAY_MS, ANA);
    assert_int_equal(archive_all(view, NOVEMBER), 1);
    assert_int_equal(rows_in_database(view), 4);
    check_listing(view, 7);
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* --- Erasing reaches into archives --- */

static void test_erased_in_archives(void **state)
{
    (void)state;
    struct event_record *items;
    struct realm_view *view = view_of("peru");
    struct event_filter ana = {.user_id = STR(ANA)};
    bool had;
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    struct store_write *w = begin_write(view);
    ok(person_key_destroy(w, STR(ANA), &had));
    assert_true(had);
    commit(w);
    size_t count = list(view, &ana, 1000, &items);
    assert_int_equal(count, 75);
    for (size_t i = 0; i < count; i++)
        assert_true(items[i].erased && str_absent(items[i].ip));
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* --- Retention --- */

static void test_retention(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_record *items;
    struct event_archived removed;
    struct now now = in_december();
    struct event_filter all = {0};
    bool done;
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    ok(event_archive_remove(view, &now, &jobs, SEPTEMBER, &arena, &removed, &done));
    assert_false(done);
    ok(event_archive_remove(view, &now, &jobs, OCTOBER, &arena, &removed, &done));
    assert_true(done);
    assert_int_equal(removed.last_seq, 40);
    struct event_verdict verdict = verify(view);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.first_seq, 41);
    assert_int_equal(list(view, &all, 1, &items), 1);
    assert_int_equal(items[0].seq, 41);
    assert_non_null(items[0].removal);
    assert_int_equal(items[0].removal->last_seq, 40);
    /* The second takes over as the statement that counts. */
    ok(event_archive_remove(view, &now, &jobs, NOVEMBER, &arena, &removed, &done));
    assert_true(done);
    verdict = verify(view);
    assert_int_equal(verdict.bad_seq, 0);
    assert_int_equal(verdict.first_seq, 141);
    ok(event_archive_remove(view, &now, &jobs, DECEMBER, &arena, &removed, &done));
    assert_false(done);
    realm_view_release(view);
}

/* --- What somebody with the folder in hand does --- */

static char db_path[400], archive_path[600];

static void find_paths(void)
{
    char command[700];
    (void)snprintf(command, sizeof(command), "ls '%s'/realms/*-*.db; ls '%s'/audit/*/2026-10-*.zst",
                   test_dir, test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(pipe);
    assert_non_null(fgets(db_path, sizeof(db_path), pipe));
    assert_non_null(fgets(archive_path, sizeof(archive_path), pipe));
    assert_int_equal(pclose(pipe), 0);
    db_path[strcspn(db_path, "\n")] = archive_path[strcspn(archive_path, "\n")] = '\0';
}

/* With the folder of the data in $D, and in $A what was found. */
static void run(const char *script)
{
    char command[2500];
    (void)snprintf(command, sizeof(command), "D='%s'; DB='%s'; A='%s'; %s", test_dir, db_path,
                   archive_path, script);
    assert_int_equal(system(command), 0);
}

static int64_t bad_after(const char *sql)
{
    sqlite3 *db;
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db,
                                  "DROP TRIGGER event_segment_no_delete;"
                                  "DROP TRIGGER event_segment_no_update;"
                                  "DROP TRIGGER event_segment_removed_once;",
                                  NULL, NULL, NULL),
                     SQLITE_OK);
    int before = sqlite3_total_changes(db);
    if (sqlite3_exec(db, sql, NULL, NULL, NULL) != SQLITE_OK)
        fail_msg("%s: %s", sql, sqlite3_errmsg(db));
    assert_true(sqlite3_total_changes(db) > before);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_store();
    struct realm_view *view = view_of("peru");
    struct event_verdict verdict;
    struct store_read *r = begin_read(view);
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    realm_view_release(view);
    close_store();
    return verdict.bad_seq;
}

static void test_au_02_segment_rows(void **state)
{
    (void)state;
    static const char *const changes[] = {
        "UPDATE event_segment SET seq = seq + 1 WHERE seq = 140",
        "UPDATE event_segment SET first_seq = first_seq + 1 WHERE seq = 140",
        "UPDATE event_segment SET prev_hash = zeroblob(32) WHERE seq = 140",
        "UPDATE event_segment SET hash = zeroblob(32) WHERE seq = 140",
        "UPDATE event_segment SET from_ms = from_ms + 1 WHERE seq = 140",
        "UPDATE event_segment SET to_ms = to_ms + 1 WHERE seq = 140",
        "UPDATE event_segment SET time_ms = time_ms + 1 WHERE seq = 140",
        "UPDATE event_segment SET kid = 'x' WHERE seq = 140",
        "UPDATE event_segment SET signature = zeroblob(64) WHERE seq = 140",
        "UPDATE event_segment SET file = 'other' WHERE seq = 140",
        "UPDATE event_segment SET removed_ms = 1 WHERE seq = 40",
        "DELETE FROM event_segment WHERE seq = 40",
        "DELETE FROM event_segment WHERE seq = 140",
        "DELETE FROM event_segment",
    };
    int missed = 0;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    realm_view_release(view);
    close_store();
    find_paths();
    run("cp $DB $DB.saved");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        run("cp $DB.saved $DB");
        if (bad_after(changes[i]) == 0) {
            print_message("not found: %s\n", changes[i]);
            missed++;
        }
    }
    assert_int_equal(missed, 0);
    run("cp $DB.saved $DB");
    open_store();
}

/* How a file is changed: decompressed, edited, compressed again. */
#define EDIT(sed) "zstd -qdc $A.saved | " sed " | zstd -q -o $A"

static void test_au_02_segment_files(void **state)
{
    (void)state;
    static const struct {
        const char *command;
        int64_t bad_seq; /* 0: any */
    } changes[] = {
        {EDIT("sed '10s/\"seq\":/\"seq\": /'"), -1}, /* spaces are no change */
        {EDIT("sed '10s/UserLoggedIn/UserLoggedOut/'"), 49},
        {EDIT("sed '10s/\"hash\":\"[0-9a-f]\\{8\\}/\"hash\":\"00000000/'"), 49},
        {EDIT("sed '10s/\"both\":\"../\"both\":\"QQ/'"), 49},
        {EDIT("sed '25s/\"signature\":\"....../\"signature\":\"AAAAAA/'"), 64},
        {EDIT("sed '10d'"), 0},
        {EDIT("sed '1d'"), 0},
        {EDIT("sed '$d'"), 0},
        {EDIT("sed '10p'"), 0},
        {EDIT("sed '10{h;d};11{G}'"), 0},
        {EDIT("sed '1s/\"lastSeq\":140/\"lastSeq\":139/'"), 0},
        {EDIT("sed '1s/\"signature\":\"....../\"signature\":\"AAAAAA/'"), 0},
        {"head -c 1000 $A.saved >$A", 0},
        {": >$A", 0},
        {"rm -f $A", 0},
        {"ln -s $A.saved $A", 0}, /* SK-05 */
        {"mkfifo -m 600 $A", 0},
        {"mkdir -m 700 $A", 0},
    };
    int missed = 0;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    realm_view_release(view);
    close_store();
    find_paths();
    run("cp $A $A.saved");
    for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
        run("rm -rf $A");
        run(changes[i].command);
        open_store();
        view = view_of("peru");
        struct event_verdict verdict;
        struct store_read *r = begin_read(view);
        ok(event_verify(r, &arena, &verdict));
        store_read_end(r);
        realm_view_release(view);
        close_store();
        bool right = changes[i].bad_seq < 0   ? verdict.bad_seq == 0
                     : changes[i].bad_seq > 0 ? verdict.bad_seq == changes[i].bad_seq
                                              : verdict.bad_seq != 0;
        if (!right) {
            print_message("%s: bad at %d\n", changes[i].command, (int)verdict.bad_seq);
            missed++;
        }
    }
    assert_int_equal(missed, 0);
    open_store();
}

static void list_blames(const char *spoil, const char *word)
{
    struct event_filter all = {0}, recent = {.from_ms = NOVEMBER};
    struct event_record *items;
    size_t count;
    run("rm -rf $A; cp $A.saved $A");
    run(spoil);
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    ok(event_list(r, &arena, &recent, 10, &items, &count)); /* what needs no archive goes on */
    assert_true(str_empty(event_archive_trouble(r)));
    fails(event_list(r, &arena, &all, 100, &items, &count), ERR_AUDIT_ARCHIVE);
    struct str trouble = event_archive_trouble(r);
    assert_true(str_starts(trouble, STR("audit/")));
    assert_true(str_find_str(trouble, STR("/2026-10-41.jsonl.zst ")) > 0);
    assert_true(str_find_str(trouble, str_c(word)) > 0);
    struct event_verdict verdict;
    ok(event_verify(r, &arena, &verdict));
    assert_true(str_eq(verdict.reason, trouble));
    store_read_end(r);
    realm_view_release(view);
}

/* A list or a proof that needs an archive which is not there names the file and says what to do. */
static void test_missing_archives_are_named(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    realm_view_release(view);
    find_paths();
    run("cp $A $A.saved");
    list_blames("rm -f $A", "is missing: put it back");
    list_blames("head -c 1000 $A.saved >$A", "is damaged: put it back");
    list_blames("ln -sf $A.saved $A", "is a symbolic link or no file");
}

/* --- The verifier, which is a program of its own and knows files and keys only --- */

static void write_key(const char *path)
{
    struct audit_key_info *keys_list;
    size_t count;
    struct realm_view *view = view_of("peru");
    struct store_read *r = begin_read(view);
    ok(audit_key_list(r, &arena, &keys_list, &count));
    store_read_end(r);
    realm_view_release(view);
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    for (size_t i = 0; i < count; i++)
        (void)fprintf(f, "%.*s\n", STR_ARG(keys_list[i].public_jwk));
    assert_int_equal(fclose(f), 0);
}

/* The verifier stands beside the folder of the tests. */
#define VERIFY "\"$(dirname \"$(readlink /proc/$PPID/exe)\")/../garita-audit-verify\" --key $D/key "

static void test_au_02_verifier_of_archives(void **state)
{
    (void)state;
    char key_path[300];
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    realm_view_release(view);
    (void)snprintf(key_path, sizeof(key_path), "%s/key", test_dir);
    write_key(key_path);
    run(VERIFY "--complete $D/audit/*/2026-09-1.jsonl.zst $D/audit/*/2026-10-41.jsonl.zst"
               " | grep -q '^whole: 140 events, 1 to 140, '");
    run(VERIFY "$D/audit/*/2026-10-41.jsonl.zst | grep -q 'events before 41 are not in these'");
    run(VERIFY "--complete $D/audit/*/2026-10-41.jsonl.zst; test $? = 1");
    run(VERIFY "$D/audit/*/2026-10-41.jsonl.zst $D/audit/*/2026-09-1.jsonl.zst; test $? = 1");
    /* Something cut off, in clear and compressed; another first event; another statement. */
    run("zstd -qdc $D/audit/*/2026-10-41.jsonl.zst >$D/plain; " VERIFY "$D/plain");
    run("head -n -1 $D/plain >$D/cut; " VERIFY "$D/cut; test $? = 1");
    run("sed 2d $D/plain >$D/cut; " VERIFY "$D/cut; test $? = 1");
    run("head -c 900 $D/audit/*/2026-10-41.jsonl.zst >$D/cut; " VERIFY "$D/cut; test $? = 1");
    run("sed '1s/\"time\":\"2026/\"time\":\"2025/' $D/plain >$D/cut; " VERIFY
        "$D/cut; test $? = 1");
    run("sed '9s/UserLoggedIn/UserCreated/' $D/plain >$D/cut; " VERIFY
        "$D/cut | grep -q '^broken at event 48, id .*: the event was changed'");
}

/* --- Crashes --- */

/* Dies after so many steps, as kill -9 would have it. */
static void be_the_child(int steps)
{
    struct event_segment segment;
    struct now now = in_december();
    bool any, more;
    open_store();
    struct realm_view *view = view_of("peru");
    ok(archive_plan(view, &now, NOVEMBER, &arena, &segment, &any));
    if (any && steps > 0)
        ok(archive_write(view, &segment));
    if (any && steps > 1)
        ok(archive_record(view, &now, &jobs, &segment));
    if (steps > 2)
        ok(event_archive_prune(view, &now, &more));
    (void)kill(getpid(), SIGKILL);
}

static void crash_after(int steps)
{
    int status;
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        be_the_child(steps);
        _exit(1);
    }
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
}

static void test_au_02_crash_between_steps(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    realm_view_release(view);
    close_store();
    int64_t told = 0;
    for (int steps = 0; steps <= 3; steps++) {
        crash_after(steps);
        told += steps >= 2;
        open_store();
        view = view_of("peru");
        check_listing(view, 150 + told);
        assert_int_equal(verify(view).bad_seq, 0);
        realm_view_release(view);
        close_store();
    }
    /* Done again, it comes to its end, and nothing half made is left. */
    open_store();
    view = view_of("peru");
    assert_int_equal(archive_all(view, NOVEMBER), 2 - (int)told);
    check_listing(view, 152);
    assert_int_equal(verify(view).bad_seq, 0);
    assert_int_equal(rows_in_database(view), 12);
    realm_view_release(view);
    run("test \"$(ls $D/audit/*/ | grep -c new)\" = 0");
}

/* A removal that was broken off before the file went: the next one takes it away. */
static void test_crash_before_unlink(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct event_archived removed;
    struct now now = in_december();
    bool done;
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    run("cp $D/audit/*/2026-09-*.zst $D/kept");
    ok(event_archive_remove(view, &now, &jobs, OCTOBER, &arena, &removed, &done));
    assert_true(done);
    run("mv $D/kept $(echo $D/audit/*)/2026-09-1.jsonl.zst");
    ok(event_archive_remove(view, &now, &jobs, OCTOBER, &arena, &removed, &done));
    assert_false(done);
    run("test ! -e $(echo $D/audit/*)/2026-09-1.jsonl.zst");
    assert_int_equal(verify(view).bad_seq, 0);
    realm_view_release(view);
}

/* A realm that is deleted takes its archives along. */
static void test_deleted_realm(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    assert_int_equal(archive_all(view, NOVEMBER), 2);
    realm_view_release(view);
    ok(store_realm_delete(store, STR("peru")));
    run("test -z \"$(ls $D/audit)\"");
}

/* AU-03: what is not archived cannot be deleted, whoever asks. */
static void test_au_03_no_delete(void **state)
{
    (void)state;
    sqlite3 *db;
    struct realm_view *view = view_of("peru");
    fill(view);
    struct event_segment segment;
    struct now now = in_december();
    bool any;
    ok(archive_plan(view, &now, NOVEMBER, &arena, &segment, &any));
    ok(archive_write(view, &segment));
    ok(archive_record(view, &now, &jobs, &segment));
    realm_view_release(view);
    close_store();
    char command[700];
    (void)snprintf(command, sizeof(command), "ls '%s'/realms/*-*.db", test_dir);
    FILE *pipe = popen(command, "r");
    assert_non_null(fgets(db_path, sizeof(db_path), pipe));
    assert_int_equal(pclose(pipe), 0);
    db_path[strcspn(db_path, "\n")] = '\0';
    assert_int_equal(sqlite3_open(db_path, &db), SQLITE_OK);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event WHERE seq = 41", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event_segment", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE event_segment SET seq = 150", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM person_key", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "UPDATE person_key SET sealed = x'00'", NULL, NULL, NULL),
                     SQLITE_CONSTRAINT);
    assert_int_equal(sqlite3_exec(db, "DELETE FROM event WHERE seq = 40", NULL, NULL, NULL),
                     SQLITE_OK);
    assert_int_equal(sqlite3_close(db), SQLITE_OK);
    open_store();
    view = view_of("peru");
    assert_int_equal(verify(view).bad_seq, 0);
    check_listing(view, 151);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_months, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_offsets, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_everything_archived, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_clock_steps, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_erased_in_archives, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_retention, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_segment_rows, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_missing_archives_are_named, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_segment_files, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_verifier_of_archives, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_02_crash_between_steps, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_crash_before_unlink, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_deleted_realm, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_au_03_no_delete, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
