/* The token endpoint. */
#include "core/oidc/token.h"

#include "core/codec/header.h"
#include "core/oidc/client_rules.h"
#include "core/oidc/grant.h"
#include "core/oidc/uma.h"

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

/* RFC 6749 3.2: nothing stands twice, but permissions where they are asked for. */
static int check_repeated(const struct auth_ctx *ctx, grant_fn *run, struct form *io_form)
{
    bool only_permissions = run == grant_uma_ticket;
    if (str_absent(io_form->repeated))
        return 0;
    for (size_t i = 0; i < io_form->count && only_permissions; i++) {
        const char *name = arena_cstr(ctx->arena, io_form->params[i].name);
        if (!name)
            return ERR_NO_MEMORY;
        only_permissions = str_eq_c(STR(UMA_PERMISSION), name) || form_count(io_form, name) == 1;
    }
    if (!only_permissions)
        return err_set(ctx->err, ERR_INVALID_REQUEST, "duplicated parameter");
    io_form->repeated = str_of(NULL, 0);
    return 0;
}

static int authenticate(const struct auth_ctx *ctx, grant_fn *run, struct str authorization,
                        const struct form *form, struct client_auth *ret_auth)
{
    struct str bearer;
    if (run == grant_uma_ticket && auth_header_bearer(authorization, &bearer) == 0)
        return uma_bearer_check(ctx, bearer, ret_auth);
    return client_auth_check(ctx, authorization, form, ret_auth);
}

int token_request(const struct auth_ctx *ctx, struct str authorization, const struct form *given,
                  struct token_response *ret_response)
{
    grant_fn *run = NULL;
    struct client_auth auth = {.bearer = {NULL, 0}};
    struct auth_ctx known = *ctx;
    struct form once = *given;
    const struct form *form = &once;
    ret_response->client = NULL;
    TRY(find_grant(ctx, form, &run));
    TRY(check_repeated(ctx, run, &once));
    TRY(authenticate(ctx, run, authorization, form, &auth));
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
