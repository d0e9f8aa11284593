/* Sessions by which an administrator acts as somebody else (AD-04): what is told of them. The session itself
 * does not say whose it is; the event of the moment in which it was made does. */
#ifndef GARITA_CORE_AUTH_IMPERSONATION_H
#define GARITA_CORE_AUTH_IMPERSONATION_H

#include "core/auth/context.h"
#include "core/auth/report.h"
#include "core/model/session.h"

struct impersonator {
    struct str realm, username;    /* of his realm, which may be another */
    struct str user_id, client_id; /* his, and of the token that he asked with */
};

/* Whose a session by impersonation is. ERR_NOT_FOUND when the event was archived meanwhile. */
MUST_CHECK int impersonation_find(const struct auth_ctx *ctx, struct store_read *r,
                                  const struct user_session *session, struct impersonator *ret_who);

/* Adds "impersonator" and "impersonator_realm" to a report of what happens in the session; nothing to that of
 * any other, nor when the event was archived meanwhile. */
MUST_CHECK int impersonation_tell(const struct auth_ctx *ctx, struct store_read *r,
                                  const struct user_session *session, struct report *io_report);

#endif
