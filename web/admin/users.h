/* What handlers about one person begin with. */
#ifndef GARITA_WEB_ADMIN_USERS_H
#define GARITA_WEB_ADMIN_USERS_H

#include "core/port/users.h"
#include "web/admin/admin.h"

/* The person {id} of the path, by id alone. ERR_NOT_FOUND "User not found". Opens a read. */
MUST_CHECK int users_find(struct admin_call *call, struct user *ret_user);
/* The same inside a write, for a change: ERR_FORBIDDEN when the person has rights that the caller has
 * not (AD-04). */
MUST_CHECK int users_find_to_change(struct admin_call *call, struct user *ret_user);
/* The person of the n-th parameter. */
MUST_CHECK int users_find_nth_to_change(struct admin_call *call, size_t n, struct user *ret_user);

#endif
