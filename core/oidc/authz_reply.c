/* Answers of the authorization endpoint. */
#include "core/oidc/authz_request.h"

#include "core/base/banned.h"

#define URL_MAX_BYTES ((size_t)64 << 10)

void authz_reply_add(struct authz_reply *reply, const char *name, struct str value)
{
    if (!str_absent(value) && reply->count < ARRAY_LEN(reply->params))
        reply->params[reply->count++] = (struct form_param){str_c(name), value};
}

const char *authz_error_name(int err)
{
    static const struct {
        int err;
        const char *name;
    } names[] = {
        {ERR_INVALID_REQUEST, "invalid_request"},
        {ERR_DUPLICATE, "invalid_request"},
        {ERR_UNAUTHORIZED_CLIENT, "unauthorized_client"},
        {ERR_ACCESS_DENIED, "access_denied"},
        {ERR_UNSUPPORTED_RESPONSE_TYPE, "unsupported_response_type"},
        {ERR_INVALID_SCOPE, "invalid_scope"},
        {ERR_LOGIN_REQUIRED, "login_required"},
        {ERR_INTERACTION_REQUIRED, "interaction_required"},
        {ERR_CONSENT_REQUIRED, "consent_required"},
        {ERR_INVALID_REQUEST_OBJECT, "invalid_request_object"},
        {ERR_REQUEST_NOT_SUPPORTED, "request_not_supported"},
        {ERR_REQUEST_URI_NOT_SUPPORTED, "request_uri_not_supported"},
        {ERR_REGISTRATION_NOT_SUPPORTED, "registration_not_supported"},
    };
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (names[i].err == err)
            return names[i].name;
    return "server_error";
}

/* RFC 6749 4.1.2.1: error_description is %x20-21 / %x23-5B / %x5D-7E; what is not becomes '?'. */
static struct str description(const struct auth_ctx *ctx, int err)
{
    if (ctx->err->err != err || ctx->err->detail[0] == '\0')
        return str_of(NULL, 0);
    struct str text = arena_str_c(ctx->arena, ctx->err->detail);
    char *copy = str_absent(text) ? NULL : arena_alloc(ctx->arena, text.len + 1);
    if (!copy)
        return str_of(NULL, 0);
    for (size_t i = 0; i < text.len; i++) {
        char c = text.ptr[i];
        copy[i] = c < 0x20 || c > 0x7e || c == '"' || c == '\\' ? '?' : c;
    }
    return str_of(copy, text.len);
}

void authz_reply_error(const struct auth_ctx *ctx, const struct authz_request *request, int err,
                       struct authz_reply *ret_reply)
{
    *ret_reply = (struct authz_reply){
        .redirect_uri = request->redirect_uri,
        .mode = request->response_mode,
    };
    authz_reply_add(ret_reply, "error", str_c(authz_error_name(err)));
    authz_reply_add(ret_reply, "error_description", description(ctx, err));
    authz_reply_add(ret_reply, "state", request->state);
    authz_reply_add(ret_reply, "iss", ctx->issuer); /* RFC 9207 2 */
}

int authz_reply_url(struct arena *a, const struct authz_reply *reply, struct str *ret_url)
{
    struct buf url;
    buf_init(&url, a, URL_MAX_BYTES);
    buf_add(&url, reply->redirect_uri);
    if (reply->mode == RESPONSE_MODE_FRAGMENT)
        buf_add_byte(&url, '#');
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->mode == RESPONSE_MODE_FRAGMENT)
            form_add(&url, reply->params[i].name.ptr, reply->params[i].value);
        else
            form_add_query(&url, reply->params[i].name.ptr, reply->params[i].value);
    }
    return buf_finish(&url, ret_url);
}
