/* The client credentials grant (RFC 6749 4.4): a client acts as its service account. No session and
 * no refresh token unless the client's settings ask for them. */
#include "core/oidc/grant.h"

#include "core/oidc/issue.h"
#include "core/port/users.h"

#include "core/base/banned.h"

static int check_client(const struct auth_ctx *ctx, const struct client *client)
{
    if (!client_is_confidential(client))
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Public client not allowed to retrieve service account");
    if (!client->service_accounts_enabled || str_empty(client->service_account_user_id))
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not enabled to retrieve service account");
    return 0;
}

static bool wants_session(const struct client *client)
{
    return str_map_true(&client->attributes, STR(CLIENT_ATTR_CC_REFRESH));
}

static int prepare_session(const struct auth_ctx *ctx, struct subject *s)
{
    struct session_new from = {
        .user = &s->user,
        .auth_time_ms = ctx->now->wall_ms,
        .acr = STR("1"),
        .amr = STR("client"),
    };
    s->has_session = true;
    return session_prepare(ctx, &from, &s->session, NULL);
}

static int load(const struct auth_ctx *ctx, struct store_read *r, const struct form *form,
                struct subject *s)
{
    int rc = user_find_by_id(r, ctx->arena, s->client->service_account_user_id, &s->user);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !s->user.enabled)) /* OT-06 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT, "Service account is disabled");
    TRY(rc);
    if (wants_session(s->client))
        TRY(prepare_session(ctx, s));
    TRY(subject_load(ctx, r, form_get(form, "scope"), s));
    /* There is nobody who could be offline. */
    s->scopes.offline = false;
    return 0;
}

static int prepare(const struct auth_ctx *ctx, const struct form *form, struct subject *s,
                   struct issue *ret_issue)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    TRY(load(ctx, r, form, s));
    return issue_tokens(ctx, r, s, ret_issue);
}

static int store_session(const struct auth_ctx *ctx, const struct report *report, struct subject *s,
                         struct issue *issue)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct client_session cs;
    struct str scope = scopes_all(ctx->arena, &s->scopes);
    if (str_absent(scope))
        return ERR_NO_MEMORY;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(session_insert(w, &s->session));
    TRY(client_session_open(ctx, w, &s->session, s->client, scope, str_of(NULL, 0), &cs));
    if (issue_wants_refresh(s))
        TRY(issue_refresh(ctx, w, s, &cs, issue));
    TRY(report_write(ctx, w, report));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int finish(const struct auth_ctx *ctx, struct subject *s, struct issue *issue)
{
    struct report report = {
        .type = EVENT_ClientLoggedIn,
        .client_id = s->client->client_id,
        .subject_kind = STR("client"),
        .subject_id = s->client->id,
    };
    report_add(&report, "scope", issue->scope);
    report_add(&report, "token_id", issue->access.jti);
    return s->has_session ? store_session(ctx, &report, s, issue) : report_alone(ctx, &report);
}

int grant_client_credentials(const struct auth_ctx *ctx, const struct client_auth *auth,
                             const struct form *form, struct str *ret_json)
{
    struct issue issue;
    struct subject subject = {
        .client = auth->client,
        .acr = STR("1"),
        .grant = GRANT_CLIENT_CREDENTIALS,
    };
    TRY(check_client(ctx, auth->client));
    TRY(prepare(ctx, form, &subject, &issue));
    TRY(finish(ctx, &subject, &issue));
    return issue_response(ctx, &issue, ret_json);
}
