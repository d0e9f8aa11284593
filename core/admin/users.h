/* People: making, changing and deleting them, their passwords, roles and groups. Each change
 * appends its event in the caller's transaction and checks names and limits itself. */
#ifndef GARITA_CORE_ADMIN_USERS_H
#define GARITA_CORE_ADMIN_USERS_H

#include "core/admin/own_name.h"
#include "core/auth/context.h"
#include "core/model/profile.h"
#include "core/model/role.h"
#include "core/model/user.h"

/* ERR_NOT_FOUND with a sentence in ctx->err. The name need not be canonical; a UUID finds the user
 * with that id. */
MUST_CHECK int admin_user_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                               struct user *ret_user);

/* Makes names and e-mail canonical and checks the user as a whole, a person's name by the rules of
 * scripts (WE-13). To be called before a password policy that looks at the name. */
MUST_CHECK int admin_user_prepare(const struct auth_ctx *ctx, struct user *io_user);
/* The same for somebody who has his name already, on another server, and keeps it whatever the rules of
 * scripts say. */
MUST_CHECK int admin_user_prepare_known(const struct auth_ctx *ctx, struct user *io_user);
/* Stores a prepared user that fits the realm's profile, with the realm's default role; sets pk, id
 * (when absent) and created_ms (when 0). ERR_CONFLICT, ERR_INVALID_REQUEST (admin_profile_judge). */
MUST_CHECK int admin_user_insert(const struct auth_ctx *ctx, struct store_write *w,
                                 struct user *io_user);
/* The same by the person himself, who proved his address: the profile judges him as a person. The event is
 * UserRegistered. */
MUST_CHECK int admin_user_register(const struct auth_ctx *ctx, struct store_write *w,
                                   struct user *io_user);
/* Stores a prepared user who comes from another server with the roles and groups that he has there: no
 * default ones; the profile does not judge him. Otherwise as admin_user_insert. The event is
 * admin_user_taken_over's, once all that came with him is known. */
MUST_CHECK int admin_user_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                    struct user *io_user);
/* Lists for the event, separated by commas; absent ones are left out. */
struct user_belongings {
    struct str roles, groups, credentials, consents;
};
MUST_CHECK int admin_user_taken_over(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct user *user,
                                     const struct user_belongings *belongings);
/* The name of another user for whom this one can be taken (WE-13); absent: none. Creation and rename
 * say so in their event; this is for telling who makes the change. The user is stored, or its pk is
 * 0. */
MUST_CHECK int admin_user_look_alike(const struct auth_ctx *ctx, struct store_read *r,
                                     const struct user *user, struct str *ret_username);
/* Changes fields, as the realm's profile allows; id and created_ms stay. A user that is disabled by this loses all sessions
 * (OT-06). ret_user (may be NULL) is the user as stored. */
MUST_CHECK int admin_user_update(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct user *before, const struct user *after,
                                 struct user *ret_user);
/* The same by the person himself, as that profile allows people (core/account/profile.h); the event is
 * ProfileUpdated. Names are those that people may give themselves (own_name.h); the proof is that of the
 * new address. */
MUST_CHECK int admin_user_update_own(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct profile *profile, enum address_proof proof,
                                     const struct user *before, const struct user *after);
MUST_CHECK int admin_user_delete(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct user *user);

/* A credential that comes hashed (import from Keycloak); the record is checked to be readable.
 * ERR_INVALID_REQUEST. */
MUST_CHECK int admin_user_import_credential(const struct auth_ctx *ctx, struct store_write *w,
                                            const struct user *user, struct credential *credential);
/* Forgets failures and ends the lock. */
MUST_CHECK int admin_user_unlock(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct user *user);

/* Ends all sessions and tells how many; with them, to the second, the logins that are under way and the links that
 * the person had mailed to himself. notBefore is set, as by Keycloak. */
MUST_CHECK int admin_user_logout(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct user *user, int64_t *ret_count);

MUST_CHECK int admin_user_role_add(const struct auth_ctx *ctx, struct store_write *w,
                                   const struct user *user, const struct role *role);
MUST_CHECK int admin_user_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct user *user, const struct role *role);
MUST_CHECK int admin_user_group_join(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct user *user, const struct group *group);
MUST_CHECK int admin_user_group_leave(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct user *user, const struct group *group);

#endif
