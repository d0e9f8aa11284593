/* Finding people by what was typed. */
#include "core/auth/typed_name.h"

#include "core/port/users.h"

#include "core/base/banned.h"

int typed_name_read(struct arena *a, struct str raw, struct typed_name *ret_name,
                    struct err_ctx *err)
{
    struct typed_name name;
    TRY(username_spelled(a, raw, &name.spelled, err));
    int rc = username_canonical(a, raw, &name.canonical, NULL);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0) /* an old name may be one that is not given any more */
        name.canonical = name.spelled;
    *ret_name = name;
    return 0;
}

int typed_name_find(struct store_read *r, struct arena *a, const struct typed_name *name,
                    struct user *ret_user)
{
    int rc = user_find_by_username(r, a, name->spelled, ret_user);
    if (rc == ERR_NOT_FOUND && !str_eq(name->spelled, name->canonical))
        rc = user_find_by_username(r, a, name->canonical, ret_user);
    return rc;
}
