/* User codes of devices as people type them (core/oidc/device.h). */
#include "tests/unit/core/check.h"

#include "core/oidc/device.h"

/* RFC 8628 6.1: case, spaces and hyphens are the person's. */
static void test_rfc_8628_6_1_typed(void **state)
{
    static const char *const typed[] = {"BCDFGHJK", "BCDF-GHJK", "bcdf ghjk", " b-c-d-f-g-h-j-k "};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        assert_true(str_eq_c(device_user_code(&test_arena, str_c(typed[i])), "BCDFGHJK"));
    struct str shown = device_user_code_shown(&test_arena, STR("BCDFGHJK"));
    assert_true(str_eq_c(shown, "BCDF-GHJK"));
}

static void test_what_is_no_code(void **state)
{
    static const char *const typed[] = {"",          "-",        "BCDFGHJ",   "BCDFGHJKL",
                                        "BCDFGHJA",  "BCDF1234", "BCDF_GHJK", "BCDFGHJK\xc3\xa1",
                                        "BCDF\nGHJK"};
    char longer[128];
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(typed); i++)
        assert_true(str_absent(device_user_code(&test_arena, str_c(typed[i]))));
    assert_true(str_absent(device_user_code(&test_arena, str_of("BCDF\0GHJK", 9))));
    assert_true(str_absent(device_user_code(&test_arena, str_of(NULL, 0))));
    memset(longer, '-', sizeof(longer));
    memcpy(longer, "BCDFGHJK", 8);
    assert_true(str_absent(device_user_code(&test_arena, str_of(longer, sizeof(longer)))));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_rfc_8628_6_1_typed, arena_setup, arena_teardown),
        cmocka_unit_test_setup_teardown(test_what_is_no_code, arena_setup, arena_teardown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
