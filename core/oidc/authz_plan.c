/* What comes next for a person who is known: factors, required actions, consent. */
#include "core/oidc/authz_flow.h"

#include "core/auth/flow_rules.h"
#include "core/auth/login.h"
#include "core/port/required_actions.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static const struct required_action *find_action(const struct flow *f, const char *alias)
{
    return required_action_find(realm_view_required_actions(f->ctx->view), str_c(alias));
}

bool flow_is_asked(const struct flow *f, const char *action)
{
    const struct required_action *of_realm = find_action(f, action);
    return str_eq_c(f->request.kc_action, action) && !f->state.action_status && of_realm &&
           of_realm->enabled;
}

bool flow_profile_is_asked(const struct flow *f)
{
    return flow_is_asked(f, REQUIRED_ACTION_UPDATE_PROFILE) ||
           flow_is_asked(f, REQUIRED_ACTION_VERIFY_PROFILE);
}

/* --- factors --- */

/* MF-05: a session vouches for what was shown to it and for no more, wherever it was made. Who acts as the
 * person has nothing of his to show. */
static int plan_shown(const struct flow *f, struct store_read *r, const struct client *client,
                      const struct who *who, enum next *ret_next, bool *ret_missing)
{
    struct flow_factors factors;
    *ret_next = NEXT_FINISH;
    *ret_missing = false;
    if (who->impersonated)
        return 0;
    TRY(flow_factors_of(f->ctx, r, client, FLOW_FOR_BROWSER, who->user.pk, &factors));
    *ret_missing = factors.otp_missing;
    if (factors.unknown)
        *ret_next = NEXT_UNSUPPORTED_ACTION;
    else if (factors.otp && !who->otp)
        *ret_next = who->fresh ? NEXT_OTP : NEXT_LOGIN;
    return 0;
}

/* PW-08, MF-04: passwords and factors are changed by who has just shown the password, and what the realm's own
 * flow asks for, though that of the application asks for less. */
static int plan_change(const struct flow *f, struct store_read *r, const struct who *who,
                       enum next change, enum next *ret_next)
{
    bool missing;
    *ret_next = NEXT_LOGIN;
    if (!who->fresh)
        return 0;
    TRY(plan_shown(f, r, NULL, who, ret_next, &missing));
    if (*ret_next == NEXT_FINISH)
        *ret_next = change;
    return 0;
}

/* MF-04: no device joins those that there are unless one of them was shown, whatever flows ask for. */
static int plan_totp(const struct flow *f, struct store_read *r, const struct who *who,
                     enum next *ret_next)
{
    bool has;
    TRY(plan_change(f, r, who, NEXT_TOTP, ret_next));
    if (*ret_next != NEXT_TOTP || who->otp)
        return 0;
    TRY(credential_exists(r, who->user.pk, STR(CREDENTIAL_OTP), &has));
    if (has)
        *ret_next = NEXT_OTP;
    return 0;
}

/* As Keycloak: where everybody needs a one-time password, who has none sets one up, if the realm has that. */
static int plan_missing(const struct flow *f, struct store_read *r, const struct who *who,
                        enum next *ret_next)
{
    const struct required_action *action = find_action(f, REQUIRED_ACTION_CONFIGURE_TOTP);
    if (action && action->enabled)
        return plan_totp(f, r, who, ret_next);
    *ret_next = NEXT_UNSUPPORTED_ACTION;
    return 0;
}

static int plan_factors(const struct flow *f, struct store_read *r, const struct who *who,
                        const struct plan_options *options, enum next *ret_next)
{
    bool missing;
    TRY(plan_shown(f, r, f->request.client, who, ret_next, &missing));
    if (*ret_next == NEXT_FINISH && missing && !options->totp_done)
        TRY(plan_missing(f, r, who, ret_next));
    return 0;
}

int flow_plan_factors(const struct flow *f, struct store_read *r, const struct who *who,
                      enum next *ret_next)
{
    const struct plan_options none = {0};
    return plan_factors(f, r, who, &none, ret_next);
}

/* --- required actions --- */

struct wanted {
    const char *alias;
    bool done; /* in this very request */
    int64_t priority;
};

static bool has_unsupported(const struct strs *actions)
{
    for (size_t i = 0; i < actions->count; i++)
        if (!action_is_here(actions->items[i]))
            return true;
    return false;
}

static bool is_wanted(const struct flow *f, const struct who *who, const struct strs *due,
                      const struct plan_options *options, const struct wanted *action)
{
    bool asked = flow_is_asked(f, action->alias) && !options->action_cancelled;
    if (action->done)
        return false;
    /* As Keycloak: nothing is left to prove, or nothing there is to prove. */
    if (strcmp(action->alias, REQUIRED_ACTION_VERIFY_EMAIL) == 0)
        asked = asked && !who->user.email_verified && !str_empty(who->user.email);
    return asked || strs_has(due, str_c(action->alias));
}

static int64_t priority_of(const struct flow *f, const char *alias)
{
    const struct required_action *action = find_action(f, alias);
    return action ? action->priority : action_provider_find(str_c(alias))->priority;
}

/* The first by the realm's order; NULL: none. */
static const char *first_wanted(const struct flow *f, const struct who *who, const struct strs *due,
                                const struct plan_options *options)
{
    const struct wanted actions[] = {
        {REQUIRED_ACTION_CONFIGURE_TOTP, options->totp_done,
         priority_of(f, REQUIRED_ACTION_CONFIGURE_TOTP)},
        {REQUIRED_ACTION_TERMS, false, priority_of(f, REQUIRED_ACTION_TERMS)},
        {REQUIRED_ACTION_UPDATE_PASSWORD, options->password_done,
         priority_of(f, REQUIRED_ACTION_UPDATE_PASSWORD)},
        {REQUIRED_ACTION_UPDATE_PROFILE, false, priority_of(f, REQUIRED_ACTION_UPDATE_PROFILE)},
        {REQUIRED_ACTION_VERIFY_EMAIL, false, priority_of(f, REQUIRED_ACTION_VERIFY_EMAIL)},
        {REQUIRED_ACTION_VERIFY_PROFILE, false, priority_of(f, REQUIRED_ACTION_VERIFY_PROFILE)},
    };
    const struct wanted *first = NULL;
    for (size_t i = 0; i < ARRAY_LEN(actions); i++)
        if (is_wanted(f, who, due, options, &actions[i]) &&
            (!first || actions[i].priority < first->priority))
            first = &actions[i];
    return first ? first->alias : NULL;
}

static int plan_actions(const struct flow *f, struct store_read *r, const struct who *who,
                        const struct plan_options *options, enum next *ret_next)
{
    struct strs due;
    *ret_next = NEXT_FINISH;
    TRY(login_actions_due(f->ctx, r, &who->user, &due));
    if (has_unsupported(&due)) {
        *ret_next = NEXT_UNSUPPORTED_ACTION;
        return 0;
    }
    const char *first = first_wanted(f, who, &due, options);
    if (!first)
        return 0;
    if (strcmp(first, REQUIRED_ACTION_CONFIGURE_TOTP) == 0)
        return plan_totp(f, r, who, ret_next);
    if (strcmp(first, REQUIRED_ACTION_UPDATE_PASSWORD) == 0)
        return plan_change(f, r, who, NEXT_ACTION, ret_next);
    if (strcmp(first, REQUIRED_ACTION_VERIFY_EMAIL) == 0)
        *ret_next = NEXT_VERIFY_EMAIL;
    else if (strcmp(first, REQUIRED_ACTION_TERMS) == 0)
        *ret_next = NEXT_TERMS;
    else
        return plan_change(f, r, who, NEXT_PROFILE, ret_next);
    if (who->impersonated)
        *ret_next = NEXT_PERSON_ONLY;
    return 0;
}

/* --- all of it --- */

static int plan_consent(const struct flow *f, struct store_read *r, const struct who *who,
                        enum next *ret_next)
{
    bool missing;
    TRY(consent_missing(f->ctx, r, who->user.pk, f->request.client, &f->scopes, &missing));
    *ret_next = missing || (f->request.prompt & PROMPT_CONSENT) ? NEXT_CONSENT : NEXT_FINISH;
    return 0;
}

/* AD-04: who acts as the person says yes to nothing in his name, has nothing mailed to him, and gets nothing that
 * outlasts his own session: consents, devices, offline access. */
static bool is_for_person_only(const struct flow *f, const struct plan_options *options,
                               enum next next)
{
    if (next != NEXT_FINISH)
        return next == NEXT_CONSENT || next == NEXT_VERIFY_EMAIL || next == NEXT_TERMS;
    return options->consent_given || flow_is_of_device(f) || f->scopes.offline;
}

int flow_plan(const struct flow *f, struct store_read *r, const struct who *who,
              const struct plan_options *options, enum next *ret_next)
{
    TRY(plan_factors(f, r, who, options, ret_next));
    if (*ret_next == NEXT_FINISH)
        TRY(plan_actions(f, r, who, options, ret_next));
    if (*ret_next == NEXT_FINISH && !options->consent_given)
        TRY(plan_consent(f, r, who, ret_next));
    if (who->impersonated && is_for_person_only(f, options, *ret_next))
        *ret_next = NEXT_PERSON_ONLY;
    return 0;
}
