/* A user name as somebody typed it: whatever its spelling, it reaches the one account (BR-09). */
#ifndef GARITA_CORE_AUTH_TYPED_NAME_H
#define GARITA_CORE_AUTH_TYPED_NAME_H

#include "core/model/user.h"
#include "core/port/store.h"

struct typed_name {
    struct str canonical;
    struct str spelled; /* how a name may be stored that is older than its canonical form */
};

/* ERR_INVALID_REQUEST for what cannot be a name. */
MUST_CHECK int typed_name_read(struct arena *a, struct str raw, struct typed_name *ret_name,
                               struct err_ctx *err);
/* ERR_NOT_FOUND. Who is stored in that very spelling comes first. */
MUST_CHECK int typed_name_find(struct store_read *r, struct arena *a, const struct typed_name *name,
                               struct user *ret_user);

#endif
