/* Passwords that are hashed before a write that makes many people begins: each takes a part of a second, and
 * whoever else wants to write in the realm would wait for all of them. */
#ifndef GARITA_CORE_AUTH_PASSWORDS_AHEAD_H
#define GARITA_CORE_AUTH_PASSWORDS_AHEAD_H

#include "core/auth/context.h"
#include "core/crypto/password.h"

struct password_ahead {
    struct str username, password;
    struct password_params hashing; /* as the realm's policy was */
    struct password_record record;
};

struct passwords_ahead {
    struct password_ahead *items; /* in the order in which they were added */
    size_t count, room;
};

/* Hashes one as the realm's policy says; whether it allows it is asked when it is used. Texts stay the
 * caller's, the rest lives in ctx->arena. Outside of a write only. ERR_OVERLOADED, errors of the policy. */
MUST_CHECK int passwords_ahead_add(const struct auth_ctx *ctx, struct passwords_ahead *io_ahead,
                                   struct str username, struct str password);
/* What ctx->hashed holds of this person's password under these parameters; NULL: nothing. */
const struct password_record *passwords_ahead_find(const struct auth_ctx *ctx, struct str username,
                                                   struct str password,
                                                   const struct password_params *hashing);

#endif
