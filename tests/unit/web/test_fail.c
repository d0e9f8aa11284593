/* Errors on their way out: every code has a place, and none says more than it should. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/codec/json.h"
#include "web/fail.h"
#include "web/respond.h"
#include "web/template.h"
#include "web/web.h"

struct fixture {
    struct arena arena;
    struct web web;
    struct request req;
    struct response res;
};

static void fixture_reset(struct fixture *f)
{
    arena_reset(&f->arena);
    f->req = (struct request){.arena = &f->arena,
                              .method = HTTP_GET,
                              .path = STR("/"),
                              .raw_query = STR(""),
                              .web = &f->web,
                              .https = true,
                              .trace_id = STR("4bf92f3577b34da6a3ce929d0e0e4736")};
    f->res = (struct response){0};
    buf_init(&f->res.headers, &f->arena, 32768);
    buf_init(&f->res.body, &f->arena, 1 << 20);
}

static int setup(void **state)
{
    static struct fixture f;
    struct err_ctx err = {0};
    arena_init(&f.arena, 8 << 20);
    f.web.config.base_path = STR("/auth");
    if (template_set_new("static/login/", &err, &f.web.templates) != 0)
        return -1;
    fixture_reset(&f);
    *state = &f;
    return 0;
}

static int teardown(void **state)
{
    struct fixture *f = *state;
    template_set_free(f->web.templates);
    arena_free(&f->arena);
    return 0;
}

static const struct json_value *body_json(struct fixture *f)
{
    const struct json_value *v = NULL;
    assert_int_equal(json_parse(&f->arena, buf_str(&f->res.body), 4096, &v), 0);
    return v;
}

static bool has_line(struct fixture *f, const char *line)
{
    return str_find_str(buf_str(&f->res.headers), str_c(line)) >= 0;
}

/* RFC 6749 5.2 for every code; what is not an error of ours is a 500. */
static void every_code_is_an_oauth_error(void **state)
{
    struct fixture *f = *state;
    for (int err = -1; err <= ERR_COUNT; err++) {
        fixture_reset(f);
        fail_oauth(&f->req, &f->res, err);
        assert_in_range(f->res.status, 400, 599);
        const struct json_value *v = body_json(f);
        assert_false(str_empty(json_get_str(v, "error")));
        assert_false(str_empty(json_get_str(v, "error_description")));
        assert_true(has_line(f, "Cache-Control: no-store\r\n"));
        if (err <= 0 || err >= ERR_COUNT)
            assert_int_equal(f->res.status, 500);
    }
}

static void core_explains_requests_in_legal_characters(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    int err = err_set(&f->req.err, ERR_INVALID_GRANT, "Session \"not\" \\active\n\xc3\xb1");
    fail_oauth(&f->req, &f->res, err);
    assert_int_equal(f->res.status, 400);
    assert_true(str_eq_c(json_get_str(body_json(f), "error"), "invalid_grant"));
    assert_true(
        str_eq_c(json_get_str(body_json(f), "error_description"), "Session 'not' 'active???"));
}

/* PW-04: locked and wrong look the same. HT-09: what failed inside stays inside. */
static void some_details_never_leave(void **state)
{
    static const int closed[] = {ERR_INVALID_CREDENTIALS, ERR_ACCOUNT_LOCKED,
                                 ERR_STORE_FAILED,        ERR_STORE_CORRUPT,
                                 ERR_AUDIT_ARCHIVE,       ERR_INTERNAL,
                                 ERR_INVALID_CLIENT,      ERR_SEAL,
                                 ERR_NO_MEMORY,           ERR_IO};
    struct fixture *f = *state;
    struct str first = {NULL, 0};
    char copy[512];
    for (size_t i = 0; i < ARRAY_LEN(closed); i++) {
        fixture_reset(f);
        int err = err_set(&f->req.err, closed[i], "canary /var/lib table users");
        fail_oauth(&f->req, &f->res, err);
        assert_true(str_find_str(buf_str(&f->res.body), STR("canary")) < 0);
        if (i == 1)
            assert_true(str_eq(buf_str(&f->res.body), first));
        if (i == 0) {
            assert_true(f->res.body.len < sizeof(copy));
            memcpy(copy, f->res.body.ptr, f->res.body.len);
            first = str_of(copy, f->res.body.len);
        }
        fixture_reset(f);
        fail_page(&f->req, &f->res, err);
        assert_true(str_find_str(buf_str(&f->res.body), STR("canary")) < 0);
        fixture_reset(f);
        (void)err_set(&f->req.err, closed[i], "canary");
        fail_admin(&f->req, &f->res, err);
        if (f->res.status >= 500)
            assert_true(str_find_str(buf_str(&f->res.body), STR("canary")) < 0);
    }
}

static void challenges_follow_their_rfcs(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    fail_oauth(&f->req, &f->res, ERR_UNAUTHENTICATED); /* RFC 6750 3.1: no code without a token */
    assert_int_equal(f->res.status, 401);
    assert_true(has_line(f, "WWW-Authenticate: Bearer realm=\"garita\"\r\n"));
    fixture_reset(f);
    fail_oauth(&f->req, &f->res, ERR_INVALID_TOKEN);
    assert_true(has_line(f, "WWW-Authenticate: Bearer realm=\"garita\", error=\"invalid_token\""));
    fixture_reset(f);
    fail_oauth(&f->req, &f->res, ERR_INVALID_CLIENT); /* RFC 6749 5.2: only if he tried Basic */
    assert_false(has_line(f, "WWW-Authenticate"));
    fixture_reset(f);
    f->req.headers[f->req.header_count++] =
        (struct http_header){STR("Authorization"), STR("Basic YTpi")};
    fail_oauth(&f->req, &f->res, ERR_INVALID_CLIENT);
    assert_true(has_line(f, "WWW-Authenticate: Basic realm=\"garita\"\r\n"));
}

static void the_admin_api_has_keycloaks_shapes(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    int err = err_set(&f->req.err, ERR_CONFLICT, "User exists with same username");
    fail_admin(&f->req, &f->res, err);
    assert_int_equal(f->res.status, 409);
    assert_true(
        str_eq_c(json_get_str(body_json(f), "errorMessage"), "User exists with same username"));
    fixture_reset(f);
    err = err_set(&f->req.err, ERR_NOT_FOUND, "User not found");
    fail_admin(&f->req, &f->res, err);
    assert_int_equal(f->res.status, 404);
    assert_true(str_eq_c(json_get_str(body_json(f), "error"), "User not found"));
    fixture_reset(f);
    err = err_field(&f->req.err, ERR_INVALID_REQUEST, "email", "Invalid email");
    fail_admin(&f->req, &f->res, err);
    assert_true(str_eq_c(json_get_str(body_json(f), "field"), "email"));
    assert_true(str_eq_c(json_get_str(body_json(f), "errorMessage"), "Invalid email"));
}

/* WE-06 on error pages; OA-14: nothing of the request is on them. */
static void pages_are_closed_and_repeat_nothing(void **state)
{
    struct fixture *f = *state;
    for (int err = 1; err < ERR_COUNT; err++) {
        fixture_reset(f);
        f->req.raw_query = STR("error=canary&kc_locale=canary&ui_locales=canary&state=canary");
        f->req.path = STR("/realms/canary/protocol/openid-connect/auth");
        (void)err_field(&f->req.err, err, "canary", "canary");
        fail_page(&f->req, &f->res, err);
        assert_in_range(f->res.status, 400, 599);
        assert_true(str_find_str(buf_str(&f->res.body), STR("<h1 id=\"kc-page-title\">")) > 0);
        assert_true(str_find_str(buf_str(&f->res.body), STR("canary")) < 0);
        assert_true(has_line(f, "frame-ancestors 'none'"));
        assert_true(has_line(f, "default-src 'none'"));
        assert_false(has_line(f, "unsafe-inline"));
        assert_true(has_line(f, "Cache-Control: no-store\r\n"));
    }
}

static void pages_speak_the_visitors_language(void **state)
{
    static const struct {
        const char *accept, *query, *word;
    } cases[] = {
        {"es-PE,es;q=0.9,en;q=0.5", "", "lang=\"es\""},
        {"pt-BR", "", "lang=\"pt\""},
        {"fr,de", "", "lang=\"en\""},
        {"fr", "kc_locale=pt", "lang=\"pt\""},
        {"es", "kc_locale=../../x", "lang=\"es\""},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        fixture_reset(f);
        f->req.raw_query = str_c(cases[i].query);
        f->req.headers[f->req.header_count++] =
            (struct http_header){STR("Accept-Language"), str_c(cases[i].accept)};
        fail_page(&f->req, &f->res, ERR_NOT_FOUND);
        assert_true(str_find_str(buf_str(&f->res.body), str_c(cases[i].word)) > 0);
        assert_int_equal(has_line(f, "Set-Cookie: __Host-garita_locale=pt;"), i == 3);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_code_is_an_oauth_error),
        cmocka_unit_test(core_explains_requests_in_legal_characters),
        cmocka_unit_test(some_details_never_leave),
        cmocka_unit_test(challenges_follow_their_rfcs),
        cmocka_unit_test(the_admin_api_has_keycloaks_shapes),
        cmocka_unit_test(pages_are_closed_and_repeat_nothing),
        cmocka_unit_test(pages_speak_the_visitors_language),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
