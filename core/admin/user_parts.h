/* What belongs to a person: credentials, sessions, consents, accounts elsewhere. Each change appends
 * its event in the caller's transaction. */
#ifndef GARITA_CORE_ADMIN_USER_PARTS_H
#define GARITA_CORE_ADMIN_USER_PARTS_H

#include "core/auth/context.h"
#include "core/model/session.h"
#include "core/model/user.h"

/* ERR_NOT_FOUND when the user has no such credential. */
MUST_CHECK int admin_credential_delete(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct user *user, struct str id);
MUST_CHECK int admin_credential_label(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct user *user, struct str id, struct str label);

/* Puts a credential behind another of the user, or before all of them when after_id is absent: the first one
 * that fits is asked for. ERR_NOT_FOUND; ERR_INVALID_REQUEST for a place behind itself. */
MUST_CHECK int admin_credential_move(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct user *user, struct str id, struct str after_id);
/* Deletes all that the user has of a type. */
MUST_CHECK int admin_credentials_delete_type(const struct auth_ctx *ctx, struct store_write *w,
                                             const struct user *user, struct str type);

/* ERR_CONFLICT, ERR_INVALID_REQUEST. */
MUST_CHECK int admin_federated_link(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct user *user,
                                    const struct federated_identity *identity);
/* ERR_NOT_FOUND. */
MUST_CHECK int admin_federated_unlink(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct user *user, struct str provider);

#endif
