/* The tables of steps and their settings. */
#include "core/model/flow.h"

#include "core/base/banned.h"

#define R   STEP_MAY_BE_REQUIRED
#define RD  (STEP_MAY_BE_REQUIRED | STEP_MAY_BE_DISABLED)
#define RAD (STEP_MAY_BE_REQUIRED | STEP_MAY_BE_ALTERNATIVE | STEP_MAY_BE_DISABLED)

const struct flow_step flow_steps[] = {
#define A(id, kind, name, choices, configurable, here, help)                                       \
    {id, STEP_##kind, name, choices, configurable, here, help},
#include "core/model/authenticators.def"
#undef A
};
const size_t flow_step_count = ARRAY_LEN(flow_steps);

const struct flow_step *flow_step_find(struct str id)
{
    for (size_t i = 0; i < flow_step_count; i++)
        if (str_eq_c(id, flow_steps[i].id))
            return &flow_steps[i];
    return NULL;
}

const struct step_property step_properties[] = {
    {"identity-provider-redirector", "defaultProvider", "Default Identity Provider", "String", NULL,
     false},
    {"auth-conditional-otp-form", "otpControlAttribute", "OTP control User Attribute", "String",
     NULL, false},
    {"auth-conditional-otp-form", "skipOtpRole", "Skip OTP for Role", "Role", NULL, false},
    {"auth-conditional-otp-form", "forceOtpRole", "Force OTP for Role", "Role", NULL, false},
    {"auth-conditional-otp-form", "defaultOtpOutcome", "Fallback OTP handling", "List", NULL,
     false},
    {"auth-x509-client-username-form", "x509-cert-auth.mapping-source-selection",
     "User Identity Source", "List", NULL, false},
    {"direct-grant-auth-x509-username", "x509-cert-auth.mapping-source-selection",
     "User Identity Source", "List", NULL, false},
    {"conditional-user-role", "condUserRole", "User role", "Role", NULL, false},
    {"conditional-user-role", "negate", "Negate output", "boolean", "false", false},
    {"conditional-user-attribute", "attribute_name", "Attribute name", "String", NULL, false},
    {"conditional-user-attribute", "attribute_expected_value", "Expected attribute value", "String",
     NULL, false},
    {"conditional-user-attribute", "not", "Negate output", "boolean", "false", false},
    {"conditional-level-of-authentication", "loa-condition-level", "Level of Authentication (LoA)",
     "String", NULL, false},
    {"conditional-level-of-authentication", "loa-max-age", "Max Age", "String", "36000", false},
    {"conditional-credential", "credentials", "Credentials", "MultivaluedList", NULL, false},
    {"conditional-credential", "included", "Included", "boolean", "false", false},
    {"conditional-client-scope", "client_scope", "Client scope name", "ClientScope", NULL, false},
    {"conditional-client-scope", "negate", "Negate output", "boolean", "false", false},
    {"conditional-sub-flow-executed", "flow_to_check", "Flow name", "String", NULL, false},
    {"conditional-sub-flow-executed", "check_result", "Check result", "List", "executed", false},
    {"deny-access-authenticator", "denyErrorMessage", "Error message", "String", NULL, false},
    {"user-session-limits", "userRealmLimit",
     "Maximum concurrent sessions for each user within "
     "this realm.",
     "String", "0", false},
    {"user-session-limits", "userClientLimit",
     "Maximum concurrent sessions for each user per client.", "String", "0", false},
    {"user-session-limits", "behavior", "Behavior when user session limit is exceeded", "List",
     "Deny new session", false},
    {"reset-otp", "action_on_otp_reset_flag", "Action on OTP reset", "List", "Keep or Replace",
     false},
    {"idp-review-profile", "update.profile.on.first.login", "Update Profile on First Login", "List",
     "missing", false},
    {"idp-create-user-if-unique", "require.password.update.after.registration",
     "Require Password Update After Registration", "boolean", "false", false},
    {"registration-recaptcha-action", "site.key", "reCAPTCHA Site Key", "String", NULL, false},
    {"registration-recaptcha-action", "secret.key", "reCAPTCHA Secret", "String", NULL, true},
    {"registration-recaptcha-enterprise", "site.key", "Site Key", "String", NULL, false},
    {"registration-recaptcha-enterprise", "project.id", "Project Id", "String", NULL, false},
    {"registration-recaptcha-enterprise", "api.key", "API Key", "String", NULL, true},
};
const size_t step_property_count = ARRAY_LEN(step_properties);

/* Of whichever step: a setting that is a secret somewhere is one everywhere. */
bool step_property_is_secret(struct str name)
{
    for (size_t i = 0; i < step_property_count; i++)
        if (step_properties[i].secret && str_eq_c(name, step_properties[i].name))
            return true;
    return str_ends(name, STR("ecret")) || str_ends(name, STR("assword"));
}
