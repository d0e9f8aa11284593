/* The account API: what a person sees and changes of himself, with the paths, JSON and statuses of
 * Keycloak's account REST API where that has them. At the same address browsers get the account console.
 *
 * To add a line: web/account/routes.def with the roles of the client "account" of which one is needed, a
 * handler int account_x(struct account_call *call) that finds everything by the caller's own id (never by
 * one of the path alone), web/openapi/operations.def, docs/account.md, tests/flow/account.test.mjs.
 *
 * account_run does the rest, in this order: who asks (bearer token of this realm, meant for the client
 * "account"), whether he has one of the line's roles, the handler, the commit, the answer. */
#ifndef GARITA_WEB_ACCOUNT_ACCOUNT_H
#define GARITA_WEB_ACCOUNT_ACCOUNT_H

#include "core/account/caller.h"
#include "core/model/profile.h"
#include "core/model/user.h"
#include "web/request.h"
#include "web/router.h"

#define ACCOUNT_PREFIX     "/realms/{realm}/account"
#define ACCOUNT_BODY_TEXT  ((size_t)5 << 10) /* text/plain is taken as well */
#define ACCOUNT_BODY_SMALL ((size_t)64 << 10)

struct account_call {
    struct request *req;
    struct response *res;
    struct account_caller caller;
    struct auth_ctx ctx;
    struct store_read *r;  /* after account_read or account_write */
    struct store_write *w; /* after account_write */
    struct user user;      /* likewise: the caller, as stored */
    struct buf text;
    struct json_writer out; /* the answer; 204 when nothing is written */
    int status;             /* 0: 200 or 204 */
    struct profile_problems problems;
};

/* The handler of every line. */
route_handler account_run;
/* The console, for browsers that open the address (web/console/console.c). */
route_handler console_account_page;

/* The n-th parameter behind {realm}. */
struct str account_param(const struct account_call *call, size_t n);
/* Opens a read and finds the caller in it. */
MUST_CHECK int account_read(struct account_call *call);
/* Opens the write that account_run commits when the handler returns 0, and finds the caller anew. */
MUST_CHECK int account_write(struct account_call *call, enum store_need need);
/* Commits now, for what can only follow the commit. */
MUST_CHECK int account_commit(struct account_call *call);
/* account_check_fresh of who asks. */
MUST_CHECK int account_fresh(struct account_call *call);

#endif
