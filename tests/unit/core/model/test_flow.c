/* Authentication flows: those of the beginning, and which steps lead through a flow. */
#include "tests/unit/core/check.h"

#include "core/model/flow.h"
#include "core/model/required_action.h"

#define REALM STR("5b0f0a6e-0000-4000-8000-000000000001")

static struct auth_flows all;

static struct str id_of(const char *alias)
{
    const struct auth_flow *flow = flow_find_alias(&all, str_c(alias));
    assert_non_null(flow);
    return flow->id;
}

static bool passes(const char *alias, const char *step)
{
    return flow_is_passed_by(&all, id_of(alias), &step, 1);
}

static struct flow_execution *execution(const char *flow, const char *authenticator)
{
    struct flow_execution *e;
    for (size_t at = 0; (e = flow_execution_next(&all, id_of(flow), &at));)
        if (str_eq_c(e->authenticator, authenticator) ||
            (!str_empty(e->flow_id) && str_eq_c(flow_find(&all, e->flow_id)->alias, authenticator)))
            return e;
    fail_msg("no %s in %s", authenticator, flow);
    return NULL;
}

static void require(const char *flow, const char *authenticator, const char *requirement)
{
    execution(flow, authenticator)->requirement = str_c(requirement);
}

static void begin(void)
{
    OK(flows_default(&test_arena, REALM, &all));
}

static void the_first_flows_hold_together(void **state)
{
    (void)state;
    begin();
    for (size_t i = 0; i < all.count; i++) {
        assert_int_equal(all.flows[i].id.len, 36);
        for (size_t j = 0; j < i; j++)
            assert_false(str_eq(all.flows[i].id, all.flows[j].id));
    }
    for (size_t i = 0; i < all.execution_count; i++) {
        const struct flow_execution *e = &all.executions[i];
        assert_non_null(flow_find(&all, e->parent));
        assert_true(str_empty(e->flow_id) || flow_find(&all, e->flow_id));
        assert_true(str_empty(e->config_id) || flow_config_find(&all, e->config_id));
        assert_true(str_empty(e->authenticator) || flow_step_find(e->authenticator));
        assert_ptr_equal(flow_execution_find(&all, e->id), e);
    }
}

/* Asked for again they are the same; those of another realm are others (AD-03). */
static void ids_follow_from_the_realm(void **state)
{
    (void)state;
    struct auth_flows again, other;
    begin();
    OK(flows_default(&test_arena, REALM, &again));
    OK(flows_default(&test_arena, STR("another"), &other));
    for (size_t i = 0; i < all.count; i++) {
        SAME_S(again.flows[i].id, all.flows[i].id);
        assert_null(flow_find(&other, all.flows[i].id));
    }
    for (size_t i = 0; i < all.execution_count; i++)
        SAME_S(again.executions[i].id, all.executions[i].id);
}

static void what_leads_through_the_first_ones(void **state)
{
    (void)state;
    static const char *const grant[] = {"direct-grant-validate-username",
                                        "direct-grant-validate-password"};
    begin();
    assert_true(passes("browser", "auth-cookie"));
    assert_true(passes("browser", "auth-username-password-form"));
    assert_false(passes("browser", "auth-spnego"));
    assert_false(passes("browser", "client-secret"));
    assert_false(flow_is_passed_by(&all, id_of("browser"), NULL, 0));
    assert_true(flow_is_passed_by(&all, id_of("direct grant"), grant, 2));
    assert_false(flow_is_passed_by(&all, id_of("direct grant"), grant, 1));
    assert_true(passes("clients", "client-jwt"));
    assert_null(flow_step_missing(&all, id_of("browser")));
    assert_string_equal(flow_step_missing(&all, id_of("docker auth")),
                        "docker-http-basic-authenticator");
}

static void required_ones_stand_before_alternatives(void **state)
{
    (void)state;
    begin();
    require("browser", "forms", REQUIREMENT_REQUIRED);
    assert_false(passes("browser", "auth-cookie"));
    assert_true(passes("browser", "auth-username-password-form"));
    require("browser", "auth-cookie", REQUIREMENT_REQUIRED);
    assert_false(passes("browser", "auth-username-password-form"));
    require("browser", "auth-cookie", REQUIREMENT_DISABLED);
    require("browser", "forms", REQUIREMENT_DISABLED);
    assert_false(passes("browser", "auth-cookie"));
    assert_false(passes("browser", "auth-username-password-form"));
}

/* WE-12: a step that must be taken and cannot be is never left out. */
static void a_step_that_is_not_here_is_not_left_out(void **state)
{
    (void)state;
    begin();
    require("browser", "auth-spnego", REQUIREMENT_REQUIRED);
    assert_false(passes("browser", "auth-cookie"));
    assert_string_equal(flow_step_missing(&all, id_of("browser")), "auth-spnego");
    begin();
    execution("forms", "auth-username-password-form")->authenticator = STR("unheard-of");
    assert_false(passes("browser", "auth-username-password-form"));
}

/* As Keycloak: a conditional flow that is made a required one asks everybody, whatever its conditions. */
static void a_code_that_everybody_needs_is_not_left_out(void **state)
{
    (void)state;
    static const char *const both[] = {"auth-otp-form", "auth-username-password-form"};
    begin();
    assert_true(flow_names(&all, id_of("browser"), STR("otp")));
    assert_false(flow_names(&all, id_of("browser"), STR("webauthn-passwordless")));
    require("forms", "Browser - Conditional OTP", REQUIREMENT_REQUIRED);
    assert_false(passes("browser", "auth-username-password-form"));
    assert_false(passes("browser", "auth-otp-form"));
    assert_true(flow_is_passed_by(&all, id_of("browser"), both, 2));
    assert_null(flow_step_missing(&all, id_of("browser")));
    require("Browser - Conditional OTP", "auth-otp-form", REQUIREMENT_DISABLED);
    assert_false(flow_is_passed_by(&all, id_of("browser"), both, 2)); /* nothing is left of it */
    assert_false(flow_names(&all, id_of("browser"), STR("otp")));
}

static void conditions_that_could_hold_are_not_left_out(void **state)
{
    (void)state;
    struct flow_execution *condition;
    begin();
    condition = execution("Browser - Conditional OTP", "conditional-user-configured");
    condition->authenticator = STR("conditional-user-role");
    assert_false(passes("browser", "auth-username-password-form"));
    assert_string_equal(flow_step_missing(&all, id_of("browser")), "conditional-user-role");
    condition->requirement =
        STR(REQUIREMENT_DISABLED); /* none is left: nobody's, as Keycloak has it */
    assert_true(passes("browser", "auth-username-password-form"));
    begin();
    require("forms", "auth-username-password-form", REQUIREMENT_DISABLED);
    assert_false(passes("browser", "auth-username-password-form"));
}

static void who_is_asked_for_a_second_factor(void **state)
{
    (void)state;
    begin();
    assert_true(flow_asks_for(&all, id_of("browser"), STR("otp")));
    assert_true(flow_asks_for(&all, id_of("direct grant"), STR("otp")));
    assert_false(flow_asks_for(&all, id_of("browser"), STR("password")));
    assert_false(flow_asks_for(&all, id_of("clients"), STR("otp")));
    require("Browser - Conditional OTP", "auth-otp-form", REQUIREMENT_DISABLED);
    assert_false(flow_asks_for(&all, id_of("browser"), STR("otp")));
    begin();
    require("forms", "Browser - Conditional OTP", REQUIREMENT_DISABLED);
    assert_false(flow_asks_for(&all, id_of("browser"), STR("otp")));
}

static void circles_end(void **state)
{
    (void)state;
    begin();
    execution("forms", "Browser - Conditional OTP")->flow_id = id_of("forms");
    require("forms", "forms", REQUIREMENT_REQUIRED);
    assert_false(passes("browser", "auth-username-password-form"));
    assert_null(flow_step_missing(&all, id_of("forms")));
    assert_false(flow_asks_for(&all, id_of("forms"), STR("otp")));
}

static void AD_06_settings_that_are_secrets(void **state)
{
    (void)state;
    assert_true(step_property_is_secret(STR("secret.key")));
    assert_true(step_property_is_secret(STR("clientSecret")));
    assert_false(step_property_is_secret(STR("site.key")));
    assert_false(step_property_is_secret(STR("defaultProvider")));
}

static void mark_unreadable(const char *alias)
{
    flow_find_alias(&all, str_c(alias))->unreadable = true;
}

/* Whatever it asked, nobody gets by. */
static void what_cannot_be_read_leads_nowhere(void **state)
{
    (void)state;
    begin();
    assert_null(flow_unreadable(&all));
    mark_unreadable("browser");
    SAME(flow_unreadable(&all)->alias, "browser");
    assert_false(passes("browser", "auth-cookie"));
    assert_true(passes("clients", "client-secret"));
    begin();
    mark_unreadable("Browser - Conditional OTP"); /* who knows whom it is for */
    assert_false(passes("browser", "auth-username-password-form"));
    assert_true(flow_asks_for(&all, id_of("browser"), STR("webauthn")));
    assert_true(passes("browser", "auth-cookie")); /* another way, on which it is not met */
}

static void which_actions_are_due(void **state)
{
    (void)state;
    struct required_actions actions;
    OK(required_actions_default(&test_arena, &actions));
    assert_true(required_action_is_due(&actions, STR("UPDATE_PASSWORD")));
    assert_false(required_action_is_due(&actions, STR("TERMS_AND_CONDITIONS")));
    assert_false(required_action_is_due(&actions, STR("UPDATE_EMAIL"))); /* not registered */
    assert_true(required_action_is_due(&actions, STR("unheard-of")));
    actions.items[2].enabled = false;
    assert_false(required_action_is_due(&actions, STR("UPDATE_PASSWORD")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(the_first_flows_hold_together),
        TEST(ids_follow_from_the_realm),
        TEST(what_leads_through_the_first_ones),
        TEST(required_ones_stand_before_alternatives),
        TEST(a_step_that_is_not_here_is_not_left_out),
        TEST(a_code_that_everybody_needs_is_not_left_out),
        TEST(conditions_that_could_hold_are_not_left_out),
        TEST(who_is_asked_for_a_second_factor),
        TEST(what_cannot_be_read_leads_nowhere),
        TEST(circles_end),
        TEST(AD_06_settings_that_are_secrets),
        TEST(which_actions_are_due),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
