/* Four eyes: the setting, and which changes are of which kind. */
#include "tests/unit/core/admin/admin_support.h"

#include "core/admin/change_requests.h"
#include "core/admin/four_eyes_bypass.h"
#include "core/admin/record.h"
#include "core/admin/smtp.h"

static struct four_eyes setting_of(const char *json)
{
    struct four_eyes setting = {.expires_after_days = FOUR_EYES_DAYS};
    const struct json_value *kinds;
    ok(json_parse(&arena, str_c(json), 4096, &kinds));
    ok(four_eyes_read_kinds(kinds, &err, &setting.kinds));
    return setting;
}

/* A new event needs its line in four_eyes_events.def: until then it waits in every realm where anything
 * does. */
static void test_every_event_has_a_line(void **state)
{
    (void)state;
    for (int i = 0; i < EVENT_TYPE_COUNT; i++)
        if (!held_change_knows((enum event_type)i))
            fail_msg("four_eyes_events.def does not say what %s is",
                     event_type_name((enum event_type)i));
}

static void test_setting(void **state)
{
    (void)state;
    struct four_eyes read;
    const struct json_value *bad;
    unsigned kinds;
    use_realm("peru");
    begin();
    ok(four_eyes_read(store_write_reader(w), &arena, &read));
    assert_int_equal(read.kinds, 0);
    assert_int_equal(read.expires_after_days, FOUR_EYES_DAYS);
    struct four_eyes wanted = setting_of("[\"role-grants\"]");
    wanted.expires_after_days = 3;
    ok(four_eyes_change(&ctx, w, &wanted));
    ok(four_eyes_read(store_write_reader(w), &arena, &read));
    assert_int_equal(read.kinds,
                     FOUR_EYES_BIT(FOUR_EYES_ROLE_GRANTS) | FOUR_EYES_BIT(FOUR_EYES_FOUR_EYES));
    assert_int_equal(read.expires_after_days, 3);
    wanted.expires_after_days = FOUR_EYES_DAYS_MAX + 1;
    fails(four_eyes_change(&ctx, w, &wanted), ERR_INVALID_REQUEST);
    ok(json_parse(&arena, STR("[\"roles\"]"), 64, &bad));
    fails(four_eyes_read_kinds(bad, &err, &kinds), ERR_INVALID_REQUEST);
    fails(four_eyes_read_kinds(NULL, &err, &kinds), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
    leave_realm();
}

static struct held_change judged(const char *kinds)
{
    struct four_eyes setting = setting_of(kinds);
    struct held_change held;
    ok(held_change_judge(&ctx, w, &setting, &held));
    return held;
}

/* Only this transaction's own events count, and only chosen kinds. */
static void test_judging(void **state)
{
    (void)state;
    struct realm after;
    use_realm("peru");
    begin();
    assert_int_equal(judged("[\"realm-settings\"]").kinds, 0);
    after = *realm_view_realm(ctx.view);
    after.display_name = STR("Other");
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    assert_int_equal(judged("[\"realm-settings\"]").kinds, 0);
    after.access_token_lifespan_s += 60;
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    assert_int_equal(judged("[\"realm-settings\"]").kinds, FOUR_EYES_BIT(FOUR_EYES_REALM_SETTINGS));
    assert_int_equal(judged("[\"role-grants\"]").kinds, 0);
    commit();
    begin();
    assert_int_equal(judged("[\"realm-settings\"]").kinds, 0);
    store_rollback_p(&w);
    leave_realm();
}

static void record_text(const char *name, struct str value)
{
    begin();
    ok(ADMIN_RECORD(&ctx, w, EVENT_ConfigurationChanged, "realm", realm_view_realm(ctx.view)->id,
                    {name, value}, {"before", STR("old")}, {"after", STR("new")}));
}

/* AD-04: a change that does not say what it is of waits; so does where links are mailed. */
static void test_texts(void **state)
{
    (void)state;
    const char *settings = "[\"realm-settings\"]";
    unsigned bit = FOUR_EYES_BIT(FOUR_EYES_REALM_SETTINGS);
    static const struct {
        const char *name, *value;
        bool waits;
    } cases[] = {{"realm", "peru", true},
                 {"locale", "es", false},
                 {"document", "anything", true},
                 {"unknown", "anything", true}};
    use_realm("peru");
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        record_text(cases[i].name, str_c(cases[i].value));
        assert_int_equal(judged(settings).kinds, cases[i].waits ? bit : 0);
        store_rollback_p(&w);
    }
    record_text("document", STR(SMTP_MEMBER));
    assert_int_equal(judged("[\"administrators\"]").kinds, FOUR_EYES_BIT(FOUR_EYES_ADMINISTRATORS));
    store_rollback_p(&w);
    leave_realm();
}

/* The same change is known again; another one, or the same from another state, is not. */
static void test_digest(void **state)
{
    (void)state;
    struct held_change first, again, other;
    struct realm after;
    use_realm("peru");
    for (int i = 0; i < 3; i++) {
        struct held_change *held[] = {&first, &again, &other};
        begin();
        after = *realm_view_realm(ctx.view);
        if (i < 2)
            after.access_token_lifespan_s = 77;
        else
            after.sso_session_idle_s = 77;
        ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
        *held[i] = judged("[\"realm-settings\"]");
        store_rollback_p(&w);
    }
    assert_memory_equal(first.digest, again.digest, BLAKE2B_BYTES);
    assert_memory_not_equal(first.digest, other.digest, BLAKE2B_BYTES);
    leave_realm();
}

/* Whoever holds the data folder needs a reason and is told of. */
static void test_bypass(void **state)
{
    (void)state;
    const struct four_eyes setting = setting_of("[\"realm-settings\"]");
    struct event_record *items;
    struct realm after;
    size_t count;
    use_realm("peru");
    begin();
    ok(four_eyes_bypass(&ctx, w, &setting));
    after = *realm_view_realm(ctx.view);
    after.access_token_lifespan_s = 78;
    ok(admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after));
    fails(four_eyes_bypass(&ctx, w, &setting), ERR_USAGE);
    ctx.actor.justification = STR("the house burns");
    ok(four_eyes_bypass(&ctx, w, &setting));
    ok(event_list_of_write(w, &arena, 0, 10, &items, &count));
    assert_int_equal(count, 2);
    assert_true(str_eq_c(items[1].type, "FourEyesBypassed"));
    store_rollback_p(&w);
    leave_realm();
}

static struct str ask_for_change(const struct four_eyes *setting)
{
    const struct held_change held = {.kinds = setting->kinds, .rows = STR("[]")};
    struct change_request request = {.realm = STR("peru"),
                                     .method = STR("PUT"),
                                     .path = STR("/admin/realms/peru"),
                                     .query = STR(""),
                                     .justification = STR("ticket"),
                                     .requester_id = STR("ana"),
                                     .requester_name = STR("ana"),
                                     .requester_realm = STR("peru"),
                                     .requester_client = STR("admin-cli"),
                                     .requester_scope = STR(""),
                                     .reason = STR(""),
                                     .decider_id = STR(""),
                                     .decider_name = STR(""),
                                     .decider_realm = STR("")};
    ok(change_request_insert(&ctx, w, setting, &held, STR("{}"), &request));
    return request.id;
}

/* What nobody decides on ends with its time, once, and keeps no call. */
static void test_expiry(void **state)
{
    (void)state;
    const struct four_eyes setting = setting_of("[\"realm-settings\"]");
    struct change_request request;
    struct event_record *items;
    struct str id, body;
    size_t count;
    bool due;
    use_realm("peru");
    begin();
    id = ask_for_change(&setting);
    now.wall_ms += FOUR_EYES_DAYS * INT64_C(86400000) - 1;
    ok(change_requests_due(&ctx, store_write_reader(w), &due));
    assert_false(due);
    now.wall_ms++;
    ok(change_requests_due(&ctx, store_write_reader(w), &due));
    assert_true(due);
    ok(change_requests_expire(&ctx, w));
    ok(change_requests_expire(&ctx, w));
    ok(change_requests_due(&ctx, store_write_reader(w), &due));
    assert_false(due);
    ok(change_request_find(&ctx, store_write_reader(w), id, &request));
    assert_true(change_request_is(&request, CHANGE_EXPIRED));
    fails(change_request_body(&ctx, store_write_reader(w), id, &body), ERR_NOT_FOUND);
    ok(event_list_of_write(w, &arena, 0, 10, &items, &count));
    assert_int_equal(count, 2);
    assert_true(str_eq_c(items[1].type, "ChangeExpired"));
    store_rollback_p(&w);
    leave_realm();
}

/* What happens to a realm as a whole is asked of the realm itself, while it can be read. */
static void test_whole_realm(void **state)
{
    (void)state;
    const struct four_eyes setting = setting_of("[\"realm-deletion\"]");
    unsigned kinds, deletion = FOUR_EYES_BIT(FOUR_EYES_REALM_DELETION);
    use_realm("peru");
    ok(four_eyes_of_realm(&ctx, store, STR("peru"), ~0u, &kinds));
    assert_int_equal(kinds, 0);
    begin();
    ok(four_eyes_change(&ctx, w, &setting));
    commit();
    fails(four_eyes_of_realm(&ctx, store, STR("peru"), deletion, &kinds), ERR_USAGE);
    ctx.actor.justification = STR("moved to another country");
    ok(four_eyes_of_realm(&ctx, store, STR("peru"), deletion, &kinds));
    assert_int_equal(kinds, deletion);
    ok(four_eyes_of_realm(&ctx, store, STR("nowhere"), ~0u, &kinds));
    assert_int_equal(kinds, 0);
    leave_realm();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_every_event_has_a_line),
        cmocka_unit_test_setup_teardown(test_setting, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_judging, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_texts, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_digest, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_bypass, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_expiry, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_whole_realm, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
