/* Reels of the archive: what was written comes back commit by commit, whole ones merge without a change,
 * and nothing else is read from one (BK-01). */
#include <dirent.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "tests/unit/store/store_support.h"

#include "core/crypto/init.h"
#include "store/repl/reel.h"

#define FILE_NAME STR("peru")
#define COMMITS   12

static struct secret key;
static int dir;
static unsigned char images[4][PAGE_BYTES];
static unsigned char chain[REEL_CHAIN_BYTES];

static int set_up(void **state)
{
    (void)state;
    ok(crypto_init());
    arena_init(&arena, (size_t)8 << 20);
    make_dir();
    dir = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir >= 0);
    ok(secret_random(&key, 32));
    memset(chain, 0, sizeof(chain));
    rng_bytes(images, sizeof(images));
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    secret_free(&key);
    (void)close(dir);
    arena_free(&arena);
    remove_dir();
    return 0;
}

static struct repl_position position(uint64_t lsn)
{
    return (struct repl_position){.epoch = 1, .lsn = lsn, .mark = lsn * 1000 + 7};
}

/* Commits (first, last] as one reel; its name. */
static struct str write_reel(uint64_t first, uint64_t last)
{
    struct reel_head head = {.before = position(first),
                             .after = position(last),
                             .first_ms = (int64_t)first * 10 + 10,
                             .last_ms = (int64_t)last * 10,
                             .commits = last - first};
    char name[REEL_NAME_LEN + 1];
    struct buf b;
    buf_init(&b, &arena, (size_t)1 << 20);
    for (uint64_t lsn = first + 1; lsn <= last; lsn++) {
        const struct repl_page pages[] = {{1, images[lsn % 4]}, {(uint32_t)lsn + 1, images[0]}};
        const struct repl_commit commit = {.after = position(lsn),
                                           .page_count = (uint32_t)lsn + 1,
                                           .pages = pages,
                                           .count = ARRAY_LEN(pages)};
        reel_put_commit(&b, &commit, (int64_t)lsn * 10);
    }
    memcpy(head.chain_before, chain, sizeof(chain));
    ok(reel_chain(buf_str(&b), chain));
    memcpy(head.chain_after, chain, sizeof(chain));
    ok(reel_write(dir, &key, FILE_NAME, &head, buf_str(&b)));
    reel_name_of(&head, name);
    return arena_str_c(&arena, name);
}

/* The first error of reading it to its end; commits are counted and looked at. */
static int read_as(struct str file, struct str name, uint64_t first, uint64_t *ret_commits)
{
    struct reel_reader *r;
    struct reel_head head;
    struct reel_commit c;
    bool any = true;
    *ret_commits = 0;
    int err = reel_open(dir, &key, file, name, &r, &head);
    if (err != 0)
        return err;
    while (err == 0 && any) {
        err = reel_next(r, &c, &any);
        if (err != 0 || !any)
            continue;
        uint64_t lsn = first + ++*ret_commits;
        assert_int_equal(c.after.lsn, lsn);
        assert_int_equal(c.count, 2);
        assert_int_equal(reel_page(&c, 1).number, lsn + 1);
        assert_memory_equal(reel_page(&c, 0).image, images[lsn % 4], PAGE_BYTES);
    }
    reel_close(r);
    return err;
}

static void commits_come_back(void **state)
{
    uint64_t commits;
    (void)state;
    struct str name = write_reel(3, 3 + COMMITS);
    ok(read_as(FILE_NAME, name, 3, &commits));
    assert_int_equal(commits, COMMITS);
}

static int count_reels(void)
{
    DIR *list = opendir(test_dir);
    int count = 0;
    assert_non_null(list);
    for (struct dirent *e = readdir(list); e; e = readdir(list))
        count += e->d_name[0] != '.';
    (void)closedir(list);
    return count;
}

static void merged_ones_are_one(void **state)
{
    uint64_t commits;
    (void)state;
    const struct str names[] = {write_reel(0, 4), write_reel(4, 5), write_reel(5, 9)};
    ok(reel_merge(dir, &key, FILE_NAME, names, ARRAY_LEN(names)));
    assert_int_equal(count_reels(), 1);
    const struct reel_head head = {.before = position(0), .after = position(9)};
    char name[REEL_NAME_LEN + 1];
    reel_name_of(&head, name);
    ok(read_as(FILE_NAME, str_c(name), 0, &commits));
    assert_int_equal(commits, 9);
}

static void what_does_not_follow_is_not_merged(void **state)
{
    (void)state;
    struct str first = write_reel(0, 4);
    (void)write_reel(4, 5);
    const struct str names[] = {first, write_reel(5, 9)};
    fails(reel_merge(dir, &key, FILE_NAME, names, ARRAY_LEN(names)), ERR_CONFLICT);
    assert_int_equal(count_reels(), 3);
}

static void path_of(struct str name, char path[512])
{
    (void)snprintf(path, 512, "%s/%.*s", test_dir, STR_ARG(name));
}

static void in_another_place_it_does_not_open(void **state)
{
    char from[512], to[512];
    uint64_t commits;
    (void)state;
    struct str one = write_reel(0, 4);
    struct str two = write_reel(4, 8);
    fails(read_as(STR("chile"), one, 0, &commits), ERR_SEAL);
    path_of(one, from);
    path_of(two, to);
    assert_int_equal(rename(from, to), 0);
    fails(read_as(FILE_NAME, two, 4, &commits), ERR_SEAL);
    fails(read_as(FILE_NAME, one, 0, &commits), ERR_NOT_FOUND);
}

/* The error is of the seal or of its form, and nothing wrong was read before it. */
static void refused(struct str name)
{
    uint64_t commits;
    assert_int_not_equal(read_as(FILE_NAME, name, 0, &commits), 0);
}

static void any_flipped_byte_is_noticed(void **state)
{
    char path[512];
    unsigned char byte;
    struct stat st;
    (void)state;
    struct str name = write_reel(0, 2);
    path_of(name, path);
    int fd = open(path, O_RDWR | O_CLOEXEC);
    assert_int_equal(fstat(fd, &st), 0);
    for (off_t at = 0; at < st.st_size; at += at < 200 ? 1 : 41) {
        assert_int_equal(pread(fd, &byte, 1, at), 1);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
        refused(name);
        byte ^= 0x10;
        assert_int_equal(pwrite(fd, &byte, 1, at), 1);
    }
    for (off_t len = st.st_size - 1; len > 0; len -= 97) {
        assert_int_equal(ftruncate(fd, len), 0);
        refused(name);
    }
    (void)close(fd);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(commits_come_back, set_up, tear_down),
        cmocka_unit_test_setup_teardown(merged_ones_are_one, set_up, tear_down),
        cmocka_unit_test_setup_teardown(what_does_not_follow_is_not_merged, set_up, tear_down),
        cmocka_unit_test_setup_teardown(in_another_place_it_does_not_open, set_up, tear_down),
        cmocka_unit_test_setup_teardown(any_flipped_byte_is_noticed, set_up, tear_down),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
