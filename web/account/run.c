/* One call of the account API from the token to the answer. */
#include "web/account/account.h"

#include "core/port/users.h"
#include "web/fail.h"
#include "web/oidc/context.h"
#include "web/respond.h"
#include "web/validation/call.h"
#include "web/web.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES ((size_t)1 << 20)

/* --- Helpers of handlers --- */

struct str account_param(const struct account_call *call, size_t n)
{
    return call->req->params[n + 1];
}

/* Who was deleted since his token was looked at is told what the next call would tell him. */
static int find_person(struct account_call *call)
{
    int rc = user_find_by_id(call->r, call->req->arena, call->caller.user_id, &call->user);
    return rc == ERR_NOT_FOUND
               ? err_set(&call->req->err, ERR_INVALID_TOKEN, "Token verification failed")
               : rc;
}

int account_read(struct account_call *call)
{
    TRY(store_read_begin(call->ctx.view, &call->r));
    return find_person(call);
}

int account_write(struct account_call *call, enum store_need need)
{
    store_read_end_p(&call->r);
    TRY(store_write_begin_for(call->ctx.view, call->ctx.now, need, &call->w));
    call->r = store_write_reader(call->w);
    return find_person(call);
}

int account_commit(struct account_call *call)
{
    if (!call->w)
        return 0;
    call->r = NULL; /* was the writer's */
    return store_commit_p(&call->w, DURABLE_STANDBY);
}

int account_fresh(struct account_call *call)
{
    return account_check_fresh(&call->caller, call->ctx.now, &call->req->err);
}

/* --- The steps --- */

static int find_caller(struct account_call *call)
{
    struct validation_call asked;
    TRY(validation_call_of(call->req, &asked));
    TRY(account_caller_find(&asked, realm_view_realm(call->req->realm)->name, &call->caller));
    call->req->user_id = call->caller.user_id;
    return 0;
}

/* As the Admin API: the answer is for the origins of the client that the token was given to. */
static void allow_origin(struct account_call *call)
{
    struct str origin = request_header(call->req, STR("Origin"));
    const struct strs *origins = &call->caller.origins;
    if (str_absent(origin) || str_eq(origin, STR("null")) ||
        !(strs_has(origins, origin) || strs_has(origins, STR("*"))))
        return;
    respond_header(call->res, "Vary", STR("Origin"));
    respond_header(call->res, "Access-Control-Allow-Origin", origin);
    respond_header(call->res, "Access-Control-Expose-Headers", STR("WWW-Authenticate"));
}

static int open_context(struct account_call *call)
{
    TRY(oidc_context(call->req, &call->ctx));
    call->ctx.actor.user_id = call->caller.user_id;
    call->ctx.actor.username = call->caller.username;
    call->ctx.actor.session_id = call->caller.session_id;
    call->ctx.actor.client_id = call->caller.client_id;
    call->ctx.ret_problems = &call->problems;
    return 0;
}

static int run_handler(struct account_call *call)
{
    TRY(find_caller(call));
    allow_origin(call);
    if (!account_may(&call->caller, call->req->route->account_roles))
        return ERR_FORBIDDEN;
    /* AD-04: who acts as somebody else may look, as he may by the Admin API. */
    if (call->caller.is_impersonated && call->req->method != HTTP_GET)
        return err_set(&call->req->err, ERR_FORBIDDEN, "Only the person may do this");
    TRY(open_context(call));
    buf_init(&call->text, call->req->arena, ANSWER_MAX_BYTES);
    jw_init(&call->out, &call->text);
    TRY(call->req->route->account(call));
    return account_commit(call);
}

static void close_all(struct account_call *call)
{
    if (call->w)
        call->r = NULL;
    store_rollback_p(&call->w);
    store_read_end_p(&call->r);
}

static int answer(struct account_call *call)
{
    struct str json;
    if (call->res->status != 0) /* the handler wrote it as a whole */
        return 0;
    if (!call->out.done && call->text.len == 0) {
        respond_status(call->res, 204);
        call->res->no_body = true;
        return 0;
    }
    TRY(jw_finish(&call->out, &json));
    respond_json(call->res, call->status ? call->status : 200, json);
    return 0;
}

/* Who types the address wants to see the console. */
static bool wants_page(const struct request *req)
{
    return req->method != HTTP_POST && str_eq_c(STR(ACCOUNT_PREFIX), req->route->pattern) &&
           request_wants_html(req) && str_absent(request_header(req, STR("Authorization")));
}

void account_run(struct request *req, struct response *res)
{
    struct account_call call = {.req = req, .res = res};
    if (wants_page(req)) {
        console_account_page(req, res);
        return;
    }
    int rc = run_handler(&call);
    close_all(&call);
    if (rc == 0)
        rc = answer(&call);
    if (rc == ERR_INVALID_REQUEST && call.problems.count > 0)
        fail_admin_problems(req, res, &call.problems);
    else if (rc != 0)
        fail_admin(req, res, rc);
}
