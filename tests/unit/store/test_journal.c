/* The continuous archive: whatever moment is asked for, what is restored is what the database was then, or it
 * is said that this is not known (BK-01, OT-05). */
#include "tests/unit/store/journal_support.h"

#define STEPS   (STATES - 1)
#define MOMENTS 200

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
        if (random % 61 == 2)
            begin_anew();
    }
    flush();
    model.count -= 2; /* the first two are from before there was a base, or at its time */
    memmove(model.states, model.states + 2, model.count * sizeof(model.states[0]));
    random_moments(MOMENTS / 2);
    merge();
    random_moments(MOMENTS / 2);
}

/* --- Reels that are not as they were --- */

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
    begin_anew(); /* with the base that was asked for when the month moved */
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
