/* Addresses of hosts (core/codec/address.h): what tells one from others. */
#include "tests/unit/core/check.h"

#include "core/codec/address.h"

static bool same_host(const char *one, const char *other)
{
    unsigned char first[ADDRESS_BYTES], second[ADDRESS_BYTES];
    return str_eq(address_host(str_c(one), first), address_host(str_c(other), second));
}

static void test_hosts(void **state)
{
    (void)state;
    assert_true(same_host("203.0.113.9", "203.0.113.9"));
    assert_false(same_host("203.0.113.9", "203.0.113.10"));
    assert_true(same_host("2001:db8::1", "2001:0db8:0:0:ffff::9"));
    assert_false(same_host("2001:db8::1", "2001:db8:0:1::1"));
    assert_false(same_host("::ffff:203.0.113.9", "::ffff:203.0.113.10"));
    assert_true(same_host("", ""));
    assert_false(same_host("not:an:address", "not:another:address"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_hosts)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
