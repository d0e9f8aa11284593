/* POST /admin/garita/promote: the standby that is asked becomes the primary. It can be asked of a standby, as
 * nothing in its databases changes by it; who asked and why is an event once it reigns. */
#include "core/admin/access.h"
#include "web/admin/admin.h"
#include "web/web.h"

#include "core/base/banned.h"

static int flag(const struct json_value *body, const char *name, bool *ret_flag)
{
    *ret_flag = false;
    return json_is_none(json_get(body, name)) ? 0 : json_get_bool(body, name, ret_flag);
}

/* The epoch is typed, so that nobody promotes a node by a click. */
static int read_body(struct admin_call *call, struct web_promotion *p)
{
    int64_t epoch;
    TRY(admin_body_object(call));
    if (json_get_i64(call->body, "epoch", &epoch) != 0 || epoch < 1)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "epoch",
                         "epoch must be the newest one that this node knows");
    p->epoch = (uint64_t)epoch;
    if (flag(call->body, "incomplete", &p->incomplete) != 0 ||
        flag(call->body, "withoutWitness", &p->without_witness) != 0)
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "incomplete and withoutWitness are true or false");
    return 0;
}

int rest_garita_promote(struct admin_call *call)
{
    const struct web_services *s = &call->req->web->services;
    struct web_promotion p = {.user_id = call->caller.user_id,
                              .username = call->caller.username,
                              .why = call->ctx.actor.justification};
    uint64_t epoch;
    if (!s->promote)
        return ERR_NOT_IMPLEMENTED;
    TRY(admin_read(call));
    TRY(admin_may_everything(&call->ctx, &call->caller, call->r));
    if (str_empty(p.why))
        return err_set(&call->req->err, ERR_INVALID_REQUEST,
                       "X-Justification must say why this node is promoted");
    TRY(read_body(call, &p));
    TRY(s->promote(s->context, call->req->arena, &p, &epoch, &call->req->err));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "epoch", (int64_t)epoch);
    jw_end_object(&call->out);
    return 0;
}
