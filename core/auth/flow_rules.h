/* What the flows that are bound to the realm, or to a client, let people and clients log in by. A flow
 * that asks for a step that this server cannot take is passed by nobody: no step is left out. */
#ifndef GARITA_CORE_AUTH_FLOW_RULES_H
#define GARITA_CORE_AUTH_FLOW_RULES_H

#include "core/auth/context.h"
#include "core/model/flow.h"

/* What a flow may be bound for: members of a realm, and of a client's overrides. */
enum flow_use {
    FLOW_FOR_BROWSER,
    FLOW_FOR_DIRECT_GRANT,
    FLOW_FOR_CLIENTS,
    FLOW_FOR_REGISTRATION,
    FLOW_FOR_RESET_CREDENTIALS,
    FLOW_FOR_DOCKER,
    FLOW_FOR_FIRST_BROKER_LOGIN,
    FLOW_USES
};
/* "browserFlow". */
const char *flow_use_setting(enum flow_use use);
/* The alias that the realm binds. */
struct str flow_use_alias(const struct realm *realm, enum flow_use use);
void flow_use_bind(struct realm *realm, enum flow_use use, struct str alias);
/* "browser" and "direct_grant" of authenticationFlowBindingOverrides; NULL for the others. */
const char *flow_use_override(enum flow_use use);

/* Whether a flow can be bound for this use: at the top, of the right kind, and led through by what
 * there is here. ERR_INVALID_REQUEST about field. */
MUST_CHECK int flow_check_use(const struct auth_flows *flows, const struct auth_flow *flow,
                              enum flow_use use, const char *field, struct err_ctx *err);

/* Whether the session of the browser may stand in for a login, whether the page with user name and
 * password leads in, and whether the password grant does. */
bool flow_takes_session(const struct auth_ctx *ctx, const struct client *client);
bool flow_takes_password(const struct auth_ctx *ctx, const struct client *client);
bool flow_takes_grant(const struct auth_ctx *ctx, const struct client *client);
/* Whether who forgot his password gets a link by mail: where the realm allows it and its flow for that asks who it
 * is, sends the mail and takes a new password, and asks everybody for nothing else. */
bool flow_takes_reset(const struct auth_ctx *ctx);
/* What this person has besides the password that the flow asks for: who has a second factor is not let in
 * without it (WE-12). */
struct flow_factors {
    bool otp;         /* a one-time password */
    bool otp_missing; /* the flow wants one of everybody, and this person has none yet */
    bool unknown;     /* something that cannot be asked for here */
};
MUST_CHECK int flow_factors_of(const struct auth_ctx *ctx, struct store_read *r,
                               const struct client *client, enum flow_use use, int64_t user_pk,
                               struct flow_factors *ret_factors);
/* MF-04: whether this person has a factor that a session of his has not shown (has_otp: a one-time password was),
 * though the realm's own flow for browsers or that of the application asks for it. For what wants a login with all
 * that somebody has. */
MUST_CHECK int flow_lacks_factor(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct client *client, int64_t user_pk, bool has_otp,
                                 bool *ret_lacks);
/* Whether clients may authenticate by this step: "client-secret". */
bool flow_takes_client(const struct auth_ctx *ctx, const char *step);

#endif
