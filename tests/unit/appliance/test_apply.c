/* Declarative files: YAML to JSON, trees laid on each other, variables and secrets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "appliance/apply/show.h"
#include "appliance/apply/tree.h"
#include "appliance/apply/yaml.h"

static struct arena arena;
static struct err_ctx err;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, (size_t)64 << 20);
    err = (struct err_ctx){0};
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static const struct json_value *parsed(const char *text)
{
    const struct json_value *v;
    assert_int_equal(json_parse(&arena, str_c(text), TREE_MAX_BYTES, &v), 0);
    return v;
}

static const char *json_of(const struct json_value *v)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, &arena, TREE_MAX_BYTES);
    jw_init(&w, &b);
    jw_value(&w, v);
    assert_int_equal(jw_finish(&w, &text), 0);
    return text.ptr;
}

static void reads(const char *yaml, const char *json)
{
    const struct json_value *documents;
    assert_int_equal(yaml_read(&arena, "f", str_c(yaml), &documents, &err), 0);
    assert_string_equal(json_of(documents), json);
}

static void refuses(const char *yaml, const char *reason)
{
    const struct json_value *documents;
    err = (struct err_ctx){0};
    assert_int_equal(yaml_read(&arena, "f", str_c(yaml), &documents, &err), ERR_CONFIG);
    if (str_find_str(str_c(err.detail), str_c(reason)) < 0)
        fail_msg("%s: %s", yaml, err.detail);
}

static void test_yaml(void **state)
{
    (void)state;
    reads("", "[]");
    reads("# nothing\n", "[]");
    reads("a: 1\nb: [x, 'true', true, ~, null, '', -2.5e3]\n",
          "[{\"a\":1,\"b\":[\"x\",\"true\",true,null,null,\"\",-2500.0]}]");
    reads("a: 1\n---\n- b\n", "[{\"a\":1},[\"b\"]]");
    reads(
        "dni: 00123\nversion: 1_0\nhex: 0x1f\nyes: yes\ntime: 12:30\n",
        "[{\"dni\":\"00123\",\"version\":\"1_0\",\"hex\":\"0x1f\",\"yes\":\"yes\",\"time\":\"12:30\"}]");
    reads("text: |\n  a\n  b\n", "[{\"text\":\"a\\nb\\n\"}]");
    reads("{\"json\": [1, {\"as\": \"it is\"}]}", "[{\"json\":[1,{\"as\":\"it is\"}]}]");
}

static void test_yaml_refused(void **state)
{
    const struct json_value *documents;
    (void)state;
    refuses("a: 1\nb: &x [1]\n", "f:2: anchors and tags");
    refuses("a: *x\n", "f:1: ");
    refuses("a: &x 1\nb: *x\n", "f:1: anchors");
    refuses("&k a: 1\n", "f:1: anchors");
    refuses("a: !!str 1\n", "f:1: anchors and tags");
    refuses("? [a]\n: 1\n", "f:1: a key must be a text");
    refuses("a: 1\na: 2\n", "f: a key stands twice");
    refuses("a: [1\n", "f:");
    refuses("a: \"\\0\"\n", "f:");
    refuses("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[", "f:1: this is nested too deeply");
    char *large = arena_alloc(&arena, YAML_MAX_BYTES + 2);
    assert_non_null(large);
    memset(large, ' ', YAML_MAX_BYTES + 1);
    assert_int_equal(yaml_read(&arena, "f", str_of(large, YAML_MAX_BYTES + 1), &documents, &err),
                     ERR_TOO_LARGE);
}

static void merges(const char *base, const char *over, const char *result)
{
    const struct json_value *merged;
    assert_int_equal(tree_merge(&arena, parsed(base), parsed(over), &merged), 0);
    assert_string_equal(json_of(merged), result);
}

static void test_merge(void **state)
{
    const struct json_value *merged;
    (void)state;
    merges("{\"a\":1,\"b\":{\"c\":2}}", "{\"b\":{\"d\":3},\"e\":4}",
           "{\"a\":1,\"b\":{\"c\":2,\"d\":3},\"e\":4}");
    merges("[{\"name\":\"x\",\"a\":1},{\"name\":\"y\"}]",
           "[{\"name\":\"z\"},{\"name\":\"x\",\"a\":2}]",
           "[{\"name\":\"x\",\"a\":2},{\"name\":\"y\"},{\"name\":\"z\"}]");
    merges("[\"a\",\"b\"]", "[\"c\"]", "[\"c\"]");
    merges("[{\"name\":\"x\"},{}]", "[{\"name\":\"x\"}]", "[{\"name\":\"x\"}]");
    merges("{\"a\":[1]}", "{\"a\":null}", "{\"a\":null}");
    merges("[{\"clientId\":\"c\",\"name\":\"one\"}]", "[{\"clientId\":\"c\",\"name\":\"two\"}]",
           "[{\"clientId\":\"c\",\"name\":\"two\"}]");
    assert_int_equal(tree_merge(&arena, NULL, parsed("[1]"), &merged), 0);
    assert_string_equal(json_of(merged), "[1]");
}

static int resolved(const char *tree, const char *variables, const char *folder,
                    const struct json_value **ret_tree)
{
    char token[] = "TOKEN=of the environment", empty[] = "TOKEN2=";
    char *const environment[] = {token, empty, NULL};
    const struct tree_secrets secrets = {.folder = folder, .environment = environment};
    err = (struct err_ctx){0};
    return tree_resolve(&arena, parsed(tree), parsed(variables), &secrets, ret_tree, &err);
}

static void test_variables(void **state)
{
    const struct json_value *v;
    (void)state;
    assert_int_equal(resolved("{\"a\":[\"$(x)-$(n)-$(on)\",\"$$(x)\",\"$x ($)\",7]}",
                              "{\"x\":\"$(n)\",\"n\":3,\"on\":true}", ".", &v),
                     0);
    assert_string_equal(json_of(v), "{\"a\":[\"$(n)-3-true\",\"$(x)\",\"$x ($)\",7]}");
    assert_int_equal(resolved("\"$(no)\"", "{}", ".", &v), ERR_CONFIG);
    assert_int_equal(resolved("\"$(list)\"", "{\"list\":[1]}", ".", &v), ERR_CONFIG);
    assert_int_equal(resolved("\"$(open\"", "{\"open\":1}", ".", &v), ERR_CONFIG);
}

static void test_secrets(void **state)
{
    const struct json_value *v;
    char path[] = "/tmp/garita-apply-XXXXXX";
    (void)state;
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, "of the file\n", 12), 12);
    (void)close(fd);
    assert_int_equal(resolved("{\"s\":{\"secretFrom\":{\"env\":\"TOKEN\"}}}", "{}", ".", &v), 0);
    assert_string_equal(json_of(v), "{\"s\":\"of the environment\"}");
    struct str tree =
        arena_printf(&arena, "{\"s\":{\"secretFrom\":{\"file\":\"$(f)%s\"}}}", path + 4);
    assert_int_equal(resolved(tree.ptr, "{\"f\":\".\"}", "/tmp", &v), 0);
    assert_string_equal(json_of(v), "{\"s\":\"of the file\"}");
    assert_int_equal(unlink(path), 0);
    assert_int_equal(resolved(tree.ptr, "{\"f\":\".\"}", "/tmp", &v), ERR_IO);
    static const char *const wrong[] = {"{}",
                                        "{\"env\":\"TOKEN2\"}",
                                        "{\"env\":\"TOK\"}",
                                        "3",
                                        "{\"env\":\"TOKEN\",\"file\":\"x\"}",
                                        "{\"other\":\"x\"}"};
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        tree = arena_printf(&arena, "{\"s\":{\"secretFrom\":%s}}", wrong[i]);
        assert_int_equal(resolved(tree.ptr, "{}", ".", &v), ERR_CONFIG);
    }
    /* With company it is a member like others. */
    assert_int_equal(resolved("{\"secretFrom\":{\"env\":\"TOKEN\"},\"b\":1}", "{}", ".", &v), 0);
    assert_string_equal(json_of(v), "{\"secretFrom\":{\"env\":\"TOKEN\"},\"b\":1}");
}

/* Stored text cannot drive a terminal, and no secret is shown. */
static void test_show(void **state)
{
    struct buf b;
    const struct show show = {.members = true, .coloured = false, .planned = true};
    (void)state;
    buf_init(&b, &arena, TREE_MAX_BYTES);
    show_plan(
        &b,
        parsed("{\"realm\":\"x\",\"changes\":[{\"action\":\"update\",\"kind\":\"client\",\"name\":"
               "\"a\\u001b[2J\\u009b\",\"members\":[{\"member\":\"name\",\"before\":\"\\u001b\","
               "\"after\":\"\\u007f\"},{\"member\":\"secret\",\"secret\":true}]}],\"ignored\":"
               "[{\"kind\":\"client\",\"name\":\"a\",\"member\":\"nmae\"}],"
               "\"summary\":{\"update\":1,\"same\":2}}"),
        &show);
    assert_string_equal(buf_str(&b).ptr,
                        "x\n  ~ client a?[2J?\n      name: \"\\u001b\" -> \"\\u007f\"\n"
                        "      secret: (secret)\n"
                        "  ? client a: nmae is not known here and was left out\n"
                        "  1 to change, 2 as it is\n");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_yaml, setup, teardown),
        cmocka_unit_test_setup_teardown(test_yaml_refused, setup, teardown),
        cmocka_unit_test_setup_teardown(test_merge, setup, teardown),
        cmocka_unit_test_setup_teardown(test_variables, setup, teardown),
        cmocka_unit_test_setup_teardown(test_secrets, setup, teardown),
        cmocka_unit_test_setup_teardown(test_show, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
