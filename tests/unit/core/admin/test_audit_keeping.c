/* How long the audit chain keeps what: the realm's word, the defaults, and what is done when the time
 * has come. */
#include "tests/unit/core/admin/admin_support.h"

#include "core/admin/audit_keeping.h"
#include "core/admin/erase.h"

#define DAY_MS INT64_C(86400000)

static void set_attribute(const char *name, const char *value, int expected)
{
    struct realm after = *realm_view_realm(ctx.view);
    begin();
    ok(str_map_set(&after.attributes, &arena, str_c(name), str_c(value)));
    int rc = admin_realm_update(&ctx, w, realm_view_realm(ctx.view), &after);
    assert_string_equal(err_name(rc), err_name(expected));
    if (rc == 0)
        commit();
    else
        store_rollback_p(&w);
}

static void test_days(void **state)
{
    (void)state;
    const struct audit_keeping usual = {90, 2557, 90};
    use_realm("peru");
    struct audit_keeping k = audit_keeping_of(realm_view_realm(ctx.view), &usual);
    assert_int_equal(k.archive_days, 90);
    assert_int_equal(k.retention_days, 2557);
    assert_int_equal(k.unknown_days, 90);
    set_attribute("garita.auditArchiveDays", "30", 0);
    set_attribute("garita.auditRetentionDays", "0", 0);
    set_attribute("garita.auditUnknownDays", "36500", 0);
    k = audit_keeping_of(realm_view_realm(ctx.view), &usual);
    assert_int_equal(k.archive_days, 30);
    assert_int_equal(k.retention_days, 0);
    assert_int_equal(k.unknown_days, 36500);
    set_attribute("garita.auditArchiveDays", "-1", ERR_INVALID_REQUEST);
    set_attribute("garita.auditRetentionDays", "36501", ERR_INVALID_REQUEST);
    set_attribute("garita.auditUnknownDays", "soon", ERR_INVALID_REQUEST);
    leave_realm();
}

/* Steps until nothing is left to do. */
static int keep_after(int64_t days_later, int64_t days_leapt, const struct audit_keeping *k)
{
    struct now later = {.wall_ms = clock_now().wall_ms + days_later * DAY_MS,
                        .leapt_ms = days_leapt * DAY_MS};
    int steps = 0;
    bool more = true;
    const struct now *before = ctx.now;
    ctx.now = &later;
    for (; more; steps++)
        ok(audit_keep(&ctx, k, &more));
    ctx.now = before;
    return steps;
}

static int keep(int64_t days_later, const struct audit_keeping *k)
{
    return keep_after(days_later, 0, k);
}

static int64_t first_seq(void)
{
    struct store_read *r;
    struct event_verdict verdict;
    ok(store_read_begin(ctx.view, &r));
    ok(event_verify(r, &arena, &verdict));
    store_read_end(r);
    assert_int_equal(verdict.bad_seq, 0);
    return verdict.first_seq;
}

static void test_steps(void **state)
{
    (void)state;
    const struct audit_keeping never = {0, 0, 0}, k = {90, 800, 90};
    use_realm("peru");
    assert_int_equal(keep(4000, &never), 1);
    assert_int_equal(count_events(EVENT_AuditArchived, NULL), 0);
    assert_int_equal(keep(80, &k), 1); /* the month is not over for so long */
    assert_int_equal(count_events(EVENT_AuditArchived, NULL), 0);
    assert_true(keep(130, &k) > 1);
    assert_int_equal(count_events(EVENT_AuditArchived, NULL), 1);
    assert_int_equal(first_seq(), 1);
    (void)keep_after(840, 700, &k); /* by a leap of the clock no time has passed */
    assert_int_equal(count_events(EVENT_AuditRemoved, NULL), 0);
    assert_true(keep(840, &k) > 1);
    assert_int_equal(count_events(EVENT_AuditRemoved, NULL), 1);
    assert_true(first_seq() > 1);
    leave_realm();
}

static void test_signing_on_schedule(void **state)
{
    (void)state;
    bool is_signed;
    use_realm("peru");
    ok(audit_sign_if_due(&ctx, 1000, &is_signed));
    assert_true(is_signed);
    ok(audit_sign_if_due(&ctx, 0, &is_signed));
    assert_false(is_signed); /* nothing new */
    set_attribute("x", "y", 0);
    ok(audit_sign_if_due(&ctx, 3600 * 1000, &is_signed));
    assert_false(is_signed); /* too soon */
    struct now later = {.wall_ms = clock_now().wall_ms + 3601 * 1000};
    ctx.now = &later;
    ok(audit_sign_if_due(&ctx, 3600 * 1000, &is_signed));
    assert_true(is_signed);
    ctx.now = &now;
    leave_realm();
}

static void test_erase_refuses(void **state)
{
    (void)state;
    struct erasure e;
    use_realm("peru");
    begin();
    fails(admin_user_erase(&ctx, w, STR("nobody"), STR("why"), &e), ERR_NOT_FOUND);
    fails(admin_user_erase(&ctx, w, STR("nobody"), STR(""), &e), ERR_INVALID_REQUEST);
    fails(admin_user_erase(&ctx, w, STR("nobody"), STR("two\nlines"), &e), ERR_INVALID_REQUEST);
    store_rollback_p(&w);
    leave_realm();
}

/* An administrator of master who acted here. */
static void test_erase_actor(void **state)
{
    (void)state;
    bool any;
    use_realm("peru");
    struct event event = {.type = EVENT_ClientModified,
                          .subject_kind = STR("client"),
                          .subject_id = STR("c"),
                          .actor = {.user_id = STR("an-admin"), .ip = STR("10.1.2.3")}};
    begin();
    ok(event_append(w, &event));
    commit();
    begin();
    ok(admin_actor_erase(&ctx, w, STR("an-admin"), STR("why"), &any));
    assert_true(any);
    ok(admin_actor_erase(&ctx, w, STR("an-admin"), STR("why"), &any));
    assert_false(any);
    commit();
    assert_int_equal(count_events(EVENT_DataDeleted, NULL), 1);
    assert_int_equal(first_seq(), 1);
    leave_realm();
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_days, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_steps, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_signing_on_schedule, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_erase_refuses, setup_store, teardown_store),
        cmocka_unit_test_setup_teardown(test_erase_actor, setup_store, teardown_store),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
