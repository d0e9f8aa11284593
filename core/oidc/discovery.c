/* Documents about the realm. */
#include "core/oidc/discovery.h"

#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/jose/jwk.h"

#include <stdio.h>

#include "core/base/banned.h"

#define DOCUMENT_MAX_BYTES ((size_t)128 << 10)
#define ENDPOINT(path)     "/protocol/openid-connect/" path

static void add_url(struct json_writer *w, const struct auth_ctx *ctx, const char *name,
                    const char *path)
{
    jw_member_str(w, name, ARENA_CONCAT(ctx->arena, ctx->issuer, str_c(path)));
}

static void add_list(struct json_writer *w, const char *name, const char *const *items,
                     size_t count)
{
    jw_member_array(w, name);
    for (size_t i = 0; i < count; i++)
        jw_str(w, str_c(items[i]));
    jw_end_array(w);
}
#define ADD_LIST(w, name, ...)                                                                     \
    add_list((w), (name), (const char *const[]){__VA_ARGS__},                                      \
             sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

static void add_algs(struct json_writer *w, const char *name, unsigned uses)
{
    jw_member_array(w, name);
    for (int alg = JOSE_ALG_UNKNOWN + 1; alg < JOSE_ALG_COUNT; alg++)
        if (jose_alg_info((enum jose_alg)alg)->uses & uses)
            jw_str(w, jose_alg_name((enum jose_alg)alg));
    jw_end_array(w);
}

static void add_scopes(struct json_writer *w, const struct auth_ctx *ctx)
{
    const struct client_scopes *scopes = realm_view_scopes(ctx->view);
    jw_member_array(w, "scopes_supported");
    jw_str(w, STR("openid"));
    for (size_t i = 0; i < scopes->count; i++)
        if (str_eq(scopes->items[i].protocol, STR("openid-connect")))
            jw_str(w, scopes->items[i].name);
    jw_end_array(w);
}

static void add_endpoints(struct json_writer *w, const struct auth_ctx *ctx)
{
    jw_member_str(w, "issuer", ctx->issuer);
    add_url(w, ctx, "authorization_endpoint", ENDPOINT("auth"));
    add_url(w, ctx, "token_endpoint", ENDPOINT("token"));
    add_url(w, ctx, "introspection_endpoint", ENDPOINT("token/introspect"));
    add_url(w, ctx, "userinfo_endpoint", ENDPOINT("userinfo"));
    add_url(w, ctx, "end_session_endpoint", ENDPOINT("logout"));
    add_url(w, ctx, "jwks_uri", ENDPOINT("certs"));
    add_url(w, ctx, "check_session_iframe", ENDPOINT("login-status-iframe.html"));
    add_url(w, ctx, "revocation_endpoint", ENDPOINT("revoke"));
    add_url(w, ctx, "device_authorization_endpoint", ENDPOINT("auth/device"));
    add_url(w, ctx, "pushed_authorization_request_endpoint", ENDPOINT("ext/par/request"));
    add_url(w, ctx, "registration_endpoint", "/clients-registrations/openid-connect");
}

static void add_auth_methods(struct json_writer *w, const char *endpoint, bool none)
{
    char name[96];
    const char *const methods[] = {"private_key_jwt", "client_secret_basic", "client_secret_post",
                                   "client_secret_jwt", "none"};
    (void)snprintf(name, sizeof(name), "%s_auth_methods_supported", endpoint);
    add_list(w, name, methods, ARRAY_LEN(methods) - (none ? 0 : 1));
    (void)snprintf(name, sizeof(name), "%s_auth_signing_alg_values_supported", endpoint);
    add_algs(w, name, JOSE_FOR_CLIENT_KEY | JOSE_FOR_CLIENT_SECRET);
}

static void add_grants(struct json_writer *w)
{
    ADD_LIST(w, "grant_types_supported", "authorization_code", "client_credentials", "implicit",
             "password", "refresh_token", "urn:ietf:params:oauth:grant-type:device_code",
             "urn:ietf:params:oauth:grant-type:uma-ticket");
}

static void add_flows(struct json_writer *w)
{
    ADD_LIST(w, "response_types_supported", "code", "id_token", "id_token token", "code id_token",
             "code token", "code id_token token");
    ADD_LIST(w, "response_modes_supported", "query", "fragment", "form_post");
    ADD_LIST(w, "prompt_values_supported", "none", "login", "consent", "select_account");
    ADD_LIST(w, "code_challenge_methods_supported", "S256");
    ADD_LIST(w, "subject_types_supported", "public");
    ADD_LIST(w, "acr_values_supported", "1");
    jw_member_bool(w, "authorization_response_iss_parameter_supported", true);
    jw_member_bool(w, "claims_parameter_supported", true);
    jw_member_bool(w, "request_parameter_supported", true);
    jw_member_bool(w, "request_uri_parameter_supported", false);
    jw_member_bool(w, "require_request_uri_registration", false);
    jw_member_bool(w, "require_pushed_authorization_requests", false);
    jw_member_bool(w, "frontchannel_logout_supported", false);
    jw_member_bool(w, "backchannel_logout_supported", false);
}

static void add_claims(struct json_writer *w)
{
    ADD_LIST(w, "claims_supported", "iss", "sub", "aud", "exp", "iat", "auth_time", "name",
             "given_name", "family_name", "preferred_username", "email", "email_verified", "acr",
             "azp", "nonce");
    ADD_LIST(w, "claim_types_supported", "normal");
}

int discovery_document(const struct auth_ctx *ctx, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    add_endpoints(&w, ctx);
    add_grants(&w);
    add_flows(&w);
    add_algs(&w, "id_token_signing_alg_values_supported", JOSE_FOR_TOKENS);
    add_algs(&w, "userinfo_signing_alg_values_supported", JOSE_FOR_TOKENS);
    add_algs(&w, "request_object_signing_alg_values_supported", JOSE_FOR_CLIENT_KEY);
    add_auth_methods(&w, "token_endpoint", true);
    add_auth_methods(&w, "introspection_endpoint", false);
    add_auth_methods(&w, "revocation_endpoint", true);
    add_claims(&w);
    add_scopes(&w, ctx);
    ADD_LIST(&w, "ui_locales_supported", "en", "es", "pt");
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

int discovery_uma_document(const struct auth_ctx *ctx, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    add_endpoints(&w, ctx);
    add_grants(&w);
    add_auth_methods(&w, "token_endpoint", true);
    add_scopes(&w, ctx);
    add_url(&w, ctx, "resource_registration_endpoint", "/authz/protection/resource_set");
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

/* Parsed and written anew: what goes out is what the writer knows, which is public members only
 * (JO-16). */
static int write_key(const struct auth_ctx *ctx, struct json_writer *w, const struct realm_key *key)
{
    const struct json_value *json;
    struct jwk jwk;
    TRY(json_parse(ctx->arena, key->public_jwk, JWKS_MAX_BYTES, &json));
    TRY(jwk_parse(ctx->arena, json, JWK_PUBLIC_ONLY, &jwk));
    jwk_write(w, ctx->arena, jwk.pk, key->kid, jose_alg_of(key->alg), key->certificate);
    jwk_free(&jwk);
    return 0;
}

static bool is_published(const struct auth_ctx *ctx, const struct realm_key *key)
{
    if (key->status == KEY_DISABLED || str_empty(key->public_jwk))
        return false;
    return key->status == KEY_ACTIVE || key->not_after_ms == 0 ||
           key->not_after_ms > ctx->now->wall_ms;
}

int discovery_jwks(const struct auth_ctx *ctx, struct str *ret_json)
{
    const struct realm_keys *keys = realm_view_keys(ctx->view);
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    for (size_t i = 0; i < keys->count; i++)
        if (is_published(ctx, &keys->items[i]))
            TRY(write_key(ctx, &w, &keys->items[i]));
    jw_end_array(&w);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

static const struct realm_key *first_rsa_key(const struct realm_keys *keys)
{
    const struct realm_key *best = NULL;
    for (size_t i = 0; i < keys->count; i++) {
        const struct realm_key *key = &keys->items[i];
        if (key->status == KEY_ACTIVE && str_eq(key->alg, STR("RS256")) &&
            (!best || key->priority > best->priority))
            best = key;
    }
    return best;
}

/* SubjectPublicKeyInfo in base64, as Keycloak shows it; empty for realms without an RSA key. */
static int public_key(const struct auth_ctx *ctx, struct str *ret_text)
{
    const struct realm_key *key = first_rsa_key(realm_view_keys(ctx->view));
    const struct json_value *json;
    struct jwk jwk;
    struct str der;
    *ret_text = STR("");
    if (!key)
        return 0;
    TRY(json_parse(ctx->arena, key->public_jwk, JWKS_MAX_BYTES, &json));
    TRY(jwk_parse(ctx->arena, json, JWK_PUBLIC_ONLY, &jwk));
    int rc = pk_export_spki(jwk.pk, ctx->arena, &der);
    jwk_free(&jwk);
    TRY(rc);
    *ret_text = base64_encode(ctx->arena, der);
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

int discovery_realm_info(const struct auth_ctx *ctx, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    struct str key;
    TRY(public_key(ctx, &key));
    buf_init(&b, ctx->arena, DOCUMENT_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "realm", auth_realm(ctx)->name);
    jw_member_str(&w, "public_key", key);
    add_url(&w, ctx, "token-service", "/protocol/openid-connect");
    add_url(&w, ctx, "account-service", "/account");
    jw_member_i64(&w, "tokens-not-before", auth_realm(ctx)->not_before_s);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}
