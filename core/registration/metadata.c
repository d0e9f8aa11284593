/* Metadata of clients. */
#include "core/registration/metadata.h"

#include "core/jose/jwk.h"

#include "core/base/banned.h"

#define LIST_MAX     64
#define DEVICE       "urn:ietf:params:oauth:grant-type:device_code"
#define PAR_REQUIRED "require_pushed_authorization_requests"

/* Texts that are one setting. */
static const struct {
    const char *member, *attribute;
} texts[] = {
    {"logo_uri", CLIENT_ATTR_LOGO_URI},
    {"policy_uri", CLIENT_ATTR_POLICY_URI},
    {"tos_uri", CLIENT_ATTR_TOS_URI},
    {"id_token_signed_response_alg", CLIENT_ATTR_ID_TOKEN_ALG},
    {"userinfo_signed_response_alg", CLIENT_ATTR_USERINFO_ALG},
    {"request_object_signing_alg", CLIENT_ATTR_REQUEST_OBJECT_ALG},
    {"token_endpoint_auth_signing_alg", CLIENT_ATTR_ASSERTION_ALG},
    {"jwks_uri", CLIENT_ATTR_JWKS_URL},
};

/* The first name of an authenticator is the one that is told. */
static const struct {
    const char *method, *authenticator;
} methods[] = {
    {"client_secret_basic", "client-secret"},
    {"client_secret_post", "client-secret"},
    {"client_secret_jwt", "client-secret-jwt"},
    {"private_key_jwt", "client-jwt"},
};

static int refuse(const struct auth_ctx *ctx, const char *member, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_METADATA, member, "%s %s", member, what);
}

int metadata_error(const struct auth_ctx *ctx, int rc)
{
    struct str field = str_c(ctx->err->field);
    if (rc != ERR_INVALID_REQUEST && rc != ERR_CONFLICT)
        return rc;
    ctx->err->err =
        str_eq(field, STR("redirectUris")) ? ERR_METADATA_REDIRECT_URI : ERR_INVALID_METADATA;
    return ctx->err->err;
}

/* --- Reading --- */

static int read_text(const struct auth_ctx *ctx, const struct json_value *json, const char *member,
                     struct str *ret_text)
{
    *ret_text = str_of(NULL, 0);
    return json_opt_str(json, member, ret_text) == 0 ? 0 : refuse(ctx, member, "must be a text");
}

static int read_list(const struct auth_ctx *ctx, const struct json_value *json, const char *member,
                     struct strs *ret_list)
{
    const struct json_value *list = json_get(json, member), *item;
    *ret_list = (struct strs){0};
    if (json_is_none(list))
        return 0;
    if (!json_is_array(list) || json_count(list) > LIST_MAX)
        return refuse(ctx, member, "must be a list of texts");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (json_kind(item) != JSON_STRING)
            return refuse(ctx, member, "must be a list of texts");
        TRY(strs_add(ret_list, ctx->arena, json_str(item)));
    }
    return 0;
}

static int set(const struct auth_ctx *ctx, struct client *client, const char *attribute,
               struct str value)
{
    return client_attribute_set(client, ctx->arena, attribute,
                                str_empty(value) ? str_of(NULL, 0) : value);
}

static int read_texts(const struct auth_ctx *ctx, const struct json_value *json,
                      struct client *client)
{
    struct str name, page, value;
    TRY(read_text(ctx, json, "client_name", &name));
    TRY(read_text(ctx, json, "client_uri", &page));
    client->name = str_absent(name) ? STR("") : name;
    client->base_url = str_absent(page) ? STR("") : page;
    for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
        TRY(read_text(ctx, json, texts[i].member, &value));
        TRY(set(ctx, client, texts[i].attribute, value));
    }
    return 0;
}

/* Keys by value or behind a URL, not both (RFC 7591 2). */
static int read_keys(const struct auth_ctx *ctx, const struct json_value *json,
                     struct client *client)
{
    const struct json_value *jwks = json_get(json, "jwks");
    bool by_url = !str_empty(json_get_str(json, "jwks_uri"));
    struct str text = {NULL, 0};
    struct buf b;
    struct json_writer w;
    if (!json_is_none(jwks)) {
        if (!json_is_object(jwks) || by_url)
            return refuse(ctx, "jwks", "must be a JWK set, without jwks_uri beside it");
        buf_init(&b, ctx->arena, JWKS_MAX_BYTES);
        jw_init(&w, &b);
        jw_value(&w, jwks);
        int rc = jw_finish(&w, &text);
        if (rc != 0)
            return rc == ERR_TOO_LARGE ? refuse(ctx, "jwks", "is too large") : rc;
    }
    TRY(set(ctx, client, CLIENT_ATTR_JWKS_STRING, text));
    TRY(set(ctx, client, CLIENT_ATTR_USE_JWKS_STRING,
            str_absent(text) ? STR("false") : STR("true")));
    return set(ctx, client, CLIENT_ATTR_USE_JWKS_URL, by_url ? STR("true") : STR("false"));
}

static int read_method(const struct auth_ctx *ctx, const struct json_value *json,
                       struct client *client)
{
    struct str method;
    TRY(read_text(ctx, json, "token_endpoint_auth_method", &method));
    if (str_absent(method))
        method = STR("client_secret_basic");
    client->public_client = str_eq(method, STR("none"));
    client->client_authenticator_type = STR("client-secret");
    if (client->public_client)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(methods); i++)
        if (str_eq_c(method, methods[i].method)) {
            client->client_authenticator_type = str_c(methods[i].authenticator);
            return 0;
        }
    return refuse(ctx, "token_endpoint_auth_method", "is not one that exists here");
}

static int read_grants(const struct auth_ctx *ctx, const struct json_value *json,
                       struct client *client)
{
    struct strs grants;
    TRY(read_list(ctx, json, "grant_types", &grants));
    if (grants.count == 0)
        TRY(strs_add(&grants, ctx->arena, STR("authorization_code")));
    for (size_t i = 0; i < grants.count; i++)
        if (!str_has_word(
                STR("authorization_code implicit refresh_token client_credentials " DEVICE),
                grants.items[i]))
            return refuse(ctx, "grant_types", "names a grant that is not open to registration");
    client->standard_flow_enabled = strs_has(&grants, STR("authorization_code"));
    client->implicit_flow_enabled = strs_has(&grants, STR("implicit"));
    client->service_accounts_enabled = strs_has(&grants, STR("client_credentials"));
    client->direct_access_grants_enabled = false;
    TRY(set(ctx, client, CLIENT_ATTR_DEVICE,
            strs_has(&grants, STR(DEVICE)) ? STR("true") : str_of(NULL, 0)));
    return set(ctx, client, CLIENT_ATTR_REFRESH_ENABLED,
               strs_has(&grants, STR("refresh_token")) ? STR("true") : STR("false"));
}

/* RFC 9126 6. */
static int read_par(const struct auth_ctx *ctx, const struct json_value *json,
                    struct client *client)
{
    bool required = false;
    if (json_opt_bool(json, PAR_REQUIRED, &required) != 0)
        return refuse(ctx, PAR_REQUIRED, "must be true or false");
    return set(ctx, client, CLIENT_ATTR_PAR_REQUIRED, required ? STR("true") : str_of(NULL, 0));
}

/* RFC 7591 2.1: response types go with the grants that they need. */
static int check_responses(const struct auth_ctx *ctx, const struct json_value *json,
                           const struct client *client)
{
    struct strs types;
    TRY(read_list(ctx, json, "response_types", &types));
    for (size_t i = 0; i < types.count; i++) {
        struct str rest = types.items[i], word;
        while (str_next_word(&rest, &word)) {
            bool code = str_eq(word, STR("code"));
            if (!code && !str_eq(word, STR("token")) && !str_eq(word, STR("id_token")))
                return refuse(ctx, "response_types", "names one that does not exist here");
            if (code ? !client->standard_flow_enabled : !client->implicit_flow_enabled)
                return refuse(ctx, "response_types", "asks for a grant that grant_types lacks");
        }
    }
    return 0;
}

/* Those of new clients; the optional ones among them only as the document names them. */
static int read_scope(const struct auth_ctx *ctx, const struct json_value *json,
                      struct client *client)
{
    struct str scope, rest, word;
    struct client_scopes *scopes = &client->scopes;
    TRY(read_text(ctx, json, "scope", &scope));
    if (str_absent(scope))
        return 0;
    for (rest = scope; str_next_word(&rest, &word);) {
        bool known = str_eq(word, STR("openid"));
        for (size_t i = 0; i < scopes->count && !known; i++)
            known = str_eq(scopes->items[i].name, word);
        if (!known)
            return refuse(ctx, "scope", "names one that is not open to registration");
    }
    size_t kept = 0;
    for (size_t i = 0; i < scopes->count; i++)
        if (scopes->items[i].is_default || str_has_word(scope, scopes->items[i].name))
            scopes->items[kept++] = scopes->items[i];
    scopes->count = kept;
    return 0;
}

/* "##" stands between them in the setting, so that none may hold it. */
static int read_logout_uris(const struct auth_ctx *ctx, const struct json_value *json,
                            struct client *client)
{
    struct strs uris;
    struct str text = {NULL, 0};
    TRY(read_list(ctx, json, "post_logout_redirect_uris", &uris));
    for (size_t i = 0; i < uris.count; i++) {
        if (str_find(uris.items[i], '#') >= 0 || uris.items[i].len < 2) /* "+", "-" */
            return refuse(ctx, "post_logout_redirect_uris", "must be URIs without a fragment");
        text = i == 0 ? uris.items[i] : ARENA_CONCAT(ctx->arena, text, STR("##"), uris.items[i]);
        if (str_absent(text))
            return ERR_NO_MEMORY;
    }
    return set(ctx, client, CLIENT_ATTR_POST_LOGOUT_URIS, text);
}

/* A stranger's wildcard would be more than an address of his. */
static int read_redirects(const struct auth_ctx *ctx, const struct json_value *json,
                          struct client *client)
{
    TRY(read_list(ctx, json, "redirect_uris", &client->redirect_uris));
    for (size_t i = 0; i < client->redirect_uris.count; i++)
        if (str_find(client->redirect_uris.items[i], '*') >= 0 ||
            str_starts(client->redirect_uris.items[i], STR("/")))
            return err_field(ctx->err, ERR_METADATA_REDIRECT_URI, "redirect_uris",
                             "redirect_uris must be whole addresses");
    bool needed = client->standard_flow_enabled || client->implicit_flow_enabled;
    return needed && client->redirect_uris.count == 0
               ? err_field(ctx->err, ERR_METADATA_REDIRECT_URI, "redirect_uris",
                           "redirect_uris are missing")
               : 0;
}

static int check_subject(const struct auth_ctx *ctx, const struct json_value *json)
{
    struct str subject;
    TRY(read_text(ctx, json, "subject_type", &subject));
    return str_absent(subject) || str_eq(subject, STR("public"))
               ? 0
               : refuse(ctx, "subject_type", "must be public");
}

int metadata_read(const struct auth_ctx *ctx, const struct json_value *json,
                  struct client *io_client)
{
    TRY(read_texts(ctx, json, io_client));
    TRY(read_keys(ctx, json, io_client));
    TRY(read_method(ctx, json, io_client));
    TRY(read_grants(ctx, json, io_client));
    TRY(read_par(ctx, json, io_client));
    TRY(check_responses(ctx, json, io_client));
    TRY(read_redirects(ctx, json, io_client));
    TRY(read_logout_uris(ctx, json, io_client));
    TRY(read_scope(ctx, json, io_client));
    return check_subject(ctx, json);
}

/* --- Writing --- */

static void write_list(struct json_writer *w, const char *member, const struct strs *list)
{
    jw_member_array(w, member);
    for (size_t i = 0; i < list->count; i++)
        jw_str(w, list->items[i]);
    jw_end_array(w);
}

static void write_method(struct json_writer *w, const struct client *client)
{
    if (client->public_client)
        jw_member_c(w, "token_endpoint_auth_method", "none");
    for (size_t i = 0; i < ARRAY_LEN(methods) && !client->public_client; i++)
        if (str_eq_c(client->client_authenticator_type, methods[i].authenticator)) {
            jw_member_c(w, "token_endpoint_auth_method", methods[i].method);
            return;
        }
}

static void write_grants(struct json_writer *w, const struct client *client)
{
    jw_member_array(w, "grant_types");
    if (client->standard_flow_enabled)
        jw_str(w, STR("authorization_code"));
    if (client->implicit_flow_enabled)
        jw_str(w, STR("implicit"));
    if (str_map_true(&client->attributes, STR(CLIENT_ATTR_REFRESH_ENABLED)))
        jw_str(w, STR("refresh_token"));
    if (client->service_accounts_enabled)
        jw_str(w, STR("client_credentials"));
    if (client_takes_devices(client))
        jw_str(w, STR(DEVICE));
    jw_end_array(w);
    jw_member_array(w, "response_types");
    if (client->standard_flow_enabled)
        jw_str(w, STR("code"));
    if (client->implicit_flow_enabled) {
        jw_str(w, STR("id_token"));
        jw_str(w, STR("id_token token"));
    }
    jw_end_array(w);
}

static int write_scope(const struct auth_ctx *ctx, const struct client *client,
                       struct json_writer *w)
{
    struct str scope = STR("openid");
    for (size_t i = 0; i < client->scopes.count && !str_absent(scope); i++)
        scope = ARENA_CONCAT(ctx->arena, scope, STR(" "), client->scopes.items[i].name);
    jw_member_str(w, "scope", scope);
    return str_absent(scope) ? ERR_NO_MEMORY : 0;
}

static int write_logout_uris(const struct auth_ctx *ctx, const struct client *client,
                             struct json_writer *w)
{
    struct str rest = str_map_get(&client->attributes, STR(CLIENT_ATTR_POST_LOGOUT_URIS));
    struct strs uris = {0};
    while (!str_empty(rest)) {
        ptrdiff_t at = str_find_str(rest, STR("##"));
        TRY(strs_add(&uris, ctx->arena, at < 0 ? rest : str_sub(rest, 0, (size_t)at)));
        rest = at < 0 ? str_of(NULL, 0) : str_from(rest, (size_t)at + 2);
    }
    if (uris.count > 0)
        write_list(w, "post_logout_redirect_uris", &uris);
    return 0;
}

static int write_keys(const struct auth_ctx *ctx, const struct client *client,
                      struct json_writer *w)
{
    const struct json_value *jwks;
    struct str text = str_map_get(&client->attributes, STR(CLIENT_ATTR_JWKS_STRING));
    if (str_empty(text))
        return 0;
    int rc = json_parse(ctx->arena, text, JWKS_MAX_BYTES, &jwks);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc == 0)
        jw_member_value(w, "jwks", jwks);
    return 0;
}

int metadata_write(const struct auth_ctx *ctx, const struct client *client, struct json_writer *w)
{
    if (!str_empty(client->name))
        jw_member_str(w, "client_name", client->name);
    if (!str_empty(client->base_url))
        jw_member_str(w, "client_uri", client->base_url);
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        jw_member_str_opt(w, texts[i].member,
                          str_map_get(&client->attributes, str_c(texts[i].attribute)));
    write_list(w, "redirect_uris", &client->redirect_uris);
    write_method(w, client);
    write_grants(w, client);
    if (str_map_true(&client->attributes, STR(CLIENT_ATTR_PAR_REQUIRED)))
        jw_member_bool(w, PAR_REQUIRED, true);
    jw_member_c(w, "subject_type", "public");
    TRY(write_logout_uris(ctx, client, w));
    TRY(write_keys(ctx, client, w));
    return write_scope(ctx, client, w);
}
