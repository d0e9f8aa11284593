/* Which clients get the compressed parts of the console. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "web/console/console.h"

static void gzip_goes_to_who_takes_it(void **state)
{
    static const char *const good[] = {"gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5",
                                       "deflate , gzip ", "gzip;q=1"};
    static const char *const bad[] = {"",           "identity",     "br",    "gzip;q=0",
                                      "gzip;q=0.0", "gzip;q=0.000", "xgzip", "*;q=0"};
    (void)state;
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
        assert_true(console_takes_gzip(str_c(good[i])));
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
        assert_false(console_takes_gzip(str_c(bad[i])));
    assert_false(console_takes_gzip(str_of(NULL, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(gzip_goes_to_who_takes_it)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
