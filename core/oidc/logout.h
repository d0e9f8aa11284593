/* Logout: RP-initiated (OpenID Connect RP-Initiated Logout 1.0) and Keycloak's POST with a refresh
 * token. Without a valid hint for this browser's session the user is asked (OI-04). */
#ifndef GARITA_CORE_OIDC_LOGOUT_H
#define GARITA_CORE_OIDC_LOGOUT_H

#include "core/oidc/authz.h"

enum logout_step_kind {
    LOGOUT_STEP_ERROR,   /* page: err */
    LOGOUT_STEP_CONFIRM, /* page with a button; its form has the hidden field "state" */
    LOGOUT_STEP_DONE,    /* page: you are signed out */
    LOGOUT_STEP_REDIRECT /* to url */
};

struct logout_step {
    enum logout_step_kind kind;
    int err;
    struct str state;            /* CONFIRM: sealed */
    struct str url;              /* REDIRECT: registered URI with the request's state */
    const struct client *client; /* may be NULL */
    struct str ui_locales;
    bool clear_sso_cookie; /* this browser's session is over */
    struct str set_login_cookie;
};

/* GET or POST with id_token_hint, client_id, post_logout_redirect_uri, state, ui_locales. */
MUST_CHECK int logout_begin(const struct auth_ctx *ctx, const struct form *form,
                            const struct authz_browser *browser, struct logout_step *ret_step);
/* The confirmation page was sent. */
MUST_CHECK int logout_confirm(const struct auth_ctx *ctx, const struct authz_browser *browser,
                              struct str state, struct logout_step *ret_step);
/* POST with refresh_token and client authentication: the session ends, answer 204. Whether a POST is
 * this one: it has refresh_token. ERR_INVALID_CLIENT, ERR_INVALID_GRANT, ERR_STORE_*. */
MUST_CHECK int logout_by_refresh_token(const struct auth_ctx *ctx, struct str authorization,
                                       const struct form *form, const struct client **ret_client);

#endif
