/* Settings that both nodes should have alike: what is said is compared, kept and taken, and nothing else. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>
#include <fcntl.h>

#include "appliance/alike.h"

static struct arena arena;
static char dir[256];
static int dir_fd;

static int setup(void **state)
{
    const char *base = getenv("TMPDIR");
    (void)state;
    arena_init(&arena, (size_t)16 << 20);
    (void)snprintf(dir, sizeof(dir), "%s/garita-alike-XXXXXX", base ? base : "/tmp");
    assert_non_null(mkdtemp(dir));
    dir_fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    assert_true(dir_fd >= 0);
    return 0;
}

static int teardown(void **state)
{
    char command[512];
    (void)state;
    assert_int_equal(close(dir_fd), 0);
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", dir);
    assert_int_equal(system(command), 0);
    arena_free(&arena);
    return 0;
}

/* With these settings in the environment. */
static struct config config_of(char *const *environment)
{
    struct err_ctx err = {0};
    struct config config;
    const struct config_flag data = {&params[PARAM_data], str_c(dir)};
    const char *file = "/dev/null";
    assert_int_equal(config_load(&arena, file, environment, &data, 1, &config, &err), 0);
    return config;
}

static struct repl_settings said_by(char *const *environment)
{
    struct repl_settings settings = {.count = 0};
    struct config config = config_of(environment);
    assert_int_equal(alike_add(&arena, &config, &settings), 0);
    assert_true(alike_is_said(&settings));
    return settings;
}

static char *primary[] = {(char[]){"GARITA_HOSTNAME=https://id.example.pe"},
                          (char[]){"GARITA_BASE_PATH=/auth"},
                          (char[]){"GARITA_TRUSTED_PROXIES=10.0.0.0/8,192.0.2.1"},
                          (char[]){"GARITA_TLS13_ONLY=true"}, NULL};
static char *nothing[] = {NULL};

static void assert_unlike(char *const *environment, const char *names)
{
    struct repl_settings said = said_by(primary);
    struct config config = config_of(environment);
    struct str unlike;
    assert_int_equal(alike_compare(&arena, &config, &said, &unlike), 0);
    assert_int_equal(unlike.len, strlen(names));
    assert_memory_equal(unlike.ptr, names, unlike.len);
}

static void test_what_differs_is_named(void **state)
{
    char *other[] = {primary[0], primary[1], (char[]){"GARITA_TRUSTED_PROXIES=10.0.0.0/8"}, NULL};
    (void)state;
    assert_unlike(primary, "");
    assert_unlike(nothing, "hostname, base-path, trusted-proxies, tls13-only");
    assert_unlike(other, "trusted-proxies, tls13-only");
}

static void keep(char *const *environment, bool news)
{
    struct repl_settings said = said_by(environment);
    bool is_news;
    assert_int_equal(alike_keep(dir_fd, &said, &is_news), 0);
    assert_int_equal(is_news, news);
}

static void test_defaults_are_taken(void **state)
{
    char *own[] = {(char[]){"GARITA_HOSTNAME=https://own.example.pe"}, NULL};
    struct config config = config_of(nothing);
    (void)state;
    assert_int_equal(alike_take(&arena, &config), 0); /* nothing is kept yet */
    assert_string_equal(config.hostname, "");
    keep(primary, true);
    keep(primary, false);
    config = config_of(nothing);
    assert_int_equal(alike_take(&arena, &config), 0);
    assert_string_equal(config.hostname, "https://id.example.pe");
    assert_string_equal(config.base_path, "/auth");
    assert_int_equal(config.trusted_proxies.count, 2);
    assert_false(config.tls13_only); /* only compared */
    assert_int_equal(config.origin[PARAM_hostname].source, CONFIG_PRIMARY);
    config = config_of(own);
    assert_int_equal(alike_take(&arena, &config), 0);
    assert_string_equal(config.hostname, "https://own.example.pe");
    assert_string_equal(config.base_path, "/auth");
    keep(nothing, true);
    config = config_of(nothing);
    assert_int_equal(alike_take(&arena, &config), 0);
    assert_string_equal(config.hostname, "");
}

static void put(const char *text)
{
    char path[512];
    (void)snprintf(path, sizeof(path), "%s/replication", dir);
    (void)mkdir(path, 0700);
    (void)snprintf(path, sizeof(path), "%s/replication/settings", dir);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

static void test_what_makes_no_sense_is_left(void **state)
{
    static const char *const texts[] = {"base-path nonsense\nhostname https://id.example.pe\n",
                                        "data /elsewhere\n",
                                        "tls-cert-file /etc/passwd\n",
                                        "hostname \x01\n",
                                        "\n \n",
                                        "no line"};
    (void)state;
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        put(texts[i]);
        struct config config = config_of(nothing);
        assert_int_equal(alike_take(&arena, &config), 0);
        assert_string_equal(config.hostname, "");
        assert_string_equal(config.base_path, "");
        assert_string_equal(config.data, dir);
        assert_string_equal(config.tls_cert_file, "");
    }
}

static void test_other_settings_are_none_of_these(void **state)
{
    struct repl_settings other = {.count = 1};
    bool is_news;
    (void)state;
    other.names[0] = STR("mode");
    other.values[0] = STR("async");
    assert_false(alike_is_said(&other));
    assert_int_equal(alike_keep(dir_fd, &other, &is_news), 0);
    assert_false(is_news);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_what_differs_is_named, setup, teardown),
        cmocka_unit_test_setup_teardown(test_defaults_are_taken, setup, teardown),
        cmocka_unit_test_setup_teardown(test_what_makes_no_sense_is_left, setup, teardown),
        cmocka_unit_test_setup_teardown(test_other_settings_are_none_of_these, setup, teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
