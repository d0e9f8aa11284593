/* How a row that differs is shown: of settings what changed, and nothing of what its name calls a secret. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "appliance/command/diverged_text.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct cell text_cell(enum cell_kind kind, const char *text)
{
    return (struct cell){.kind = kind, .text = str_c(text)};
}

static const char *json_of(const struct row_difference *row)
{
    struct json_writer w;
    struct buf b;
    struct str text;
    buf_init(&b, &arena, (size_t)1 << 20);
    jw_init(&w, &b);
    assert_int_equal(diverged_row_json(&w, STR("peru"), row, &arena), 0);
    assert_int_equal(jw_finish(&w, &text), 0);
    return text.ptr;
}

static const char *text_of(const struct row_difference *row)
{
    struct buf b;
    struct str text;
    buf_init(&b, &arena, (size_t)1 << 20);
    assert_int_equal(diverged_row_text(&b, STR("peru"), row, &arena), 0);
    assert_int_equal(buf_finish(&b, &text), 0);
    return text.ptr;
}

static const struct cell_pair key = {
    "pk", true, false, {.kind = CELL_NUMBER, .number = 7}, {.kind = CELL_NUMBER, .number = 7}};

static const char *changed_doc(const char *kept, const char *now)
{
    const struct cell_pair cells[] = {
        key, {"doc", false, true, text_cell(CELL_JSON, kept), text_cell(CELL_JSON, now)}};
    return json_of(&(struct row_difference){"client", ROW_CHANGED, cells, 2});
}

#define CHANGED(kept, now)                                                                         \
    "{\"realm\":\"peru\",\"table\":\"client\",\"change\":\"changed\",\"key\":{\"pk\":7},"          \
    "\"columns\":{\"doc\":{\"kept\":" kept ",\"now\":" now "}}}"

static void test_members_that_changed(void **state)
{
    (void)state;
    assert_string_equal(
        changed_doc("{\"a\":1,\"b\":[1,2],\"c\":true}", "{\"a\":1,\"b\":[2,1],\"d\":null}"),
        CHANGED("{\"b\":[1,2],\"c\":true}", "{\"b\":[2,1],\"d\":null}"));
}

static void test_secrets_by_their_names(void **state)
{
    (void)state;
    assert_string_equal(
        changed_doc("{\"clientSecret\":\"x\",\"attributes\":{\"API_KEY\":[\"y\"],\"ok\":\"z\"}}",
                    "{\"x\":[{\"privateKey\":\"p\",\"accessTokenLifespan\":60}]}"),
        CHANGED("{\"clientSecret\":\"(secret)\",\"attributes\":{\"API_KEY\":\"(secret)\",\"ok\":"
                "\"z\"}}",
                "{\"x\":[{\"privateKey\":\"(secret)\",\"accessTokenLifespan\":60}]}"));
    /* What is no JSON is not ours. */
    assert_string_equal(changed_doc("{\"a\":1", "password"),
                        CHANGED("\"(secret)\"", "\"(secret)\""));
}

static void test_every_kind_of_cell(void **state)
{
    (void)state;
    const struct cell_pair cells[] = {
        key,
        {"id", false, false, text_cell(CELL_ID, "an-id"), {.kind = CELL_NULL}},
        {"hash", false, false, {CELL_BYTES, 32, STR("0011")}, {.kind = CELL_NULL}},
        {"secret", false, false, {.kind = CELL_SECRET}, {.kind = CELL_NULL}},
        {"name", false, false, text_cell(CELL_TEXT, "a\x1b[2Jb"), {.kind = CELL_NULL}},
        {"none", false, false, {.kind = CELL_NULL}, {.kind = CELL_NULL}},
    };
    const struct row_difference row = {"user", ROW_KEPT_ALONE, cells, 6};
    assert_string_equal(json_of(&row),
                        "{\"realm\":\"peru\",\"table\":\"user\",\"change\":\"inserted\",\"key\":{"
                        "\"pk\":7},\"row\":{\"pk\":7,\"id\":\"an-id\",\"hash\":\"(32 bytes, "
                        "0011)\",\"secret\":\"(secret)\",\"name\":\"a\\u001b[2Jb\"}}");
    assert_string_equal(text_of(&row),
                        "peru user pk=7: inserted\n    id: an-id\n    hash: (32 bytes, "
                        "0011)\n    secret: (secret)\n    name: a?[2Jb\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_members_that_changed, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets_by_their_names, setup, teardown),
        cmocka_unit_test_setup_teardown(test_every_kind_of_cell, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
