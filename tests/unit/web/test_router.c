/* The table of routes: which line a path finds, and which tables are refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/account/account.h"
#include "web/admin/admin.h"
#include "web/router.h"

static void one(struct request *req, struct response *res)
{
    (void)req;
    (void)res;
}

#define ROUTE(methods, pattern)                                                                    \
    {                                                                                              \
        methods, pattern, one, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,               \
            CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL                                           \
    }

static const struct route table[] = {
    ROUTE(HTTP_GET, "/"),
    ROUTE(HTTP_GET, "/realms/{realm}"),
    ROUTE(HTTP_GET, "/realms/{realm}/users/{id}"),
    ROUTE(HTTP_GET, "/realms/{realm}/users/count"),
    ROUTE(HTTP_POST, "/realms/{realm}/users/{id}"),
    ROUTE(HTTP_GET, "/realms/master/{thing}/{other}"),
    ROUTE(HTTP_GET | HTTP_PUT, "/a/{x}/{realm}"),
    ROUTE(HTTP_GET, "/admin/realms"),
    ROUTE(HTTP_GET, "/admin/realms/{realm}"),
    ROUTE(HTTP_GET, "/admin/realms/{realm}/by-path/{path*}"),
    ROUTE(HTTP_GET, "/store/{rest*}"),
    ROUTE(HTTP_GET, "/store/{id}/name"),
    ROUTE(HTTP_GET, "/store/all"),
    ROUTE(HTTP_GET, "/realms/{realm}/account"),
    ROUTE(HTTP_GET, "/realms/{realm}/account/sessions"),
};

static struct router *make(const struct route *routes, size_t count, int *ret_rc)
{
    struct router *r = NULL;
    struct err_ctx err = {0};
    *ret_rc = router_new(routes, count, &err, &r);
    return r;
}

static size_t found(const struct router *r, enum http_method method, const char *path,
                    struct route_match *m)
{
    router_match(r, method, str_c(path), m);
    return router_index(r, m->route);
}

static void fixed_text_wins_and_parameters_are_taken(void **state)
{
    int rc;
    struct route_match m;
    struct router *r = make(table, ARRAY_LEN(table), &rc);
    (void)state;
    assert_int_equal(rc, 0);
    assert_int_equal(found(r, HTTP_GET, "/", &m), 0);
    assert_int_equal(found(r, HTTP_GET, "/realms/peru", &m), 1);
    assert_true(str_eq(m.realm, STR("peru")));
    assert_int_equal(found(r, HTTP_GET, "/realms/peru/users/7", &m), 2);
    assert_true(str_eq(m.params[0], STR("peru")) && str_eq(m.params[1], STR("7")));
    assert_int_equal(found(r, HTTP_GET, "/realms/peru/users/count", &m), 3);
    assert_int_equal(found(r, HTTP_POST, "/realms/peru/users/7", &m), 4);
    /* A fixed start that leads on wins; one that leads nowhere is left again. */
    assert_int_equal(found(r, HTTP_GET, "/realms/master/users/7", &m), 5);
    assert_int_equal(found(r, HTTP_GET, "/realms/master", &m), 1);
    assert_true(str_eq(m.realm, STR("master")));
    assert_int_equal(found(r, HTTP_PUT, "/a/b/c", &m), 6);
    assert_true(str_eq(m.realm, STR("c")));
    router_free(r);
}

static void one_slash_at_the_end_of_admin_paths_is_none(void **state)
{
    int rc;
    struct route_match m;
    struct router *r = make(table, ARRAY_LEN(table), &rc);
    (void)state;
    assert_int_equal(found(r, HTTP_GET, "/admin/realms/", &m), 7);
    assert_int_equal(found(r, HTTP_GET, "/admin/realms/peru/", &m), 8);
    assert_true(str_eq(m.realm, STR("peru")));
    assert_int_equal(found(r, HTTP_GET, "/realms/peru/account/", &m), 13);
    assert_int_equal(found(r, HTTP_GET, "/realms/peru/account", &m), 13);
    assert_int_equal(found(r, HTTP_GET, "/realms/peru/account/sessions/", &m), 14);
    static const char *const unknown[] = {"/admin/",         "/admin",
                                          "/admin/realms//", "/admin//realms",
                                          "/realms/peru//",  "/realms/peru/account//"};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++)
        assert_int_equal(found(r, HTTP_GET, unknown[i], &m), ARRAY_LEN(table));
    router_free(r);
}

static void methods_are_told_apart_from_paths(void **state)
{
    int rc;
    struct route_match m;
    struct router *r = make(table, ARRAY_LEN(table), &rc);
    (void)state;
    assert_int_equal(found(r, HTTP_HEAD, "/realms/peru", &m), 1);
    assert_int_equal(found(r, HTTP_DELETE, "/realms/peru/users/7", &m), ARRAY_LEN(table));
    assert_int_equal(m.methods, HTTP_GET | HTTP_HEAD | HTTP_POST | HTTP_OPTIONS);
    static const char *const unknown[] = {
        "/realms", "/realms/",           "/realms/peru/",         "/x",
        "",        "/realms/peru/users", "/realms/peru/users/7/8"};
    for (size_t i = 0; i < ARRAY_LEN(unknown); i++) {
        assert_int_equal(found(r, HTTP_GET, unknown[i], &m), i == 4 ? 0 : ARRAY_LEN(table));
        assert_int_equal(m.methods != 0, i == 4);
    }
    router_free(r);
}

static void unsound_tables_are_refused(void **state)
{
    static const struct route bad[][2] = {
        {ROUTE(HTTP_GET, "/a"), ROUTE(HTTP_GET, "/a")},
        {ROUTE(HTTP_GET, "/a/{x}"), ROUTE(HTTP_GET | HTTP_PUT, "/a/{y}")},
        {ROUTE(HTTP_GET, "a"), ROUTE(HTTP_GET, "/b")},
        {ROUTE(HTTP_GET, "/a//b"), ROUTE(HTTP_GET, "/b")},
        {ROUTE(HTTP_GET, "/a{x}"), ROUTE(HTTP_GET, "/b")},
        {ROUTE(HTTP_GET, "/{a}/{b}/{c}/{d}/{e}/{f}/{g}/{h}/{i}"), ROUTE(HTTP_GET, "/b")},
        {ROUTE(0, "/a"), ROUTE(HTTP_GET, "/b")},
    };
    int rc;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        assert_null(make(bad[i], 2, &rc));
        assert_int_equal(rc, ERR_CONFIG);
    }
}

static bool is_part_of_console(const struct route *route)
{
    static const char *const parts[] = {"", "/config", "/assets/{file}"};
    size_t len = strlen("/admin/{realm}/console");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++)
        if (strncmp(route->pattern, "/admin/{realm}/console", len) == 0 &&
            strcmp(route->pattern + len, parts[i]) == 0)
            return true;
    return false;
}

/* The table is sound, and forms of our own pages are taken from our own pages only (WE-05). */
static void we_05_the_houses_table_is_sound(void **state)
{
    int rc;
    struct router *r = make(web_routes, web_route_count, &rc);
    (void)state;
    assert_int_equal(rc, 0);
    for (size_t i = 0; i < web_route_count; i++) {
        const struct route *route = &web_routes[i];
        bool takes_body = route->methods & (HTTP_POST | HTTP_PUT | HTTP_PATCH);
        assert_true(route->content != CONTENT_NONE || route->body_max_bytes == 0);
        assert_true(takes_body || route->methods & HTTP_DELETE || route->body_max_bytes == 0);
        /* AD-01: the Admin API and nothing else has permissions, and all of it goes one way. Beside it
         * is the console as everybody may load it, which knows nothing. */
        bool console = is_part_of_console(route);
        bool admin = strncmp(route->pattern, "/admin/", 7) == 0 && !console;
        assert_true(!console || route->methods == HTTP_GET);
        assert_int_equal(admin, route->admin != NULL);
        assert_int_equal(admin, route->permission != ADMIN_NONE);
        assert_int_equal(admin, route->handler == admin_run);
        /* AD-10: the account API has roles, and all of it goes one way. */
        assert_int_equal(route->account != NULL, route->account_roles != NULL);
        assert_int_equal(route->account != NULL, route->handler == account_run);
        /* Requests of the protocol come from other sites by their nature. */
        if (route->access == ACCESS_BROWSER && !strstr(route->pattern, "/protocol/") &&
            (takes_body || route->methods & HTTP_DELETE))
            assert_int_equal(route->csrf, CSRF_SAME_ORIGIN);
    }
    router_free(r);
}

static void a_rest_takes_all_that_is_left(void **state)
{
    static const struct route beyond[] = {ROUTE(HTTP_GET, "/a/{rest*}/b")};
    int rc;
    struct route_match m;
    struct router *r = make(table, ARRAY_LEN(table), &rc);
    (void)state;
    assert_int_equal(found(r, HTTP_GET, "/admin/realms/peru/by-path/a/b/c", &m), 9);
    assert_true(str_eq(m.params[0], STR("peru")) && str_eq(m.params[1], STR("a/b/c")));
    assert_int_equal(found(r, HTTP_GET, "/admin/realms/peru/by-path/a", &m), 9);
    assert_int_equal(found(r, HTTP_GET, "/admin/realms/peru/by-path", &m), ARRAY_LEN(table));
    router_free(r);
    assert_null(make(beyond, 1, &rc));
    assert_int_equal(rc, ERR_CONFIG);
}

static void all_that_is_left_is_taken_last(void **state)
{
    int rc;
    struct route_match m;
    struct router *r = make(table, ARRAY_LEN(table), &rc);
    (void)state;
    assert_int_equal(rc, 0);
    assert_int_equal(found(r, HTTP_GET, "/store/all", &m), 12);
    assert_int_equal(found(r, HTTP_GET, "/store/7/name", &m), 11);
    assert_true(str_eq(m.params[0], STR("7")));
    assert_int_equal(found(r, HTTP_GET, "/store/7/other", &m), 10);
    assert_true(str_eq(m.params[0], STR("7/other")));
    assert_int_equal(found(r, HTTP_GET, "/store/7", &m), 10);
    router_free(r);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fixed_text_wins_and_parameters_are_taken),
        cmocka_unit_test(all_that_is_left_is_taken_last),
        cmocka_unit_test(one_slash_at_the_end_of_admin_paths_is_none),
        cmocka_unit_test(a_rest_takes_all_that_is_left),
        cmocka_unit_test(methods_are_told_apart_from_paths),
        cmocka_unit_test(unsound_tables_are_refused),
        cmocka_unit_test(we_05_the_houses_table_is_sound),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
