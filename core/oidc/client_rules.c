/* Executors on requests. */
#include "core/oidc/client_rules.h"

#include "core/auth/client_policies.h"
#include "core/auth/client_uris.h"
#include "core/oidc/scopes.h"

#include "core/base/banned.h"

/* --- At the authorization endpoint --- */

static int missing(const struct auth_ctx *ctx, const char *name)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, name, "Missing parameter: %s", name);
}

static int check_session(const struct auth_ctx *ctx, const struct authz_request *q)
{
    if (str_has_word(q->scope, STR(SCOPE_OPENID)))
        return str_empty(q->nonce) ? missing(ctx, "nonce") : 0;
    return str_empty(q->state) ? missing(ctx, "state") : 0;
}

/* Without a code it is the implicit flow; a hybrid one that gives an access token here is no better. */
static bool is_implicit(const struct authz_request *q)
{
    return !(q->response_type & RESPONSE_TYPE_CODE) || (q->response_type & RESPONSE_TYPE_TOKEN);
}

static int refuse_public(const struct auth_ctx *ctx, const struct client *client)
{
    return client->public_client ? err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                                           "A client policy asks for a confidential client")
                                 : 0;
}

static int run_authorization(const struct auth_ctx *ctx, const struct client_executor *e, void *arg)
{
    const struct authz_request *q = arg;
    switch (e->kind) {
    case EXECUTOR_PKCE:
        return (q->response_type & RESPONSE_TYPE_CODE) && str_empty(q->code_challenge)
                   ? missing(ctx, "code_challenge")
                   : 0;
    case EXECUTOR_CONFIDENTIAL_CLIENT: return refuse_public(ctx, q->client);
    case EXECUTOR_REJECT_IMPLICIT_GRANT:
        return is_implicit(q) ? err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                                        "A client policy refuses the implicit flow")
                              : 0;
    case EXECUTOR_SECURE_SESSION: return check_session(ctx, q);
    case EXECUTOR_SECURE_REDIRECT_URIS:
        return client_redirect_uri_fits(e, q->redirect_uri)
                   ? 0
                   : err_field(ctx->err, ERR_INVALID_REQUEST, "redirect_uri",
                               "A client policy does not let this redirect_uri pass");
    default: return 0;
    }
}

static struct policy_question question_of(const struct authz_request *request)
{
    bool code = (request->response_type & RESPONSE_TYPE_CODE) != 0;
    return (struct policy_question){
        .moment = POLICY_AUTHORIZATION,
        .client = request->client,
        .scope = request->scope,
        .grant_type = code ? STR("authorization_code") : STR("implicit"),
    };
}

int client_rules_authorization(const struct auth_ctx *ctx, const struct authz_request *request)
{
    struct authz_request copy = *request;
    const struct policy_question q = question_of(request);
    return client_policies_run(ctx, NULL, &q, run_authorization, &copy);
}

static int refuse_unpushed(const struct auth_ctx *ctx)
{
    return err_set(ctx->err, ERR_INVALID_REQUEST, "This client must push its requests");
}

static int run_unpushed(const struct auth_ctx *ctx, const struct client_executor *e, void *arg)
{
    (void)arg;
    return e->kind == EXECUTOR_SECURE_PAR_CONTENT ? refuse_unpushed(ctx) : 0;
}

int client_rules_unpushed(const struct auth_ctx *ctx, const struct authz_request *request)
{
    const struct policy_question q = question_of(request);
    if (str_map_true(&request->client->attributes, STR(CLIENT_ATTR_PAR_REQUIRED)))
        return refuse_unpushed(ctx);
    return client_policies_run(ctx, NULL, &q, run_unpushed, NULL);
}

/* --- At the token endpoint --- */

struct token_question {
    const struct client *client;
    const struct form *form;
    struct str grant_type;
};

static int check_authenticator(const struct auth_ctx *ctx, const struct client_executor *e,
                               const struct client *client)
{
    if (client->public_client || strs_has(&e->authenticators, client->client_authenticator_type))
        return 0;
    return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                   "A client policy asks for another client authentication method");
}

static int run_token(const struct auth_ctx *ctx, const struct client_executor *e, void *arg)
{
    const struct token_question *t = arg;
    switch (e->kind) {
    case EXECUTOR_PKCE:
        return str_eq(t->grant_type, STR("authorization_code")) &&
                       str_empty(form_get(t->form, "code_verifier"))
                   ? missing(ctx, "code_verifier")
                   : 0;
    case EXECUTOR_CONFIDENTIAL_CLIENT: return refuse_public(ctx, t->client);
    case EXECUTOR_REJECT_PASSWORD_GRANT:
        return str_eq(t->grant_type, STR("password"))
                   ? err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                             "A client policy refuses the password grant")
                   : 0;
    case EXECUTOR_SECURE_CLIENT_AUTHENTICATOR: return check_authenticator(ctx, e, t->client);
    default: return 0;
    }
}

int client_rules_token(const struct auth_ctx *ctx, const struct client_auth *auth,
                       const struct form *form)
{
    struct token_question t = {auth->client, form, form_get(form, "grant_type")};
    const struct policy_question q = {
        .moment = POLICY_TOKEN,
        .client = auth->client,
        .scope = form_get(form, "scope"),
        .grant_type = t.grant_type,
    };
    return client_policies_run(ctx, NULL, &q, run_token, &t);
}
