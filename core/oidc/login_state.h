/* What is known between the pages of a login. It is held by the browser, sealed by the realm
 * (authenticated encryption, for this purpose only) and bound to a secret cookie of that browser; the
 * server keeps nothing, so that a flood of visitors costs nothing (HT-08). What it says is believed
 * only as far as it was true when sealed: every step checks client, redirect_uri, user and session
 * anew (OA-07, WE-12, MF-05). */
#ifndef GARITA_CORE_OIDC_LOGIN_STATE_H
#define GARITA_CORE_OIDC_LOGIN_STATE_H

#include "core/auth/login.h"

enum login_stage {
    LOGIN_STAGE_PASSWORD,     /* nobody is known yet */
    LOGIN_STAGE_OTP,          /* the password was right; user_id is set */
    LOGIN_STAGE_ACTION,       /* all factors were right; user_id is set */
    LOGIN_STAGE_CONSENT,      /* all but consent is done; user_id is set */
    LOGIN_STAGE_VERIFY_EMAIL, /* a mail was sent; user_id is set */
    LOGIN_STAGE_TOTP,         /* all factors were right; user_id and setup are set */
    LOGIN_STAGE_PROFILE,      /* all factors were right; user_id is set */
    LOGIN_STAGE_TERMS         /* all factors were right, or a session vouches; user_id is set */
};

struct login_state {
    enum login_stage stage;
    struct str request;      /* form text of authz_request_write; or the logout request */
    struct str browser_hash; /* of the browser's cookie */
    int64_t created_ms;      /* when the login began */
    int64_t stage_ms;        /* when this page was made */
    struct str user_id;
    int64_t auth_time_ms; /* when the password was right; 0: an SSO session vouches for the user */
    struct password_proof proof; /* of that password */
    bool otp;                    /* a one-time password was right, too */
    struct str session_id;       /* that SSO session */
    bool remember_me;
    const char *action_status; /* of the action that the application asked for; NULL: still due */
    struct str device;         /* the user code of the device that is let in; absent: none */
    struct str language;       /* chosen on the page; absent: none */
    struct otp_setup setup;    /* TOTP: of the page that was shown; absent members: none */
};

/* What kc_action_status says, as Keycloak. */
#define ACTION_SUCCESS   "success"
#define ACTION_CANCELLED "cancelled"
#define ACTION_ERROR     "error" /* it does not exist here, or the realm has it off */

enum login_state_purpose { LOGIN_STATE_LOGIN, LOGIN_STATE_LOGOUT };

MUST_CHECK int login_state_seal(const struct auth_ctx *ctx, enum login_state_purpose purpose,
                                const struct login_state *state, struct str *ret_sealed);
/* Opens it for a browser with this cookie. ERR_CSRF when it is another browser's or the cookie is
 * missing, ERR_TOKEN_EXPIRED when accessCodeLifespanLogin (password page) or
 * accessCodeLifespanUserAction (the others) is over, ERR_SEAL for everything else. */
MUST_CHECK int login_state_open(const struct auth_ctx *ctx, enum login_state_purpose purpose,
                                struct str sealed, struct str browser_cookie,
                                struct login_state *ret_state);

#endif
