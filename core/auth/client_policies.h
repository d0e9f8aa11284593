/* Which client policies hold at a moment. What their executors ask for is for who runs them: on changes
 * of clients core/admin/client_rules.c, on requests of clients core/oidc/client_rules.c. */
#ifndef GARITA_CORE_AUTH_CLIENT_POLICIES_H
#define GARITA_CORE_AUTH_CLIENT_POLICIES_H

#include "core/auth/context.h"
#include "core/model/client_policy.h"

enum policy_moment {
    POLICY_CLIENT_MADE,
    POLICY_CLIENT_CHANGED,
    POLICY_AUTHORIZATION,
    POLICY_TOKEN
};

/* Who changes a client, as conditions spell it. */
enum policy_source {
    POLICY_BY_USER,
    POLICY_BY_ANONYMOUS,
    POLICY_BY_INITIAL_TOKEN,
    POLICY_BY_REGISTRATION_TOKEN
};

struct policy_question {
    enum policy_moment moment;
    const struct client *client; /* on a change: as it is to be */
    enum policy_source source;   /* of a change */
    struct str scope;            /* of a request */
    struct str grant_type; /* of a request; that of the code flow at the authorization endpoint */
};

typedef int policy_run(const struct auth_ctx *ctx, const struct client_executor *executor,
                       void *arg);

/* Runs each executor of each enabled policy whose conditions all hold; what run returns, when it is not 0,
 * ends it. As Keycloak: a condition that has nothing to say about this moment does not count, and a
 * policy of which no condition has something to say does not hold. r NULL: a read is opened if a condition
 * asks for one. */
MUST_CHECK int client_policies_run(const struct auth_ctx *ctx, struct store_read *r,
                                   const struct policy_question *q, policy_run *run, void *arg);

#endif
