/* Links that are mailed to people: 256 random bits, stored hashed, good once (RE-01). A link is of one
 * person and one purpose, and void as soon as it is over, a newer one of its purpose was made, the person's
 * e-mail address, password or rights to administer changed, or the person was disabled or told to come anew. It lets nobody in:
 * who followed it logs in afterwards like everybody else. */
#ifndef GARITA_CORE_AUTH_ACTION_TOKEN_H
#define GARITA_CORE_AUTH_ACTION_TOKEN_H

#include "core/auth/context.h"
#include "core/auth/password_policy.h"
#include "core/port/action_tokens.h"

/* Longest life of a link, whatever the realm or an administrator asks for. */
#define ACTION_TOKEN_MAX_S ((int64_t)30 * 86400)

/* What a link may be made for. A required action that is not here cannot be done behind one. */
bool action_token_takes(struct str action);

struct action_wish {
    enum action_purpose purpose;
    struct str actions; /* aliases separated by spaces, each of action_token_takes; or see below */
    const struct client *client; /* that people go back to; NULL: none */
    struct str redirect_uri;     /* checked by the caller; absent or empty: the client's base URL */
    int64_t lifespan_s;          /* cut to ACTION_TOKEN_MAX_S */
};
/* The actions of ACTION_UPDATE_EMAIL: what is to become the address. Absent when memory ends. */
struct str action_token_for_address(struct arena *a, struct str email);
/* The address in such actions; empty for all others. */
struct str action_token_address(struct str actions);
/* Makes the link of that person, who must have an address; ret_url is what is mailed. */
MUST_CHECK int action_token_issue(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct user *user, const struct action_wish *wish,
                                  struct str *ret_url);

/* The address that a person wants to have and whose link is still good. ERR_NOT_FOUND without such a wish. */
MUST_CHECK int action_token_wished_address(const struct auth_ctx *ctx, struct store_read *r,
                                           const struct user *user, struct str *ret_email);
/* Takes the wish back: its link is void from now on. ERR_NOT_FOUND. */
MUST_CHECK int action_token_withdraw_address(const struct auth_ctx *ctx, struct store_write *w,
                                             const struct user *user);

struct action_visit {
    struct action_token token;
    struct user user;
    const struct client *client; /* NULL: none, or no longer there */
    bool wants_password;         /* a new one is asked for */
    bool wants_totp;             /* one-time passwords are to be set up at the next login */
};
/* What the key of a link is good for. Changes nothing: programs that look at mails follow links, too.
 * ERR_ACTION_TOKEN for every reason. */
MUST_CHECK int action_token_visit(const struct auth_ctx *ctx, struct str key,
                                  struct action_visit *ret_visit);

/* Does what the link is for and spends it, in one transaction: the new password, the proof that the
 * address is the person's (OI-08), be it the one that he has or the one that he wants to have, and the required
 * action CONFIGURE_TOTP, which is due at the next login. ERR_ACTION_TOKEN; ERR_PASSWORD_POLICY with ret_problem
 * told, upon which
 * the link stays good. ret_visit is filled with both. */
MUST_CHECK int action_token_perform(const struct auth_ctx *ctx, struct str key, struct str password,
                                    struct str password_again, struct action_visit *ret_visit,
                                    struct password_problem *ret_problem);

#endif
