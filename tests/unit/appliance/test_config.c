/* The configuration: who wins, and what stops the start (CL-01). */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "appliance/config.h"
#include "web/web.h"

static struct arena arena;
static struct err_ctx err;
static struct config config;
static char path[64];

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, ARENA_REQUEST_MAX_BYTES);
    err = (struct err_ctx){0};
    (void)snprintf(path, sizeof(path), "/tmp/garita-config-XXXXXX");
    int fd = mkstemp(path);
    assert_true(fd >= 0);
    (void)close(fd);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(path);
    arena_free(&arena);
    return 0;
}

static int load_file(const char *text, char *const *environment)
{
    FILE *f = fopen(path, "w");
    assert_non_null(f);
    assert_true(fputs(text, f) >= 0);
    assert_int_equal(fclose(f), 0);
    return config_load(&arena, path, environment, NULL, 0, &config, &err);
}

static void test_defaults(void **state)
{
    (void)state;
    assert_int_equal(load_file("", NULL), 0);
    assert_int_equal(config.https_port, 8443);
    assert_false(config.dev);
    assert_string_equal(config.management_address, "127.0.0.1"); /* HT-10 */
    assert_int_equal(config.origin[PARAM_https_port].source, CONFIG_DEFAULT);
}

/* The defaults here are those of the web front, so that each can be read alone. */
static void test_defaults_of_web(void **state)
{
    struct web_config w;
    (void)state;
    assert_int_equal(load_file("# nothing\n", NULL), 0);
    web_config_defaults(&w);
    assert_int_equal(config.https_port, w.https_port);
    assert_int_equal(config.http_port, w.http_port);
    assert_int_equal(config.management_port, w.management_port);
    assert_int_equal(config.hsts_max_age_s, w.hsts_max_age_s);
    assert_int_equal(config.tls_ticket_lifetime_s, w.tls.ticket_lifetime_s);
    assert_int_equal(config.max_connections, w.limits.connections);
    assert_int_equal(config.workers, w.limits.workers);
    assert_int_equal(config.max_header_bytes, w.limits.header_bytes);
    assert_int_equal(config.max_uri_bytes, w.limits.uri_bytes);
    assert_int_equal(config.max_body_bytes, w.limits.body_bytes);
    assert_int_equal(config.max_parked_bytes, w.limits.parked_bytes);
    assert_int_equal(config.handshake_timeout_s * 1000, w.limits.handshake_ms);
    assert_int_equal(config.header_timeout_s * 1000, w.limits.header_ms);
    assert_int_equal(config.min_rate_bytes, w.limits.body_rate_bytes);
    assert_int_equal(config.keep_alive_s * 1000, w.limits.keep_alive_ms);
    assert_int_equal(config.stop_timeout_s * 1000, w.limits.stop_ms);
}

static void test_file(void **state)
{
    (void)state;
    assert_int_equal(load_file("# ports\nhttps-port: 9443\ndev: false\nhostname: "
                               "\"https://id.example.pe\"\ntrusted-proxies:\n  - 10.0.0.0/8\n  - "
                               "192.168.1.1\n",
                               NULL),
                     0);
    assert_int_equal(config.https_port, 9443);
    assert_string_equal(config.hostname, "https://id.example.pe");
    assert_int_equal(config.trusted_proxies.count, 2);
    assert_int_equal(config.origin[PARAM_https_port].source, CONFIG_FILE);
    assert_int_equal(config.origin[PARAM_https_port].line, 2);
}

/* CL-01: each with the line and the reason. */
static void test_bad_files(void **state)
{
    static const struct {
        const char *text;
        const char *line;
        const char *reason;
    } bad[] = {
        {"https-prot: 1\n", ":1:", "https-prot is no setting"},
        {"dev: true\nhttps-port: 70000\n", ":2:", "between 0 and 65535"},
        {"https-port: x\n", ":1:", "whole number"},
        {"https-port: \"8443\"\n", ":1:", "without quotes"},
        {"https-port:\n", ":1:", "no value"},
        {"https-port: [1]\n", ":1:", "not a list"},
        {"dev: yes\n", ":1:", "true or false"},
        {"https-port: 1\n\nhttps-port: 2\n", ":3:", "line 1 already"},
        {"https-port: {a: b}\n", ":1:", "plain value"},
        {"- https-port\n", ":1:", "name: value"},
        {"hostname: &a x\n", ":1:", "anchors"},
        {"hostname: !!str x\n", ":1:", "anchors and tags"},
        {"https-port: 1\n---\nhttps-port: 2\n", ":2:", "second document"},
        {"hostname: 'x\n", ":", ""},
        {"https-port: 0\n", "", "HTTPS"},
        {"tls-cert-file: /x\n", "", "tls-key-file"},
        {"base-path: auth\n", "", "/auth"},
        {"base-path: /a/../b\n", "", "/auth"},
        {"log-level: loud\n", "", "debug"},
        {"http-port: 8443\n", "", "same port"},
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        err = (struct err_ctx){0};
        if (load_file(bad[i].text, NULL) != ERR_CONFIG)
            fail_msg("accepted: %s", bad[i].text);
        if (!strstr(err.detail, bad[i].line) || !strstr(err.detail, bad[i].reason))
            fail_msg("%s says: %s", bad[i].text, err.detail);
    }
}

static void test_who_wins(void **state)
{
    char one[] = "GARITA_HTTPS_PORT=9001", two[] = "GARITA_HTTP_PORT=9002", other[] = "PATH=/bin";
    char *environment[] = {one, two, other, NULL};
    const struct config_flag flags[] = {{&params[PARAM_https_port], STR("9003")},
                                        {&params[PARAM_trusted_proxies], STR("10.0.0.1")},
                                        {&params[PARAM_trusted_proxies], STR("10.0.0.2")}};
    (void)state;
    assert_int_equal(load_file("https-port: 9000\nhttp-port: 9000\nmanagement-port: 9005\n", NULL),
                     ERR_CONFIG); /* two the same */
    assert_int_equal(config_load(&arena, path, environment, flags, ARRAY_LEN(flags), &config, &err),
                     0);
    assert_int_equal(config.https_port, 9003);
    assert_int_equal(config.http_port, 9002);
    assert_int_equal(config.management_port, 9005);
    assert_int_equal(config.trusted_proxies.count, 2);
    assert_true(str_eq(config_origin_text(&arena, &config, &params[PARAM_https_port]),
                       STR("flag --https-port")));
    assert_true(str_eq(config_origin_text(&arena, &config, &params[PARAM_http_port]),
                       STR("environment GARITA_HTTP_PORT")));
}

static void test_unknown_environment(void **state)
{
    char wrong[] = "GARITA_HTTPS_PROT=1", admin[] = "GARITA_BOOTSTRAP_ADMIN_PASSWORD=x";
    char *bad[] = {wrong, NULL}, *good[] = {admin, NULL};
    (void)state;
    assert_int_equal(load_file("", bad), ERR_CONFIG);
    assert_non_null(strstr(err.detail, "GARITA_HTTPS_PROT"));
    assert_null(strstr(err.detail, "=1")); /* values are not repeated */
    assert_int_equal(load_file("", good), 0);
}

static void test_flags(void **state)
{
    const struct config_flag twice[] = {{&params[PARAM_https_port], STR("1")},
                                        {&params[PARAM_https_port], STR("2")}};
    const struct config_flag bad[] = {{&params[PARAM_https_port], STR("x")}};
    (void)state;
    assert_int_equal(load_file("", NULL), 0);
    assert_int_equal(config_load(&arena, path, NULL, twice, 2, &config, &err), ERR_USAGE);
    assert_int_equal(config_load(&arena, path, NULL, bad, 1, &config, &err), ERR_USAGE);
    assert_int_equal(config_load(&arena, "/nonexistent/x", NULL, NULL, 0, &config, &err),
                     ERR_CONFIG);
}

/* The sample with its '#' taken away is a file that says the defaults. */
static void test_sample_is_valid(void **state)
{
    struct buf b;
    struct str text, rest, line;
    char whole[32768];
    size_t len = 0, settings = 0;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    config_sample_write(&b);
    assert_int_equal(buf_finish(&b, &text), 0);
    rest = text;
    while (str_next(&rest, '\n', &line)) {
        if (line.len < 2 || line.ptr[0] != '#' || line.ptr[1] == ' ')
            continue;
        settings++;
        len += (size_t)snprintf(whole + len, sizeof(whole) - len, "%.*s\n", (int)line.len - 1,
                                line.ptr + 1);
    }
    assert_int_equal(settings, PARAM_COUNT);
    assert_int_equal(load_file(whole, NULL), 0);
    assert_int_equal(config.https_port, 8443);
}

/* The files that are kept in the tree say what the tables say. */
static void assert_file_is(const char *name, const struct buf *b)
{
    char file[512], *content = malloc(1 << 20);
    (void)snprintf(file, sizeof(file), "%s/../../%s", GARITA_TEST_DATA, name);
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    assert_non_null(content);
    size_t n = fread(content, 1, 1 << 20, f);
    (void)fclose(f);
    bool same = n == b->len && memcmp(content, b->ptr, n) == 0;
    free(content);
    if (!same)
        fail_msg("%s is not up to date", name);
}

static void test_sample_file(void **state)
{
    struct buf b;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    config_sample_write(&b);
    assert_file_is("appliance/garita.yaml", &b);
}

static void test_configuration_page(void **state)
{
    char file[512], *content = calloc(1, 1 << 20);
    struct buf b;
    (void)state;
    buf_init(&b, &arena, 1 << 20);
    config_docs_write(&b);
    buf_add_byte(&b, '\0');
    (void)snprintf(file, sizeof(file), "%s/../../docs/configuration.md", GARITA_TEST_DATA);
    FILE *f = fopen(file, "r");
    assert_non_null(f);
    assert_non_null(content);
    assert_true(fread(content, 1, (1 << 20) - 1, f) > 0);
    (void)fclose(f);
    bool there = strstr(content, b.ptr) != NULL;
    free(content);
    if (!there)
        fail_msg("docs/configuration.md is not up to date");
}

int main(void)
{
#define TEST(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
    const struct CMUnitTest tests[] = {
        TEST(test_defaults),    TEST(test_defaults_of_web),
        TEST(test_file),        TEST(test_bad_files),
        TEST(test_who_wins),    TEST(test_unknown_environment),
        TEST(test_flags),       TEST(test_sample_is_valid),
        TEST(test_sample_file), TEST(test_configuration_page),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
