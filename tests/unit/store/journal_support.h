/* What the tests of the continuous archive share: a realm in which people come and go, what is true of it at
 * each moment, and what a restoring of a moment gives. */
#ifndef GARITA_TESTS_UNIT_STORE_JOURNAL_SUPPORT_H
#define GARITA_TESTS_UNIT_STORE_JOURNAL_SUPPORT_H

#include "tests/unit/store/store_support.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "core/base/log.h"
#include "store/repl/journal.h"
#include "store/repl/restore.h"
#include "store/store.h"

#define PEOPLE 300
#define STATES 301

UNUSED static char backups[300];
UNUSED static struct journal *journal;
UNUSED static struct realm_view *view;

/* What is true of the realm: who is there, and until when. */
static struct {
    bool there[PEOPLE];
    struct {
        int64_t at_ms;
        int count;
        uint64_t sum;
    } states[STATES];
    size_t count;
} model;

UNUSED static void start(void)
{
    ok(journal_new(backups, &journal));
    struct repl_sink sink = journal_sink(journal);
    const struct store_config config = {
        .data_dir = test_dir, .wait_ms = 20000, .backup_dir = backups, .sink = &sink};
    ok(store_open(&config, &store));
    ok(journal_begin(journal, store));
}

UNUSED static void stop(void)
{
    journal_end(journal);
    close_store();
    ok(journal_write(journal, NULL));
    journal_free(journal);
}

UNUSED static void flush(void)
{
    ok(journal_write(journal, NULL));
    ok(journal_make_bases(journal, NULL, NULL));
}

/* The next process. */
UNUSED static void begin_anew(void)
{
    realm_view_release_p(&view);
    stop();
    start();
    ok(journal_prove(journal, NULL));
    flush();
    view = view_of("peru");
}

UNUSED static int set_up(void **state)
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

UNUSED static int tear_down(void **state)
{
    (void)state;
    realm_view_release_p(&view);
    stop();
    arena_free(&arena);
    remove_dir();
    return 0;
}

/* --- The model --- */

UNUSED static uint64_t weight(int person)
{
    return (uint64_t)(person + 1) * UINT64_C(0x9e3779b97f4a7c15);
}

UNUSED static void name_of(int person, char name[16])
{
    (void)snprintf(name, 16, "p%d", person);
}

/* Later commits have later times. */
UNUSED static void note(void)
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

UNUSED static void turn_person(struct store_write *w, int person)
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

UNUSED static void change(uint32_t random)
{
    struct store_write *w = begin_write(view);
    int first = (int)(random % PEOPLE);
    for (int i = 0; i < 1 + (int)(random >> 8) % 5; i++)
        turn_person(w, (first + i * 7) % PEOPLE);
    commit(w);
    note();
}

/* --- Restoring beside --- */

UNUSED static int find(struct replay_source *source, const char *realm, int64_t at_ms,
                       struct replay *ret_replay, struct err_ctx *ctx)
{
    ok(replay_source_of_store(store, backups, source, ctx));
    return replay_find(source, str_c(realm), at_ms, &arena, ret_replay, ctx);
}

UNUSED static void read_people(const struct folder *folder, int *ret_count, uint64_t *ret_sum)
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

UNUSED static int months_beside; /* files of events in what was restored last */

UNUSED static int count_months(const char *dir)
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
UNUSED static int restore_beside(const struct replay *replay, int *ret_count, uint64_t *ret_sum,
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

UNUSED static int restore_at(int64_t at_ms, int *ret_count, uint64_t *ret_sum, struct err_ctx *ctx)
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

UNUSED static void restored_is(int64_t at_ms, size_t index)
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
UNUSED static void state_is_of(int64_t at_ms)
{
    size_t i = model.count;
    while (i > 0 && model.states[i - 1].at_ms > at_ms)
        i--;
    assert_true(i > 0);
    restored_is(at_ms, i - 1);
}

UNUSED static char reels[400];
UNUSED static struct str *names;
UNUSED static size_t name_count;

UNUSED static int list_reels(void)
{
    int fd = open(reels, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(fd >= 0);
    ok(journal_list(fd, &arena, &names, &name_count));
    (void)close(fd);
    return (int)name_count;
}

/* Six changes, each in a reel of its own. */
UNUSED static void six_reels(void)
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

UNUSED static uint64_t gaps(void)
{
    return atomic_load(&store->backup.archive_gaps);
}

UNUSED static void told_nobody(void)
{
    const struct repl_sink sink = journal_sink(journal);
    repl_sink_remove(store, &sink);
    change(77);
    ok(repl_sink_add(store, &sink));
}

#endif
