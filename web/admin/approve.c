/* ~/change-requests/{id}/approve: the second person. The call that was kept is run by its ordinary handler,
 * with the rights that both people have now, in the transaction that notes the approval: a request is carried
 * out once or not at all. */
#include "core/codec/base64.h"
#include "web/admin/change_requests.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

#define ANSWER_MAX_BYTES  ((size_t)2 << 20)
#define HEADERS_MAX_BYTES ((size_t)16 << 10)
#define REALMS_PREFIX     "/admin/realms/"

struct approval {
    struct admin_call *outer;
    struct change_request request;
    struct admin_caller requester;
    struct route_match match;
    const struct route *route;
    struct request req;
    struct response res;
    struct admin_call inner;
};

/* --- Whether he may --- */

static int check_second(const struct admin_call *call, const struct change_request *request)
{
    struct err_ctx *err = &call->req->err;
    if (!change_request_is(request, CHANGE_PENDING))
        return err_set(err, ERR_CONFLICT, "The request does not wait any more: it is %.*s",
                       STR_ARG(request->status));
    if (change_is_of(&call->caller, request))
        return err_set(err, ERR_FORBIDDEN, "Whoever asked for a change does not approve it");
    if (!call->caller.is_person)
        return err_set(err, ERR_FORBIDDEN,
                       "Only a person who logged in himself approves a change: no service account, "
                       "and nobody in a session by impersonation");
    return 0;
}

/* Whoever lost the right meanwhile cannot have it done by another. */
static int find_requester(struct approval *ap)
{
    const struct change_request *request = &ap->request;
    const struct admin_absent absent = {.realm = request->requester_realm,
                                        .user_id = request->requester_id,
                                        .client_id = request->requester_client,
                                        .scope = request->requester_scope};
    int rc = admin_caller_recall(&ap->outer->ctx, ap->outer->r, &absent, &ap->requester);
    if (rc == ERR_FORBIDDEN)
        return err_set(&ap->outer->req->err, rc,
                       "Whoever asked for this change may not administer any more");
    TRY(rc);
    ap->requester.seconded_by = &ap->outer->caller;
    return 0;
}

static int check_permission(const struct approval *ap)
{
    struct str realm = auth_realm(&ap->outer->ctx)->name;
    if (admin_may(&ap->requester, realm, ap->route->permission))
        return 0;
    return err_set(&ap->outer->req->err, ERR_FORBIDDEN,
                   "Both who asks for a change and who approves it need the right to make it");
}

/* --- The call --- */

static struct str path_below(struct str path)
{
    struct str rest = str_from(path, sizeof(REALMS_PREFIX) - 1);
    ptrdiff_t slash = str_starts(path, STR(REALMS_PREFIX)) ? str_find(rest, '/') : -1;
    return slash < 0 ? STR("") : str_from(rest, (size_t)slash + 1);
}

static void fill_request(struct approval *ap, struct str body)
{
    struct request *req = &ap->req;
    *req = *ap->outer->req;
    req->err = (struct err_ctx){0};
    req->route = ap->route;
    req->method = (enum http_method)ap->route->methods;
    req->path = ap->request.path;
    req->raw_query = ap->request.query;
    req->body = body;
    req->query_form = req->body_form = NULL;
    for (size_t i = 0; i < REQUEST_MAX_PATH_PARAMS; i++)
        req->params[i] = ap->match.params[i];
}

static void fill_call(struct approval *ap)
{
    struct admin_call *inner = &ap->inner;
    *inner = (struct admin_call){.req = &ap->req,
                                 .res = &ap->res,
                                 .caller = ap->requester,
                                 .ctx = ap->outer->ctx,
                                 .r = ap->outer->r,
                                 .w = ap->outer->w,
                                 .four_eyes = ap->outer->four_eyes,
                                 .is_approved = true};
    inner->ctx.err = &ap->req.err;
    inner->ctx.ret_problems = &inner->problems;
    inner->ctx.actor.path = path_below(ap->request.path);
    inner->ctx.actor.justification = ap->request.justification;
    inner->ctx.actor.change_request = ap->request.id;
    inner->ctx.actor.requested_by = ap->request.requester_id;
    buf_init(&ap->res.headers, ap->req.arena, HEADERS_MAX_BYTES);
    buf_init(&ap->res.body, ap->req.arena, ANSWER_MAX_BYTES);
    buf_init(&inner->text, ap->req.arena, ANSWER_MAX_BYTES);
    jw_init(&inner->out, &inner->text);
}

static int prepare(struct approval *ap)
{
    struct str body;
    TRY(change_request_body(&ap->outer->ctx, ap->outer->r, ap->request.id, &body));
    TRY(find_requester(ap));
    TRY(check_permission(ap));
    fill_request(ap, body);
    fill_call(ap);
    return 0;
}

/* --- Carrying it out --- */

/* Whether what the handler met is what the second person was shown. */
static int check_same(struct approval *ap, bool *ret_same)
{
    struct held_change held;
    struct admin_call *outer = ap->outer;
    TRY(held_change_judge(&outer->ctx, outer->w, &outer->four_eyes, &held));
    struct str digest =
        hex_encode(outer->req->arena, str_of((const char *)held.digest, sizeof(held.digest)));
    if (str_absent(digest))
        return ERR_NO_MEMORY;
    *ret_same = str_eq(digest, ap->request.digest);
    return 0;
}

static bool no_longer_fits(int rc)
{
    return rc == ERR_NOT_FOUND || rc == ERR_CONFLICT || rc == ERR_INVALID_REQUEST ||
           rc == ERR_DUPLICATE || rc == ERR_NOT_IMPLEMENTED;
}

/* The change is taken back, and the request is over: whoever still wants it asks anew. */
static int outdate(struct approval *ap)
{
    struct admin_call *call = ap->outer;
    struct change_request request;
    struct str reason = arena_printf(call->req->arena, "what it is about changed meanwhile%s%s",
                                     ap->req.err.detail[0] ? ": " : "", ap->req.err.detail);
    if (str_absent(reason))
        return ERR_NO_MEMORY;
    ap->inner.w = NULL;
    admin_close(call);
    TRY(admin_write(call));
    TRY(change_find(call, &request));
    TRY(change_request_end(&call->ctx, call->w, &request, CHANGE_OUTDATED, reason));
    TRY(admin_commit(call));
    return err_set(&call->req->err, ERR_CONFLICT, "The request is outdated: %.*s", STR_ARG(reason));
}

static int carry_out(struct approval *ap)
{
    bool same = false;
    int rc = ap->route->admin(&ap->inner);
    if (no_longer_fits(rc))
        return outdate(ap);
    if (rc != 0) {
        ap->outer->req->err = ap->req.err;
        return rc;
    }
    TRY(check_same(ap, &same));
    return same ? 0 : outdate(ap);
}

static int end_approved(struct approval *ap, struct str reason)
{
    return change_request_end(&ap->outer->ctx, ap->outer->w, &ap->request, CHANGE_APPROVED, reason);
}

/* The realm goes with its requests and is no part of any transaction: the approval is on the disk first, so
 * that it is used once; if the deletion then fails, it is to be asked for again. */
static int delete_realm(struct approval *ap, struct str reason)
{
    TRY(end_approved(ap, reason));
    TRY(admin_commit(ap->outer));
    ap->inner.w = NULL;
    ap->inner.r = NULL;
    int rc = ap->route->admin(&ap->inner);
    if (rc != 0)
        ap->outer->req->err = ap->req.err;
    return rc;
}

static int approve(struct approval *ap, struct str reason)
{
    ap->route = held_route(ap->outer, &ap->request, &ap->match);
    if (!ap->route)
        return err_set(&ap->outer->req->err, ERR_CONFLICT,
                       "The call of this request does not exist any more");
    TRY(prepare(ap));
    if (ap->route->admin == rest_realm_remove)
        return delete_realm(ap, reason);
    TRY(carry_out(ap));
    return end_approved(ap, reason);
}

int rest_change_approve(struct admin_call *call)
{
    struct approval *ap = ARENA_NEW(call->req->arena, struct approval);
    struct str reason;
    if (!ap)
        return ERR_NO_MEMORY;
    ap->outer = call;
    TRY(change_reason(call, &reason));
    TRY(admin_write(call));
    TRY(change_find(call, &ap->request));
    TRY(check_second(call, &ap->request));
    call->is_approved = true;
    TRY(approve(ap, reason));
    return held_represent(call, &ap->request, false);
}
