/* Lines that come in pieces, plain and compressed. */
#include "tests/unit/core/check.h"

#include <zstd.h>

#include "core/codec/lines.h"

static struct str taken[64];
static size_t taken_count;

static int take(void *arg, struct str line)
{
    (void)arg;
    assert_true(taken_count < ARRAY_LEN(taken));
    taken[taken_count++] = arena_str(&test_arena, line);
    return 0;
}

static int stop_at_two(void *arg, struct str line)
{
    OK(take(arg, line));
    return taken_count == 2 ? ERR_CANCELLED : 0;
}

static int read_in_pieces(struct str bytes, size_t piece, size_t line_max, lines_take *take_line)
{
    CLEANUP(lines_free) struct lines l;
    taken_count = 0;
    lines_init(&l, line_max, take_line, NULL);
    for (size_t at = 0; at < bytes.len; at += piece) {
        struct str part = str_sub(bytes, at, piece);
        TRY(lines_add(&l, part.ptr, part.len));
    }
    return lines_end(&l);
}

static struct str compressed(struct str text)
{
    size_t cap = ZSTD_compressBound(text.len);
    char *out = arena_alloc(&test_arena, cap);
    size_t len = ZSTD_compress(out, cap, text.ptr, text.len, 3);
    assert_false(ZSTD_isError(len));
    return str_of(out, len);
}

static void check_three(void)
{
    assert_int_equal(taken_count, 3);
    SAME(taken[0], "first");
    SAME(taken[1], "");
    SAME(taken[2], "third");
}

static void test_pieces(void **state)
{
    (void)state;
    struct str text = STR("first\n\nthird\n");
    struct str small = compressed(text);
    for (size_t piece = 1; piece < 20; piece++) {
        OK(read_in_pieces(text, piece, 100, take));
        check_three();
        OK(read_in_pieces(small, piece, 100, take));
        check_three();
    }
    OK(read_in_pieces(STR(""), 1, 100, take));
    assert_int_equal(taken_count, 0);
    OK(read_in_pieces(STR("\n"), 1, 100, take));
    assert_int_equal(taken_count, 1);
}

static void test_cut_off(void **state)
{
    (void)state;
    struct str small = compressed(STR("first\n\nthird\n"));
    FAILS(read_in_pieces(STR("first\nsecond"), 3, 100, take), ERR_INVALID_SYNTAX);
    FAILS(read_in_pieces(STR("ab"), 3, 100, take), ERR_INVALID_SYNTAX);
    for (size_t len = 1; len < small.len; len++)
        FAILS(read_in_pieces(str_sub(small, 0, len), 5, 100, take), ERR_INVALID_SYNTAX);
}

static void test_damaged(void **state)
{
    (void)state;
    struct str small = compressed(STR("first\n\nthird\n"));
    char *bytes = arena_alloc(&test_arena, small.len);
    memcpy(bytes, small.ptr, small.len);
    bytes[4] = (char)~bytes[4];
    assert_int_not_equal(read_in_pieces(str_of(bytes, small.len), 5, 100, take), 0);
}

/* A small file that would become a large line does not. */
static void test_limits(void **state)
{
    (void)state;
    char *text = arena_alloc(&test_arena, 4 << 20);
    memset(text, 'a', 4 << 20);
    text[(4 << 20) - 1] = '\n';
    struct str small = compressed(str_of(text, 4 << 20));
    assert_true(small.len < 4096);
    FAILS(read_in_pieces(small, 1000, 1 << 20, take), ERR_TOO_LARGE);
    FAILS(read_in_pieces(STR("12345678901\n"), 5, 10, take), ERR_TOO_LARGE);
    OK(read_in_pieces(STR("1234567890\n"), 5, 10, take));
    FAILS(read_in_pieces(STR("a\nb\nc\n"), 5, 10, stop_at_two), ERR_CANCELLED);
    assert_int_equal(taken_count, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_pieces),
        TEST(test_cut_off),
        TEST(test_damaged),
        TEST(test_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
