/* Realms: making, changing, deleting them. */
#ifndef GARITA_CORE_ADMIN_REALMS_H
#define GARITA_CORE_ADMIN_REALMS_H

#include "core/auth/context.h"

/* Settings checked as a whole, the password policy included (AD-14). ERR_INVALID_REQUEST. */
MUST_CHECK int admin_realm_check(const struct realm *realm, struct err_ctx *err);

/* Makes the realm (settings by bootstrap_settings and the caller's changes) with all that belongs
 * into it, then its client in master. A crash between the two is mended by admin_realms_mend.
 * ctx->view is master's, or NULL while master itself is made. No write transaction may be open.
 * ERR_CONFLICT, ERR_INVALID_REQUEST. */
MUST_CHECK int admin_realm_create(const struct auth_ctx *ctx, struct store *store,
                                  const struct realm *realm);

/* The same with contents from elsewhere: fill writes all of them, the realm's first event included. With
 * replace a realm of that name gives way to the new one once that is whole (store_realm_replace). */
MUST_CHECK int admin_realm_create_filled(const struct auth_ctx *ctx, struct store *store,
                                         const struct realm *realm, bool replace,
                                         store_realm_fill *fill, void *arg);

/* Whoever made a realm may administer it: gives a user of master all roles of the realm's client there.
 * ctx is master's. Nothing for who is administrator of everything anyway. */
MUST_CHECK int admin_realm_give_creator(const struct auth_ctx *ctx, struct store_write *w,
                                        struct str realm_name, struct str user_id);

/* Writes the changed settings of ctx->view's realm; name and id stay. Members of attributes that
 * belong to set-up are kept whatever the caller says (RE-04). */
MUST_CHECK int admin_realm_update(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct realm *before, const struct realm *after);

/* Deletes the realm with all its data; master stays. The event stands in master's chain before the
 * data goes. ctx->view is master's. ERR_NOT_FOUND, ERR_FORBIDDEN for master. */
MUST_CHECK int admin_realm_delete(const struct auth_ctx *ctx, struct str name);

/* Gives every realm its client in master when it is missing. Cheap when nothing is. */
MUST_CHECK int admin_realms_mend(const struct auth_ctx *ctx);

#endif
