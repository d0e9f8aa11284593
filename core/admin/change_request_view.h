/* Change requests as the Admin API and commands show them: the same JSON for both, without secrets. */
#ifndef GARITA_CORE_ADMIN_CHANGE_REQUEST_VIEW_H
#define GARITA_CORE_ADMIN_CHANGE_REQUEST_VIEW_H

#include "core/admin/change_requests.h"

struct change_view {
    bool is_whole;      /* with what changes and the body of the call */
    struct str message; /* "errorMessage", for tools that show nothing else; absent: none */
};

/* One object into w. r may be NULL unless is_whole. Errors of the store. */
MUST_CHECK int change_request_write(const struct auth_ctx *ctx, struct store_read *r,
                                    const struct change_request *request,
                                    const struct change_view *view, struct json_writer *w);

#endif
