/* Erasing a person: the account with all that belongs to it, and the key under which the person's
 * share of the audit chain is sealed. The events stay, and say no more who it was. */
#ifndef GARITA_CORE_ADMIN_ERASE_H
#define GARITA_CORE_ADMIN_ERASE_H

#include "core/auth/context.h"

struct erasure {
    struct str user_id;
    bool had_account;        /* or was deleted before, and only the key was left */
    int64_t sessions;        /* that ended */
    int64_t events_in_clear; /* from before events were sealed: they stay as they are */
};

/* By name or id; a person whose account is gone already by id only. why is written into the event
 * and must not name the person. ERR_NOT_FOUND, ERR_FORBIDDEN for service accounts,
 * ERR_INVALID_REQUEST without a reason. After the commit store_forget sees to the files. */
MUST_CHECK int admin_user_erase(const struct auth_ctx *ctx, struct store_write *w, struct str name,
                                struct str why, struct erasure *ret_erasure);
/* Destroys the key of a person of realm master who acted in this realm; false when there was none. */
MUST_CHECK int admin_actor_erase(const struct auth_ctx *ctx, struct store_write *w,
                                 struct str user_id, struct str why, bool *ret_any);
/* The event of an export of what is held about a person. */
MUST_CHECK int admin_user_exported(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str user_id);

#endif
