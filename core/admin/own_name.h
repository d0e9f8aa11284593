/* What people may call themselves (RE-02, WE-13). Administrators and imports are not bound by it. */
#ifndef GARITA_CORE_ADMIN_OWN_NAME_H
#define GARITA_CORE_ADMIN_OWN_NAME_H

#include "core/auth/context.h"
#include "core/model/user.h"

/* A name that a person chose, with the address that he has once the change is done: nothing that can be taken for
 * the name of a service account, and no address but his own. The name is canonical. ERR_INVALID_REQUEST about
 * "username"; ERR_NO_MEMORY. */
MUST_CHECK int own_name_check(const struct auth_ctx *ctx, const struct user *user);

enum address_proof {
    ADDRESS_AS_TYPED, /* nobody knows whose it is */
    ADDRESS_PROVED    /* it counts, or will count, once its mail was read */
};

/* For a person who changes his address alone: whose name was the former one would keep a name by which he is taken
 * for whoever has that address. The name follows where people may choose names, and to an address that is proved
 * where names are addresses (registrationEmailAsUsername). Where names are the administrators' it stays what it is
 * if the former address was proved, and follows to a proved one if not. Else the change is refused:
 * ERR_INVALID_REQUEST about "email". io_after, with the new address, gets the name; a name that is not the former
 * address is not touched. */
MUST_CHECK int own_name_follow(const struct auth_ctx *ctx, const struct user *before,
                               enum address_proof proof, struct user *io_after);

#endif
