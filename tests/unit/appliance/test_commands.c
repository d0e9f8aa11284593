/* The table of commands: parsing, and that help, manual page and completion name everything. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "appliance/command.h"
#include "appliance/output.h"

static struct arena arena;
static struct err_ctx err;
static struct args args;

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

static int parse(const char *line)
{
    struct str words[64], rest = str_c(line), word;
    size_t count = 0;
    while (str_next_word(&rest, &word))
        words[count++] = arena_str(&arena, word);
    err = (struct err_ctx){0};
    return args_parse(&arena, words, count, &args, &err);
}

static void test_parse(void **state)
{
    struct str uri;
    size_t at = 0;
    (void)state;
    assert_int_equal(parse("client add --realm peru --client-id=portal --public --redirect-uri "
                           "https://a/ --redirect-uri=https://b/ name=x --json --data /tmp/d"),
                     0);
    assert_string_equal(args.command->path, "client add");
    assert_true(str_eq(args_get(&args, "client-id"), STR("portal")));
    assert_true(args_has(&args, "public"));
    assert_false(args_has(&args, "service-account"));
    assert_true(str_absent(args_get(&args, "secret-file")));
    assert_true(args_next(&args, "redirect-uri", &at, &uri));
    assert_true(str_eq(uri, STR("https://a/")));
    assert_true(args_next(&args, "redirect-uri", &at, &uri));
    assert_true(str_eq(uri, STR("https://b/")));
    assert_false(args_next(&args, "redirect-uri", &at, &uri));
    assert_int_equal(args.positional_count, 1);
    assert_true(args.json);
    assert_string_equal(args.data, "/tmp/d");
}

static void test_longest_path_wins(void **state)
{
    (void)state;
    assert_int_equal(parse("client mapper add --realm r --client-id c --name n --type t a=b"), 0);
    assert_string_equal(args.command->path, "client mapper add");
}

static void test_settings_as_flags(void **state)
{
    (void)state;
    assert_int_equal(parse("serve --data /d --dev --https-port 1 --hostname=https://x"), 0);
    assert_int_equal(args.flag_count, 3);
    assert_int_equal(parse("user list --realm r --https-port 1"), ERR_USAGE);
}

static void test_wrong_usage(void **state)
{
    static const char *const wrong[] = {
        "",
        "usr add",
        "user",
        "user ad",
        "realm create",
        "realm show a b",
        "user add --realm peru",
        "user add --realm",
        "user add --realm a --realm b --username u",
        "user add --realm a --username u --unknown x",
        "client add --realm a --client-id b --public=yes",
        "serve --https-port",
        "user list --realm r extra",
        "audit list --realm r --data /a --data /b",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
        if (parse(wrong[i]) != ERR_USAGE)
            fail_msg("accepted: %s", wrong[i]);
        assert_true(err.detail[0] != '\0');
    }
    assert_int_equal(exit_status(ERR_USAGE), 2);
    assert_int_equal(exit_status(ERR_NOT_FOUND), 1);
    assert_int_equal(exit_status(0), 0);
}

static void test_end_of_options(void **state)
{
    (void)state;
    assert_int_equal(parse("realm create -- --odd"), 0);
    assert_true(str_eq(args.positionals[0], STR("--odd")));
    assert_int_equal(parse("realm create --help"), 0);
    assert_true(args.help);
}

static void test_short_file(void **state)
{
    (void)state;
    assert_int_equal(parse("apply -f realms"), 0);
    assert_true(str_eq(args_get(&args, "file"), STR("realms")));
    assert_int_equal(parse("apply -f"), ERR_USAGE);
    assert_int_equal(parse("realm list -f x"), ERR_USAGE);
}

static bool is_there(const struct buf *b, const char *text)
{
    return str_find_str(buf_str(b), str_c(text)) >= 0;
}

static void test_table_is_sound(void **state)
{
    (void)state;
    for (size_t i = 0; command_at(i); i++) {
        const struct command *c = command_at(i);
        assert_true(c->run || c->local);
        assert_false(c->local && c->client); /* local would never let it run */
        assert_ptr_equal(command_find(str_c(c->path)), c);
        assert_true(strlen(c->summary) > 0);
        for (size_t j = 0; j < c->option_count; j++)
            assert_true(strlen(c->options[j].help) > 0);
    }
}

static void test_help_names_everything(void **state)
{
    struct buf b;
    char flag[128];
    (void)state;
    for (size_t i = 0; command_at(i); i++) {
        const struct command *c = command_at(i);
        buf_init(&b, &arena, 1 << 20);
        help_write_command(&b, c);
        for (size_t j = 0; j < c->option_count; j++) {
            (void)snprintf(flag, sizeof(flag), "--%s", c->options[j].name);
            assert_true(is_there(&b, flag));
        }
        for (size_t j = 0; c->takes_params && j < PARAM_COUNT; j++) {
            (void)snprintf(flag, sizeof(flag), "--%s", params[j].name);
            assert_true(is_there(&b, flag));
        }
    }
}

static struct str file_content(const char *name)
{
    char file[512];
    char *content = arena_alloc(&arena, 1 << 20);
    (void)snprintf(file, sizeof(file), "%s/../../%s", GARITA_TEST_DATA, name);
    FILE *f = fopen(file, "r");
    if (!f || !content)
        fail_msg("%s is missing", name);
    size_t n = fread(content, 1, 1 << 20, f);
    (void)fclose(f);
    return str_of(content, n);
}

static void assert_same(const char *name, const struct buf *b)
{
    if (!str_eq(file_content(name), buf_str(b)))
        fail_msg("%s is not up to date", name);
}

/* The man page and the completion in the tree are what the table gives; every command, option and
 * setting stands in them. */
static void test_manual_page(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    man_write(&b);
    for (size_t i = 0; command_at(i); i++) {
        char path[128];
        size_t n = 0;
        for (const char *c = command_at(i)->path; *c; c++)
            n += (size_t)snprintf(path + n, sizeof(path) - n, *c == '-' ? "\\-" : "%c", *c);
        if (!is_there(&b, path))
            fail_msg("the manual page lacks %s", command_at(i)->path);
    }
    for (size_t i = 0; i < PARAM_COUNT; i++) {
        char name[PARAM_ENV_MAX];
        param_environment_name(&params[i], name);
        assert_true(is_there(&b, name));
    }
    assert_same("appliance/man/garita.1", &b);
}

static void test_completion(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    completion_write(&b);
    for (size_t i = 0; command_at(i); i++)
        assert_true(is_there(&b, command_at(i)->path));
    assert_same("appliance/completion/garita.bash", &b);
}

static void test_cli_page(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    cli_docs_write(&b);
    if (str_find_str(file_content("docs/cli.md"), buf_str(&b)) < 0)
        fail_msg("docs/cli.md is not up to date");
}

/* Stored text cannot drive a terminal. */
static void test_tables_are_safe(void **state)
{
    const struct json_value *v;
    struct buf b;
    (void)state;
    assert_int_equal(json_parse(&arena,
                                STR("[{\"name\":\"a\\u001b[31mred\\u009b\",\"n\":7},{\"name\":"
                                    "\"\xc3\xb1\",\"n\":null}]"),
                                1 << 16, &v),
                     0);
    buf_init(&b, &arena, 1 << 16);
    output_human(v, "name,n", &b);
    for (size_t i = 0; i < b.len; i++)
        assert_true((unsigned char)b.ptr[i] >= 0x20 || b.ptr[i] == '\n');
    assert_true(is_there(&b, "NAME"));
    assert_true(is_there(&b, "a?[31mred?"));
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_parse),
        TEST(test_longest_path_wins),
        TEST(test_settings_as_flags),
        TEST(test_wrong_usage),
        TEST(test_end_of_options),
        TEST(test_short_file),
        TEST(test_table_is_sound),
        TEST(test_help_names_everything),
        TEST(test_manual_page),
        TEST(test_completion),
        TEST(test_cli_page),
        TEST(test_tables_are_safe),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
