/* Cookies, Authorization, Accept-Language, media types. */
#include "tests/unit/core/check.h"

#include "core/codec/cookie.h"
#include "core/codec/header.h"

static void cookies_are_read_and_odd_ones_skipped(void **state)
{
    (void)state;
    struct cookies c;
    OK(cookie_parse(&test_arena,
                    STR("a=1; b=x=y;c=; bad; =v; q=\"x\"; j={\"a\":1, 2}; d=\x01; e f=1"), &c));
    SAME(cookie_get(&c, STR("a")), "1");
    SAME(cookie_get(&c, STR("b")), "x=y");
    SAME(cookie_get(&c, STR("c")), "");
    SAME(cookie_get(&c, STR("q")), "\"x\"");
    SAME(cookie_get(&c, STR("j")), "{\"a\":1, 2}");
    ABSENT(cookie_get(&c, STR("d")));
    ABSENT(cookie_get(&c, STR("A")));
    assert_int_equal(c.skipped, 4);
    OK(cookie_parse(&test_arena, STR(""), &c));
    assert_int_equal(c.count, 0);
}

static void a_planted_second_cookie_makes_both_unusable(void **state)
{
    (void)state;
    struct cookies c;
    OK(cookie_parse(&test_arena, STR("s=mine; s=planted; t=1; t=1"), &c));
    ABSENT(cookie_get(&c, STR("s")));
    SAME(cookie_get(&c, STR("t")), "1");
}

static void cookie_headers_are_bounded(void **state)
{
    (void)state;
    struct cookies c;
    char *large = arena_alloc(&test_arena, COOKIE_MAX_HEADER_BYTES + 1);
    memset(large, 'a', COOKIE_MAX_HEADER_BYTES + 1);
    FAILS(cookie_parse(&test_arena, str_of(large, COOKIE_MAX_HEADER_BYTES + 1), &c), ERR_TOO_LARGE);
    for (size_t i = 0; i < COOKIE_MAX_COUNT + 1; i++)
        memcpy(large + 4 * i, "a=1;", 4);
    FAILS(cookie_parse(&test_arena, str_of(large, 4 * (COOKIE_MAX_COUNT + 1)), &c), ERR_TOO_LARGE);
    OK(cookie_parse(&test_arena, str_of(large, 4 * COOKIE_MAX_COUNT), &c));
    assert_int_equal(c.count, COOKIE_MAX_COUNT);
}

static void set_cookie_is_built_whole(void **state)
{
    (void)state;
    struct buf b;
    struct str text;
    buf_init(&b, &test_arena, 1000);
    OK(cookie_add(&b, STR("__Host-s"), STR("v1"),
                  &(struct cookie_attributes){.path = STR("/"),
                                              .max_age_s = 60,
                                              .same_site = COOKIE_SAME_SITE_NONE,
                                              .secure = true,
                                              .http_only = true}));
    OK(buf_finish(&b, &text));
    SAME(text, "__Host-s=v1; Path=/; Max-Age=60; Secure; HttpOnly; SameSite=None");
    buf_init(&b, &test_arena, 1000);
    OK(cookie_add(&b, STR("s"), STR(""),
                  &(struct cookie_attributes){.max_age_s = COOKIE_SESSION_ONLY}));
    OK(buf_finish(&b, &text));
    SAME(text, "s=; SameSite=Lax");
}

static void bad_set_cookies_write_nothing(void **state)
{
    (void)state;
    const struct cookie_attributes plain = {.path = STR("/"), .max_age_s = COOKIE_SESSION_ONLY};
    const struct cookie_attributes secure = {.path = STR("/"), .secure = true};
    const struct {
        struct str name, value;
        struct cookie_attributes attributes;
    } bad[] = {
        {STR(""), STR("v"), plain},
        {STR("a b"), STR("v"), plain},
        {STR("a"), STR("x;y"), plain},
        {STR("a"), STR("x\r\nSet-Cookie: b=1"), plain},
        {STR("a"), STR("x y"), plain},
        {STR("a"), STR("\xc3\xb1"), plain},
        {STR("__Host-a"), STR("v"), plain},
        {STR("__Secure-a"), STR("v"), plain},
        {STR("__Host-a"), STR("v"), {.path = STR("/x"), .secure = true}},
        {STR("__Host-a"), STR("v"), {.path = STR("/"), .domain = STR("d"), .secure = true}},
        {STR("a"), STR("v"), {.path = STR("/;x"), .secure = true}},
        {STR("a"), STR("v"), {.path = STR("/\n"), .secure = true}},
        {STR("a"), STR("v"), {.path = STR("/"), .same_site = COOKIE_SAME_SITE_NONE}},
    };
    struct buf b;
    buf_init(&b, &test_arena, 1000);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(cookie_add(&b, bad[i].name, bad[i].value, &bad[i].attributes), ERR_INVALID_SYNTAX);
    assert_int_equal(b.len, 0);
    OK(cookie_add(&b, STR("__Host-a"), STR("v"), &secure));
}

static void authorization_is_split(void **state)
{
    (void)state;
    struct auth_header auth;
    struct str token;
    OK(auth_header_parse(STR("Basic  dTpw "), &auth));
    SAME(auth.scheme, "Basic");
    SAME(auth.credentials, "dTpw");
    OK(auth_header_bearer(STR("bearer abc.def-_~+/=="), &token));
    SAME(token, "abc.def-_~+/==");
    static const struct str bad[] = {
        STR_INIT(""),           STR_INIT("Bearer"),     STR_INIT("Bearer "),
        STR_INIT("Bearer a b"), STR_INIT("Bearer a,b"), STR_INIT("Basic abc"),
        STR_INIT("Bearer ="),   STR_INIT("Bearer a=b"), STR_INIT("Bearer \xc3\xb1"),
        STR_INIT("Bearer a\0"), STR_INIT("Bea(rer a"),  STR_INIT("Bearer\ta"),
    };
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(auth_header_bearer(bad[i], &token), ERR_INVALID_SYNTAX);
    char *large = arena_alloc(&test_arena, AUTH_HEADER_MAX_BYTES + 1);
    memset(large, 'a', AUTH_HEADER_MAX_BYTES + 1);
    FAILS(auth_header_parse(str_of(large, AUTH_HEADER_MAX_BYTES + 1), &auth), ERR_TOO_LARGE);
}

static void basic_credentials_of_clients_are_form_encoded_inside(void **state)
{
    (void)state;
    struct basic_credentials c;
    /* my%3Aapp:s%2Bx+y */
    OK(auth_basic_client(&test_arena, STR("bXklM0FhcHA6cyUyQngreQ=="), &c));
    SAME(c.user, "my:app");
    SAME(c.password, "s+x y");
    OK(auth_basic_user(&test_arena, STR("bXklM0FhcHA6cyUyQngreQ=="), &c));
    SAME(c.user, "my%3Aapp");
    SAME(c.password, "s%2Bx+y");
    OK(auth_basic_user(&test_arena, STR("dTpwOnE="), &c)); /* u:p:q */
    SAME(c.password, "p:q");
    OK(auth_basic_user(&test_arena, STR("Og=="), &c)); /* : */
    SAME(c.user, "");
    FAILS(auth_basic_user(&test_arena, STR("dXA="), &c), ERR_INVALID_SYNTAX); /* up */
    FAILS(auth_basic_user(&test_arena, STR("dTpw\n"), &c), ERR_INVALID_SYNTAX);
    FAILS(auth_basic_user(&test_arena, STR("dTpwOnE"), &c), ERR_INVALID_SYNTAX);
    FAILS(auth_basic_user(&test_arena, STR("dTr/"), &c), ERR_INVALID_UTF8);         /* u:\xff */
    FAILS(auth_basic_user(&test_arena, STR("dToA"), &c), ERR_INVALID_SYNTAX);       /* u:\0 */
    FAILS(auth_basic_client(&test_arena, STR("dTolMDA="), &c), ERR_INVALID_SYNTAX); /* u:%00 */
    FAILS(auth_basic_client(&test_arena, STR("dTol"), &c), ERR_INVALID_SYNTAX);     /* u:% */
}

static void languages_are_ordered_by_quality(void **state)
{
    (void)state;
    static const struct str offered[] = {STR_INIT("en"), STR_INIT("es"), STR_INIT("pt-BR")};
    static const struct {
        const char *header;
        int choice;
    } table[] = {
        {"es-PE,es;q=0.9,en;q=0.8", 1},
        {"en;q=0.1, es;q=0.2", 1},
        {"fr, ES-pe;q=0.5", 1},
        {"pt", 2},
        {"pt-PT;q=0.4, en;q=0.3", 0},
        {"de, *;q=0.1", 0},
        {"de", -1},
        {"", -1},
        {"es;q=0, en;q=0.001", 0},
        {"es;q=2, en;q=1.000", 0},
        {"es;x=1, e!n, en;q=0.5;q=1", -1},
        {"zh-Hant-x-private, es", 1},
        {"es-x-y", 1},
    };
    struct languages l;
    for (size_t i = 0; i < ARRAY_LEN(table); i++) {
        accept_language_parse(str_c(table[i].header), &l);
        if (accept_language_choose(&l, offered, 3) != table[i].choice)
            fail_msg("%s: %d", table[i].header, (int)accept_language_choose(&l, offered, 3));
    }
    accept_language_parse(STR("a,b,c,d,e,f,g,h,i,j,k,l,m,n,o,p,q,r,s"), &l);
    assert_int_equal(l.count, LANGUAGE_MAX_RANGES);
}

static void media_types_with_parameters(void **state)
{
    (void)state;
    struct media_type m;
    OK(media_type_parse(STR(" Application/JSON ; charset=\"utf-8\"; a=b ;"), &m));
    assert_true(media_type_is(&m, "application", "json"));
    SAME(media_type_param(&m, "CHARSET"), "utf-8");
    SAME(media_type_param(&m, "a"), "b");
    ABSENT(media_type_param(&m, "c"));
    static const char *const bad[] = {"",         "json",     "a/",           "/b",
                                      "a/b c",    "a/b;c",    "a/b;c=",       "a/b;c=\"x",
                                      "a/b;=x",   "a/b/c",    "a/b;c=\"x\"y", "a/b;c=\"\\\"\"",
                                      "a/b, c/d", "a/b;c d=e"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(media_type_parse(str_c(bad[i]), &m), ERR_INVALID_SYNTAX);
    FAILS(media_type_parse(STR("a/b;c=1;C=2"), &m), ERR_DUPLICATE);
    FAILS(media_type_parse(STR("a/b;a=1;b=1;c=1;d=1;e=1;f=1;g=1;h=1;i=1"), &m), ERR_TOO_LARGE);
}

static void accept_encoding_is_read(void **state)
{
    static const char *const good[] = {
        "gzip",     "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5", "deflate , gzip ",
        "gzip;q=1", "gzip;q=0.05"};
    static const char *const bad[] = {
        "", "identity", "br", "gzip;q=0", "gzip;q=0.000", "gzip;q=2", "gzip;level=1", "xgzip", "*"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        if (!accept_encoding_takes(str_c(good[i]), STR("gzip")))
            fail_msg("%s", good[i]);
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        if (accept_encoding_takes(str_c(bad[i]), STR("gzip")))
            fail_msg("%s", bad[i]);
    assert_false(accept_encoding_takes(str_of(NULL, 0), STR("gzip")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(accept_encoding_is_read),
        TEST(cookies_are_read_and_odd_ones_skipped),
        TEST(a_planted_second_cookie_makes_both_unusable),
        TEST(cookie_headers_are_bounded),
        TEST(set_cookie_is_built_whole),
        TEST(bad_set_cookies_write_nothing),
        TEST(authorization_is_split),
        TEST(basic_credentials_of_clients_are_form_encoded_inside),
        TEST(languages_are_ordered_by_quality),
        TEST(media_types_with_parameters),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
