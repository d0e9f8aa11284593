/* Whether a session by impersonation may go on (AD-04). */
#ifndef GARITA_CORE_ADMIN_IMPERSONATOR_H
#define GARITA_CORE_ADMIN_IMPERSONATOR_H

#include "core/auth/context.h"
#include "core/model/session.h"

/* The right to act as somebody is that of now, at each use of the session: the impersonator is there, he, his
 * realm and the client that he asked with are enabled, he has the role for it, and the person has no rights of
 * administration that he lacks. ERR_SESSION_NOT_ACTIVE otherwise, and when it cannot be told any more whose
 * the session is. 0 for every other session. */
MUST_CHECK int impersonator_check(const struct auth_ctx *ctx, struct store_read *r,
                                  const struct user_session *session);

#endif
