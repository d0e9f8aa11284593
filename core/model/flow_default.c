/* The flows of a new realm, as Keycloak calls and orders them. */
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/model/flow.h"

#include "core/base/banned.h"

static const struct {
    const char *alias, *provider_id;
    bool top_level;
    const char *description;
} flows[] = {
    {"browser", FLOW_BASIC, true, "Logins by a browser"},
    {"forms", FLOW_BASIC, false, "User name, password and what else is asked for on pages"},
    {"Browser - Conditional OTP", FLOW_BASIC, false, "One-time passwords of who has set them up"},
    {"direct grant", FLOW_BASIC, true, "The password grant of OAuth 2"},
    {"Direct Grant - Conditional OTP", FLOW_BASIC, false,
     "One-time passwords of who has set them up"},
    {"registration", FLOW_BASIC, true, "People who register themselves"},
    {"registration form", FLOW_FORM, false, "The page of registration"},
    {"reset credentials", FLOW_BASIC, true, "People who forgot their password"},
    {"Reset - Conditional OTP", FLOW_BASIC, false, "One-time passwords of who has set them up"},
    {"clients", FLOW_CLIENT, true, "How clients authenticate"},
    {"first broker login", FLOW_BASIC, true, "The first login by an identity provider"},
    {"User creation or linking", FLOW_BASIC, false, "A new account or one that is there"},
    {"Handle Existing Account", FLOW_BASIC, false, "An account of this name is there"},
    {"Account verification options", FLOW_BASIC, false, "Proof that the account is one's own"},
    {"Verify Existing Account by Re-authentication", FLOW_BASIC, false,
     "The password of the account that is there"},
    {"First broker login - Conditional OTP", FLOW_BASIC, false,
     "One-time passwords of who has set them up"},
    {"docker auth", FLOW_BASIC, true, "Docker clients"},
};

static const struct {
    const char *alias, *name, *value;
} configs[] = {
    {"review profile config", "update.profile.on.first.login", "missing"},
    {"create unique user config", "require.password.update.after.registration", "false"},
};

#define R REQUIREMENT_REQUIRED
#define A REQUIREMENT_ALTERNATIVE
#define C REQUIREMENT_CONDITIONAL
#define D REQUIREMENT_DISABLED

/* By flow and priority. */
static const struct default_execution {
    const char *parent;
    int priority;
    const char *requirement, *authenticator, *flow, *config;
} executions[] = {
    {"browser", 10, A, "auth-cookie", NULL, NULL},
    {"browser", 20, D, "auth-spnego", NULL, NULL},
    {"browser", 25, A, "identity-provider-redirector", NULL, NULL},
    {"browser", 30, A, NULL, "forms", NULL},
    {"forms", 10, R, "auth-username-password-form", NULL, NULL},
    {"forms", 20, C, NULL, "Browser - Conditional OTP", NULL},
    {"Browser - Conditional OTP", 10, R, "conditional-user-configured", NULL, NULL},
    {"Browser - Conditional OTP", 20, R, "auth-otp-form", NULL, NULL},
    {"direct grant", 10, R, "direct-grant-validate-username", NULL, NULL},
    {"direct grant", 20, R, "direct-grant-validate-password", NULL, NULL},
    {"direct grant", 30, C, NULL, "Direct Grant - Conditional OTP", NULL},
    {"Direct Grant - Conditional OTP", 10, R, "conditional-user-configured", NULL, NULL},
    {"Direct Grant - Conditional OTP", 20, R, "direct-grant-validate-otp", NULL, NULL},
    {"registration", 10, R, "registration-page-form", "registration form", NULL},
    {"registration form", 20, R, "registration-user-creation", NULL, NULL},
    {"registration form", 50, R, "registration-password-action", NULL, NULL},
    {"registration form", 60, D, "registration-recaptcha-action", NULL, NULL},
    {"registration form", 70, D, "registration-terms-and-conditions", NULL, NULL},
    {"reset credentials", 10, R, "reset-credentials-choose-user", NULL, NULL},
    {"reset credentials", 20, R, "reset-credential-email", NULL, NULL},
    {"reset credentials", 30, R, "reset-password", NULL, NULL},
    {"reset credentials", 40, C, NULL, "Reset - Conditional OTP", NULL},
    {"Reset - Conditional OTP", 10, R, "conditional-user-configured", NULL, NULL},
    {"Reset - Conditional OTP", 20, R, "reset-otp", NULL, NULL},
    {"clients", 10, A, "client-secret", NULL, NULL},
    {"clients", 20, A, "client-jwt", NULL, NULL},
    {"clients", 30, A, "client-secret-jwt", NULL, NULL},
    {"clients", 40, A, "client-x509", NULL, NULL},
    {"first broker login", 10, R, "idp-review-profile", NULL, "review profile config"},
    {"first broker login", 20, R, NULL, "User creation or linking", NULL},
    {"User creation or linking", 10, A, "idp-create-user-if-unique", NULL,
     "create unique user config"},
    {"User creation or linking", 20, A, NULL, "Handle Existing Account", NULL},
    {"Handle Existing Account", 10, R, "idp-confirm-link", NULL, NULL},
    {"Handle Existing Account", 20, R, NULL, "Account verification options", NULL},
    {"Account verification options", 10, A, "idp-email-verification", NULL, NULL},
    {"Account verification options", 20, A, NULL, "Verify Existing Account by Re-authentication",
     NULL},
    {"Verify Existing Account by Re-authentication", 10, R, "idp-username-password-form", NULL,
     NULL},
    {"Verify Existing Account by Re-authentication", 20, C, NULL,
     "First broker login - Conditional OTP", NULL},
    {"First broker login - Conditional OTP", 10, R, "conditional-user-configured", NULL, NULL},
    {"First broker login - Conditional OTP", 20, R, "auth-otp-form", NULL, NULL},
    {"docker auth", 10, R, "docker-http-basic-authenticator", NULL, NULL},
};

/* An id of the form of a UUID (version 8 of RFC 9562 5.8: made by our own rule). */
static struct str id_of(struct arena *a, struct str realm_id, const char *kind, const char *name)
{
    unsigned char hash[SHA256_BYTES];
    struct str text = arena_printf(a, "%.*s/%s/%s", STR_ARG(realm_id), kind, name);
    if (str_absent(text))
        return text;
    sha256_of(text, hash);
    hash[6] = (unsigned char)((hash[6] & 0x0f) | 0x80);
    hash[8] = (unsigned char)((hash[8] & 0x3f) | 0x80);
    struct str hex = hex_encode(a, str_of((const char *)hash, 16));
    if (str_absent(hex))
        return hex;
    return arena_printf(a, "%.8s-%.4s-%.4s-%.4s-%.12s", hex.ptr, hex.ptr + 8, hex.ptr + 12,
                        hex.ptr + 16, hex.ptr + 20);
}

static struct str id_or_none(struct arena *a, struct str realm_id, const char *kind,
                             const char *name)
{
    return name ? id_of(a, realm_id, kind, name) : STR("");
}

static int add_execution(struct arena *a, struct str realm_id, const struct default_execution *from,
                         struct flow_execution *ret_execution)
{
    struct str name = arena_printf(a, "%s/%d", from->parent, from->priority);
    struct flow_execution e = {
        .parent = id_of(a, realm_id, "flow", from->parent),
        .authenticator = str_c(from->authenticator),
        .flow_id = id_or_none(a, realm_id, "flow", from->flow),
        .config_id = id_or_none(a, realm_id, "config", from->config),
        .requirement = str_c(from->requirement),
        .priority = from->priority,
    };
    if (str_absent(name))
        return ERR_NO_MEMORY;
    e.id = id_of(a, realm_id, "execution", name.ptr);
    if (str_absent(e.id) || str_absent(e.parent) || str_absent(e.flow_id) ||
        str_absent(e.config_id))
        return ERR_NO_MEMORY;
    *ret_execution = e;
    return 0;
}

static int add_config(struct arena *a, struct str realm_id, size_t i,
                      struct flow_config *ret_config)
{
    struct flow_config c = {.id = id_of(a, realm_id, "config", configs[i].alias),
                            .alias = str_c(configs[i].alias)};
    if (str_absent(c.id))
        return ERR_NO_MEMORY;
    TRY(str_map_set(&c.config, a, str_c(configs[i].name), str_c(configs[i].value)));
    *ret_config = c;
    return 0;
}

int flows_default(struct arena *a, struct str realm_id, struct auth_flows *ret_flows)
{
    struct auth_flows all = {
        .flows = ARENA_ARRAY(a, ARRAY_LEN(flows), struct auth_flow),
        .executions = ARENA_ARRAY(a, ARRAY_LEN(executions), struct flow_execution),
        .configs = ARENA_ARRAY(a, ARRAY_LEN(configs), struct flow_config),
    };
    if (!all.flows || !all.executions || !all.configs)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < ARRAY_LEN(flows); i++) {
        struct auth_flow flow = {.id = id_of(a, realm_id, "flow", flows[i].alias),
                                 .alias = str_c(flows[i].alias),
                                 .description = str_c(flows[i].description),
                                 .provider_id = str_c(flows[i].provider_id),
                                 .top_level = flows[i].top_level,
                                 .built_in = true};
        if (str_absent(flow.id))
            return ERR_NO_MEMORY;
        all.flows[all.count++] = flow;
    }
    for (size_t i = 0; i < ARRAY_LEN(executions); i++)
        TRY(add_execution(a, realm_id, &executions[i], &all.executions[all.execution_count++]));
    for (size_t i = 0; i < ARRAY_LEN(configs); i++)
        TRY(add_config(a, realm_id, i, &all.configs[all.config_count++]));
    *ret_flows = all;
    return 0;
}
