/* A realm whose configuration cannot be read in full: it is named, and the rest of it serves. */
#include "core/auth/login_records.h"
#include "core/port/flows.h"
#include "core/port/records.h"
#include "tests/unit/store/store_support.h"

static void put(const char *kind, const char *id, const char *parent, const char *json)
{
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct realm_record record = {.kind = kind,
                                  .id = str_c(id),
                                  .name = parent ? str_of(NULL, 0) : str_c(id),
                                  .parent = parent ? str_c(parent) : str_of(NULL, 0),
                                  .json = str_c(json)};
    ok(record_insert(w, &record));
    commit(w);
    realm_view_release(view);
}

static void put_flow(const char *id, const char *json)
{
    put(RECORD_FLOW, id, NULL, json);
}

static void put_step(const char *id, const char *flow, const char *json)
{
    put(RECORD_EXECUTION, id, flow, json);
}

static bool passes(const char *flow)
{
    static const char *const steps[] = {"auth-cookie"};
    struct realm_view *view = view_of("peru");
    bool passed = flow_is_passed_by(realm_view_flows(view), str_c(flow), steps, 1);
    realm_view_release(view);
    return passed;
}

#define COOKIE "{\"authenticator\":\"auth-cookie\",\"requirement\":\"REQUIRED\"}"

/* What health, metrics and doctor say. */
static const char *flaw(void)
{
    struct str reason;
    return store_realm_flaw(store, STR("peru"), &arena, &reason) ? reason.ptr : "";
}

static const char *report(void)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, &arena, 65536);
    jw_init(&w, &b);
    jw_begin_array(&w);
    assert_int_equal(store_report(store, &w), STORE_DEGRADED);
    jw_end_array(&w);
    ok(jw_finish(&w, &text));
    return arena_cstr(&arena, text);
}

static void test_a_flow_that_cannot_be_read_is_named(void **state)
{
    (void)state;
    put_flow("sound", "{\"alias\":\"sound\",\"topLevel\":true}");
    put_step("1", "sound", COOKIE);
    assert_true(passes("sound"));
    assert_string_equal(flaw(), "");
    put_flow("cut", "{\"alias\":\"cu");
    put_step("2", "cut", COOKIE);
    assert_true(passes("sound"));
    assert_false(passes("cut"));
    assert_non_null(strstr(flaw(), "its authentication flow cut cannot be read"));
    assert_non_null(
        strstr(report(), "\"realm peru\",\"status\":\"DOWN\",\"data\":{\"state\":\"flawed\""));
    assert_non_null(strstr(report(), "flow cut cannot"));

    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    ok(record_delete(w, RECORD_FLOW, STR("cut")));
    commit(w);
    realm_view_release(view);
    assert_true(passes("sound"));
    assert_string_equal(flaw(), "");
}

/* Its flow could ask for more than what is left of it does. */
static void test_a_step_that_cannot_be_read_shuts_its_flow(void **state)
{
    (void)state;
    static const char *const spoilt[] = {"", "[]", "{\"requirement\":7}", "nothing of the kind"};
    put_flow("sound", "{\"alias\":\"sound\",\"topLevel\":true}");
    put_step("s", "sound", COOKIE);
    for (size_t i = 0; i < ARRAY_LEN(spoilt); i++) {
        char name[] = {'f', (char)('0' + (char)i), '\0'}, first[] = {'a', name[1], '\0'},
             second[] = {'b', name[1], '\0'};
        put_flow(name, "{\"topLevel\":true}");
        put_step(first, name, COOKIE);
        assert_true(passes(name));
        put_step(second, name, spoilt[i]);
        assert_false(passes(name));
        assert_true(passes("sound"));
    }
    assert_non_null(strstr(flaw(), "flow"));
}

/* None of these is taken for a realm that has no flows, which has those of the beginning. */
static void test_all_flows_unreadable(void **state)
{
    (void)state;
    put_flow("browser", "");
    struct realm_view *view = view_of("peru");
    assert_int_equal(realm_view_flows(view)->count, 1);
    realm_view_release(view);
    assert_false(passes("browser"));
}

/* Client policies that do not read are never taken for none: the realm waits, and says why. */
static void test_a_configuration_that_cannot_be_read(void **state)
{
    (void)state;
    put(RECORD_REQUIRED_ACTION, "a", NULL, "{");
    struct realm_view *view;
    fails(realm_view_acquire(store, STR("peru"), &view), ERR_STORE_CORRUPT);
    assert_non_null(strstr(flaw(), "its configuration cannot be read"));
    assert_non_null(strstr(report(), "flawed"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_a_flow_that_cannot_be_read_is_named, start_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_a_step_that_cannot_be_read_shuts_its_flow, start_test,
                                        end_test),
        cmocka_unit_test_setup_teardown(test_all_flows_unreadable, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_a_configuration_that_cannot_be_read, start_test,
                                        end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
