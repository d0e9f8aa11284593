/* The actions that there are, and which of them count. */
#include "core/model/required_action.h"

#include "core/model/user.h"

#include "core/base/banned.h"

static const struct field action_field_list[] = {
    {"alias", offsetof(struct required_action, alias), FIELD_STR, 0, ""},
    {"name", offsetof(struct required_action, name), FIELD_STR, 0, ""},
    {"providerId", offsetof(struct required_action, provider_id), FIELD_STR, 0, ""},
    {"enabled", offsetof(struct required_action, enabled), FIELD_BOOL, 1, NULL},
    {"defaultAction", offsetof(struct required_action, default_action), FIELD_BOOL, 0, NULL},
    {"priority", offsetof(struct required_action, priority), FIELD_I64, 0, NULL},
    {"config", offsetof(struct required_action, config), FIELD_MAP, 0, NULL},
};

const struct field_table required_action_fields = {action_field_list, ARRAY_LEN(action_field_list)};

const struct action_provider action_providers[] = {
    {REQUIRED_ACTION_CONFIGURE_TOTP, "Configure OTP", 10, true, true, true, true},
    {REQUIRED_ACTION_TERMS, "Terms and Conditions", 20, false, true, true, false},
    {REQUIRED_ACTION_UPDATE_PASSWORD, "Update Password", 30, true, true, true, true},
    {REQUIRED_ACTION_UPDATE_PROFILE, "Update Profile", 40, true, true, true, false},
    {REQUIRED_ACTION_VERIFY_EMAIL, "Verify Email", 50, true, true, true, false},
    {"delete_account", "Delete Account", 60, false, true, false, false},
    {"webauthn-register", "Webauthn Register", 70, true, true, false, true},
    {"webauthn-register-passwordless", "Webauthn Register Passwordless", 80, true, true, false,
     true},
    {REQUIRED_ACTION_VERIFY_PROFILE, "Verify Profile", 90, true, true, true, false},
    {"delete_credential", "Delete Credential", 100, true, true, false, false},
    {"UPDATE_EMAIL", "Update Email", 110, false, false, false, false},
    {"CONFIGURE_RECOVERY_AUTHN_CODES", "Recovery Authentication Codes", 120, false, false, false,
     true},
    {"idp_link", "Linking Identity Provider", 130, false, false, false, false},
    {"update_user_locale", "Update User Locale", 1000, true, true, false, false},
};
const size_t action_provider_count = ARRAY_LEN(action_providers);

const struct action_provider *action_provider_find(struct str alias)
{
    for (size_t i = 0; i < action_provider_count; i++)
        if (str_eq_c(alias, action_providers[i].alias))
            return &action_providers[i];
    return NULL;
}

struct str action_alias_today(struct str alias)
{
    return str_eq(alias, STR("terms_and_conditions")) ? STR(REQUIRED_ACTION_TERMS) : alias;
}

bool action_is_here(struct str alias)
{
    const struct action_provider *provider = action_provider_find(alias);
    return provider && provider->is_here;
}

int required_actions_default(struct arena *a, struct required_actions *ret_actions)
{
    struct required_actions actions = {
        .items = ARENA_ARRAY(a, ARRAY_LEN(action_providers), struct required_action)};
    if (!actions.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < ARRAY_LEN(action_providers); i++) {
        const struct action_provider *p = &action_providers[i];
        if (p->registered)
            actions.items[actions.count++] = (struct required_action){
                .alias = str_c(p->alias),
                .name = str_c(p->name),
                .provider_id = str_c(p->alias),
                .enabled = p->enabled,
                .priority = p->priority,
            };
    }
    *ret_actions = actions;
    return 0;
}

const struct required_action *required_action_find(const struct required_actions *actions,
                                                   struct str alias)
{
    for (size_t i = 0; i < actions->count; i++)
        if (str_eq(actions->items[i].alias, alias))
            return &actions->items[i];
    return NULL;
}

bool required_action_is_due(const struct required_actions *actions, struct str alias)
{
    const struct required_action *action = required_action_find(actions, alias);
    if (action)
        return action->enabled;
    return !action_provider_find(alias);
}
