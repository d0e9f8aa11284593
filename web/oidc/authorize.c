/* The authorization endpoint and the end of sessions. Core decides; here the decision becomes a
 * reply. */
#include "core/oidc/authz.h"
#include "core/oidc/logout.h"
#include "web/fail.h"
#include "web/login/cookies.h"
#include "web/login/logout.h"
#include "web/login/step.h"
#include "web/oidc/context.h"
#include "web/oidc/cors.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

void oidc_authorize(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    struct authz_step step = {0};
    const struct form *form;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = oidc_parameters(req, &form);
    if (rc == 0)
        rc = cookies_read(req, &browser);
    if (rc == 0)
        rc = authz_begin(&ctx, form, &browser, &step);
    step_answer(req, res, rc, &step);
}

/* Keycloak's logout for applications: a refresh token by POST, answered without a page. */
static void logout_without_page(struct request *req, struct response *res,
                                const struct auth_ctx *ctx, const struct form *form)
{
    const struct client *client = NULL;
    int rc = logout_by_refresh_token(ctx, request_header(req, STR("Authorization")), form, &client);
    cors_client(req, res, client);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    respond_no_content(res);
    respond_no_store(res);
}

void oidc_logout(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct authz_browser browser;
    struct logout_step step = {0};
    const struct form *form = NULL;
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = oidc_parameters(req, &form);
    if (rc == 0 && req->method == HTTP_POST && !str_absent(form_get(form, "refresh_token"))) {
        logout_without_page(req, res, &ctx, form);
        return;
    }
    if (rc == 0)
        rc = cookies_read(req, &browser);
    if (rc == 0)
        rc = logout_begin(&ctx, form, &browser, &step);
    logout_answer(req, res, rc, &step);
}
