/* Who may administer what (AD-01, AD-02, AD-04). A caller belongs to one realm. Of its own realm it
 * has the roles of the client realm-management; callers of master have, for each realm, the roles of
 * master's client "{realm}-realm". Roles are those that the user has now and the token's client may
 * carry, whatever the token says. What is not granted here is refused. */
#ifndef GARITA_CORE_ADMIN_ACCESS_H
#define GARITA_CORE_ADMIN_ACCESS_H

#include "core/admin/permission.h"
#include "core/model/role.h"
#include "core/validation/validation.h"

/* Everything lives in the call's arena. */
struct admin_caller {
    struct str realm; /* name of its own */
    bool of_master;
    /* Whoever holds the data folder, by a command: he may do everything. Never set for a token. */
    bool is_operator;
    struct str user_id, username, session_id, client_id;
    struct str scope;     /* of the token */
    int64_t auth_time_ms; /* of the session; 0: there is none */
    bool is_person;       /* who logged in himself: no service account, nobody impersonated */
    bool has_otp;         /* he showed a one-time password */
    /* Who else must have each right that is asked for; NULL: nobody. For what two people do. */
    const struct admin_caller *seconded_by;
    struct strs origins; /* that may read answers in a browser: web origins of the token's client */
    struct roles roles;
    bool by_client; /* they are in the order of kept_roles.h */
};

/* ERR_UNAUTHENTICATED, ERR_INVALID_TOKEN, ERR_STORE_*. */
MUST_CHECK int admin_caller_find(const struct validation_call *call,
                                 struct admin_caller *ret_caller);

/* The same for whoever asked earlier and is not here now: with the rights that he has by now, and without
 * a session. Reads by r when that is a read of this realm, else by one of its own (r may be NULL).
 * ERR_FORBIDDEN when user, client or realm are gone, disabled or lost the scope. */
struct admin_absent {
    struct str realm, user_id, client_id, scope;
};
MUST_CHECK int admin_caller_recall(const struct auth_ctx *ctx, struct store_read *r,
                                   const struct admin_absent *absent,
                                   struct admin_caller *ret_caller);

/* For what hands out everything at once: ERR_FORBIDDEN unless the caller is a person of this realm who logged in
 * himself, ERR_LOGIN_TOO_OLD when that is more than ADMIN_FRESH_MAX_AGE_S ago (RFC 9470) or without the second
 * factor that he has (flow_lacks_factor). */
#define ADMIN_FRESH_MAX_AGE_S 300
MUST_CHECK int admin_check_fresh(const struct auth_ctx *ctx, struct store_read *r,
                                 const struct admin_caller *caller);

/* Whether the caller can have rights in a realm at all: its own, or any for those of master. */
bool admin_reaches(const struct admin_caller *caller, struct str realm);
bool admin_may(const struct admin_caller *caller, struct str realm,
               enum admin_permission permission);
/* Whether it administers anything anywhere. */
bool admin_is_any(const struct admin_caller *caller);
/* Names of the roles that it has over a realm. */
MUST_CHECK int admin_roles_over(const struct admin_caller *caller, struct arena *a,
                                struct str realm, struct strs *ret_names);

/* Whether roles of this client of realm are rights to administer: of itself, in master of another. */
bool admin_client_is_management(struct str realm, struct str client_id);
/* Whether a role of ctx's realm gives rights to administer by itself: its name must stay, and so must
 * the role. */
bool admin_role_gives_rights(const struct auth_ctx *ctx, const struct role *role);

/* --- AD-04: nobody gives more than he has. ctx is that of the realm that is changed. --- */

/* Whether any of the roles, with all that they are made of, gives rights to administer that the
 * caller lacks: ERR_FORBIDDEN. */
MUST_CHECK int admin_may_give(const struct auth_ctx *ctx, const struct admin_caller *caller,
                              struct store_read *r, const struct roles *roles);
/* The same for changing a person, whose password, address or sessions are a way to his rights, also to those
 * that lie dormant with an organization. */
MUST_CHECK int admin_may_change_user(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                     struct store_read *r, int64_t user_pk);
/* For what is a way to every right of the realm: ERR_FORBIDDEN for who has not all of them. */
MUST_CHECK int admin_may_everything(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                    struct store_read *r);

#endif
