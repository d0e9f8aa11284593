/* Bound flows, asked. */
#include "core/auth/flow_rules.h"

#include "core/port/flows.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define STEP_SESSION  "auth-cookie"
#define STEP_PASSWORD "auth-username-password-form"

/* The last is the one without which nothing is enough; the one-time password stands before it. */
static const char *const form_steps[] = {"auth-otp-form", STEP_PASSWORD};
static const char *const session_steps[] = {STEP_SESSION};
static const char *const grant_steps[] = {"direct-grant-validate-otp",
                                          "direct-grant-validate-username",
                                          "direct-grant-validate-password"};
#define FORM_STEPS  ARRAY_LEN(form_steps)
#define GRANT_STEPS ARRAY_LEN(grant_steps)

/* The mail stands last: see passes_by_reset. */
static const char *const reset_steps[] = {"reset-credentials-choose-user", "reset-password",
                                          "reset-credential-email"};

static const struct {
    const char *setting;
    size_t offset; /* in struct realm */
    const char *override;
} uses[FLOW_USES] = {
    [FLOW_FOR_BROWSER] = {"browserFlow", offsetof(struct realm, browser_flow), "browser"},
    [FLOW_FOR_DIRECT_GRANT] = {"directGrantFlow", offsetof(struct realm, direct_grant_flow),
                               "direct_grant"},
    [FLOW_FOR_CLIENTS] = {"clientAuthenticationFlow",
                          offsetof(struct realm, client_authentication_flow), NULL},
    [FLOW_FOR_REGISTRATION] = {"registrationFlow", offsetof(struct realm, registration_flow), NULL},
    [FLOW_FOR_RESET_CREDENTIALS] = {"resetCredentialsFlow",
                                    offsetof(struct realm, reset_credentials_flow), NULL},
    [FLOW_FOR_DOCKER] = {"dockerAuthenticationFlow",
                         offsetof(struct realm, docker_authentication_flow), NULL},
    [FLOW_FOR_FIRST_BROKER_LOGIN] = {"firstBrokerLoginFlow",
                                     offsetof(struct realm, first_broker_login_flow), NULL},
};

const char *flow_use_setting(enum flow_use use)
{
    return uses[use].setting;
}

struct str flow_use_alias(const struct realm *realm, enum flow_use use)
{
    return *(const struct str *)(const void *)((const char *)realm + uses[use].offset);
}

void flow_use_bind(struct realm *realm, enum flow_use use, struct str alias)
{
    *(struct str *)(void *)((char *)realm + uses[use].offset) = alias;
}

const char *flow_use_override(enum flow_use use)
{
    return uses[use].override;
}

/* --- What leads through --- */

/* The password, and never less than it. */
static bool passes_by_form(const struct auth_flows *flows, struct str id)
{
    return flow_is_passed_by(flows, id, form_steps, FORM_STEPS) &&
           !flow_is_passed_by(flows, id, form_steps, FORM_STEPS - 1);
}

static bool passes_by_grant(const struct auth_flows *flows, struct str id)
{
    return flow_is_passed_by(flows, id, grant_steps, GRANT_STEPS) &&
           !flow_is_passed_by(flows, id, grant_steps, GRANT_STEPS - 1);
}

/* Whether the flow is passed with a one-time password and not without. */
static bool needs_otp(const struct auth_flows *flows, struct str id, enum flow_use use)
{
    if (use == FLOW_FOR_BROWSER)
        return passes_by_form(flows, id) &&
               !flow_is_passed_by(flows, id, form_steps + 1, FORM_STEPS - 1);
    return use == FLOW_FOR_DIRECT_GRANT && passes_by_grant(flows, id) &&
           !flow_is_passed_by(flows, id, grant_steps + 1, GRANT_STEPS - 1);
}

/* The mail and the new password, and never less than both (RE-01). */
static bool passes_by_reset(const struct auth_flows *flows, struct str id)
{
    const char *const without_password[] = {reset_steps[0], reset_steps[2]};
    return flow_is_passed_by(flows, id, reset_steps, ARRAY_LEN(reset_steps)) &&
           !flow_is_passed_by(flows, id, reset_steps, 2) &&
           !flow_is_passed_by(flows, id, without_password, 2);
}

static bool passes_by_client(const struct auth_flows *flows, struct str id, const char *step)
{
    return flow_is_passed_by(flows, id, &step, 1) && !flow_is_passed_by(flows, id, NULL, 0);
}

static bool passes_by_any_client(const struct auth_flows *flows, struct str id)
{
    for (size_t i = 0; i < flow_step_count; i++)
        if (flow_steps[i].kind == STEP_CLIENT_AUTHENTICATOR && flow_steps[i].is_here &&
            passes_by_client(flows, id, flow_steps[i].id))
            return true;
    return false;
}

/* Uses that nothing here comes to yet are bound as they are. */
static bool leads_somewhere(const struct auth_flows *flows, struct str id, enum flow_use use)
{
    switch (use) {
    case FLOW_FOR_BROWSER: return passes_by_form(flows, id);
    case FLOW_FOR_DIRECT_GRANT: return passes_by_grant(flows, id);
    case FLOW_FOR_CLIENTS: return passes_by_any_client(flows, id);
    default: return true;
    }
}

int flow_check_use(const struct auth_flows *flows, const struct auth_flow *flow, enum flow_use use,
                   const char *field, struct err_ctx *err)
{
    const char *kind = use == FLOW_FOR_CLIENTS ? FLOW_CLIENT : FLOW_BASIC;
    if (!flow->top_level || !str_eq_c(flow->provider_id, kind))
        return err_field(err, ERR_INVALID_REQUEST, field,
                         "%s must be a flow at the top, of the kind %s", field, kind);
    if (flow->unreadable)
        return err_field(err, ERR_INVALID_REQUEST, field,
                         "What is stored of the flow cannot be read: delete it");
    if (leads_somewhere(flows, flow->id, use))
        return 0;
    const char *missing = flow_step_missing(flows, flow->id);
    if (missing)
        return err_field(err, ERR_INVALID_REQUEST, field,
                         "The flow needs the step %s, which does not exist here", missing);
    return err_field(err, ERR_INVALID_REQUEST, field,
                     "No step that exists here leads through the flow");
}

/* --- Asked at logins --- */

/* The flow of the client, else of the realm; NULL: one that every realm begins with, as it was checked
 * when it was bound. A binding to what is gone leads nowhere. */
static bool find_bound(const struct auth_ctx *ctx, const struct client *client, enum flow_use use,
                       struct str *ret_id)
{
    const struct auth_flows *flows = realm_view_flows(ctx->view);
    struct str override = {NULL, 0};
    if (flows->count == 0)
        return false;
    if (client && uses[use].override)
        override = str_map_get(&client->flow_overrides, str_c(uses[use].override));
    const struct auth_flow *flow =
        str_empty(override) ? flow_find_alias(flows, flow_use_alias(auth_realm(ctx), use))
                            : flow_find(flows, override);
    *ret_id = flow ? flow->id : STR("");
    return true;
}

bool flow_takes_session(const struct auth_ctx *ctx, const struct client *client)
{
    struct str id;
    return !find_bound(ctx, client, FLOW_FOR_BROWSER, &id) ||
           flow_is_passed_by(realm_view_flows(ctx->view), id, session_steps,
                             ARRAY_LEN(session_steps));
}

bool flow_takes_password(const struct auth_ctx *ctx, const struct client *client)
{
    struct str id;
    return !find_bound(ctx, client, FLOW_FOR_BROWSER, &id) ||
           passes_by_form(realm_view_flows(ctx->view), id);
}

bool flow_takes_grant(const struct auth_ctx *ctx, const struct client *client)
{
    struct str id;
    return !find_bound(ctx, client, FLOW_FOR_DIRECT_GRANT, &id) ||
           passes_by_grant(realm_view_flows(ctx->view), id);
}

bool flow_takes_reset(const struct auth_ctx *ctx)
{
    struct str id;
    if (!auth_realm(ctx)->reset_password_allowed)
        return false;
    return !find_bound(ctx, NULL, FLOW_FOR_RESET_CREDENTIALS, &id) ||
           passes_by_reset(realm_view_flows(ctx->view), id);
}

/* What is asked of people at the flow that is bound to a use. */
struct asking {
    const struct auth_flows *flows; /* NULL: those that every realm begins with */
    struct str id;
    bool needs_otp; /* of everybody */
};

static struct asking find_asking(const struct auth_ctx *ctx, const struct client *client,
                                 enum flow_use use)
{
    struct asking asking = {NULL, STR(""), false};
    if (!find_bound(ctx, client, use, &asking.id))
        return asking;
    asking.flows = realm_view_flows(ctx->view);
    asking.needs_otp = needs_otp(asking.flows, asking.id, use);
    return asking;
}

/* MF-04: where everybody needs a one-time password, a flow may take another factor in its place. Who has that
 * one does not get by without it. */
static bool asks_for(const struct asking *asking, struct str type)
{
    if (!asking->flows)
        return str_eq(type, STR(CREDENTIAL_OTP));
    if (asking->needs_otp)
        return flow_names(asking->flows, asking->id, type);
    return flow_asks_for(asking->flows, asking->id, type);
}

int flow_factors_of(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                    enum flow_use use, int64_t user_pk, struct flow_factors *ret_factors)
{
    struct credentials list;
    struct flow_factors factors = {0};
    struct asking asking = find_asking(ctx, client, use);
    TRY(credential_list(r, ctx->arena, user_pk, &list));
    for (size_t i = 0; i < list.count; i++) {
        struct str type = list.items[i].type;
        if (!asks_for(&asking, type))
            continue;
        if (str_eq(type, STR(CREDENTIAL_OTP)))
            factors.otp = true;
        else
            factors.unknown = true;
    }
    factors.otp_missing = asking.needs_otp && !factors.otp;
    *ret_factors = factors;
    return 0;
}

int flow_lacks_factor(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                      int64_t user_pk, bool has_otp, bool *ret_lacks)
{
    const struct client *clients[] = {NULL, client};
    *ret_lacks = false;
    for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
        struct flow_factors factors;
        TRY(flow_factors_of(ctx, r, clients[i], FLOW_FOR_BROWSER, user_pk, &factors));
        *ret_lacks |= factors.unknown || (factors.otp && !has_otp);
    }
    return 0;
}

bool flow_takes_client(const struct auth_ctx *ctx, const char *step)
{
    struct str id;
    return !find_bound(ctx, NULL, FLOW_FOR_CLIENTS, &id) ||
           passes_by_client(realm_view_flows(ctx->view), id, step);
}
