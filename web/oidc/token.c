/* Endpoints that applications call directly: token, pushed requests, devices, introspection, revocation,
 * userinfo. */
#include "core/oidc/token.h"

#include "core/codec/header.h"
#include "core/oidc/device.h"
#include "core/oidc/introspect.h"
#include "core/oidc/par.h"
#include "core/oidc/revoke.h"
#include "core/oidc/userinfo.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/oidc/cors.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

/* What the three form endpoints begin with. */
static int begin(struct request *req, struct auth_ctx *ret_ctx, const struct form **ret_form,
                 struct str *ret_authorization)
{
    TRY(oidc_context(req, ret_ctx));
    TRY(oidc_parameters(req, ret_form));
    *ret_authorization = request_header(req, STR("Authorization"));
    return 0;
}

static void answer_json(struct request *req, struct response *res, int rc, int status,
                        struct str json)
{
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    respond_json(res, status, json);
    respond_no_store(res); /* RFC 6749 5.1 (OT-16) */
}

void oidc_token(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct str authorization;
    struct token_response answer = {0};
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = oidc_posted_with_lists(req, &form); /* permissions are a list */
    authorization = request_header(req, STR("Authorization"));
    if (rc == 0)
        rc = token_request(&ctx, authorization, form, &answer);
    res->not_yet = rc == ERR_AUTHORIZATION_PENDING || rc == ERR_SLOW_DOWN;
    cors_client(req, res, answer.client);
    answer_json(req, res, rc, 200, answer.json);
}

/* Pushed authorization requests (RFC 9126 2). */
void oidc_par(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct str authorization;
    struct par_response answer = {0};
    int rc = begin(req, &ctx, &form, &authorization);
    if (rc == 0)
        rc = par_accept(&ctx, authorization, form, &answer);
    cors_client(req, res, answer.client);
    answer_json(req, res, rc, 201, answer.json);
}

/* Device authorization requests (RFC 8628 3.1). */
void oidc_device(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct str authorization;
    struct device_response answer = {0};
    int rc = begin(req, &ctx, &form, &authorization);
    if (rc == 0)
        rc = device_authorize(&ctx, authorization, form, &answer);
    cors_client(req, res, answer.client);
    answer_json(req, res, rc, 200, answer.json);
}

void oidc_introspect(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct str authorization, json = {NULL, 0};
    int rc = begin(req, &ctx, &form, &authorization);
    if (rc == 0)
        rc = introspect(&ctx, authorization, form, &json);
    answer_json(req, res, rc, 200, json);
}

void oidc_revoke(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *form;
    struct str authorization;
    const struct client *client = NULL;
    int rc = begin(req, &ctx, &form, &authorization);
    if (rc == 0)
        rc = revoke_token(&ctx, authorization, form, &client);
    cors_client(req, res, client);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    respond_text(res, 200, STR("")); /* RFC 7009 2.2: the body says nothing */
    respond_no_store(res);
}

/* The bearer token from the header or, in a POST, from the form; from both or twice is an error
 * (RFC 6750 2). Never from the query. */
static int bearer_token(struct request *req, struct str *ret_token)
{
    struct str header = request_header(req, STR("Authorization"));
    struct str token = {NULL, 0};
    const struct form *form;
    if (!str_absent(header) && auth_header_bearer(header, &token) != 0)
        return ERR_INVALID_TOKEN;
    if (req->method == HTTP_POST && !str_empty(req->body)) {
        TRY(request_form(req, &form));
        struct str in_form = form_get(form, "access_token");
        if (!str_absent(in_form) && !str_absent(token))
            return err_set(&req->err, ERR_INVALID_REQUEST, "token sent in two ways");
        if (!str_absent(in_form))
            token = in_form;
    }
    if (str_absent(token))
        return ERR_UNAUTHENTICATED;
    *ret_token = token;
    return 0;
}

void oidc_userinfo(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct str token;
    struct userinfo info = {0};
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = bearer_token(req, &token);
    if (rc == 0)
        rc = userinfo_get(&ctx, token, &info);
    cors_client(req, res, info.client);
    if (rc == 0 && info.is_jwt)
        respond_header(res, "Content-Type", STR("application/jwt"));
    answer_json(req, res, rc, 200, info.body);
}
