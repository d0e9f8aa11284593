/* The rights of who acts as somebody else. */
#include "core/admin/impersonator.h"

#include "core/admin/access.h"
#include "core/auth/impersonation.h"
#include "core/auth/session.h"

#include "core/base/banned.h"

static int check(const struct auth_ctx *ctx, struct store_read *r,
                 const struct user_session *session)
{
    struct impersonator who;
    struct admin_caller caller;
    TRY(impersonation_find(ctx, r, session, &who));
    const struct admin_absent absent = {
        .realm = who.realm, .user_id = who.user_id, .client_id = who.client_id};
    TRY(admin_caller_recall(ctx, r, &absent, &caller));
    if (!admin_may(&caller, auth_realm(ctx)->name, ADMIN_IMPERSONATE))
        return ERR_FORBIDDEN;
    return admin_may_change_user(ctx, &caller, r, session->user_pk);
}

int impersonator_check(const struct auth_ctx *ctx, struct store_read *r,
                       const struct user_session *session)
{
    struct err_ctx ignored = {0}; /* which right is missing is not for who holds the session */
    struct auth_ctx aside = *ctx;
    aside.err = &ignored;
    if (!session_is_impersonated(session))
        return 0;
    int rc = check(&aside, r, session);
    return rc == ERR_NOT_FOUND || rc == ERR_FORBIDDEN ? ERR_SESSION_NOT_ACTIVE : rc;
}
