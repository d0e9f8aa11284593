/* Changes that wait for a second person, and what became of them: keeping, finding and ending them. Who
 * may decide and how a change is carried out is web/admin's business (approve.c). */
#ifndef GARITA_CORE_ADMIN_CHANGE_REQUESTS_H
#define GARITA_CORE_ADMIN_CHANGE_REQUESTS_H

#include "core/admin/held_change.h"
#include "core/model/change_request.h"

#define CHANGE_REQUESTS_PENDING_MAX 100 /* in a realm */
#define CHANGE_REQUESTS_KEPT_MAX    500 /* the oldest decided ones go; the audit chain keeps them */
#define CHANGE_CALL_MAX_BYTES       ((size_t)240 << 10)
#define CHANGE_REASON_MAX_BYTES     1024

struct change_requests {
    struct change_request *items; /* the newest first */
    size_t count;
};

/* Keeps a new one, pending, with the body of its call, and appends the event. Sets id, status, kinds, times
 * and what held says; the rest is the caller's. ERR_LIMIT_REACHED, ERR_INVALID_REQUEST (too long). */
MUST_CHECK int change_request_insert(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct four_eyes *setting,
                                     const struct held_change *held, struct str body,
                                     struct change_request *io_request);
/* ERR_NOT_FOUND. One whose time is over is shown as expired. */
MUST_CHECK int change_request_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                   struct change_request *ret_request);
/* The body of its call; ERR_NOT_FOUND when it does not wait any more. */
MUST_CHECK int change_request_body(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                   struct str *ret_body);
/* What changes: a JSON array. ERR_NOT_FOUND. */
MUST_CHECK int change_request_rows(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                   struct str *ret_rows);
MUST_CHECK int change_request_list(const struct auth_ctx *ctx, struct store_read *r,
                                   struct change_requests *ret_requests);

bool change_request_is(const struct change_request *request, const char *status);

/* Ends a pending one, by the actor of ctx, and appends the event of that status. reason may be absent.
 * ERR_CONFLICT when it does not wait any more. */
MUST_CHECK int change_request_end(const struct auth_ctx *ctx, struct store_write *w,
                                  struct change_request *request, const char *status,
                                  struct str reason);
/* Whether there is one whose time is over and of which that was not noted yet. */
MUST_CHECK int change_requests_due(const struct auth_ctx *ctx, struct store_read *r, bool *ret_due);
/* Notes those whose time is over, each with its event. */
MUST_CHECK int change_requests_expire(const struct auth_ctx *ctx, struct store_write *w);

#endif
