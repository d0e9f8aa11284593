/* Dynamic client registration (RFC 7591, RFC 7592): /realms/{realm}/clients-registrations/openid-connect; and
 * .../default, the same in Keycloak's representation. */
#include "core/registration/registration.h"

#include "core/codec/header.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

/* OA-15: nobody comes without a token, neither to register nor to read. */
static int begin(struct request *req, struct auth_ctx *ret_ctx, struct str *ret_token)
{
    struct str header = request_header(req, STR("Authorization"));
    TRY(oidc_context(req, ret_ctx));
    if (str_absent(header))
        return ERR_UNAUTHENTICATED;
    return auth_header_bearer(header, ret_token) == 0 ? 0 : ERR_INVALID_TOKEN;
}

static int read_metadata(struct request *req, const struct json_value **ret_json)
{
    int rc = json_parse(req->arena, req->body, req->route->body_max_bytes, ret_json);
    if (rc == ERR_NO_MEMORY)
        return rc;
    return rc == 0 && json_is_object(*ret_json)
               ? 0
               : err_set(&req->err, ERR_INVALID_METADATA, "The body is not an object of metadata");
}

static void answer(struct request *req, struct response *res, int rc, int status, struct str json)
{
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    respond_json(res, status, json);
    respond_no_store(res); /* RFC 7591 3.2.1 */
}

static enum registration_form form_of(const struct request *req)
{
    return str_find_str(str_c(req->route->pattern), STR("/clients-registrations/default")) >= 0
               ? REGISTRATION_REPRESENTATION
               : REGISTRATION_METADATA;
}

void registration_new(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct json_value *metadata;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = read_metadata(req, &metadata);
    if (rc == 0)
        rc = registration_create(&ctx, form_of(req), token, metadata, &json);
    answer(req, res, rc, 201, json);
}

void registration_get(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = registration_read(&ctx, form_of(req), token, req->params[1], &json);
    answer(req, res, rc, 200, json);
}

void registration_put(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    const struct json_value *metadata;
    struct str token, json = {NULL, 0};
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = read_metadata(req, &metadata);
    if (rc == 0)
        rc = registration_replace(&ctx, form_of(req), token, req->params[1], metadata, &json);
    answer(req, res, rc, 200, json);
}

void registration_remove(struct request *req, struct response *res)
{
    struct auth_ctx ctx;
    struct str token;
    int rc = begin(req, &ctx, &token);
    if (rc == 0)
        rc = registration_delete(&ctx, token, req->params[1]);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    respond_no_content(res);
    respond_no_store(res);
}
