/* The token endpoint. */
#include "core/oidc/token.h"

#include "core/oidc/client_rules.h"
#include "core/oidc/grant.h"

#include "core/base/banned.h"

static const struct {
    const char *type;
    grant_fn *run;
} grants[] = {
#define G(type, function) {type, function},
#include "core/oidc/grants.def"
#undef G
};

static int find_grant(const struct auth_ctx *ctx, const struct form *form, grant_fn **ret_run)
{
    struct str type = form_get(form, "grant_type");
    if (str_empty(type))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "grant_type",
                         "Missing form parameter: grant_type");
    for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
        if (!str_eq_c(type, grants[i].type))
            continue;
        *ret_run = grants[i].run;
        return 0;
    }
    return err_field(ctx->err, ERR_UNSUPPORTED_GRANT_TYPE, "grant_type", "Unsupported grant_type");
}

int token_request(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
                  struct token_response *ret_response)
{
    grant_fn *run = NULL;
    struct client_auth auth;
    struct auth_ctx known = *ctx;
    ret_response->client = NULL;
    if (!str_absent(form->repeated)) /* RFC 6749 3.2 */
        return err_set(ctx->err, ERR_INVALID_REQUEST, "duplicated parameter");
    TRY(find_grant(ctx, form, &run));
    TRY(client_auth_check(ctx, authorization, form, &auth));
    ret_response->client = auth.client;
    known.actor.client_id = auth.client->client_id;
    if (auth.client->bearer_only)
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT, "Bearer-only not allowed");
    TRY(client_rules_token(&known, &auth, form));
    return run(&known, &auth, form, &ret_response->json);
}

int grant_fail(const struct auth_ctx *ctx, const struct report *report, const char *error, int err,
               const char *detail)
{
    struct report full = *report;
    report_add(&full, "error", str_c(error));
    TRY(report_alone(ctx, &full));
    return err_set(ctx->err, err, "%s", detail);
}
