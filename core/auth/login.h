/* Checking a person's password: one path for every grant and page that takes one (PW-03). The
 * hashing runs outside of transactions; the verdict falls inside the write transaction that also
 * counts the failure and appends the event, so that parallel guesses never learn more than the
 * limit allows (PW-02). Locked, unknown, disabled and wrong look the same (PW-04, PW-05). */
#ifndef GARITA_CORE_AUTH_LOGIN_H
#define GARITA_CORE_AUTH_LOGIN_H

#include "core/auth/context.h"
#include "core/auth/otp_setup.h"
#include "core/crypto/password.h"
#include "core/model/user.h"

/* Which password somebody has shown: its record, and when that was last set. Differs after every
 * change of the password (password_change_store), and only then. */
struct password_proof {
    struct str credential_id;
    int64_t set_ms;
};
/* Of the user's password as it is; empty when there is none. */
MUST_CHECK int login_proof_now(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                               struct password_proof *ret_proof);
/* Whether what was shown is what there is: never for an empty one. */
bool login_proof_holds(const struct password_proof *shown, const struct password_proof *now);

/* What an attempt is judged by. */
enum login_factors {
    LOGIN_BY_PASSWORD,
    LOGIN_BY_PASSWORD_FIRST, /* a second factor is asked for next: failures are not forgotten yet, or who
                                knows the password could guess for ever (MF-02) */
    LOGIN_BY_PASSWORD_AND_OTP,
    LOGIN_BY_OTP,    /* the password was right before */
    LOGIN_BY_NEW_OTP /* likewise; the code is of the device that is being set up */
};

/* What hashing found; nothing is decided yet. */
struct login_attempt {
    enum login_factors factors;
    struct str otp;                /* as it was typed; absent: none */
    const struct otp_setup *setup; /* BY_NEW_OTP: becomes a credential when the code is right */
    struct str setup_label;        /* its name */
    struct str username;           /* canonical; absent when it cannot be a name */
    bool found;                    /* a user of that name with a password */
    bool matched;                  /* never for one who is locked or disabled */
    bool locked;                   /* after the hash was made: refused whatever comes */
    int64_t user_pk;
    struct credential credential; /* that was compared */
    struct credential decoy;      /* what is compared in its place when there is none to compare */
    struct password_params hashed_with; /* what the comparison cost */
    bool rehash;                        /* the record below replaces it when the login succeeds */
    struct str new_secret_data, new_credential_data;
    struct str client_id;   /* for the event */
    struct str auth_method; /* likewise: "openid-connect" or "password" */
};

/* Looks the user up (user name, or e-mail where the realm allows it) and compares the password,
 * by hashing_run. Unknown users cost what known ones cost (decoy.h). Errors are of the
 * machine only (ERR_OVERLOADED, ERR_STORE_*, ERR_NO_MEMORY; on a standby ERR_STORE_STANDBY, and nothing is
 * hashed): a wrong password is a result, not an
 * error. */
MUST_CHECK int login_compare(const struct auth_ctx *ctx, struct str username, struct str password,
                             struct login_attempt *ret_attempt);

/* The user whom a typed name means: a user name, or an e-mail address where the realm allows it. *ret_found
 * is false when there is none; service accounts are nobody here. */
MUST_CHECK int login_find_user(const struct auth_ctx *ctx, struct store_read *r, struct str typed,
                               struct user *ret_user, bool *ret_found);

/* Of the password that was compared. */
static inline struct password_proof login_proof_of(const struct login_attempt *attempt)
{
    return (struct password_proof){attempt->credential.id, attempt->credential.created_ms};
}

enum login_verdict {
    LOGIN_ACCEPTED,
    LOGIN_REFUSED /* commit the transaction: it holds the counters and the event */
};

/* Decides inside the write transaction: the account as it is now, its lock as it is now. Accepted:
 * clears failures, stores the re-hashed record, sets ret_user. Refused: counts, locks, appends the
 * event UserLoginAttempted (and UserLockedOut). The caller appends the event of what follows. */
MUST_CHECK int login_decide(const struct auth_ctx *ctx, struct store_write *w,
                            const struct login_attempt *attempt, enum login_verdict *ret_verdict,
                            struct user *ret_user);

/* Whether the user has required actions that the realm asks for. */
bool login_has_actions(const struct auth_ctx *ctx, const struct user *user);
/* The required actions that must be done before this user gets anything: the stored ones that the realm
 * asks for, UPDATE_PASSWORD when the password is older than the policy allows, and VERIFY_EMAIL when the realm
 * wants addresses proved and this one is not. */
MUST_CHECK int login_actions_due(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct user *user, struct strs *ret_actions);

#endif
