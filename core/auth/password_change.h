/* Setting a password: policy, history, hashing, and what it ends. Used by the required action, the
 * account page and the administrator's reset. In two steps, as hashing may not hold the realm's
 * write transaction. */
#ifndef GARITA_CORE_AUTH_PASSWORD_CHANGE_H
#define GARITA_CORE_AUTH_PASSWORD_CHANGE_H

#include "core/auth/context.h"
#include "core/auth/password_policy.h"

#define CREDENTIAL_PASSWORD         "password"
#define CREDENTIAL_PASSWORD_HISTORY "password-history"

struct password_change {
    int64_t user_pk;
    struct str user_id;
    struct str secret_data, credential_data; /* of the new one */
    int64_t history;                         /* how many old ones to keep */
};

/* Checks policy and history and hashes. ERR_PASSWORD_POLICY with ret_problem (may be NULL) and
 * ctx->err told; ERR_OVERLOADED. */
MUST_CHECK int password_change_prepare(const struct auth_ctx *ctx, const struct user *user,
                                       struct str password, struct password_change *ret_change,
                                       struct password_problem *ret_problem);
/* Stores it. temporary adds the required action UPDATE_PASSWORD, else it is taken away. Ends every
 * session of the user but spared_session_pk (0: none spared) (WE-03). Clears failures. Appends event
 * (PasswordUpdated by the user, CredentialsReset by an administrator). */
MUST_CHECK int password_change_store(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct password_change *change, bool temporary,
                                     int64_t spared_session_pk, enum event_type type);

#endif
