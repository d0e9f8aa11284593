/* Between the files of the authorization endpoint: one request on its way through the pages. */
#ifndef GARITA_CORE_OIDC_AUTHZ_FLOW_H
#define GARITA_CORE_OIDC_AUTHZ_FLOW_H

#include "core/auth/password_policy.h"
#include "core/auth/session.h"
#include "core/oidc/authz.h"
#include "core/oidc/device.h"
#include "core/oidc/login_state.h"
#include "core/oidc/mint.h"

/* The person, as far as known. */
struct who {
    struct user user;
    bool fresh;           /* the password was right in this login; else the SSO session vouches */
    int64_t auth_time_ms; /* when */
    struct password_proof proof; /* fresh: which password */
    bool otp;          /* and a one-time password: in this login, or once to the session */
    bool impersonated; /* the session is an administrator's who acts as the person */
};

struct flow {
    const struct auth_ctx *ctx;
    const struct authz_browser *browser;
    struct authz_request request;
    struct granted_scopes scopes; /* as requested; what the user may have is less, perhaps */
    struct login_state state;     /* for the next page; stage and person are set when sealed */
    struct authz_step *step;

    bool has_sso; /* this browser's session, if it is good */
    struct user_session sso;
    struct user sso_user;
    bool has_hint;
    struct str hint_sub;
};

/* The person for whom the browser's session vouches. */
struct who flow_who_of_session(const struct flow *f);
/* Whether the person may go on as things stand in this transaction: there, enabled, not told to come
 * anew since, and with the password that was shown (WE-03). ERR_SESSION_NOT_ACTIVE. */
MUST_CHECK int flow_check_person(const struct flow *f, struct store_read *r, const struct who *who,
                                 struct user *ret_user);

enum next {
    NEXT_LOGIN,
    NEXT_OTP,
    NEXT_TOTP,               /* a device for one-time passwords */
    NEXT_ACTION,             /* a new password */
    NEXT_PROFILE,            /* what is stored of the person */
    NEXT_TERMS,              /* the realm's terms */
    NEXT_VERIFY_EMAIL,       /* the person must follow a link that was mailed */
    NEXT_UNSUPPORTED_ACTION, /* something that this server cannot do: nothing is given */
    NEXT_CONSENT,
    NEXT_PERSON_ONLY, /* nothing that an administrator gets who acts as the person */
    NEXT_FINISH
};

/* Whether the application asked for this action, and it is still due, here and switched on in the realm
 * (kc_action); what it is not is answered as an error at the end. */
bool flow_is_asked(const struct flow *f, const char *action);
/* The same of the page of the person's details, which has two names (UPDATE_PROFILE, VERIFY_PROFILE). */
bool flow_profile_is_asked(const struct flow *f);
/* What is to be shown yet of what the flow asks for besides the password: NEXT_OTP of who has one, NEXT_TOTP
 * where everybody needs one (NEXT_LOGIN to a session that it was not shown to), NEXT_UNSUPPORTED_ACTION, or
 * NEXT_FINISH when that is nothing. */
MUST_CHECK int flow_plan_factors(const struct flow *f, struct store_read *r, const struct who *who,
                                 enum next *ret_next);

/* Reads what the browser's cookies and the hint say. ERR_LOGIN_REQUIRED never. */
MUST_CHECK int flow_load_browser(struct flow *f, struct store_read *r);
/* Whether this request needs a password although there may be a session (Core 3.1.2.1). */
bool flow_needs_login(const struct flow *f);

struct plan_options {
    bool password_done;    /* it was just changed */
    bool totp_done;        /* a device was just set up */
    bool action_cancelled; /* the person does not want what the application asked for */
    bool consent_given;    /* the consent page was just accepted */
};
MUST_CHECK int flow_plan(const struct flow *f, struct store_read *r, const struct who *who,
                         const struct plan_options *options, enum next *ret_next);

/* A password that was shown carries one login to its end, or to a no: pages that are sent again
 * afterwards (from the history, after a logout) find it spent (WE-02, WE-12). Nothing to spend when
 * the SSO session vouches; ERR_SESSION_NOT_ACTIVE when it was spent before. */
MUST_CHECK int flow_spend_login(const struct flow *f, struct store_write *w, const struct who *who);
/* The same question ahead of the transaction, about the person of f->state. */
MUST_CHECK int flow_login_is_spent(const struct flow *f, struct store_read *r, bool *ret_spent);

/* --- steps: each fills f->step --- */

int flow_error(struct flow *f, int err);
/* Error to the client. */
int flow_refuse(struct flow *f, int err);
/* What the page of that stage holds; who NULL: nobody is known. */
MUST_CHECK int flow_seal(struct flow *f, enum login_stage stage, const struct who *who);
MUST_CHECK int flow_show_login(struct flow *f, int err, struct str username);
/* err: 0, or why it is shown again. */
MUST_CHECK int flow_show_otp(struct flow *f, const struct who *who, int err);
MUST_CHECK int flow_show_action(struct flow *f, const struct who *who,
                                const struct password_problem *problem);
/* totp: what is shown again; NULL for the first time. */
MUST_CHECK int flow_show_totp(struct flow *f, const struct who *who, const struct totp_page *again);
MUST_CHECK int flow_show_profile(struct flow *f, const struct who *who);
MUST_CHECK int flow_show_terms(struct flow *f, const struct who *who);
/* What the page of an action was about is done: the rest of the login is planned anew, about the person as he is
 * stored now. asked: whether the application asked for that action. */
MUST_CHECK int flow_after_action(struct flow *f, struct who *who, bool asked);
/* A person said no to what a page asked, with an event of that type: told to the client (access_denied). */
MUST_CHECK int flow_deny(struct flow *f, const struct who *who, enum event_type type);
/* is_new: it was not shown before, so that a mail is due. */
MUST_CHECK int flow_show_verify_email(struct flow *f, const struct who *who, bool is_new);
MUST_CHECK int flow_show_consent(struct flow *f, const struct who *who);
/* The page of what comes next; not for NEXT_FINISH. prompt=none turns pages into errors. */
MUST_CHECK int flow_show(struct flow *f, const struct who *who, enum next next);

/* --- the end: everything that is slow is made before the write transaction --- */

struct finish {
    struct subject subject;
    bool session_is_new;
    struct str sso_cookie; /* absent: stays as it is */
    struct str code;
    struct minted access, id;
    struct str scope_all;
};

MUST_CHECK int finish_prepare(const struct flow *f, struct store_read *r, const struct who *who,
                              struct finish *ret_finish);
/* Stores session, client session, code and event. ERR_SESSION_NOT_ACTIVE when the session ended, the
 * user was disabled or the password changed in the meantime: nothing may be committed then. */
MUST_CHECK int finish_store(const struct flow *f, struct store_write *w, const struct who *who,
                            struct finish *finish);
/* After the commit: the reply and the cookie. */
void finish_reply(struct flow *f, const struct finish *finish);

/* --- one request on its way: authz.c --- */

void flow_init(struct flow *f, const struct auth_ctx *ctx, const struct authz_browser *browser,
               struct authz_step *step);
/* A page was sent: its state must be ours, of this browser and in time (WE-12). *ret_done: the step says already
 * that nothing can be done. */
MUST_CHECK int flow_reopen(struct flow *f, struct str sealed, bool *ret_done);
/* Likewise, of that stage. */
MUST_CHECK int flow_reopen_at(struct flow *f, struct str sealed, enum login_stage stage,
                              bool *ret_done);
/* The person of the state, if what vouched for him then does so now. */
MUST_CHECK int flow_load_for_page(struct flow *f, struct who *ret_who, bool *ret_found);
/* Plans, and prepares the end when that is what comes. */
MUST_CHECK int flow_plan_for_page(struct flow *f, const struct who *who,
                                  const struct plan_options *options, enum next *ret_next,
                                  struct finish *ret_finish);
/* Core 3.1.2.2: an answer for another person than the hint's would be a mix-up. */
bool flow_is_not_the_hinted(const struct flow *f, const struct who *who);
/* Stores the end and answers. */
MUST_CHECK int flow_finish_now(struct flow *f, const struct who *who, bool consent_given,
                               struct finish *fin);
/* What flow_plan_for_page planned: the next page, or the end. */
MUST_CHECK int flow_go_on(struct flow *f, const struct who *who, enum next next,
                          struct finish *fin);

/* --- a device that is let in: authz_device.c --- */

bool flow_is_of_device(const struct flow *f);
/* The device that shows this code goes into the state, its request into a form for
 * authz_request_parse_device. ERR_INVALID_GRANT when none waits with it. */
MUST_CHECK int flow_find_device(struct flow *f, struct str typed, struct form *ret_form);
/* The answer for the device of the state; ERR_INVALID_GRANT when it does not wait any more. */
MUST_CHECK int flow_grant_device(const struct flow *f, struct store_write *w,
                                 const struct finish *finish, const struct client_session *cs);
MUST_CHECK int flow_deny_device(const struct flow *f, struct store_write *w);

#endif
