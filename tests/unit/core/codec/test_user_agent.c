/* What is shown of a device. */
#include "tests/unit/core/check.h"

#include "core/codec/user_agent.h"

static void assert_device(struct str header, const char *browser, const char *version,
                          const char *os, const char *os_version, bool mobile)
{
    struct user_agent ua = user_agent_read(header);
    assert_true(str_eq_c(ua.browser, browser));
    assert_true(str_eq_c(ua.browser_version, version));
    assert_true(str_eq_c(ua.os, os));
    assert_true(str_eq_c(ua.os_version, os_version));
    assert_int_equal(ua.mobile, mobile);
}

static void test_known(void **state)
{
    (void)state;
    assert_device(STR("Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0"),
                  "Firefox", "128.0", "Linux", "", false);
    assert_device(STR("Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like "
                      "Gecko) Chrome/126.0.0.0 Safari/537.36 Edg/126.0.2592.87"),
                  "Edge", "126.0.2592.87", "Windows", "10.0", false);
    assert_device(STR("Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like "
                      "Gecko) Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0"),
                  "Edge", "126.0", "Android", "14", true);
    assert_device(STR("Mozilla/5.0 (iPhone; CPU iPhone OS 17_4 like Mac OS X) AppleWebKit/605.1.15 "
                      "(KHTML, like Gecko) Version/17.4 Mobile/15E148 Safari/604.1"),
                  "Safari", "17.4", "iOS", "17_4", true);
    assert_true(str_eq_c(user_agent_read(STR("(iPad; x)")).device, "iPad"));
    assert_true(str_eq_c(user_agent_read(STR("(Macintosh; x)")).device, "Mac"));
    assert_device(STR("curl/8.5.0"), "curl", "8.5.0", "Other", "", false);
}

static void test_unknown(void **state)
{
    (void)state;
    assert_device(str_of(NULL, 0), "Other", "", "Other", "", false);
    assert_device(STR(""), "Other", "", "Other", "", false);
    assert_device(STR("Firefox/"), "Firefox", "", "Other", "", false);
    assert_device(STR("Firefox/\r\n1"), "Firefox", "1", "Other", "", false);
    assert_device(STR("Chrome/11111111111111111111111"), "Chrome", "1111111111111111", "Other", "",
                  false);
}

int main(void)
{
    const struct CMUnitTest tests[] = {TEST(test_known), TEST(test_unknown)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
