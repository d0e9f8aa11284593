/* Revocation. */
#include "core/oidc/revoke.h"

#include "core/auth/report.h"
#include "core/jose/jwt.h"
#include "core/oidc/refresh.h"
#include "core/oidc/token_check.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

/* The event is about the client whose token it was; who ended it is told when that is another. */
static int report_revocation(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                             struct store_write *w, const struct client *client,
                             const struct user *user, const struct user_session *session,
                             struct str token_type)
{
    struct report report = {
        .type = EVENT_TokenRevoked,
        .user_id = user->id,
        .username = user->username,
        .session_id = session->id,
        .client_id = client->client_id,
    };
    report_add(&report, "token_type", token_type);
    if (client != caller->client) {
        report_add(&report, "revoked_by", caller->client_id);
        report_add(&report, "revoked_by_realm", caller->realm);
    }
    return report_write(ctx, w, &report);
}

/* An offline session serves one client: it goes with it. */
static int end_refresh(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                       const struct client *client, const struct refresh_token *t)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_ENDING, &w));
    int rc = client_session_revoke(w, t->client_session.pk);
    if (rc == 0 && t->session.offline)
        rc = session_delete(w, t->session.pk);
    if (rc == ERR_NOT_FOUND) /* gone meanwhile, which is what was asked for */
        return 0;
    TRY(rc);
    TRY(report_revocation(ctx, caller, w, client, &t->user, &t->session, STR("refresh_token")));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int end_access(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                      const struct access_token *t)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool first;
    int64_t expires_ms = (t->claims.exp_s + JWT_MAX_SKEW_S + 1) * MS_PER_S;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_ENDING, &w));
    TRY(once_spend(w, STR(ONCE_ACCESS_TOKEN), t->claims.jti, expires_ms, &first));
    TRY(report_revocation(ctx, caller, w, t->client, &t->user, &t->session, STR("access_token")));
    return store_commit_p(&w, DURABLE_STANDBY);
}

/* OT-12: only the tokens of the caller are found, unless it may end every token of the realm. Absent
 * (NULL) for a token that it may not end. */
static int client_of_token(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                           struct str azp, const struct client **ret_client)
{
    *ret_client = caller->client;
    if (!caller->any_token)
        return 0;
    int rc = realm_view_client(ctx->view, azp, ret_client);
    if (rc == ERR_NOT_FOUND)
        *ret_client = NULL;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int load_refresh(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                        struct refresh_token *io_token, const struct client **ret_client)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(client_of_token(ctx, caller, io_token->claims.azp, ret_client));
    if (!*ret_client)
        return ERR_INVALID_GRANT;
    TRY(store_read_begin(ctx->view, &r));
    return refresh_token_load_to_end(ctx, r, *ret_client, io_token);
}

static int find_refresh(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                        struct str token, struct refresh_token *ret_token,
                        const struct client **ret_client)
{
    int rc = refresh_token_parse(ctx, token, ret_token);
    if (rc == 0)
        rc = load_refresh(ctx, caller, ret_token, ret_client);
    if (rc != 0)
        *ret_client = NULL;
    return rc == ERR_INVALID_GRANT || rc == ERR_SESSION_NOT_ACTIVE ? 0 : rc;
}

static int find_access(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                       struct str token, struct access_token *ret_token, bool *ret_found)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(ctx->view, &r));
    int rc = token_load_to_end(ctx, r, token, ret_token);
    *ret_found = rc == 0 && (caller->any_token || ret_token->client == caller->client);
    return rc == ERR_INVALID_TOKEN ? 0 : rc;
}

static int end_token(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                     struct str token)
{
    struct refresh_token refresh;
    struct access_token access;
    const struct client *client;
    bool found;
    TRY(find_refresh(ctx, caller, token, &refresh, &client));
    if (client)
        return end_refresh(ctx, caller, client, &refresh);
    TRY(find_access(ctx, caller, token, &access, &found));
    return found ? end_access(ctx, caller, &access) : 0;
}

/* What is over already may be so by a call that nobody was told had succeeded: an answer that says so holds
 * on the standby, too (RP-02). */
int revoke_token_by(const struct auth_ctx *ctx, const struct revoke_caller *caller,
                    struct str token)
{
    TRY(end_token(ctx, caller, token));
    return store_confirm(ctx->view);
}

int revoke_token_of(const struct auth_ctx *ctx, const struct client *client, struct str token)
{
    const struct revoke_caller caller = {.client = client};
    return revoke_token_by(ctx, &caller, token);
}

int revoke_token(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
                 const struct client **ret_client)
{
    struct client_auth auth;
    TRY(client_auth_check(ctx, authorization, form, &auth));
    if (ret_client)
        *ret_client = auth.client;
    struct str token = form_get(form, "token");
    if (str_empty(token))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "token", "Token not provided");
    return revoke_token_of(ctx, auth.client, token);
}
