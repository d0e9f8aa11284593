/* Representations of clients that register themselves. */
#include "core/registration/representation.h"

#include "core/jose/jwk.h"
#include "core/registration/metadata.h"

#include "core/base/banned.h"

#define METADATA_MAX_BYTES ((size_t)128 << 10)

static int refuse(const struct auth_ctx *ctx, const char *member, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_METADATA, member, "%s %s", member, what);
}

/* --- What is not its own to say --- */

static bool asks_for(const struct json_value *value)
{
    bool on = false;
    if (json_is_none(value))
        return false;
    return json_bool(value, &on) == 0 ? on : json_count(value) > 0;
}

static int check_members(const struct auth_ctx *ctx, const struct json_value *json)
{
    static const char *const others[] = {"fullScopeAllowed",
                                         "directAccessGrantsEnabled",
                                         "authorizationServicesEnabled",
                                         "bearerOnly",
                                         "authenticationFlowBindingOverrides",
                                         "protocolMappers",
                                         "alwaysDisplayInConsole"};
    struct str protocol = STR("openid-connect");
    if (json_opt_str(json, "protocol", &protocol) != 0 || !str_eq(protocol, STR("openid-connect")))
        return refuse(ctx, "protocol", "must be openid-connect");
    for (size_t i = 0; i < ARRAY_LEN(others); i++)
        if (asks_for(json_get(json, others[i])))
            return refuse(ctx, others[i], "is for administrators to say");
    return 0;
}

/* --- As metadata --- */

static struct str attribute(const struct json_value *json, const char *name)
{
    return json_get_str(json_get(json, "attributes"), name);
}

static bool attribute_is(const struct json_value *json, const char *name, const char *value)
{
    return str_eq_c(attribute(json, name), value);
}

static int flag(const struct auth_ctx *ctx, const struct json_value *json, const char *name,
                bool fallback, bool *ret_on)
{
    *ret_on = fallback;
    return json_opt_bool(json, name, ret_on) == 0 ? 0 : refuse(ctx, name, "must be true or false");
}

static void copy(struct json_writer *w, const struct json_value *json, const char *from,
                 const char *to)
{
    const struct json_value *value = json_get(json, from);
    if (!json_is_none(value))
        jw_member_value(w, to, value);
}

static void write_texts(struct json_writer *w, const struct json_value *json)
{
    static const char *const attributes[][2] = {
        {CLIENT_ATTR_LOGO_URI, "logo_uri"},
        {CLIENT_ATTR_POLICY_URI, "policy_uri"},
        {CLIENT_ATTR_TOS_URI, "tos_uri"},
        {CLIENT_ATTR_ID_TOKEN_ALG, "id_token_signed_response_alg"},
        {CLIENT_ATTR_USERINFO_ALG, "userinfo_signed_response_alg"},
        {CLIENT_ATTR_REQUEST_OBJECT_ALG, "request_object_signing_alg"},
        {CLIENT_ATTR_ASSERTION_ALG, "token_endpoint_auth_signing_alg"},
        {CLIENT_ATTR_JWKS_URL, "jwks_uri"},
    };
    copy(w, json, "name", "client_name");
    copy(w, json, "baseUrl", "client_uri");
    copy(w, json, "redirectUris", "redirect_uris");
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++) {
        struct str value = attribute(json, attributes[i][0]);
        if (!str_empty(value))
            jw_member_str(w, attributes[i][1], value);
    }
}

static void write_logout_uris(struct json_writer *w, const struct json_value *json)
{
    struct str rest = attribute(json, CLIENT_ATTR_POST_LOGOUT_URIS);
    if (str_empty(rest))
        return;
    jw_member_array(w, "post_logout_redirect_uris");
    while (!str_empty(rest)) {
        ptrdiff_t at = str_find_str(rest, STR("##"));
        jw_str(w, at < 0 ? rest : str_sub(rest, 0, (size_t)at));
        rest = at < 0 ? str_of(NULL, 0) : str_from(rest, (size_t)at + 2);
    }
    jw_end_array(w);
}

static int write_keys(const struct auth_ctx *ctx, struct json_writer *w,
                      const struct json_value *json)
{
    struct str text = attribute(json, CLIENT_ATTR_JWKS_STRING);
    const struct json_value *jwks;
    if (str_empty(text))
        return 0;
    int rc = json_parse(ctx->arena, text, JWKS_MAX_BYTES, &jwks);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : refuse(ctx, CLIENT_ATTR_JWKS_STRING, "is no JWK set");
    jw_member_value(w, "jwks", jwks);
    return 0;
}

static int write_method(const struct auth_ctx *ctx, struct json_writer *w,
                        const struct json_value *json)
{
    static const char *const methods[][2] = {{"client-secret", "client_secret_basic"},
                                             {"client-jwt", "private_key_jwt"},
                                             {"client-secret-jwt", "client_secret_jwt"}};
    struct str type = STR("client-secret");
    bool is_public;
    TRY(flag(ctx, json, "publicClient", false, &is_public));
    if (json_opt_str(json, "clientAuthenticatorType", &type) != 0)
        return refuse(ctx, "clientAuthenticatorType", "must be a text");
    if (is_public) {
        jw_member_c(w, "token_endpoint_auth_method", "none");
        return 0;
    }
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (str_eq_c(type, methods[i][0])) {
            jw_member_c(w, "token_endpoint_auth_method", methods[i][1]);
            return 0;
        }
    return refuse(ctx, "clientAuthenticatorType", "is not one that exists here");
}

static int write_grants(const struct auth_ctx *ctx, struct json_writer *w,
                        const struct json_value *json)
{
    bool standard, implicit, service;
    TRY(flag(ctx, json, "standardFlowEnabled", true, &standard));
    TRY(flag(ctx, json, "implicitFlowEnabled", false, &implicit));
    TRY(flag(ctx, json, "serviceAccountsEnabled", false, &service));
    if (!standard && !implicit && !service)
        return refuse(ctx, "standardFlowEnabled", "is false, and so is every other way to tokens");
    jw_member_array(w, "grant_types");
    if (standard)
        jw_str(w, STR("authorization_code"));
    if (implicit)
        jw_str(w, STR("implicit"));
    if (service)
        jw_str(w, STR("client_credentials"));
    if (attribute_is(json, CLIENT_ATTR_DEVICE, "true"))
        jw_str(w, STR("urn:ietf:params:oauth:grant-type:device_code"));
    if (!attribute_is(json, CLIENT_ATTR_REFRESH_ENABLED, "false"))
        jw_str(w, STR("refresh_token"));
    jw_end_array(w);
    return 0;
}

static int to_metadata(const struct auth_ctx *ctx, const struct json_value *json,
                       const struct json_value **ret_metadata)
{
    struct buf b;
    struct json_writer w;
    struct str text;
    buf_init(&b, ctx->arena, METADATA_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    write_texts(&w, json);
    write_logout_uris(&w, json);
    TRY(write_keys(ctx, &w, json));
    TRY(write_method(ctx, &w, json));
    TRY(write_grants(ctx, &w, json));
    if (attribute_is(json, CLIENT_ATTR_PAR_REQUIRED, "true"))
        jw_member_bool(&w, "require_pushed_authorization_requests", true);
    jw_end_object(&w);
    TRY(jw_finish(&w, &text));
    return json_parse(ctx->arena, text, METADATA_MAX_BYTES, ret_metadata);
}

/* --- What metadata have no name for --- */

/* Of its own redirect URIs alone: any other origin would be somebody else's. */
static int read_origins(const struct auth_ctx *ctx, const struct json_value *json,
                        struct client *io_client)
{
    const struct json_value *list = json_get(json, "webOrigins"), *item;
    io_client->web_origins = (struct strs){0};
    if (!json_is_none(list) && !json_is_array(list))
        return refuse(ctx, "webOrigins", "must be a list");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (!str_eq(json_str(item), STR("+")))
            return refuse(ctx, "webOrigins", "may be \"+\", which stands for the redirect URIs");
        TRY(strs_add(&io_client->web_origins, ctx->arena, STR("+")));
    }
    return 0;
}

int representation_read(const struct auth_ctx *ctx, const struct json_value *json,
                        struct client *io_client)
{
    const struct json_value *metadata;
    bool consent;
    TRY(check_members(ctx, json));
    TRY(to_metadata(ctx, json, &metadata));
    TRY(metadata_read(ctx, metadata, io_client));
    TRY(read_origins(ctx, json, io_client));
    io_client->description = STR("");
    if (json_opt_str(json, "description", &io_client->description) != 0)
        return refuse(ctx, "description", "must be a text");
    /* Asked of people it may be; what an administrator wants stays. */
    TRY(flag(ctx, json, "consentRequired", false, &consent));
    io_client->consent_required = io_client->consent_required || consent;
    return 0;
}

void representation_write(const struct client *client, struct json_writer *w)
{
    jw_member_str(w, "id", client->id);
    jw_member_str(w, "clientId", client->client_id);
    fields_write(&client_fields, client, w);
}
