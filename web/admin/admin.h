/* The Admin REST API, with the paths, JSON, statuses and errors of Keycloak's.
 *
 * To add a resource:
 *   1. web/admin/routes.def: a line for each method and path, with the permission that it needs. A
 *      line without one does not compile; the matrix test (tests/flow/admin_matrix.test.mjs) reads the
 *      table and tries every line with every role, so a new line is tested for who is refused at once.
 *   2. web/admin/x.c: a handler for each line: int rest_x_get(struct admin_call *call). It finds its
 *      objects by the ids of the path (admin_param), calls a use case of core/admin, writes JSON into
 *      call->out or sets the status, and returns 0 or an error; it never answers an error itself.
 *   3. core/admin/x.c: the use case, which checks the object as a whole (AD-14), changes it and
 *      appends the event in the same transaction. SQL goes into store/sql/x.c behind core/port.
 *   4. Whatever gives rights, directly or by way of another object, asks admin_may_give or
 *      admin_may_change_user of core/admin/access.h (AD-04). Ids in bodies are looked up in this realm
 *      like those in paths (AD-03).
 *   5. web/openapi/operations.def: what it takes and gives, unless its method says it all. The test of
 *      the description (tests/flow/openapi.test.mjs) calls every line.
 *   6. tests/flow/admin_x.test.mjs: created, read, listed, changed, deleted and refused (wrong role,
 *      wrong realm, bad body, conflict, missing). docs/admin-api.md: a line.
 *
 * admin_run does the rest, in this order: who asks (bearer token, current roles), whether he may call
 * this line in this realm, the realm, the body; then the handler; then whether a second person must approve
 * what it wrote (held.h), else the commit; then the answer. Nothing is told about a realm or an object before the caller is known to have a
 * right to it. */
#ifndef GARITA_WEB_ADMIN_ADMIN_H
#define GARITA_WEB_ADMIN_ADMIN_H

#include "core/admin/access.h"
#include "core/admin/held_change.h"
#include "core/model/profile.h"
#include "web/request.h"
#include "web/router.h"

#define ADMIN_BODY_TEXT               ((size_t)5 << 10) /* text/plain is taken as well */
#define ADMIN_BODY_SMALL              ((size_t)256 << 10)
#define ADMIN_BODY_LARGE              ((size_t)2 << 20)
#define ADMIN_BODY_UPLOAD             (((size_t)64 << 10) + 1) /* multipart/form-data */
#define ADMIN_BODY_PIECE              ((size_t)512 << 10)      /* of a file, as it is */
/* Stock clients send "{}" where there is nothing to say; it is not looked at. */
#define ADMIN_BODY_IGNORED            ((size_t)4 << 10)
#define ADMIN_JUSTIFICATION_MAX_BYTES 1024
#define ADMIN_PAGE_MAX                2000 /* objects of one answer */
#define ADMIN_PAGE                    100  /* when the caller does not say */

struct admin_call {
    struct request *req;
    struct response *res;
    struct admin_caller caller;
    struct auth_ctx ctx;           /* of the realm of the path; on lines without one of master */
    struct store_read *r;          /* after admin_read or admin_write */
    struct store_write *w;         /* after admin_write */
    const struct json_value *body; /* after admin_body */
    struct buf text;
    /* The answer; 204 when nothing is written. What may be long goes into res->body instead, which the
     * handler takes out of the arena (export.c). */
    struct json_writer out;
    int status;                       /* 0: 200 or 204 */
    struct str location;              /* of what was made; sent once that is committed */
    struct profile_problems problems; /* of a person who does not fit the profile */
    struct four_eyes four_eyes;       /* of the realm, as it was when call->w was opened */
    bool is_approved;                 /* nothing waits for a second person (any more) */
    struct held_change held;          /* what waits, with ERR_NEEDS_APPROVAL */
    struct str held_realm;            /* where, when the path does not say it; else absent */
};

/* The handler of every line. */
route_handler admin_run;

/* --- What handlers begin with --- */

/* The n-th parameter of the pattern; {realm} counts. */
struct str admin_param(const struct admin_call *call, size_t n);
/* Opens a read; call->r. */
MUST_CHECK int admin_read(struct admin_call *call);
/* Opens the write that admin_run commits when the handler returns 0; call->w and call->r. A read that
 * is open ends first: what was read before is to be read again. */
MUST_CHECK int admin_write(struct admin_call *call);
MUST_CHECK int admin_write_for(struct admin_call *call, enum store_need need);
/* ERR_NEEDS_APPROVAL when what call->w has written must wait for a second person, else 0. */
MUST_CHECK int admin_judge(struct admin_call *call);
/* Commits what was written so far, unless it must wait for a second person (ERR_NEEDS_APPROVAL): for a handler whose answer holds headers that must not go out unless the
 * change stands. admin_run does it for all others. */
MUST_CHECK int admin_commit(struct admin_call *call);
/* Ends what is open; what was not committed is as if it had never been. */
void admin_close(struct admin_call *call);
/* The body as an object or as an array, into call->body. ERR_INVALID_REQUEST. */
MUST_CHECK int admin_body_object(struct admin_call *call);
MUST_CHECK int admin_body_array(struct admin_call *call);
/* A member of the body's kind: texts, numbers and switches that may be missing or null (then *io_value
 * stays); another kind is ERR_INVALID_REQUEST with the member's name. */
MUST_CHECK int admin_member_str(struct admin_call *call, const struct json_value *object,
                                const char *name, struct str *io_value);
MUST_CHECK int admin_member_bool(struct admin_call *call, const struct json_value *object,
                                 const char *name, bool *io_value);

/* --- Queries (query.c) --- */

/* A parameter; absent when it is not there. An empty one is absent, too. */
MUST_CHECK int admin_query(struct admin_call *call, const char *name, struct str *ret_value);
/* dryRun: not there is false, and empty is an error, so that nothing is done by mistake. */
MUST_CHECK int admin_query_dry_run(struct admin_call *call, bool *ret_dry_run);
MUST_CHECK int admin_query_bool(struct admin_call *call, const char *name, bool fallback,
                                bool *ret_value);
/* Each value of a parameter that may stand several times, at most so many. */
MUST_CHECK int admin_query_list(struct admin_call *call, const char *name, size_t max,
                                struct strs *ret_values);
/* A moment: "2026-11-26", the day's first or last millisecond, or milliseconds since 1970. 0 when it is
 * not there. */
MUST_CHECK int admin_query_time(struct admin_call *call, const char *name, bool end_of_day,
                                int64_t *ret_ms);
struct admin_page {
    size_t first, max;
    bool all; /* the caller asked for no limit: more than max is an error (admin_page_check) */
};
/* first and max. ERR_INVALID_REQUEST for what is no number or beyond ADMIN_PAGE_MAX. */
MUST_CHECK int admin_page(struct admin_call *call, struct admin_page *ret_page);
/* How many to ask the store for, and whether what came is too many for one answer. */
static inline size_t admin_page_limit(const struct admin_page *page)
{
    return page->all ? ADMIN_PAGE_MAX + 1 : page->max;
}
MUST_CHECK int admin_page_check(struct admin_call *call, const struct admin_page *page,
                                size_t count);
/* q=name:value name2:"value 2" (core/model/pairs.h). */
MUST_CHECK int admin_query_pairs(struct admin_call *call, struct str_map *ret_pairs);
/* Whether this element of a list that is whole in memory belongs to the page. */
static inline bool admin_page_has(const struct admin_page *page, size_t index)
{
    return index >= page->first && index - page->first < page->max;
}

/* --- Answers --- */

/* 201 with Location {base}/admin/realms/{realm}/{below}/{id}. id is encoded. */
MUST_CHECK int admin_created(struct admin_call *call, const char *below, struct str id);
/* Whether the caller has a permission in the realm of the path, and as an error (ERR_FORBIDDEN). */
bool admin_has(const struct admin_call *call, enum admin_permission permission);
MUST_CHECK int admin_require(const struct admin_call *call, enum admin_permission permission);
/* Whether a page of this origin may read what the caller is told (WE-11). */
bool admin_origin_may_read(const struct admin_caller *caller, struct str origin);
/* ERR_NOT_FOUND with Keycloak's words: admin_missing(call, "User"). */
int admin_missing(struct admin_call *call, const char *what);
/* The context of master, for what is done there whatever the path names. The view is the caller's to
 * release. */
MUST_CHECK int admin_master(struct admin_call *call, struct auth_ctx *ret_ctx,
                            struct realm_view **ret_view);

#endif
