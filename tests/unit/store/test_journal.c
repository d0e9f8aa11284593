/* The continuous archive: whatever moment is asked for, what is restored is what the database was then, or it
 * is said that this is not known (BK-01, OT-05). */
#include "tests/unit/store/store_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/log.h"
#include "store/repl/journal.h"
#include "store/repl/restore.h"
#include "store/store.h"

#define STEPS   300
#define PEOPLE  300
#define MOMENTS 200

static char backups[300];
static struct journal *journal;
static struct realm_view *view;

/* What is true of the realm: who is there, and until when. */
static struct {
    bool there[PEOPLE];
    struct {
        int64_t at_ms;
        int count;
        uint64_t sum;
    } states[STEPS + 1];
    size_t count;
} model;

static void start(void)
{
    ok(journal_new(backups, &journal));
    struct repl_sink sink = journal_sink(journal);
    const struct store_config config = {
        .data_dir = test_dir, .wait_ms = 20000, .backup_dir = backups, .sink = &sink};
    ok(store_open(&config, &store));
    ok(journal_begin(journal, store));
}

static void stop(void)
{
    journal_end(journal);
    close_store();
    ok(journal_write(journal, NULL));
    journal_free(journal);
}

static void flush(void)
{
    ok(journal_write(journal, NULL));
    ok(journal_make_bases(journal, NULL, NULL));
}

static int set_up(void **state)
{
    (void)state;
    make_dir();
    log_setup(LOG_LEVEL_ERROR, STDERR_FILENO, true);
    arena_init(&arena, (size_t)512 << 20);
    (void)snprintf(backups, sizeof(backups), "%s/backups", test_dir);
    memset(&model, 0, sizeof(model));
    start();
    make_realm(REALM_MASTER);
    make_realm("peru");
    flush();
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    realm_view_release_p(&view);
    stop();
    arena_free(&arena);
    remove_dir();
    return 0;
}

/* --- The model --- */

static uint64_t weight(int person)
{
    return (uint64_t)(person + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

static void name_of(int person, char name[16])
{
    (void)snprintf(name, 16, "p%d", person);
}

/* Later commits have later times. */
static void note(void)
{
    uint64_t sum = 0;
    int count = 0;
    for (int i = 0; i < PEOPLE; i++)
        if (model.there[i]) {
            sum += weight(i);
            count++;
        }
    model.states[model.count].at_ms = clock_now().wall_ms;
    model.states[model.count].count = count;
    model.states[model.count++].sum = sum;
    (void)usleep(1100);
}

static void turn_person(struct store_write *w, int person)
{
    char name[16];
    struct user user;
    name_of(person, name);
    if (model.there[person]) {
        ok(user_find_by_username(store_write_reader(w), &arena, str_c(name), &user));
        ok(user_delete(w, user.pk));
    } else {
        user = user_named(name);
        ok(user_insert(w, &user));
    }
    model.there[person] = !model.there[person];
}

static void change(uint32_t random)
{
    struct store_write *w = begin_write(view);
    int first = (int)(random % PEOPLE);
    for (int i = 0; i < 1 + (int)(random >> 8) % 5; i++)
        turn_person(w, (first + i * 7) % PEOPLE);
    commit(w);
    note();
}

/* --- Restoring beside --- */

static int find(struct replay_source *source, const char *realm, int64_t at_ms,
                struct replay *ret_replay, struct err_ctx *ctx)
{
    ok(replay_source_of_store(store, backups, source, ctx));
    return replay_find(source, str_c(realm), at_ms, &arena, ret_replay, ctx);
}

static void read_people(const struct folder *folder, int *ret_count, uint64_t *ret_sum)
{
    char path[FOLDER_PATH_MAX];
    sqlite3_stmt *s = NULL;
    struct conn *conn;
    *ret_count = 0;
    *ret_sum = 0;
    ok(folder_db_path(folder, STR("copy"), path));
    ok(conn_open(path, "unix-excl", CONN_READER, false, &conn));
    (void)sqlite3_set_authorizer(conn->db, NULL, NULL);
    assert_int_equal(sqlite3_prepare_v2(conn->db, "SELECT username FROM user", -1, &s, NULL),
                     SQLITE_OK);
    while (sqlite3_step(s) == SQLITE_ROW) {
        const char *name = (const char *)sqlite3_column_text(s, 0);
        *ret_sum += weight(atoi(name + 1));
        ++*ret_count;
    }
    (void)sqlite3_finalize(s);
    conn_close(conn, true);
}

static int months_beside; /* files of events in what was restored last */

static int count_months(const char *dir)
{
    char path[400];
    int count = 0;
    (void)snprintf(path, sizeof(path), "%s/" ARCHIVES_NAME "/copy", dir);
    DIR *list = opendir(path);
    for (struct dirent *e = list ? readdir(list) : NULL; e; e = readdir(list))
        count += e->d_name[0] != '.';
    if (list)
        (void)closedir(list);
    return count;
}

/* Into a folder of its own, which goes again. */
static int restore_beside(const struct replay *replay, int *ret_count, uint64_t *ret_sum,
                          struct err_ctx *ctx)
{
    char dir[300], command[700];
    struct folder folder;
    (void)snprintf(dir, sizeof(dir), "%s/beside", test_dir);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    assert_int_equal(mkdir(dir, 0700), 0);
    ok(folder_open(dir, &folder, NULL));
    const struct restore_files files = {.source = replay->base.source,
                                        .id = replay->base.id,
                                        .realm = replay->base.realm,
                                        .replay = replay,
                                        .folder = &folder,
                                        .file = "copy",
                                        .vfs = "unix-excl"};
    int err = restore_files(&files, ctx);
    if (err == 0)
        read_people(&folder, ret_count, ret_sum);
    months_beside = count_months(dir);
    folder_close(&folder);
    assert_int_equal(system(command), 0);
    return err;
}

static int restore_at(int64_t at_ms, int *ret_count, uint64_t *ret_sum, struct err_ctx *ctx)
{
    struct replay_source source;
    struct replay replay;
    int err = find(&source, "peru", at_ms, &replay, ctx);
    if (err == 0)
        err = restore_beside(&replay, ret_count, ret_sum, ctx);
    if (source.lock_fd >= 0 || source.backups.folder.fd >= 0)
        replay_source_close(&source);
    return err;
}

static void restored_is(int64_t at_ms, size_t index)
{
    struct err_ctx ctx = {0};
    uint64_t sum;
    int count;
    int err = restore_at(at_ms, &count, &sum, &ctx);
    if (err != 0)
        print_message("%s\n", ctx.detail);
    ok(err);
    assert_int_equal(count, model.states[index].count);
    assert_true(sum == model.states[index].sum);
}

/* The state that was last noted by then; times of commits are at most those of notes. */
static void state_is_of(int64_t at_ms)
{
    size_t i = model.count;
    while (i > 0 && model.states[i - 1].at_ms > at_ms)
        i--;
    assert_true(i > 0);
    restored_is(at_ms, i - 1);
}

static void random_moments(int count)
{
    for (int i = 0; i < count; i++) {
        uint32_t random;
        rng_bytes(&random, sizeof(random));
        /* Of the last millisecond it is known that the state was there, of the next one it is not. */
        state_is_of(model.states[random % model.count].at_ms);
    }
}

/* --- Tests --- */

static void make_now(void)
{
    struct backup_made made;
    ok(backup_make(store, backups, NULL, &made, NULL));
}

/* As if the hour were over. */
static void merge(void)
{
    ok(journal_merge(journal, clock_now().wall_ms + 7200000, NULL));
}

static void any_moment_is_as_it_was(void **state)
{
    (void)state;
    view = view_of("peru");
    change(1);
    flush();
    note();
    for (int i = 0; i < STEPS - 2; i++) {
        uint32_t random;
        rng_bytes(&random, sizeof(random));
        change(random);
        if (random % 7 == 0)
            flush();
        if (random % 97 == 5)
            make_now();
        if (random % 53 == 1)
            merge();
        if (random % 61 == 2) {
            realm_view_release(view);
            stop();
            start();
            ok(journal_prove(journal, NULL));
            flush();
            view = view_of("peru");
        }
    }
    flush();
    model.count -= 2; /* the first two are from before there was a base, or at its time */
    memmove(model.states, model.states + 2, model.count * sizeof(model.states[0]));
    random_moments(MOMENTS / 2);
    merge();
    random_moments(MOMENTS / 2);
}

/* --- Reels that are not as they were --- */

static char reels[400];
static struct str *names;
static size_t name_count;

static int list_reels(void)
{
    int fd = open(reels, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    ok(journal_list(fd, &arena, &names, &name_count));
    (void)close(fd);
    return (int)name_count;
}

/* Six changes, each in a reel of its own. */
static void six_reels(void)
{
    struct slot *slot;
    view = view_of("peru");
    change(3); /* from here on it has a position, and a base */
    flush();
    note();
    model.count = 0;
    note();
    for (uint32_t i = 0; i < 6; i++) {
        change(i * 40);
        flush();
    }
    ok(slot_find(store, STR("peru"), &slot));
    (void)snprintf(reels, sizeof(reels), "%s/" JOURNAL_FOLDER "/%s", backups, slot->file);
    assert_int_equal(list_reels(), 8); /* two from before */
    state_is_of(model.states[6].at_ms);
}

static void reel_path(size_t index, char path[600])
{
    (void)snprintf(path, 600, "%s/%.*s", reels, STR_ARG(names[index]));
}

/* What was before is restored; what was then is refused with a sentence that has this in it. Between two
 * commits nobody knows without the later one whether it was there already. */
static void refused_from(int bad, const char *word)
{
    struct err_ctx ctx = {0};
    uint64_t sum;
    int count;
    for (int i = 0; i < bad - 1; i++)
        state_is_of(model.states[i].at_ms);
    assert_int_not_equal(restore_at(model.states[6].at_ms, &count, &sum, &ctx), 0);
    if (!strstr(ctx.detail, word))
        fail_msg("%s lacks %s", ctx.detail, word);
}

static void a_flipped_bit_is_told(void **state)
{
    char path[600], name[REEL_NAME_LEN + 1];
    unsigned char byte;
    (void)state;
    six_reels();
    reel_path(5, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(pread(fd, &byte, 1, 500), 1);
    byte ^= 1;
    assert_int_equal(pwrite(fd, &byte, 1, 500), 1);
    (void)close(fd);
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(names[5]));
    refused_from(4, name);
}

static void a_cut_reel_is_told(void **state)
{
    char path[600], name[REEL_NAME_LEN + 1];
    (void)state;
    six_reels();
    reel_path(4, path);
    assert_int_equal(truncate(path, 300), 0);
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(names[4]));
    refused_from(3, name);
}

static void a_missing_reel_is_told(void **state)
{
    char path[600];
    (void)state;
    six_reels();
    reel_path(5, path);
    assert_int_equal(unlink(path), 0);
    refused_from(4, "was not archived");
}

static void exchanged_reels_are_told(void **state)
{
    char one[600], two[600], aside[700];
    (void)state;
    six_reels();
    reel_path(4, one);
    reel_path(6, two);
    (void)snprintf(aside, sizeof(aside), "%s.aside", one);
    assert_int_equal(rename(one, aside), 0);
    assert_int_equal(rename(two, one), 0);
    assert_int_equal(rename(aside, two), 0);
    refused_from(3, "was changed");
}

/* --- Gaps --- */

static uint64_t gaps(void)
{
    return atomic_load(&store->backup.archive_gaps);
}

static void told_nobody(void)
{
    const struct repl_sink sink = journal_sink(journal);
    repl_sink_remove(store, &sink);
    change(77);
    ok(repl_sink_add(store, &sink));
}

static void a_gap_is_closed_by_a_base(void **state)
{
    struct err_ctx ctx = {0};
    uint64_t sum, had;
    int count;
    (void)state;
    six_reels();
    had = gaps();
    told_nobody();
    int64_t unknown_ms = model.states[7].at_ms;
    (void)usleep(20000);
    change(90);
    flush();
    assert_int_equal(gaps(), had + 1);
    note();
    state_is_of(model.states[5].at_ms);
    state_is_of(model.states[9].at_ms);
    fails(restore_at(unknown_ms, &count, &sum, &ctx), ERR_BACKUP);
    assert_non_null(strstr(ctx.detail, "was not archived"));
}

static void without_the_folder_commits_wait(void **state)
{
    char aside[400];
    struct err_ctx ctx = {0};
    (void)state;
    six_reels();
    uint64_t had = gaps();
    (void)snprintf(aside, sizeof(aside), "%s.aside", backups);
    assert_int_equal(rename(backups, aside), 0);
    int fd = open(backups, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);
    change(91);
    fails(journal_write(journal, &ctx), ERR_BACKUP);
    assert_true(atomic_load(&store->backup.archive_failed));
    change(92);
    (void)close(fd);
    assert_int_equal(unlink(backups), 0);
    assert_int_equal(rename(aside, backups), 0);
    flush();
    assert_false(atomic_load(&store->backup.archive_failed));
    assert_int_equal(gaps(), had);
    for (int i = 0; i < 9; i++)
        state_is_of(model.states[i].at_ms);
}

/* --- Retention --- */

static void what_is_over_goes(void **state)
{
    size_t removed;
    (void)state;
    six_reels();
    int64_t before_ms = clock_now().wall_ms + 1;
    (void)usleep(2000);
    ok(journal_prune(store, backups, before_ms, &removed, NULL));
    assert_int_equal(list_reels(), 7); /* the base is still the one before them */
    make_now();
    before_ms = clock_now().wall_ms + 1;
    note();
    change(93);
    flush();
    ok(journal_prune(store, backups, before_ms, &removed, NULL));
    assert_int_equal(list_reels(), 1);
    state_is_of(model.states[8].at_ms);
}

static void nothing_goes_while_somebody_restores(void **state)
{
    struct replay_source source;
    size_t removed;
    (void)state;
    six_reels();
    make_now();
    ok(replay_source_of_store(store, backups, &source, NULL));
    merge();
    ok(journal_prune(store, backups, clock_now().wall_ms + 1, &removed, NULL));
    assert_int_equal(removed, 0);
    assert_int_equal(list_reels(), 8);
    replay_source_close(&source);
    merge();
    assert_in_range(list_reels(), 1, 3);
    for (int i = 0; i < 7; i++)
        state_is_of(model.states[i].at_ms);
}

/* An event of three months ago, which then moves to a file. */
static void move_a_month(void)
{
    static const struct event_actor jobs = {.client_id = STR_INIT("garita-jobs")};
    const int64_t month_ms = INT64_C(31) * 86400000;
    struct now now = clock_now();
    struct now then = {.wall_ms = now.wall_ms - 3 * month_ms};
    struct event event = {.type = EVENT_UserLoggedIn, .actor = jobs, .data = STR("{}")};
    struct event_archived archived;
    struct store_write *w;
    bool done = false, more = true;
    ok(store_write_begin(view, &then, &w));
    ok(event_append(w, &event));
    commit(w);
    ok(event_archive_month(view, &now, &jobs, now.wall_ms - month_ms, &arena, &archived, &done));
    assert_true(done);
    while (more)
        ok(event_archive_prune(view, &now, &more));
}

static void months_of_events_come_from_any_backup_that_has_them(void **state)
{
    struct err_ctx ctx = {0};
    uint64_t sum;
    int count;
    (void)state;
    six_reels();
    move_a_month();
    note();
    change(97);
    ok(journal_write(journal, NULL));
    state_is_of(model.states[5].at_ms);
    assert_int_equal(months_beside, 0);
    fails(restore_at(model.states[7].at_ms, &count, &sum, &ctx), ERR_BACKUP);
    assert_non_null(strstr(ctx.detail, "is in no backup yet"));
    flush(); /* the base that was asked for when the month moved */
    state_is_of(model.states[7].at_ms);
    assert_int_equal(months_beside, 1);
    state_is_of(model.states[5].at_ms);
    assert_int_equal(months_beside, 0);
}

static void run_command(const char *format, ...)
{
    char command[1400];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(command, sizeof(command), format, args);
    va_end(args);
    assert_int_equal(system(command), 0);
}

/* Killed when the whole reel was on disk and its parts had not gone: they are met again by restoring, by the
 * next merging and by what goes. */
static void parts_of_a_merging_that_was_cut_short_do_no_harm(void **state)
{
    size_t removed;
    (void)state;
    six_reels();
    run_command("cp -a '%s' '%s.parts'", reels, reels);
    merge();
    run_command("cp -an '%s.parts/.' '%s/' && rm -r '%s.parts'", reels, reels, reels);
    assert_in_range(list_reels(), 8, 10);
    for (int i = 0; i < 7; i++)
        state_is_of(model.states[i].at_ms);
    change(96);
    flush();
    merge();
    merge();
    for (size_t i = 0; i < model.count; i++)
        state_is_of(model.states[i].at_ms);
    make_now();
    (void)usleep(2000);
    ok(journal_prune(store, backups, clock_now().wall_ms, &removed, NULL));
    assert_int_equal(list_reels(), 0);
    run_command("test -d '%s'", reels);
    state_is_of(clock_now().wall_ms);
}

static void spans_are_told(void **state)
{
    struct replay_source source;
    struct replay_span *spans;
    size_t count;
    (void)state;
    six_reels();
    told_nobody();
    change(94);
    flush();
    change(95);
    flush();
    ok(replay_source_of_store(store, backups, &source, NULL));
    ok(replay_spans(&source, STR("peru"), &arena, &spans, &count, NULL));
    replay_source_close(&source);
    assert_in_range(count, 2, 3); /* before it had a position, and both sides of the gap */
    const struct replay_span *last = &spans[count - 1];
    const struct replay_span *before = &spans[count - 2];
    assert_true(before->to_ms <= model.states[6].at_ms);
    assert_true(before->to_ms > model.states[5].at_ms);
    assert_true(last->from_ms > before->to_ms && last->to_ms > last->from_ms);
    restored_is(before->to_ms, 6);
    restored_is(last->from_ms, 8);
    restored_is(last->to_ms, 9);
}

static const struct CMUnitTest tests[] = {
    cmocka_unit_test_setup_teardown(a_flipped_bit_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_cut_reel_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_missing_reel_is_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(exchanged_reels_are_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(a_gap_is_closed_by_a_base, set_up, tear_down),
    cmocka_unit_test_setup_teardown(without_the_folder_commits_wait, set_up, tear_down),
    cmocka_unit_test_setup_teardown(what_is_over_goes, set_up, tear_down),
    cmocka_unit_test_setup_teardown(nothing_goes_while_somebody_restores, set_up, tear_down),
    cmocka_unit_test_setup_teardown(parts_of_a_merging_that_was_cut_short_do_no_harm, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(months_of_events_come_from_any_backup_that_has_them, set_up,
                                    tear_down),
    cmocka_unit_test_setup_teardown(spans_are_told, set_up, tear_down),
    cmocka_unit_test_setup_teardown(any_moment_is_as_it_was, set_up, tear_down),
};

int main(void)
{
    return cmocka_run_group_tests(tests, NULL, NULL);
}
