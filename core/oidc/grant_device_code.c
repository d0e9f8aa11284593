/* The grant of devices (RFC 8628 3.4): told to wait until somebody has answered, then given tokens once
 * (OX-05). */
#include "core/admin/impersonator.h"
#include "core/oidc/grant.h"

#include "core/base/rng.h"
#include "core/oidc/issue.h"
#include "core/port/device_codes.h"

#include "core/base/banned.h"

#define MS_PER_S    1000
#define SLOW_DOWN_S 5 /* RFC 8628 3.5 */
#define SLOWEST_S   60

struct polling {
    const struct auth_ctx *ctx;
    const struct client *client;
    struct device_code code;
    struct client_session cs;
    struct subject subject;
    struct report report;
};

static int not_valid(const struct polling *p, const char *error)
{
    return grant_fail(p->ctx, &p->report, error, ERR_INVALID_GRANT, "Device code not valid");
}

static int find_code(struct polling *p, struct store_read *r, struct str text)
{
    if (text.len != TOKEN_TEXT_LEN)
        return not_valid(p, "invalid_code");
    struct str hash = handle_hash(p->ctx->arena, HANDLE_DEVICE_CODE, text);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    int rc = device_code_find(r, p->ctx->arena, hash, &p->code);
    if (rc == ERR_NOT_FOUND)
        return not_valid(p, "invalid_code");
    TRY(rc);
    return p->code.client_pk == p->client->pk ? 0 : not_valid(p, "code_of_another_client");
}

/* Whoever asks too early waits longer from then on (RFC 8628 3.5). The pace is nothing to be durable. */
static int wait_longer(const struct polling *p)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int64_t now_ms = p->ctx->now->wall_ms;
    bool early = now_ms < p->code.next_poll_ms;
    int64_t interval_s = p->code.interval_s;
    if (early && interval_s < SLOWEST_S)
        interval_s += SLOW_DOWN_S;
    TRY(store_write_begin(p->ctx->view, p->ctx->now, &w));
    TRY(device_code_pace(w, p->code.pk, interval_s, now_ms + interval_s * MS_PER_S));
    TRY(store_commit_p(&w, DURABLE_NONE));
    return early ? ERR_SLOW_DOWN : ERR_AUTHORIZATION_PENDING;
}

static int load_subject(struct polling *p, struct store_read *r)
{
    struct subject *s = &p->subject;
    int rc =
        session_load_of_client(p->ctx, r, p->code.client_session_pk, &p->cs, &s->session, &s->user);
    if (rc == 0)
        rc = impersonator_check(p->ctx, r, &s->session);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return not_valid(p, "session_not_active");
    TRY(rc);
    s->client = p->client;
    s->has_session = true;
    s->auth_time_ms = p->code.auth_time_ms;
    s->acr = p->code.acr;
    s->grant = GRANT_DEVICE;
    p->report.user_id = s->user.id;
    p->report.username = s->user.username;
    p->report.session_id = s->session.id;
    return subject_load(p->ctx, r, p->code.scope, s);
}

static int prepare(struct polling *p, struct store_read *r, struct issue *ret_issue)
{
    if (p->code.expires_ms <= p->ctx->now->wall_ms)
        return ERR_DEVICE_CODE_EXPIRED;
    if (p->code.state == DEVICE_DENIED)
        return ERR_DEVICE_DENIED;
    TRY(load_subject(p, r));
    return issue_tokens(p->ctx, r, &p->subject, ret_issue);
}

static int take(struct polling *p, struct issue *issue, bool *ret_first)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = p->report;
    TRY(store_write_begin(p->ctx->view, p->ctx->now, &w));
    TRY(device_code_spend(w, p->code.pk, ret_first));
    if (!*ret_first)
        return 0;
    if (issue_wants_refresh(&p->subject))
        TRY(issue_refresh(p->ctx, w, &p->subject, &p->cs, issue));
    report.type = EVENT_DeviceCodeExchanged;
    report_add(&report, "scope", issue->scope);
    report_add(&report, "token_id", issue->access.jti);
    TRY(report_write(p->ctx, w, &report));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* *ret_waits: nobody has answered yet. */
static int look(struct polling *p, struct str text, bool *ret_waits, struct issue *ret_issue)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(p->ctx->view, &r));
    TRY(find_code(p, r, text));
    *ret_waits = p->code.state == DEVICE_WAITS && p->code.expires_ms > p->ctx->now->wall_ms;
    return *ret_waits ? 0 : prepare(p, r, ret_issue);
}

int grant_device_code(const struct auth_ctx *ctx, const struct client_auth *auth,
                      const struct form *form, struct str *ret_json)
{
    struct issue issue;
    bool waits, first = false;
    struct str text = form_get(form, "device_code");
    struct polling p = {
        .ctx = ctx,
        .client = auth->client,
        .report = {.type = EVENT_DeviceCodeExchangeFailed, .client_id = auth->client->client_id},
    };
    if (!client_takes_devices(auth->client)) /* OA-12 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not allowed OAuth 2.0 Device Authorization Grant");
    if (str_empty(text))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "device_code",
                         "Missing parameter: device_code");
    TRY(look(&p, text, &waits, &issue));
    if (waits)
        return wait_longer(&p);
    TRY(take(&p, &issue, &first));
    if (!first) /* somebody was quicker with the same code */
        return not_valid(&p, "code_reused");
    return issue_response(ctx, &issue, ret_json);
}
