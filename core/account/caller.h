/* Who asks the account API: a person of the realm, about himself. His token must be meant for it: the
 * client "account" is in its audience, as Keycloak's. What counts is which roles of that client he has now
 * and the token's client may carry, whatever the token says; the realm's own account console carries all
 * of them. What is not granted here is refused. */
#ifndef GARITA_CORE_ACCOUNT_CALLER_H
#define GARITA_CORE_ACCOUNT_CALLER_H

#include "core/model/role.h"
#include "core/validation/validation.h"

/* What cannot be taken back wants somebody who has shown who he is so long ago at most, as Keycloak's
 * actions do. */
#define ACCOUNT_FRESH_MAX_AGE_S 300

/* Everything lives in the call's arena. */
struct account_caller {
    struct str user_id, username, session_id, client_id;
    int64_t auth_time_ms; /* of the session */
    bool is_impersonated; /* somebody else acts as the person */
    bool lacks_factor;    /* the person has a second factor that was not shown to the session */
    struct strs origins; /* that may read answers in a browser: web origins of the token's client */
    struct roles roles;  /* of the client "account" alone */
};

/* ERR_UNAUTHENTICATED, ERR_INVALID_TOKEN (also for tokens of another realm or audience, without a
 * session, and of service accounts), ERR_STORE_*. */
MUST_CHECK int account_caller_find(const struct validation_call *call, struct str realm,
                                   struct account_caller *ret_caller);

/* Whether he has one of these roles; an empty list asks for none. */
bool account_may(const struct account_caller *caller, const char *roles);
/* ERR_FORBIDDEN for who acts as somebody else, ERR_LOGIN_TOO_OLD for whose login is too long ago or was with
 * less than all factors (PW-08, MF-04). */
MUST_CHECK int account_check_fresh(const struct account_caller *caller, const struct now *now,
                                   struct err_ctx *err);

#endif
