/* Which replies are kept, for whom, and for how long. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/reply_cache.h"
#include "web/respond.h"
#include "web/router.h"

static struct arena arena;
static struct reply_cache *cache;
static const struct route kept = {.methods = HTTP_GET, .cache = CACHE_PUBLIC};
static const struct route personal = {.methods = HTTP_GET, .cache = CACHE_NO_STORE};
static int views[2]; /* only their addresses count */

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return reply_cache_new(&cache);
}

static int teardown(void **state)
{
    (void)state;
    reply_cache_free(cache);
    arena_free(&arena);
    return 0;
}

static struct request request(const struct route *route, int view, int64_t at_ms)
{
    return (struct request){.arena = &arena,
                            .method = HTTP_GET,
                            .raw_query = STR(""),
                            .route = route,
                            .realm = (struct realm_view *)(void *)&views[view],
                            .now = {.monotonic_ms = at_ms},
                            .public_origin = STR("https://id.example")};
}

static struct response response(void)
{
    struct response res = {0};
    buf_init(&res.headers, &arena, 4096);
    buf_init(&res.body, &arena, 4096);
    return res;
}

static bool get(struct request *req, struct response *res)
{
    *res = response();
    return reply_cache_get(cache, req, res);
}

static void put(struct request *req)
{
    struct response res = response();
    respond_json(&res, 200, STR("{}"));
    respond_cacheable(req, &res, 60, STR("abc"));
    reply_cache_put(cache, req, &res);
}

static void a_reply_comes_back_for_a_second(void **state)
{
    struct response res;
    struct request req = request(&kept, 0, 5000);
    (void)state;
    assert_true(reply_cache_fits(&req));
    assert_false(get(&req, &res));
    put(&req);
    assert_true(get(&req, &res));
    assert_int_equal(res.status, 200);
    assert_true(str_eq(buf_str(&res.body), STR("{}")));
    assert_true(str_eq(respond_get_header(&res, "ETag"), STR("\"abc\"")));
    req.header_count = 1;
    req.headers[0] = (struct http_header){STR("If-None-Match"), STR("\"x\", W/\"abc\"")};
    assert_true(get(&req, &res));
    assert_int_equal(res.status, 304);
    req.now.monotonic_ms = 5999;
    assert_true(get(&req, &res));
    req.now.monotonic_ms = 6000;
    assert_false(get(&req, &res));
}

static void another_realm_origin_or_route_is_another_reply(void **state)
{
    struct response res;
    struct request req = request(&kept, 0, 9000);
    (void)state;
    put(&req);
    struct request other = request(&kept, 1, 9000);
    assert_false(get(&other, &res));
    other = request(&kept, 0, 9000);
    other.public_origin = STR("https://id.example:8443");
    assert_false(get(&other, &res));
    assert_true(get(&req, &res));
}

static void what_is_personal_is_never_kept(void **state)
{
    struct response res = response();
    struct request req = request(&personal, 0, 20000);
    (void)state;
    assert_false(reply_cache_fits(&req));
    req = request(&kept, 0, 20000);
    req.raw_query = STR("a=b");
    assert_false(reply_cache_fits(&req));
    req = request(&kept, 0, 20000);
    req.realm = NULL;
    assert_false(reply_cache_fits(&req));
    req = request(&kept, 0, 20000);
    respond_json(&res, 200, STR("{}"));
    respond_no_store(&res);
    reply_cache_put(cache, &req, &res);
    assert_false(get(&req, &res));
    res = response();
    respond_json(&res, 200, STR("{}"));
    respond_cacheable(&req, &res, 60, STR("abc"));
    respond_header(&res, "Set-Cookie", STR("a=b"));
    reply_cache_put(cache, &req, &res);
    assert_false(get(&req, &res));
    res = response();
    respond_json(&res, 404, STR("{}"));
    respond_cacheable(&req, &res, 60, STR("abc"));
    reply_cache_put(cache, &req, &res);
    assert_false(get(&req, &res));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_reply_comes_back_for_a_second),
        cmocka_unit_test(another_realm_origin_or_route_is_another_reply),
        cmocka_unit_test(what_is_personal_is_never_kept),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
