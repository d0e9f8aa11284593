/* What the lines of change requests share. */
#ifndef GARITA_WEB_ADMIN_CHANGE_REQUESTS_H
#define GARITA_WEB_ADMIN_CHANGE_REQUESTS_H

#include "web/admin/held.h"

/* Whether the caller asked for it. */
bool change_is_of(const struct admin_caller *caller, const struct change_request *request);
/* Whether the caller may look at it: he asked for it, or has the right that the change needs. */
bool change_is_seen(const struct admin_call *call, const struct change_request *request);
/* The request of the path, by call->r. ERR_NOT_FOUND, ERR_FORBIDDEN. */
MUST_CHECK int change_find(struct admin_call *call, struct change_request *ret_request);
/* The body's member reason; absent without one. */
MUST_CHECK int change_reason(struct admin_call *call, struct str *ret_reason);

#endif
