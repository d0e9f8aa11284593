/* A standby that is killed at any moment stands at one of the commits that came, at none before the last
 * one that it acknowledged, says at which, and goes on from there (RP-02, RP-03). */
#include "tests/unit/store/follow_support.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>

#define ROUNDS  40
#define COMMITS 400

/* --- What the primary said, in advance --- */

struct kept_commit {
    struct repl_commit commit;
    char file[FILE_NAME_MAX + 1];
};

static struct kept_commit kept[COMMITS];
static size_t kept_count;
static struct whole first;
static char realm_file[FILE_NAME_MAX + 1];

static void keep_commit(void *arg, const struct repl_commit *c)
{
    (void)arg;
    if (!str_eq_c(c->file, realm_file))
        return;
    assert_true(kept_count < COMMITS);
    struct kept_commit *k = &kept[kept_count++];
    unsigned char *images = malloc(c->count * PAGE_BYTES);
    struct repl_page *pages = calloc(c->count, sizeof(*pages));
    assert_true(images && pages);
    for (size_t i = 0; i < c->count; i++) {
        memcpy(images + i * PAGE_BYTES, c->pages[i].image, PAGE_BYTES);
        pages[i] = (struct repl_page){c->pages[i].number, images + i * PAGE_BYTES};
    }
    k->commit = *c;
    k->commit.realm = STR("peru");
    k->commit.pages = pages;
    k->commit.changes = NULL;
    k->commit.change_count = 0;
    k->commit.file = str_c(realm_file);
}

static const struct repl_sink keeping = {.commit = keep_commit};

static void free_kept(void)
{
    for (size_t i = 0; i < kept_count; i++) {
        union {
            const void *in;
            void *out;
        } images = {kept[i].commit.pages[0].image}, pages = {kept[i].commit.pages};
        free(images.out);
        free(pages.out);
    }
    kept_count = 0;
}

/* Each commit adds one person: so many are there as the number of the commit says. */
static void make_history(void)
{
    struct realm_view *view = view_of("peru");
    (void)snprintf(realm_file, sizeof(realm_file), "%s", file_of("peru"));
    add_user(view, "first"); /* from here on there is a position */
    settle();
    repl_sink_remove(primary, &to_standby);
    ok(repl_sink_add(primary, &keeping));
    whole_read(primary, str_c(realm_file), &first);
    for (int i = 0; i < COMMITS; i++) {
        char name[16];
        (void)snprintf(name, sizeof(name), "user%d", i);
        add_user(view, name);
    }
    repl_sink_remove(primary, &keeping);
    assert_int_equal(kept_count, COMMITS);
    realm_view_release(view);
}

/* --- The one that is killed --- */

static int acks; /* pipe: positions that were acknowledged */

static int tell_parent(void *arg, const struct repl_message *m)
{
    (void)arg;
    if (m->type == REPL_ACK && write(acks, &m->at.position, sizeof(m->at.position)) < 0)
        _exit(3);
    return 0;
}

static const struct repl_out to_parent = {tell_parent, nothing_waits, NULL};

/* Where the folder stands; -1: nowhere. */
static int stands_at(void)
{
    struct repl_position at = {0};
    char path[FOLDER_PATH_MAX];
    struct conn *conn;
    if (folder_db_bytes(&standby->folder, str_c(realm_file)) <= 0)
        return -1;
    ok(folder_db_path(&standby->folder, str_c(realm_file), path));
    ok(conn_open(path, "unix-excl", CONN_READER, false, &conn));
    int err = position_read(conn, &at);
    conn_close(conn, true);
    if (err != 0)
        return -1; /* made, and nothing in it yet */
    if (memcmp(&at, &first.at, sizeof(at)) == 0)
        return 0;
    for (size_t i = 0; i < kept_count; i++)
        if (memcmp(&at, &kept[i].commit.after, sizeof(at)) == 0)
            return (int)i + 1;
    fail_msg("the database stands where the primary never was");
    return -1;
}

static void follow_until_killed(void)
{
    const struct follower_config config = {.cluster = STR(CLUSTER)};
    open_standby();
    int at = stands_at();
    if (follower_new(standby, &config, &follower) != 0 ||
        follower_attach(follower, &to_parent) != 0)
        _exit(1);
    if (at < 0 && deliver_whole(str_c(realm_file), &first, false) != 0)
        _exit(2);
    for (size_t i = at < 0 ? 0 : (size_t)at; i < kept_count; i++)
        if (deliver_commit(&kept[i].commit) != 0)
            _exit(2);
    for (;;)
        (void)pause();
}

/* --- Afterwards --- */

static int last_acknowledged(int fd)
{
    struct repl_position p;
    int last = -1;
    while (read(fd, &p, sizeof(p)) == (ssize_t)sizeof(p)) {
        int at = memcmp(&p, &first.at, sizeof(p)) == 0 ? 0 : -1;
        for (size_t i = 0; i < kept_count && at < 0; i++)
            if (memcmp(&p, &kept[i].commit.after, sizeof(p)) == 0)
                at = (int)i + 1;
        assert_true(at >= 0);
        last = at;
    }
    return last;
}

static int64_t count_users(void)
{
    struct realm_view *view = standby_view("peru");
    struct store_read *r;
    int64_t count = 0;
    ok(store_read_begin(view, &r));
    ok(user_count(r, &count));
    store_read_end(r);
    realm_view_release(view);
    return count;
}

/* At the end of the history the next one begins with nothing. */
static void look_after_kill(int acknowledged, int *ret_middles)
{
    open_standby();
    int at = stands_at();
    assert_true(at >= acknowledged);
    if (at >= 0)
        assert_int_equal(count_users(), at + 1);
    *ret_middles += at > 0 && at < COMMITS;
    if (at == COMMITS) {
        struct slot *slot;
        ok(slot_of_file(standby, str_c(realm_file), &slot));
        slot_retire(slot);
        ok(realm_files_remove(slot));
    }
    store_close(standby);
    standby = NULL;
}

static void test_rp_02_killed_at_any_moment(void **state)
{
    (void)state;
    int middles = 0;
    make_history();
    close_standby();
    for (int round = 0; round < ROUNDS; round++) {
        uint32_t wait_us;
        int status, fds[2];
        assert_int_equal(pipe(fds), 0);
        assert_int_equal(fcntl(fds[1], F_SETPIPE_SZ, 1 << 20), 1 << 20);
        acks = fds[1];
        pid_t child = fork();
        if (child == 0)
            follow_until_killed();
        (void)close(fds[1]);
        rng_bytes(&wait_us, sizeof(wait_us));
        assert_int_equal(usleep(20000 + wait_us % 300000), 0);
        assert_int_equal(kill(child, SIGKILL), 0);
        assert_int_equal(waitpid(child, &status, 0), child);
        assert_true(WIFSIGNALED(status));
        look_after_kill(last_acknowledged(fds[0]), &middles);
        (void)close(fds[0]);
    }
    assert_true(middles > 0); /* or the kills came too early or too late */
    whole_free(&first);
    free_kept();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rp_02_killed_at_any_moment, start_pair, end_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
