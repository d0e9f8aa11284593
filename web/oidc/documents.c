/* What everyone may know of a realm: discovery, keys, realm info. The pipeline keeps these replies
 * for a moment (routes.def: PUBLIC), so that a crowd is served without making them anew; clients
 * keep them by ETag. */
#include "core/oidc/discovery.h"

#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/oidc/cors.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

/* Rotated keys are published before they sign, and clients look again on an unknown kid. */
#define DOCUMENT_MAX_AGE_S 60

typedef int document(const struct auth_ctx *ctx, struct str *ret_json);

static void send_document(struct request *req, struct response *res, document *make)
{
    struct auth_ctx ctx;
    struct str json;
    unsigned char hash[BLAKE2B_BYTES];
    char etag[16];
    int rc = oidc_context(req, &ctx);
    if (rc == 0)
        rc = make(&ctx, &json);
    cors_everyone(res);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    blake2b_256_of(json, hash);
    hex_write(etag, hash, sizeof(etag) / 2);
    respond_json(res, 200, json);
    respond_cacheable(req, res, DOCUMENT_MAX_AGE_S, str_of(etag, sizeof(etag)));
}

void oidc_discovery(struct request *req, struct response *res)
{
    send_document(req, res, discovery_document);
}

void oidc_uma_discovery(struct request *req, struct response *res)
{
    send_document(req, res, discovery_uma_document);
}

void oidc_certs(struct request *req, struct response *res)
{
    send_document(req, res, discovery_jwks);
}

void oidc_realm_info(struct request *req, struct response *res)
{
    send_document(req, res, discovery_realm_info);
}
