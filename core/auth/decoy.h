/* Whose password an unknown name is compared with (PW-05). Records differ in cost: those imported
 * from elsewhere keep their parameters until their first login. Unknown names must show the same mix
 * of costs as known ones, and each name the same one whenever it is asked for; so each stands for one
 * of the realm's own records, chosen by a keyed hash. */
#ifndef GARITA_CORE_AUTH_DECOY_H
#define GARITA_CORE_AUTH_DECOY_H

#include "core/auth/context.h"
#include "core/model/user.h"

/* The record that a name stands for. Few names change theirs as records come and go. ERR_NOT_FOUND in
 * a realm without passwords, and when the record does not open. */
MUST_CHECK int decoy_find(const struct auth_ctx *ctx, struct store_read *r, struct str name,
                          struct credential *ret_credential);

#endif
