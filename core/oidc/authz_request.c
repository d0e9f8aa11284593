/* Reading authorization requests. First who asks and where the answer may go, which ends on a page
 * when it is wrong; then everything else. */
#include "core/oidc/authz_request.h"

#include "core/auth/client_owner.h"
#include "core/codec/json.h"
#include "core/oidc/client_rules.h"
#include "core/oidc/redirect_uri.h"
#include "core/oidc/request_object.h"
#include "core/oidc/scopes.h"

#include "core/base/banned.h"

#define CODE_CHALLENGE_CHARS 43 /* base64url of a SHA-256 (RFC 7636 4.2) */

static int refuse(const struct auth_ctx *ctx, int err, const char *field, const char *what)
{
    return err_field(ctx->err, err, field, "%s: %s", what, field);
}

static int invalid(const struct auth_ctx *ctx, const char *field)
{
    return refuse(ctx, ERR_INVALID_REQUEST, field, "Invalid parameter");
}

static int missing(const struct auth_ctx *ctx, const char *field)
{
    return refuse(ctx, ERR_INVALID_REQUEST, field, "Missing parameter");
}

/* --- who asks --- */

static int find_client(const struct auth_ctx *ctx, const struct form *form,
                       struct authz_request *request)
{
    bool counts;
    request->client_id = form_get(form, "client_id");
    if (str_empty(request->client_id))
        return missing(ctx, "client_id");
    int rc = realm_view_client(ctx->view, request->client_id, &request->client);
    /* The store also finds by UUID; the protocol's name is the client_id alone. */
    if (rc == 0 && !str_eq(request->client->client_id, request->client_id))
        rc = ERR_NOT_FOUND;
    if (rc == ERR_NOT_FOUND) {
        request->client = NULL;
        return err_field(ctx->err, ERR_INVALID_CLIENT, "client_id", "Client not found");
    }
    TRY(rc);
    TRY(client_counts_now(ctx, request->client, &counts));
    if (!counts) /* OT-07 */
        return err_field(ctx->err, ERR_UNAUTHORIZED_CLIENT, "client_id", "Client disabled");
    if (request->client->bearer_only || !str_eq(request->client->protocol, STR("openid-connect")))
        return err_field(ctx->err, ERR_UNAUTHORIZED_CLIENT, "client_id",
                         "Client may not start a login");
    return 0;
}

static int find_redirect_uri(const struct auth_ctx *ctx, const struct form *form,
                             struct authz_request *request)
{
    request->redirect_uri_sent = form_get(form, "redirect_uri");
    int rc = redirect_uri_resolve(ctx->arena, request->client, auth_own_urls(ctx),
                                  request->redirect_uri_sent, &request->redirect_uri);
    if (rc == ERR_INVALID_REDIRECT_URI)
        return refuse(ctx, ERR_INVALID_REDIRECT_URI, "redirect_uri", "Invalid parameter");
    return rc;
}

static int find_state(const struct auth_ctx *ctx, const struct form *form,
                      struct authz_request *request)
{
    request->state = form_get(form, "state");
    if (request->state.len > AUTHZ_STATE_MAX_BYTES) {
        request->state = str_of(NULL, 0);
        return invalid(ctx, "state");
    }
    return 0;
}

/* --- what is asked for --- */

static unsigned response_type_of(struct str word)
{
    if (str_eq(word, STR("code")))
        return RESPONSE_TYPE_CODE;
    if (str_eq(word, STR("id_token")))
        return RESPONSE_TYPE_ID_TOKEN;
    if (str_eq(word, STR("token")))
        return RESPONSE_TYPE_TOKEN;
    return 0;
}

/* 0: not supported. A word that stands twice is no set (OAuth 2.0 Multiple Response Types 2). */
static unsigned parse_response_type(struct str text)
{
    struct str word;
    unsigned set = 0;
    while (str_next_word(&text, &word)) {
        unsigned one = response_type_of(word);
        if (one == 0 || (set & one))
            return 0;
        set |= one;
    }
    /* "token" alone would be a token for nobody in particular (RFC 9700 2.1.2). */
    return set == RESPONSE_TYPE_TOKEN ? 0 : set;
}

static bool has_tokens(unsigned response_type)
{
    return (response_type & (RESPONSE_TYPE_ID_TOKEN | RESPONSE_TYPE_TOKEN)) != 0;
}

/* The mode of the answer, errors included. OA-06: tokens never go into a query. */
static int parse_response_mode(const struct auth_ctx *ctx, const struct form *form,
                               struct authz_request *request)
{
    struct str mode = form_get(form, "response_mode");
    bool tokens = has_tokens(request->response_type);
    request->response_mode = tokens ? RESPONSE_MODE_FRAGMENT : RESPONSE_MODE_QUERY;
    if (str_empty(mode))
        return 0;
    if (str_eq(mode, STR("fragment")))
        request->response_mode = RESPONSE_MODE_FRAGMENT;
    else if (str_eq(mode, STR("form_post")))
        request->response_mode = RESPONSE_MODE_FORM_POST;
    else if (!str_eq(mode, STR("query")) || tokens)
        return invalid(ctx, "response_mode");
    return 0;
}

static int check_flow(const struct auth_ctx *ctx, const struct authz_request *request)
{
    const struct client *client = request->client;
    if ((request->response_type & RESPONSE_TYPE_CODE) && !client->standard_flow_enabled)
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client is not allowed to initiate browser login with given "
                       "response_type. Standard flow is disabled for the client.");
    if (has_tokens(request->response_type) && !client->implicit_flow_enabled)
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client is not allowed to initiate browser login with given "
                       "response_type. Implicit flow is disabled for the client.");
    return 0;
}

static int parse_response_type_param(const struct auth_ctx *ctx, const struct form *form,
                                     struct authz_request *request)
{
    struct str text = form_get(form, "response_type");
    request->response_type = parse_response_type(text);
    /* The mode first, so that the error that follows goes where the client looks for it. */
    int mode = parse_response_mode(ctx, form, request);
    if (str_empty(text))
        return missing(ctx, "response_type");
    if (request->response_type == 0)
        return refuse(ctx, ERR_UNSUPPORTED_RESPONSE_TYPE, "response_type", "Unsupported parameter");
    return mode;
}

static int parse_scope(const struct auth_ctx *ctx, const struct form *form,
                       struct authz_request *request)
{
    struct granted_scopes scopes;
    request->scope = form_get(form, "scope");
    if (str_absent(request->scope))
        request->scope = STR("");
    if (request->scope.len > AUTHZ_SCOPE_MAX_BYTES)
        return invalid(ctx, "scope");
    TRY(scopes_resolve(ctx, request->client, request->scope, &scopes));
    if ((request->response_type & RESPONSE_TYPE_ID_TOKEN) && !scopes.openid)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "scope",
                         "An ID token needs the scope openid");
    return 0;
}

static int parse_nonce(const struct auth_ctx *ctx, const struct form *form,
                       struct authz_request *request)
{
    request->nonce = form_get(form, "nonce");
    if (request->nonce.len > AUTHZ_NONCE_MAX_BYTES)
        return invalid(ctx, "nonce");
    /* Core 3.2.2.1 and 3.3.2.11: required when an ID token comes from this endpoint. */
    if ((request->response_type & RESPONSE_TYPE_ID_TOKEN) && str_empty(request->nonce))
        return missing(ctx, "nonce");
    return 0;
}

static bool is_base64url(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool ok = (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
        if (!ok)
            return false;
    }
    return true;
}

static bool pkce_required(const struct client *client)
{
    return client->public_client ||
           str_eq(str_map_get(&client->attributes, STR(CLIENT_ATTR_PKCE)), STR("S256"));
}

/* RFC 7636 4.3 and OA-10: S256 only, and a challenge without a method would mean plain. */
static int parse_pkce(const struct auth_ctx *ctx, const struct form *form,
                      struct authz_request *request)
{
    struct str method = form_get(form, "code_challenge_method");
    request->code_challenge = form_get(form, "code_challenge");
    if (str_absent(request->code_challenge)) {
        bool wants_code = (request->response_type & RESPONSE_TYPE_CODE) != 0;
        if (!str_absent(method) || (wants_code && pkce_required(request->client)))
            return missing(ctx, "code_challenge");
        return 0;
    }
    if (str_absent(method))
        return missing(ctx, "code_challenge_method");
    if (!str_eq(method, STR("S256")))
        return invalid(ctx, "code_challenge_method");
    if (request->code_challenge.len != CODE_CHALLENGE_CHARS ||
        !is_base64url(request->code_challenge))
        return invalid(ctx, "code_challenge");
    return 0;
}

static int parse_prompt(const struct auth_ctx *ctx, const struct form *form,
                        struct authz_request *request)
{
    static const struct {
        const char *word;
        unsigned flag;
    } prompts[] = {{"none", PROMPT_NONE},
                   {"login", PROMPT_LOGIN},
                   {"consent", PROMPT_CONSENT},
                   {"select_account", PROMPT_SELECT_ACCOUNT}};
    struct str text = form_get(form, "prompt");
    struct str word;
    while (str_next_word(&text, &word)) {
        unsigned flag = 0;
        for (size_t i = 0; i < ARRAY_LEN(prompts); i++)
            if (str_eq_c(word, prompts[i].word))
                flag = prompts[i].flag;
        if (flag == 0)
            return invalid(ctx, "prompt");
        request->prompt |= flag;
    }
    /* Core 3.1.2.1: none with any other value is an error. */
    if ((request->prompt & PROMPT_NONE) && request->prompt != PROMPT_NONE)
        return invalid(ctx, "prompt");
    return 0;
}

static int parse_max_age(const struct auth_ctx *ctx, const struct form *form,
                         struct authz_request *request)
{
    struct str text = form_get(form, "max_age");
    request->max_age_s = AUTHZ_NO_MAX_AGE;
    if (str_empty(text))
        return 0;
    if (str_to_i64(text, &request->max_age_s) != 0 || request->max_age_s < 0) {
        request->max_age_s = AUTHZ_NO_MAX_AGE;
        return invalid(ctx, "max_age");
    }
    return 0;
}

static int parse_claims(const struct auth_ctx *ctx, const struct form *form,
                        struct authz_request *request)
{
    const struct json_value *json;
    request->claims = form_get(form, "claims");
    if (str_empty(request->claims))
        return 0;
    int rc = json_parse(ctx->arena, request->claims, AUTHZ_CLAIMS_MAX_BYTES, &json);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0 || !json_is_object(json)) {
        request->claims = str_of(NULL, 0);
        return invalid(ctx, "claims");
    }
    return 0;
}

/* The name of a required action; what it means is decided when it is known who asks. */
static int parse_action(const struct auth_ctx *ctx, const struct form *form,
                        struct authz_request *request)
{
    struct str action = form_get(form, "kc_action");
    if (str_empty(action))
        return 0;
    if (action.len > AUTHZ_ACTION_MAX_BYTES || !scope_is_word(action))
        return invalid(ctx, "kc_action");
    request->kc_action = action;
    return 0;
}

static void parse_hints(const struct form *form, struct authz_request *request)
{
    request->login_hint = form_get(form, "login_hint");
    request->id_token_hint = form_get(form, "id_token_hint");
    request->acr_values = form_get(form, "acr_values");
    request->ui_locales = form_get(form, "ui_locales");
    request->display = form_get(form, "display");
}

static int parse_rest(const struct auth_ctx *ctx, const struct form *form,
                      struct authz_request *request)
{
    TRY(parse_response_type_param(ctx, form, request));
    /* Core 6.2 and 7.2.1: what is not supported is said, not ignored. */
    if (!str_absent(form_get(form, "registration")))
        return err_set(ctx->err, ERR_REGISTRATION_NOT_SUPPORTED, "registration is not supported");
    TRY(check_flow(ctx, request));
    TRY(parse_scope(ctx, form, request));
    TRY(parse_prompt(ctx, form, request));
    TRY(parse_max_age(ctx, form, request));
    TRY(parse_nonce(ctx, form, request));
    TRY(parse_pkce(ctx, form, request));
    TRY(parse_claims(ctx, form, request));
    TRY(parse_action(ctx, form, request));
    TRY(client_rules_authorization(ctx, request));
    parse_hints(form, request);
    return 0;
}

/* --- with a request object --- */

/* Errors about the object itself go to the redirect_uri outside of it, if that one is good. */
static int refuse_object(const struct auth_ctx *ctx, const struct form *form,
                         struct authz_request *request, int err, enum authz_failure *ret_failure)
{
    struct err_ctx told = *ctx->err;
    TRY(find_redirect_uri(ctx, form, request));
    TRY(find_state(ctx, form, request));
    *ret_failure = AUTHZ_FAILURE_REDIRECT;
    request->response_type = parse_response_type(form_get(form, "response_type"));
    if (parse_response_mode(ctx, form, request) != 0)
        return ERR_INVALID_REQUEST;
    *ctx->err = told;
    return err;
}

static int apply_object(const struct auth_ctx *ctx, const struct form *form,
                        struct authz_request *request, struct form *ret_form,
                        enum authz_failure *ret_failure)
{
    if (!str_absent(form_get(form, "request_uri")))
        return refuse_object(
            ctx, form, request,
            err_set(ctx->err, ERR_REQUEST_URI_NOT_SUPPORTED, "request_uri is not supported"),
            ret_failure);
    if (str_absent(form_get(form, "request"))) {
        *ret_form = *form;
        return 0;
    }
    int rc = request_object_apply(ctx, request->client, form, ret_form);
    if (rc == ERR_INVALID_REQUEST_OBJECT)
        return refuse_object(ctx, form, request, rc, ret_failure);
    return rc;
}

int authz_request_parse(const struct auth_ctx *ctx, const struct form *form,
                        struct authz_request *ret_request, enum authz_failure *ret_failure)
{
    struct form merged;
    *ret_request = (struct authz_request){.max_age_s = AUTHZ_NO_MAX_AGE};
    *ret_failure = AUTHZ_FAILURE_PAGE; /* OA-04 */
    if (!str_absent(form->repeated))   /* OA-05, RFC 6749 3.1 */
        return err_set(ctx->err, ERR_DUPLICATE, "A parameter is sent more than once");
    TRY(find_client(ctx, form, ret_request));
    TRY(apply_object(ctx, form, ret_request, &merged, ret_failure));
    TRY(find_redirect_uri(ctx, &merged, ret_request));
    TRY(find_state(ctx, &merged, ret_request));
    *ret_failure = AUTHZ_FAILURE_REDIRECT;
    return parse_rest(ctx, &merged, ret_request);
}

int authz_request_parse_device(const struct auth_ctx *ctx, const struct form *form,
                               struct authz_request *ret_request)
{
    *ret_request = (struct authz_request){.prompt = PROMPT_CONSENT, .max_age_s = AUTHZ_NO_MAX_AGE};
    TRY(find_client(ctx, form, ret_request));
    if (!client_takes_devices(ret_request->client)) /* OA-07 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not allowed OAuth 2.0 Device Authorization Grant");
    return parse_scope(ctx, form, ret_request);
}

/* --- and back --- */

static void add(struct buf *b, const char *name, struct str value)
{
    if (!str_absent(value))
        form_add(b, name, value);
}

static void add_words(struct buf *b, const char *name, unsigned set, const char *const *words,
                      size_t count)
{
    char text[64]; /* all words of the longer table with their spaces: 34 characters */
    size_t len = 0;
    for (size_t i = 0; i < count; i++) {
        if (!(set & (1u << i)))
            continue;
        size_t n = strlen(words[i]);
        if (len > 0)
            text[len++] = ' ';
        memcpy(text + len, words[i], n);
        len += n;
    }
    if (len > 0)
        form_add(b, name, str_of(text, len));
}

int authz_request_write(struct arena *a, const struct authz_request *request,
                        struct str *ret_form_text)
{
    static const char *const types[] = {"code", "id_token", "token"};
    static const char *const prompts[] = {"none", "login", "consent", "select_account"};
    static const char *const modes[] = {"query", "fragment", "form_post"};
    struct buf b;
    buf_init(&b, a, (size_t)64 << 10);
    add(&b, "client_id", request->client_id);
    add(&b, "redirect_uri", request->redirect_uri_sent);
    add_words(&b, "response_type", request->response_type, types, ARRAY_LEN(types));
    form_add(&b, "response_mode", str_c(modes[request->response_mode]));
    add(&b, "scope", request->scope);
    add(&b, "state", request->state);
    add(&b, "nonce", request->nonce);
    if (!str_absent(request->code_challenge)) {
        add(&b, "code_challenge", request->code_challenge);
        form_add(&b, "code_challenge_method", STR("S256"));
    }
    add_words(&b, "prompt", request->prompt, prompts, ARRAY_LEN(prompts));
    if (request->max_age_s != AUTHZ_NO_MAX_AGE)
        form_add_i64(&b, "max_age", request->max_age_s);
    add(&b, "login_hint", request->login_hint);
    add(&b, "id_token_hint", request->id_token_hint);
    add(&b, "acr_values", request->acr_values);
    add(&b, "ui_locales", request->ui_locales);
    add(&b, "claims", request->claims);
    add(&b, "display", request->display);
    add(&b, "kc_action", request->kc_action);
    return buf_finish(&b, ret_form_text);
}
