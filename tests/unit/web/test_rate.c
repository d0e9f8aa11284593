/* Rates per address (HT-08) and networks of trusted proxies (WE-10). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "web/proxies.h"
#include "web/rate.h"

static struct rate_limiter *limiter_of(int64_t per_minute, int64_t burst)
{
    struct web_rate rates[RATE_COUNT] = {[RATE_LOGIN] = {per_minute, burst}};
    struct rate_limiter *l = NULL;
    assert_int_equal(rate_limiter_new(rates, &l), 0);
    return l;
}

static void a_burst_then_a_steady_pace(void **state)
{
    struct rate_limiter *l = limiter_of(60, 5);
    (void)state;
    for (int i = 0; i < 5; i++)
        assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1000000), 0);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1000000), 1 + 1);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.5"), 1000000), 0);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1001000), 0);
    assert_true(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1001000) > 0);
    assert_int_equal(rate_take(l, RATE_TOKEN, STR("1.2.3.4"), 1001000), 0);
    rate_limiter_free(l);
}

/* HT-08: what a refusal costs on top is paid by the next requests of that address, and of no other. */
static void ht_08_charges_are_waited_for(void **state)
{
    struct rate_limiter *l = limiter_of(60, 5);
    (void)state;
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1000000), 0);
    rate_charge(l, RATE_LOGIN, STR("1.2.3.4"), 1000000, 10);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1000000), 7 + 1);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.5"), 1000000), 0);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1007000), 0);
    rate_charge(l, RATE_LOGIN, STR("1.2.3.4"), 1007000, 1000000);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("1.2.3.4"), 1007000), 61 + 1);
    rate_charge(l, RATE_TOKEN, STR("1.2.3.4"), 1007000, 5); /* no limit, no debt */
    assert_int_equal(rate_take(l, RATE_TOKEN, STR("1.2.3.4"), 1007000), 0);
    rate_limiter_free(l);
}

static void an_ipv6_host_is_its_64(void **state)
{
    struct rate_limiter *l = limiter_of(60, 1);
    (void)state;
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("2001:db8:1:2:3:4:5:6"), 1000), 0);
    assert_true(rate_take(l, RATE_LOGIN, STR("2001:db8:1:2:ffff::1"), 1000) > 0);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("2001:db8:1:3::1"), 1000), 0);
    /* shortened in the middle of what counts */
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("2001:db8::a:2:3:4"), 1000), 0);
    assert_true(rate_take(l, RATE_LOGIN, STR("2001:db8::b:2:3:4"), 1000) > 0);
    assert_true(rate_take(l, RATE_LOGIN, STR("2001:db8::1"), 1000) > 0);
    assert_int_equal(rate_take(l, RATE_LOGIN, STR("2001:db8:0:1::1"), 1000), 0);
    rate_limiter_free(l);
}

/* HT-08: many addresses that flood do not take the place of an honest one. */
static void ht_08_a_flood_from_many_addresses(void **state)
{
    struct rate_limiter *l = limiter_of(60, 2);
    char ip[32];
    int refused = 0;
    (void)state;
    for (int i = 0; i < 8000; i++) {
        (void)snprintf(ip, sizeof(ip), "10.%d.%d.1", i / 250, i % 250);
        for (int j = 0; j < 3; j++)
            (void)rate_take(l, RATE_LOGIN, str_c(ip), 1000);
    }
    for (int i = 0; i < 100; i++) {
        (void)snprintf(ip, sizeof(ip), "192.0.2.%d", i);
        refused += rate_take(l, RATE_LOGIN, str_c(ip), 1000) != 0;
    }
    assert_true(refused < 25);
    rate_limiter_free(l);
}

static bool has(const char *networks, const char *ip)
{
    struct proxy_list *list = NULL;
    struct err_ctx err = {0};
    assert_int_equal(proxy_list_new(str_c(networks), &err, &list), 0);
    bool inside = proxy_list_has(list, str_c(ip));
    proxy_list_free(list);
    return inside;
}

static void networks(void **state)
{
    struct proxy_list *list = NULL;
    struct err_ctx err = {0};
    (void)state;
    assert_true(has("10.0.0.0/8 192.168.1.0/24", "10.255.0.1"));
    assert_true(has("10.0.0.0/8, 192.168.1.0/24", "192.168.1.77"));
    assert_false(has("10.0.0.0/8,192.168.1.0/24", "192.168.2.77"));
    assert_true(has("172.16.0.0/12", "172.31.255.255"));
    assert_false(has("172.16.0.0/12", "172.32.0.0"));
    assert_true(has("127.0.0.1", "127.0.0.1"));
    assert_false(has("127.0.0.1", "127.0.0.2"));
    assert_true(has("0.0.0.0/0", "8.8.8.8"));
    assert_false(has("0.0.0.0/0", "2001:db8::1"));
    assert_true(has("2001:db8::/32", "2001:db8:ffff::1"));
    assert_false(has("2001:db8::/33", "2001:db8:ffff::1"));
    assert_true(has("10.0.0.0/8", "::ffff:10.1.1.1"));
    assert_false(has("", "127.0.0.1"));
    assert_false(has("10.0.0.0/8", "unix"));
    static const char *const bad[] = {"10.0.0.0/33", "10.0.0/8",    "::/129",
                                      "a",           "10.0.0.0/-1", "1.2.3.4/x"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_int_equal(proxy_list_new(str_c(bad[i]), &err, &list), ERR_CONFIG);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_then_a_steady_pace),
        cmocka_unit_test(ht_08_charges_are_waited_for),
        cmocka_unit_test(an_ipv6_host_is_its_64),
        cmocka_unit_test(ht_08_a_flood_from_many_addresses),
        cmocka_unit_test(networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
