/* Executors on changes of clients. */
#include "core/admin/client_rules.h"

#include "core/auth/client_uris.h"

#include "core/base/banned.h"

struct change {
    struct client *client;
    bool is_new;
    const struct client_executor *rotation;
};

static int refuse(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "A client policy asks for %s", what);
}

/* A switch that is to stand one way. */
static int settle(const struct auth_ctx *ctx, const struct client_executor *e, bool wanted,
                  bool *io_switch, const char *field, const char *what)
{
    if (e->auto_configure)
        *io_switch = wanted;
    return *io_switch == wanted ? 0 : refuse(ctx, field, what);
}

static int settle_pkce(const struct auth_ctx *ctx, const struct client_executor *e,
                       struct client *client)
{
    struct str s256 = STR("S256");
    if (str_eq(str_map_get(&client->attributes, STR(CLIENT_ATTR_PKCE)), s256))
        return 0;
    if (!e->auto_configure)
        return refuse(ctx, CLIENT_ATTR_PKCE, "PKCE with S256");
    return client_attribute_set(client, ctx->arena, CLIENT_ATTR_PKCE, s256);
}

/* Whoever makes a client and says nothing has the default; the policy's own takes its place. */
static int settle_authenticator(const struct auth_ctx *ctx, const struct client_executor *e,
                                const struct change *change)
{
    struct client *client = change->client;
    if (!client_is_confidential(client) ||
        strs_has(&e->authenticators, client->client_authenticator_type))
        return 0;
    if (change->is_new && !str_empty(e->default_authenticator) &&
        str_eq(client->client_authenticator_type, STR("client-secret"))) {
        client->client_authenticator_type = e->default_authenticator;
        return 0;
    }
    return refuse(ctx, "clientAuthenticatorType", "another way to authenticate");
}

static int run(const struct auth_ctx *ctx, const struct client_executor *e, void *arg)
{
    struct change *change = arg;
    struct client *client = change->client;
    switch (e->kind) {
    case EXECUTOR_PKCE: return settle_pkce(ctx, e, client);
    case EXECUTOR_CONFIDENTIAL_CLIENT:
        return client->public_client ? refuse(ctx, "publicClient", "a confidential client") : 0;
    case EXECUTOR_CONSENT_REQUIRED:
        return settle(ctx, e, true, &client->consent_required, "consentRequired", "consent");
    case EXECUTOR_FULL_SCOPE_DISABLED:
        return settle(ctx, e, false, &client->full_scope_allowed, "fullScopeAllowed",
                      "tokens without full scope");
    case EXECUTOR_REJECT_PASSWORD_GRANT:
        return settle(ctx, e, false, &client->direct_access_grants_enabled,
                      "directAccessGrantsEnabled", "clients without the password grant");
    case EXECUTOR_REJECT_IMPLICIT_GRANT:
        return settle(ctx, e, false, &client->implicit_flow_enabled, "implicitFlowEnabled",
                      "clients without the implicit flow");
    case EXECUTOR_SECURE_CLIENT_URIS: return client_uris_are_secure(ctx, client);
    case EXECUTOR_SECURE_REDIRECT_URIS: return client_redirect_uris_fit(ctx, e, client);
    case EXECUTOR_SECURE_CLIENT_AUTHENTICATOR: return settle_authenticator(ctx, e, change);
    case EXECUTOR_SECRET_ROTATION: change->rotation = e; return 0;
    case EXECUTOR_SECURE_SESSION: /* of requests */
    case EXECUTOR_SECURE_PAR_CONTENT:
    case CLIENT_EXECUTOR_KINDS: break;
    }
    return 0;
}

int client_rules_apply(const struct auth_ctx *ctx, struct store_read *r, enum policy_source source,
                       const struct client *before, struct client *io_client,
                       const struct client_executor **ret_rotation)
{
    struct change change = {.client = io_client, .is_new = before == NULL};
    const struct policy_question q = {
        .moment = before ? POLICY_CLIENT_CHANGED : POLICY_CLIENT_MADE,
        .client = io_client,
        .source = source,
    };
    TRY(client_policies_run(ctx, r, &q, run, &change));
    *ret_rotation = change.rotation;
    return 0;
}

static int take_rotation(const struct auth_ctx *ctx, const struct client_executor *e, void *arg)
{
    const struct client_executor **rotation = arg;
    (void)ctx;
    if (e->kind == EXECUTOR_SECRET_ROTATION)
        *rotation = e;
    return 0;
}

int client_rules_rotation(const struct auth_ctx *ctx, struct store_read *r,
                          const struct client *client, const struct client_executor **ret_rotation)
{
    const struct policy_question q = {.moment = POLICY_CLIENT_CHANGED, .client = client};
    *ret_rotation = NULL;
    return client_policies_run(ctx, r, &q, take_rotation, ret_rotation);
}
