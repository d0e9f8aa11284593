/* The authorization endpoint and the pages of a login as one machine: given a request and what the
 * browser holds, what comes next. Each function returns 0 with a step (an error page is a step too),
 * or an error of the machine (store, memory, overload), upon which nothing was changed. */
#ifndef GARITA_CORE_OIDC_AUTHZ_H
#define GARITA_CORE_OIDC_AUTHZ_H

#include "core/auth/otp_setup.h"
#include "core/oidc/authz_request.h"
#include "core/oidc/consent.h"

/* What the browser sent in cookies; absent when it did not. The edge keeps two cookies per realm
 * (the realm's name is in the cookie's name, as a __Host- cookie has no path of its own). */
struct authz_browser {
    struct str sso_cookie;   /* of a session */
    struct str login_cookie; /* binds login states to this browser */
};

enum authz_step_kind {
    AUTHZ_STEP_ERROR,           /* page: err */
    AUTHZ_STEP_REPLY,           /* reply goes to the client */
    AUTHZ_STEP_LOGIN,           /* page: user name and password; err when the last try failed */
    AUTHZ_STEP_OTP,             /* page: one-time password; err when the last try failed */
    AUTHZ_STEP_UPDATE_PASSWORD, /* page: new password twice; problem when the last try failed */
    AUTHZ_STEP_CONFIGURE_TOTP,  /* page: a new device for one-time passwords; totp */
    AUTHZ_STEP_UPDATE_PROFILE,  /* page: what is stored of the person; profile */
    AUTHZ_STEP_TERMS,           /* page: terms to agree to */
    AUTHZ_STEP_RESET_PASSWORD,  /* page: whose password was forgotten */
    AUTHZ_STEP_VERIFY_EMAIL,    /* page: a link was mailed; mail says whether it is to be */
    AUTHZ_STEP_CONSENT,         /* page: what the client asks for */
    AUTHZ_STEP_DEVICE_CODE,  /* page: the code that a device shows; err when there is none such */
    AUTHZ_STEP_DEVICE_DONE,  /* page: the device may go on */
    AUTHZ_STEP_DEVICE_DENIED /* page: it may not */
};

/* What the page for a new device shows. */
struct totp_page {
    struct otp_face face;
    const char *problem; /* message key, or NULL; code_is_wrong says of which field */
    bool code_is_wrong;
    struct str label; /* as it was typed */
    bool label_needed;
    bool end_sessions; /* whether that is ticked */
};

/* One attribute on the page of one's own profile. */
struct profile_field {
    struct str name;      /* of the form's field */
    struct str attribute; /* its name in the profile */
    struct str label;     /* as the profile says it: "${key}" or a text; empty: none */
    struct str value;     /* of several, one a line */
    bool required, fixed, many;
    const struct json_value *options; /* texts to choose from; NULL: anything */
    struct str problem;               /* message key, or the profile's own text; absent: none */
    struct str problem_params;        /* its parameters, a JSON array */
};

struct profile_page {
    struct profile_field *fields;
    size_t count;
};

struct authz_step {
    enum authz_step_kind kind;
    int err; /* ERROR: what the page says; LOGIN, OTP, VERIFY_EMAIL: 0 or why it is shown again */
    const char *problem;         /* UPDATE_PASSWORD: message key, or NULL */
    int64_t problem_number;      /* its number */
    struct str state;            /* sealed; hidden field "state" of the page's form */
    const struct client *client; /* for names, logo and links; may be NULL on ERROR */
    struct str redirect_uri;     /* where the answer will go: for form-action of the CSP */
    struct str ui_locales;       /* of the request, for the choice of language */
    struct str language;         /* that the user chose on a page; absent: none */

    /* LOGIN: whether the page offers a new password to who forgot his, and says that a mail may come. */
    bool may_reset, was_reset;
    struct str mail_user_id; /* VERIFY_EMAIL: who gets a mail now; absent: nobody */
    struct str email;        /* VERIFY_EMAIL: where it goes */

    bool
        may_cancel; /* UPDATE_PASSWORD, CONFIGURE_TOTP, UPDATE_PROFILE, VERIFY_EMAIL: the application asked for it, and goes
                        on without */
    struct totp_page totp;
    struct profile_page profile;
    struct str username; /* LOGIN: to fill in; may be empty */
    bool username_fixed; /* the same person must authenticate again (OI-02) */
    bool remember_me;    /* LOGIN: whether it was ticked */
    bool remember_me_offered;
    struct consent_items consent;
    struct str device; /* CONSENT: the code of the device that is let in; absent: none */

    struct authz_reply reply;

    /* Cookies to set, absent when they stay as they are. */
    struct str set_sso_cookie;
    int64_t sso_cookie_max_age_s; /* -1: until the browser closes */
    struct str set_login_cookie;  /* until the browser closes */
};

/* GET or POST /protocol/openid-connect/auth. */
MUST_CHECK int authz_begin(const struct auth_ctx *ctx, const struct form *form,
                           const struct authz_browser *browser, struct authz_step *ret_step);

/* Somebody typed the code that his device shows (RFC 8628 3.3). */
MUST_CHECK int authz_device(const struct auth_ctx *ctx, const struct authz_browser *browser,
                            struct str typed, struct authz_step *ret_step);

/* The password page was sent. */
struct authz_login_form {
    struct str state;
    struct str username;
    struct str password;
    bool remember_me;
};
MUST_CHECK int authz_login(const struct auth_ctx *ctx, const struct authz_browser *browser,
                           const struct authz_login_form *form, struct authz_step *ret_step);

/* The page for the one-time password was sent. */
MUST_CHECK int authz_otp(const struct auth_ctx *ctx, const struct authz_browser *browser,
                         struct str state, struct str otp, struct authz_step *ret_step);

/* The required action was sent. */
MUST_CHECK int authz_update_password(const struct auth_ctx *ctx,
                                     const struct authz_browser *browser, struct str state,
                                     struct str password, struct str password_again,
                                     struct authz_step *ret_step);

/* The page for a new device was sent. */
struct authz_totp_form {
    struct str state;
    struct str code;
    struct str label;
    bool end_sessions; /* all but this browser's */
};
MUST_CHECK int authz_configure_totp(const struct auth_ctx *ctx, const struct authz_browser *browser,
                                    const struct authz_totp_form *form,
                                    struct authz_step *ret_step);

/* The page of the realm's terms was sent. A no is told to the client (access_denied), and nothing is given. */
MUST_CHECK int authz_terms(const struct auth_ctx *ctx, const struct authz_browser *browser,
                           struct str state, bool accepted, struct authz_step *ret_step);

/* The page of one's own profile was sent: its fields by the names of struct profile_field. */
MUST_CHECK int authz_update_profile(const struct auth_ctx *ctx, const struct authz_browser *browser,
                                    struct str state, const struct form *form,
                                    struct authz_step *ret_step);

/* The person does not want the action that the application asked for (kc_action): the login goes on without,
 * and the answer says so. An action that the server asks for cannot be declined. */
MUST_CHECK int authz_cancel_action(const struct auth_ctx *ctx, const struct authz_browser *browser,
                                   struct str state, struct authz_step *ret_step);

/* The login page was left for the one of those who forgot their password (core/oidc/authz_mail.c). */
MUST_CHECK int authz_forgot_password(const struct auth_ctx *ctx,
                                     const struct authz_browser *browser, struct str state,
                                     struct authz_step *ret_step);
/* That page was sent: the login page again, which says the same whoever was named (PW-05). The caller sees to
 * the mail. */
MUST_CHECK int authz_reset_password(const struct auth_ctx *ctx, const struct authz_browser *browser,
                                    struct str state, struct authz_step *ret_step);
/* The page that waits for a proved address was sent: it goes on when the link was followed. again asks for
 * one more mail. */
MUST_CHECK int authz_verify_email(const struct auth_ctx *ctx, const struct authz_browser *browser,
                                  struct str state, bool again, struct authz_step *ret_step);

/* The consent page was sent. */
MUST_CHECK int authz_consent(const struct auth_ctx *ctx, const struct authz_browser *browser,
                             struct str state, bool accepted, struct authz_step *ret_step);

/* Shows the page of a state again: reload, back, or another language (absent: unchanged). */
MUST_CHECK int authz_resume(const struct auth_ctx *ctx, const struct authz_browser *browser,
                            struct str state, struct str language, struct authz_step *ret_step);

#endif
