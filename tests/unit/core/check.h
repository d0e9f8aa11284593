/* What the tests of core share: an arena for each test and comparisons of struct str. Include it
 * instead of cmocka.h. */
#ifndef GARITA_TESTS_UNIT_CORE_CHECK_H
#define GARITA_TESTS_UNIT_CORE_CHECK_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <stdlib.h>

#include "core/base/arena.h"
#include "core/base/err.h"
#include "core/crypto/init.h"

/* The arena of the running test. */
static struct arena test_arena;

static inline int arena_setup(void **state)
{
    arena_init(&test_arena, (size_t)64 << 20);
    *state = NULL;
    return 0;
}

static inline int arena_teardown(void **state)
{
    (void)state;
    arena_free(&test_arena);
    return 0;
}

/* For cmocka_run_group_tests where keys and secrets are used. */
static inline int crypto_setup(void **state)
{
    (void)state;
    return crypto_init();
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, arena_setup, arena_teardown)

#define OK(expr)          assert_int_equal((expr), 0)
#define FAILS(expr, code) assert_int_equal((expr), (code))

static inline void check_str(struct str got, struct str want, const char *file, int line)
{
    if (str_eq(got, want) && str_absent(got) == str_absent(want))
        return;
    print_error("got  \"%.*s\" (%zu bytes)\nwant \"%.*s\" (%zu bytes)\n", STR_ARG(got), got.len,
                STR_ARG(want), want.len);
    _fail(file, line);
}
#define SAME(got, want)   check_str((got), str_c(want), __FILE__, __LINE__)
#define SAME_S(got, want) check_str((got), (want), __FILE__, __LINE__)
#define ABSENT(s)         assert_true(str_absent(s))

#endif
