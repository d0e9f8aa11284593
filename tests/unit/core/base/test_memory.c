/* Arenas, buffers and secrets: limits hold, nothing is half-written, used memory is zeroed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>
#include <sodium.h>

#include "core/base/buf.h"
#include "core/base/ct.h"
#include "core/base/err.h"
#include "core/base/rng.h"
#include "core/base/secret.h"

static void an_arena_stops_at_its_cap(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 1000);
    assert_non_null(arena_alloc(&a, 600));
    assert_null(arena_alloc(&a, 401));
    assert_true(a.exhausted);
    assert_non_null(arena_alloc(&a, 400));
    assert_null(arena_array(&a, SIZE_MAX / 2, 3));
    arena_reset(&a);
    assert_false(a.exhausted);
    assert_non_null(arena_alloc(&a, 1000));
    arena_free(&a);
}

static void note_end(void *arg)
{
    static int order;
    *(int *)arg = ++order;
}

static void what_was_borrowed_ends_with_an_arena(void **state)
{
    struct arena a;
    int first = 0, second = 0, third = 0;
    (void)state;
    arena_init(&a, 200);
    assert_int_equal(arena_at_end(&a, note_end, &first), 0);
    assert_int_equal(arena_at_end(&a, note_end, &second), 0);
    assert_int_equal(first + second, 0);
    arena_reset(&a);
    assert_true(second > 0 && second < first);
    assert_non_null(arena_alloc(&a, 190));
    assert_int_equal(arena_at_end(&a, note_end, &third), ERR_NO_MEMORY);
    arena_free(&a);
    assert_int_equal(third, 0);
    assert_true(first <= 2 && second <= 2);
}

static void memory_of_an_arena_is_zeroed_between_uses(void **state)
{
    struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    char *first = arena_alloc(&a, 100);
    memset(first, 'x', 100);
    arena_reset(&a);
    for (int i = 0; i < 100; i++)
        assert_int_equal(first[i], 0);
    arena_free(&a);
}

static void many_blocks_keep_their_content(void **state)
{
    struct arena a;
    struct str texts[2000];
    (void)state;
    arena_init(&a, 1 << 20);
    for (int i = 0; i < 2000; i++)
        texts[i] = arena_printf(&a, "text number %d", i);
    for (int i = 0; i < 2000; i++) {
        char want[32];
        (void)snprintf(want, sizeof(want), "text number %d", i);
        assert_true(str_eq_c(texts[i], want));
    }
    arena_free(&a);
}

static void a_buffer_refuses_what_goes_beyond_its_maximum(void **state)
{
    struct buf b;
    struct str bytes = STR("untouched");
    (void)state;
    buf_init(&b, NULL, 8);
    buf_add_c(&b, "12345678");
    assert_int_equal(buf_finish(&b, &bytes), 0);
    assert_true(str_eq_c(bytes, "12345678"));
    buf_add_byte(&b, '9');
    bytes = STR("untouched");
    assert_int_equal(buf_finish(&b, &bytes), ERR_TOO_LARGE);
    assert_true(str_eq_c(bytes, "untouched"));
    buf_free(&b);
}

static void a_buffer_in_a_full_arena_says_no_memory(void **state)
{
    struct arena a;
    struct buf b;
    struct str bytes;
    (void)state;
    arena_init(&a, 300);
    buf_init(&b, &a, 1 << 20);
    for (int i = 0; i < 1000; i++)
        buf_add_i64(&b, i);
    assert_int_equal(buf_finish(&b, &bytes), ERR_NO_MEMORY);
    arena_free(&a);
}

static void empty_secrets_match_nothing(void **state)
{
    (void)state;
    assert_true(ct_eq(STR("abc"), STR("abc")));
    assert_false(ct_eq(STR("abc"), STR("abd")));
    assert_false(ct_eq(STR("abc"), STR("ab")));
    assert_false(ct_eq(STR(""), STR("")));
    assert_false(ct_eq(str_of(NULL, 0), str_of(NULL, 0)));
}

static void ids_carry_their_time(void **state)
{
    char text[UUID_TEXT_LEN + 1];
    (void)state;
    uuid_v7(1795363389123, text);
    assert_true(uuid_v7_ms(str_c(text)) == 1795363389123);
    uuid_v4(text);
    assert_true(uuid_v7_ms(str_c(text)) == -1);
    assert_true(uuid_v7_ms(STR("short")) == -1);
}

static int by_text(const void *a, const void *b)
{
    return memcmp(a, b, TOKEN_TEXT_LEN + 1);
}

/* OT-03: 256 bits each, none twice among 100,000. */
static void ot_03_random_handles_do_not_repeat(void **state)
{
    enum { COUNT = 100000 };
    (void)state;
    char(*tokens)[TOKEN_TEXT_LEN + 1] = calloc(COUNT, sizeof(*tokens));
    assert_non_null(tokens);
    for (int i = 0; i < COUNT; i++) {
        token_random(tokens[i]);
        assert_int_equal(strlen(tokens[i]), TOKEN_TEXT_LEN);
    }
    qsort(tokens, COUNT, sizeof(*tokens), by_text);
    for (int i = 1; i < COUNT; i++)
        assert_int_not_equal(memcmp(tokens[i - 1], tokens[i], TOKEN_TEXT_LEN), 0);
    free(tokens);
}

static void secrets_are_copied_and_freed(void **state)
{
    struct secret s = {0};
    (void)state;
    assert_int_equal(secret_copy(&s, STR("hidden")), 0);
    assert_true(str_eq_c(secret_view(&s), "hidden"));
    secret_free(&s);
    assert_null(s.ptr);
    secret_free(&s);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(an_arena_stops_at_its_cap),
        cmocka_unit_test(what_was_borrowed_ends_with_an_arena),
        cmocka_unit_test(memory_of_an_arena_is_zeroed_between_uses),
        cmocka_unit_test(many_blocks_keep_their_content),
        cmocka_unit_test(a_buffer_refuses_what_goes_beyond_its_maximum),
        cmocka_unit_test(a_buffer_in_a_full_arena_says_no_memory),
        cmocka_unit_test(empty_secrets_match_nothing),
        cmocka_unit_test(ids_carry_their_time),
        cmocka_unit_test(ot_03_random_handles_do_not_repeat),
        cmocka_unit_test(secrets_are_copied_and_freed),
    };
    return sodium_init() < 0 ? 1 : cmocka_run_group_tests(tests, NULL, NULL);
}
