/* /realms/{realm}/authz/protection/resource_set: resources, by the client that guards them. */
#include "core/authz/protection.h"

#include "core/codec/header.h"
#include "web/body.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

static int begin(struct request *req, struct auth_ctx *ret_ctx, struct str *ret_token)
{
    struct str header = request_header(req, STR("Authorization"));
    TRY(oidc_context(req, ret_ctx));
    if (str_absent(header))
        return ERR_UNAUTHENTICATED;
    return auth_header_bearer(header, ret_token) == 0 ? 0 : ERR_INVALID_TOKEN;
}

static void answer(struct request *req, struct response *res, int rc, int status, struct str json)
{
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    if (str_absent(json))
        respond_no_content(res);
    else
        respond_json(res, status, json);
    respond_no_store(res);
}

void protection_resources(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct form *query;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = request_query(req, &query);
    if (rc == 0)
        rc = protection_list(&ctx, token, query, &json);
    answer(req, res, rc, 200, json);
}

void protection_resource_new(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct json_value *body;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = body_object(req, &body);
    if (rc == 0)
        rc = protection_create(&ctx, token, body, &json);
    answer(req, res, rc, 201, json);
}

void protection_resource_get(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = protection_read(&ctx, token, req->params[1], &json);
    answer(req, res, rc, 200, json);
}

void protection_resource_put(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct json_value *body;
    struct str token;
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = body_object(req, &body);
    if (rc == 0)
        rc = protection_replace(&ctx, token, req->params[1], body);
    answer(req, res, rc, 204, str_of(NULL, 0));
}

void protection_resource_remove(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct str token;
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = protection_remove(&ctx, token, req->params[1]);
    answer(req, res, rc, 204, str_of(NULL, 0));
}
