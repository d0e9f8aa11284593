/* Where reigns began: what is put is found, for each reign its own, and what is no such text is refused. */
#include "tests/unit/store/store_support.h"

#include <fcntl.h>

#include "store/repl/forks.h"

static int dir_fd;

static int make_folder(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)8 << 20);
    make_dir();
    dir_fd = open(test_dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir_fd >= 0);
    return 0;
}

static int remove_folder(void **state)
{
    (void)state;
    assert_int_equal(close(dir_fd), 0);
    arena_free(&arena);
    remove_dir();
    return 0;
}

static void at(uint64_t epoch, const char *file, enum fork found, uint64_t lsn)
{
    struct str text;
    struct repl_position p = {0};
    ok(forks_read(dir_fd, &arena, &text));
    assert_int_equal(forks_find(text, epoch, str_c(file), &p), found);
    if (found == FORK_AT)
        assert_int_equal(p.lsn, lsn);
}

static void test_each_reign_has_its_own(void **state)
{
    struct str text;
    (void)state;
    fails(forks_read(dir_fd, &arena, &text), ERR_NOT_FOUND);
    ok(forks_put(dir_fd, 2, STR("master 1 10 -7\nperu 1 20 8\n")));
    ok(forks_put(dir_fd, 3, STR("master 2 15 9\n")));
    at(1, "master", FORK_AT, 10);
    at(1, "peru", FORK_AT, 20);
    at(1, "chile", FORK_WITHOUT, 0);
    at(2, "master", FORK_AT, 15);
    at(2, "peru", FORK_WITHOUT, 0);
    at(3, "master", FORK_UNKNOWN, 0);
    /* A promotion that was refused and is tried again. */
    ok(forks_put(dir_fd, 2, STR("master 1 11 12\n")));
    at(1, "master", FORK_AT, 11);
    at(2, "master", FORK_UNKNOWN, 0);
}

static void test_the_oldest_go_when_there_is_no_room(void **state)
{
    struct buf b;
    struct str lines;
    (void)state;
    buf_init(&b, &arena, FORKS_BYTES);
    for (int i = 0; b.len < FORKS_BYTES / 3; i++)
        buf_printf(&b, "file-%d 1 %d 5\n", i, i);
    ok(buf_finish(&b, &lines));
    for (uint64_t epoch = 2; epoch < 8; epoch++)
        ok(forks_put(dir_fd, epoch, lines));
    at(6, "file-7", FORK_AT, 7);
    at(5, "file-7", FORK_AT, 7);
    at(1, "file-7", FORK_UNKNOWN, 0);
}

static void test_another_nodes_text(void **state)
{
    struct str text;
    (void)state;
    fails(forks_store(dir_fd, STR("")), ERR_INVALID_REQUEST);
    fails(forks_store(dir_fd, STR("master 1 2 3\n")), ERR_INVALID_REQUEST);
    fails(forks_store(dir_fd, STR("reign 0\n")), ERR_INVALID_REQUEST);
    fails(forks_store(dir_fd, STR("reign 2\nmaster 1 x 3\n")), ERR_INVALID_REQUEST);
    fails(forks_store(dir_fd, STR("reign 2\n\nreign 3\n")), ERR_INVALID_REQUEST);
    fails(forks_read(dir_fd, &arena, &text), ERR_NOT_FOUND);
    ok(forks_store(dir_fd, STR("reign 2\nmaster 1 2 3\n")));
    at(1, "master", FORK_AT, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_each_reign_has_its_own, make_folder, remove_folder),
        cmocka_unit_test_setup_teardown(test_the_oldest_go_when_there_is_no_room, make_folder,
                                        remove_folder),
        cmocka_unit_test_setup_teardown(test_another_nodes_text, make_folder, remove_folder),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
