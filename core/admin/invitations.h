/* Invitations to organizations: a link that is mailed to an address. An account that was invited by its id, or
 * that proved the address, joins by it; who has none makes one and joins (RE-03). 256 random bits, of which the hash alone is kept; good once, until it
 * is over, taken back or sent anew (RE-01, OA-16). It lets nobody in: who followed it logs in afterwards like
 * everybody else. */
#ifndef GARITA_CORE_ADMIN_INVITATIONS_H
#define GARITA_CORE_ADMIN_INVITATIONS_H

#include "core/admin/organizations.h"
#include "core/auth/password_policy.h"
#include "core/model/invitation.h"
#include "core/model/user.h"

#define INVITATIONS_MAX 1000 /* of one organization, those that are over counted */

/* --- By administrators --- */

/* By the time of their making. */
MUST_CHECK int admin_invitation_list(const struct auth_ctx *ctx, struct store_read *r,
                                     const struct organization *organization,
                                     struct invitations *ret_invitations);
/* One of this organization. ERR_NOT_FOUND. */
MUST_CHECK int admin_invitation_find(const struct auth_ctx *ctx, struct store_read *r,
                                     const struct organization *organization, struct str id,
                                     struct invitation *ret_invitation);
bool invitation_is_over(const struct auth_ctx *ctx, const struct invitation *invitation);

/* Whom: the address is in lower case; user NULL: nobody is known to have it. */
struct invitee {
    struct str email, first_name, last_name;
    const struct user *user;
};
/* Takes the place of one for the address that is over. ERR_CONFLICT for a member and for whom one waits,
 * ERR_INVALID_REQUEST for an address that no mail goes to, for who is disabled or a service account,
 * ERR_LIMIT_REACHED. ret_link is what is mailed. */
MUST_CHECK int admin_invitation_make(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct organization *organization,
                                     const struct invitee *invitee,
                                     struct invitation *ret_invitation, struct str *ret_link);
MUST_CHECK int admin_invitation_remove(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct invitation *invitation);
/* Its mail was not sent: it goes, with an event, in a transaction of its own. */
MUST_CHECK int admin_invitation_failed(const struct auth_ctx *ctx,
                                       const struct invitation *invitation);
/* All that wait for the address of somebody who is erased. */
MUST_CHECK int admin_invitations_forget(const struct auth_ctx *ctx, struct store_write *w,
                                        struct str email);

/* --- Behind the link --- */

struct invitation_visit {
    struct organization organization;
    struct invitation invitation;
    bool has_account;
    struct user user; /* who joins */
};
/* The account that may be taken for the owner of an address: it proved that, in a realm where addresses are unique.
 * ERR_NOT_FOUND: nobody has it. ERR_EMAIL_TAKEN: ret_user has it, or is the first of several, and need not be the
 * owner. */
MUST_CHECK int invitation_owner_of(const struct auth_ctx *ctx, struct store_read *r,
                                   struct str email, struct user *ret_user);
/* What the key of a link is good for; changes nothing. ERR_EMAIL_TAKEN when an account has the address that was
 * invited and is not its owner by all that is known; ERR_ACTION_TOKEN for every other reason. */
MUST_CHECK int invitation_visit(const struct auth_ctx *ctx, struct str key,
                                struct invitation_visit *ret_visit);
/* The account joins whose id is given, as the page showed it. Errors as above, ERR_ACTION_TOKEN also when
 * it would be another. */
MUST_CHECK int invitation_accept(const struct auth_ctx *ctx, struct str key, struct str account,
                                 struct invitation_visit *ret_visit);
/* Makes the account and joins, in one transaction. io_user has the name and the profile as they were typed; the
 * address is the invitation's. Errors as above; ERR_PASSWORD_POLICY with ret_problem, ERR_CONFLICT and
 * ERR_INVALID_REQUEST with what is wrong in ctx->err, upon which the link stays good. */
MUST_CHECK int invitation_register(const struct auth_ctx *ctx, struct str key, struct user *io_user,
                                   struct str password, struct str password_again,
                                   struct invitation_visit *ret_visit,
                                   struct password_problem *ret_problem);

#endif
