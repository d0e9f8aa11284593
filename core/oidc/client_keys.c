/* Keys of clients. The key fixes the algorithm (JO-01); keys named inside the token are never looked
 * at (JO-05). */
#include "core/oidc/client_keys.h"

#include "core/jose/jwk.h"
#include "core/port/clients.h"
#include "core/port/fetch.h"

#include "core/base/banned.h"

static struct str attribute(const struct client *client, const char *name)
{
    return str_map_get(&client->attributes, str_c(name));
}

static bool attribute_true(const struct client *client, const char *name)
{
    return str_map_true(&client->attributes, str_c(name));
}

static int get_jwks(const struct auth_ctx *ctx, struct str url, bool fresh, struct str *ret_text)
{
    struct auth_jwks jwks;
    struct str realm_id = auth_realm(ctx)->id;
    if (!ctx->jwks_get)
        return fetch_json(ctx->arena, realm_id, url, JWKS_MAX_BYTES, ret_text);
    TRY(ctx->jwks_get(ctx->jwks_context, ctx->arena, realm_id, url, fresh, &jwks));
    *ret_text = jwks.text;
    return 0;
}

static int verify_with_set(const struct auth_ctx *ctx, struct str text, const struct jws *jws)
{
    struct jwks set = {0};
    struct jws_key key;
    TRY(jwks_parse(ctx->arena, text, &set));
    int rc = jwks_find(&set, jws, &key);
    if (rc == 0)
        rc = jws_verify(jws, &key);
    jwks_free(&set);
    return rc;
}

static int verify_with_url(const struct auth_ctx *ctx, struct str url, const struct jws *jws)
{
    struct str text;
    TRY(get_jwks(ctx, url, false, &text));
    int rc = verify_with_set(ctx, text, jws);
    /* JO-04: a key that was rotated in is fetched once; without a cache it was just now. */
    if (rc != ERR_UNKNOWN_KEY || !ctx->jwks_get)
        return rc;
    TRY(get_jwks(ctx, url, true, &text));
    return verify_with_set(ctx, text, jws);
}

static int verify_with_certificate(struct str text, const struct jws *jws)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    TRY(pk_import_public(text, &pk));
    struct jws_key key = {.alg = jws->alg, .pk = pk};
    if (jose_alg_info(jws->alg)->pk == PK_ALG_NONE || !pk_alg_fits(pk, jose_alg_info(jws->alg)->pk))
        return ERR_BAD_ALGORITHM;
    return jws_verify(jws, &key);
}

int client_keys_verify(const struct auth_ctx *ctx, const struct client *client,
                       const struct jws *jws)
{
    struct str url = attribute(client, CLIENT_ATTR_JWKS_URL);
    struct str set = attribute(client, CLIENT_ATTR_JWKS_STRING);
    struct str certificate = attribute(client, CLIENT_ATTR_JWT_CERTIFICATE);
    struct str key = attribute(client, CLIENT_ATTR_JWT_PUBLIC_KEY);
    if (!jose_alg_allowed(jws->alg, JOSE_FOR_CLIENT_KEY))
        return ERR_BAD_ALGORITHM;
    if (attribute_true(client, CLIENT_ATTR_USE_JWKS_URL) && !str_empty(url))
        return verify_with_url(ctx, url, jws);
    if (attribute_true(client, CLIENT_ATTR_USE_JWKS_STRING) && !str_empty(set))
        return verify_with_set(ctx, set, jws);
    if (!str_empty(certificate))
        return verify_with_certificate(certificate, jws);
    if (!str_empty(key))
        return verify_with_certificate(key, jws);
    return ERR_UNKNOWN_KEY;
}

static int verify_with_secret(const struct auth_ctx *ctx, const struct client *client,
                              enum client_secret_kind kind, const struct jws *jws)
{
    struct jws_key key = {.alg = jws->alg};
    int rc = client_secret_copy(ctx->view, client->pk, kind, ctx->arena, &key.secret);
    if (rc == ERR_NOT_FOUND)
        return ERR_UNKNOWN_KEY;
    TRY(rc);
    return jws_verify(jws, &key);
}

int client_secret_verify(const struct auth_ctx *ctx, const struct client *client,
                         const struct jws *jws)
{
    int64_t at_s = now_s(ctx->now);
    int rc = ERR_UNKNOWN_KEY;
    if (!jose_alg_allowed(jws->alg, JOSE_FOR_CLIENT_SECRET))
        return ERR_BAD_ALGORITHM;
    if (!client_secret_has_expired(client, at_s))
        rc = verify_with_secret(ctx, client, CLIENT_SECRET_PRESENT, jws);
    if ((rc == ERR_UNKNOWN_KEY || rc == ERR_BAD_SIGNATURE) && client_rotated_is_live(client, at_s))
        rc = verify_with_secret(ctx, client, CLIENT_SECRET_ROTATED, jws);
    return rc;
}
