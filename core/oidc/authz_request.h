/* The authorization request (OpenID Connect Core 3.1.2.1, RFC 6749 4.1.1): parameters to a checked
 * struct. There are two kinds of failure. Until client and redirect_uri are known to be good, the
 * user is told on a page and nobody is redirected (OA-04); after that the error goes to the client. */
#ifndef GARITA_CORE_OIDC_AUTHZ_REQUEST_H
#define GARITA_CORE_OIDC_AUTHZ_REQUEST_H

#include "core/auth/context.h"
#include "core/codec/form.h"

enum response_type { RESPONSE_TYPE_CODE = 1, RESPONSE_TYPE_ID_TOKEN = 2, RESPONSE_TYPE_TOKEN = 4 };

enum response_mode { RESPONSE_MODE_QUERY, RESPONSE_MODE_FRAGMENT, RESPONSE_MODE_FORM_POST };

enum prompt { PROMPT_NONE = 1, PROMPT_LOGIN = 2, PROMPT_CONSENT = 4, PROMPT_SELECT_ACCOUNT = 8 };

#define AUTHZ_NO_MAX_AGE       (-1)
#define AUTHZ_STATE_MAX_BYTES  4096
#define AUTHZ_NONCE_MAX_BYTES  1024
#define AUTHZ_SCOPE_MAX_BYTES  4096
#define AUTHZ_CLAIMS_MAX_BYTES 8192

struct authz_request {
    const struct client *client; /* lives as long as ctx->view */
    struct str client_id;
    struct str redirect_uri;      /* checked: where the answer goes */
    struct str redirect_uri_sent; /* as in the request; absent when there was none */
    unsigned response_type;       /* set of enum response_type */
    enum response_mode response_mode;
    struct str scope; /* as requested; empty when not sent */
    struct str state; /* absent when not sent, which is told apart from empty (OA-09) */
    struct str nonce;
    struct str code_challenge; /* S256 */
    unsigned prompt;           /* set of enum prompt */
    int64_t max_age_s;
    struct str login_hint;
    struct str id_token_hint;
    struct str acr_values;
    struct str ui_locales;
    struct str claims; /* JSON text, checked to be an object */
    struct str display;
};

enum authz_failure {
    AUTHZ_FAILURE_PAGE,    /* show an error page, never redirect */
    AUTHZ_FAILURE_REDIRECT /* redirect_uri, response_mode and state of ret_request are good */
};

/* Parses and checks everything that does not depend on the user: client exists, is enabled, speaks
 * this protocol and may use this flow; redirect_uri; response type and mode; PKCE (S256; required of
 * public clients, and of others when their attribute says so); nonce; request object (signed, by
 * value). On failure returns the code, *ret_failure says where it goes, and ret_request has what is
 * needed for that; ctx->err has the description. */
MUST_CHECK int authz_request_parse(const struct auth_ctx *ctx, const struct form *form,
                                   struct authz_request *ret_request,
                                   enum authz_failure *ret_failure);

/* The same for a device (RFC 8628 3.3): it has a client, a scope and nothing else, and the person is always
 * asked. All failures go on a page. */
MUST_CHECK int authz_request_parse_device(const struct auth_ctx *ctx, const struct form *form,
                                          struct authz_request *ret_request);

/* The request as a form text that authz_request_parse takes again: how it travels through the pages
 * of a login; one of a device is taken by authz_request_parse_device. */
MUST_CHECK int authz_request_write(struct arena *a, const struct authz_request *request,
                                   struct str *ret_form_text);

/* Where an answer goes and what it says. */
struct authz_reply {
    struct str redirect_uri;
    enum response_mode mode;
    struct form_param params[12];
    size_t count;
};
void authz_reply_add(struct authz_reply *reply, const char *name, struct str value);
/* error, error_description (from ctx->err), state and iss (RFC 9207) of a request whose failure may
 * be redirected. */
void authz_reply_error(const struct auth_ctx *ctx, const struct authz_request *request, int err,
                       struct authz_reply *ret_reply);
/* The Location for the modes query and fragment. For form_post the page posts params to
 * redirect_uri. ERR_TOO_LARGE, ERR_NO_MEMORY. */
MUST_CHECK int authz_reply_url(struct arena *a, const struct authz_reply *reply,
                               struct str *ret_url);
/* "login_required" for ERR_LOGIN_REQUIRED and so on; "server_error" for what has no name. */
const char *authz_error_name(int err);

#endif
