/* What administrators do to logins: ending them all, forgiving failed ones, and acting as somebody else. */
#ifndef GARITA_CORE_ADMIN_SESSIONS_H
#define GARITA_CORE_ADMIN_SESSIONS_H

#include "core/admin/access.h"
#include "core/auth/session.h"

/* Ends every session of the realm but offline ones, as Keycloak does; *ret_count: how many. */
MUST_CHECK int admin_sessions_end(const struct auth_ctx *ctx, struct store_write *w,
                                  int64_t *ret_count);

/* Forgets the failed logins of a person, or of everybody but those with rights that the caller lacks (AD-04),
 * and with them what locks them out for a time. */
MUST_CHECK int admin_lockout_clear(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct user *user);
MUST_CHECK int admin_lockouts_clear(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                    struct store_write *w);

/* A session of that person for the caller's browser, which had former_cookie (may be absent): the login that
 * it had in this realm ends, as when a browser changes hands (WE-02). Nobody who has rights that the caller
 * lacks is impersonated (AD-04). The session says that the person did not authenticate: acr 0, no amr.
 * ERR_FORBIDDEN; ERR_INVALID_REQUEST for who is disabled or no person. *ret_cookie is for the browser. */
MUST_CHECK int admin_impersonate(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                 struct store_write *w, const struct user *user,
                                 struct str former_cookie, struct user_session *ret_session,
                                 struct str *ret_cookie);

#endif
