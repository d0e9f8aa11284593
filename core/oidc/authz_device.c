/* A device that is let in at the end of a login (RFC 8628 3.3): what its row says, and its answer. */
#include "core/auth/report.h"
#include "core/oidc/authz_flow.h"

#include "core/base/banned.h"

bool flow_is_of_device(const struct flow *f)
{
    return !str_absent(f->state.device);
}

static int find(const struct flow *f, struct store_read *r, struct str user_code,
                struct device_code *ret_code)
{
    int rc = device_find_waiting(f->ctx, r, user_code, ret_code);
    return rc == ERR_NOT_FOUND ? ERR_INVALID_GRANT : rc;
}

int flow_find_device(struct flow *f, struct str typed, struct form *ret_form)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct arena *a = f->ctx->arena;
    struct device_code code;
    const struct client *client;
    struct form_param *params = ARENA_ARRAY(a, 2, struct form_param);
    f->state.device = device_user_code(a, typed);
    if (!params)
        return ERR_NO_MEMORY;
    if (!flow_is_of_device(f))
        return ERR_INVALID_GRANT;
    TRY(store_read_begin(f->ctx->view, &r));
    TRY(find(f, r, f->state.device, &code));
    TRY(realm_view_client_by_pk(f->ctx->view, code.client_pk, &client));
    params[0] = (struct form_param){STR("client_id"), client->client_id};
    params[1] = (struct form_param){STR("scope"), code.scope};
    *ret_form = (struct form){.params = params, .count = 2};
    return 0;
}

/* OX-05: what the person saw is what the device asked for. */
static int find_same(const struct flow *f, struct store_write *w, struct device_code *ret_code)
{
    TRY(find(f, store_write_reader(w), f->state.device, ret_code));
    bool same =
        ret_code->client_pk == f->request.client->pk && str_eq(ret_code->scope, f->request.scope);
    return same ? 0 : ERR_INVALID_GRANT;
}

static int decide(struct store_write *w, const struct device_code *code)
{
    bool first;
    TRY(device_code_decide(w, code, &first));
    return first ? 0 : ERR_INVALID_GRANT;
}

int flow_grant_device(const struct flow *f, struct store_write *w, const struct finish *fin,
                      const struct client_session *cs)
{
    struct device_code code;
    struct report report = {
        .type = EVENT_DeviceAllowed,
        .user_id = fin->subject.user.id,
        .username = fin->subject.user.username,
        .session_id = fin->subject.session.id,
        .client_id = f->request.client_id,
    };
    TRY(find_same(f, w, &code));
    code.state = DEVICE_GRANTED;
    code.scope = fin->scope_all;
    code.client_session_pk = cs->pk;
    code.acr = fin->subject.acr;
    code.auth_time_ms = fin->subject.auth_time_ms;
    TRY(decide(w, &code));
    report_add(&report, "scope", fin->scope_all);
    return report_write(f->ctx, w, &report);
}

int flow_deny_device(const struct flow *f, struct store_write *w)
{
    struct device_code code;
    TRY(find_same(f, w, &code));
    code.state = DEVICE_DENIED;
    return decide(w, &code);
}
