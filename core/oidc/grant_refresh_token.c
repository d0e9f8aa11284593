/* The refresh grant (RFC 6749 6, RFC 9700 4.14). With rotation (revokeRefreshToken) a token is good
 * once, or as often as refreshTokenMaxReuse adds; a use after that is a sign of theft and ends the
 * client's session with all its tokens (OT-04). Without rotation the same token stays good. */
#include "core/oidc/grant.h"

#include "core/oidc/consent.h"
#include "core/oidc/issue.h"
#include "core/oidc/refresh.h"

#include "core/base/banned.h"

struct refreshing {
    const struct auth_ctx *ctx;
    const struct client *client;
    const struct form *form;
    struct refresh_token token;
    struct subject subject;
    struct issue issue;
    struct report report;
};

static int check_client(const struct auth_ctx *ctx, const struct client *client)
{
    struct str use = str_map_get(&client->attributes, STR(CLIENT_ATTR_REFRESH_ENABLED));
    bool any_flow = client->standard_flow_enabled || client->direct_access_grants_enabled ||
                    str_map_true(&client->attributes, STR(CLIENT_ATTR_CC_REFRESH));
    if (str_eq(use, STR("false")) || !any_flow) /* OA-07 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not allowed to use refresh tokens");
    return 0;
}

static int fail(const struct refreshing *f, int err)
{
    struct err_ctx told = *f->ctx->err;
    return grant_fail(f->ctx, &f->report, "invalid_token", err, told.detail);
}

/* RFC 6749 6: not more than was granted. Absent: the same. */
static int narrow_scope(const struct refreshing *f, struct str *ret_scope)
{
    struct str granted = f->token.claims.scope;
    struct str wanted = form_get(f->form, "scope");
    struct str rest = wanted;
    struct str word;
    *ret_scope = str_absent(granted) ? STR("") : granted;
    if (str_empty(wanted))
        return 0;
    while (str_next_word(&rest, &word))
        if (!str_has_word(granted, word))
            return err_field(f->ctx->err, ERR_INVALID_SCOPE, "scope", "Invalid scopes: %.*s",
                             (int)(wanted.len > 128 ? 128 : wanted.len), wanted.ptr);
    *ret_scope = wanted;
    return 0;
}

/* An offline session lives by the permission to be offline, whatever scope this refresh asks for. */
static int check_still_offline(const struct refreshing *f, struct store_read *r)
{
    struct granted_scopes scopes = {0};
    if (!f->token.offline || !str_has_word(f->token.claims.scope, STR(SCOPE_OFFLINE)))
        return 0;
    int rc = scopes_resolve(f->ctx, f->client, STR(SCOPE_OFFLINE), &scopes);
    if (rc == 0)
        rc = scopes_permit(f->ctx, r, &f->subject.all_roles, &scopes);
    if (rc == 0 && scopes.offline)
        return 0;
    if (rc != 0 && rc != ERR_INVALID_SCOPE)
        return rc;
    return err_set(f->ctx->err, ERR_INVALID_GRANT, "Offline user session not found");
}

/* OT-06: what was taken back since the grant. */
static int check_still_granted(struct refreshing *f, struct store_read *r)
{
    bool missing;
    TRY(consent_missing(f->ctx, r, f->token.user.pk, f->client, &f->subject.scopes, &missing));
    if (missing)
        return err_field(f->ctx->err, ERR_INVALID_SCOPE, "scope",
                         "Client no longer has requested consent from user");
    return check_still_offline(f, r);
}

static int load_subject(struct refreshing *f, struct store_read *r)
{
    struct subject *s = &f->subject;
    struct str scope;
    s->client = f->client;
    s->user = f->token.user;
    s->session = f->token.session;
    s->has_session = true;
    s->auth_time_ms = s->session.auth_time_ms;
    s->acr = s->session.acr;
    s->nonce = f->token.claims.nonce;
    s->grant = GRANT_REFRESH;
    /* Not older than what the client session takes: see core/model/session.h. */
    s->jti_ms = f->ctx->now->wall_ms;
    if (s->jti_ms < f->token.client_session.valid_from_ms)
        s->jti_ms = f->token.client_session.valid_from_ms;
    TRY(narrow_scope(f, &scope));
    TRY(subject_load(f->ctx, r, scope, s));
    return check_still_granted(f, r);
}

/* The session's idle time starts anew: the response must already count with it. */
static void touch_in_memory(struct refreshing *f)
{
    f->subject.session.last_access_ms = f->ctx->now->wall_ms;
    f->token.session.last_access_ms = f->ctx->now->wall_ms;
}

static int prepare(struct refreshing *f)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(f->ctx->view, &r));
    int rc = refresh_token_load(f->ctx, r, f->client, &f->token);
    if (rc == ERR_INVALID_GRANT || rc == ERR_SESSION_NOT_ACTIVE)
        return fail(f, rc);
    TRY(rc);
    f->report.user_id = f->token.user.id;
    f->report.username = f->token.user.username;
    f->report.session_id = f->token.session.id;
    if (!f->token.is_current)
        return 0;
    rc = load_subject(f, r);
    if (rc == ERR_INVALID_GRANT || rc == ERR_INVALID_SCOPE)
        return fail(f, rc);
    TRY(rc);
    touch_in_memory(f);
    return issue_tokens(f->ctx, r, &f->subject, &f->issue);
}

/* OT-04: both the thief and the victim lose. */
static int revoke_family(const struct refreshing *f, struct store_write *w)
{
    struct report report = f->report;
    report_add(&report, "error", STR("refresh_token_reused"));
    TRY(client_session_revoke(w, f->token.client_session.pk));
    return report_write(f->ctx, w, &report);
}

enum rotation { ROTATION_SAME_TOKEN, ROTATION_COUNTED, ROTATION_NEXT_TOKEN };

static enum rotation rotation_of(const struct realm *realm, const struct refresh_family *family)
{
    if (!realm->revoke_refresh_token)
        return ROTATION_SAME_TOKEN;
    if (family->use_count < realm->refresh_token_max_reuse)
        return ROTATION_COUNTED;
    return ROTATION_NEXT_TOKEN;
}

/* Inside the write transaction: the family as it is now. *ret_good is false for a token that is not
 * the current one any more; ERR_SESSION_NOT_ACTIVE when all of it ended meanwhile. */
static int rotate(struct refreshing *f, struct store_write *w, bool *ret_good)
{
    struct refresh_family family;
    int64_t end_ms;
    struct refresh_from from = {
        .client = f->client,
        .session = &f->token.session,
        .client_session = &f->token.client_session,
        .family_id = f->token.family.id,
        .scope = f->token.claims.scope,
        .nonce = f->token.claims.nonce,
    };
    *ret_good = false;
    int rc = refresh_family_find(store_write_reader(w), f->ctx->arena, f->token.family.id, &family);
    if (rc == ERR_NOT_FOUND)
        return err_set(f->ctx->err, ERR_SESSION_NOT_ACTIVE, "Session not active");
    TRY(rc);
    if (family.revoked || !str_eq(family.current_hash, f->token.jti_hash))
        return 0;
    enum rotation rotation = rotation_of(auth_realm(f->ctx), &family);
    if (rotation != ROTATION_NEXT_TOKEN)
        from.jti = f->token.claims.jti;
    TRY(mint_refresh_token(f->ctx, &from, &f->issue.refresh, &end_ms));
    *ret_good = true;
    if (rotation == ROTATION_SAME_TOKEN)
        return 0;
    if (rotation == ROTATION_COUNTED)
        return refresh_family_count_use(w, family.pk);
    struct str next = handle_hash(f->ctx->arena, HANDLE_REFRESH, f->issue.refresh.jti);
    if (str_absent(next))
        return ERR_NO_MEMORY;
    return refresh_family_rotate(w, family.pk, f->token.jti_hash, next, end_ms, ret_good);
}

static int store_refresh(struct refreshing *f, struct store_write *w)
{
    struct report report = f->report;
    int64_t now_ms = f->ctx->now->wall_ms;
    TRY(session_touch(w, f->token.session.pk, now_ms));
    TRY(client_session_touch(w, f->token.client_session.pk, now_ms));
    report.type = EVENT_TokenRefreshed;
    report_add(&report, "scope", f->issue.scope);
    report_add(&report, "token_id", f->issue.access.jti);
    return report_write(f->ctx, w, &report);
}

static int finish(struct refreshing *f)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool good = false;
    TRY(store_write_begin(f->ctx->view, f->ctx->now, &w));
    if (f->token.is_current)
        TRY(rotate(f, w, &good));
    if (good)
        TRY(store_refresh(f, w));
    else
        TRY(revoke_family(f, w));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    if (!good)
        return err_set(f->ctx->err, ERR_INVALID_GRANT,
                       "Maximum allowed refresh token reuse exceeded");
    return 0;
}

int grant_refresh_token(const struct auth_ctx *ctx, const struct client_auth *auth,
                        const struct form *form, struct str *ret_json)
{
    struct refreshing f = {
        .ctx = ctx,
        .client = auth->client,
        .form = form,
        .report = {.type = EVENT_TokenRefreshFailed, .client_id = auth->client->client_id},
    };
    struct str token = form_get(form, "refresh_token");
    if (str_empty(token))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "refresh_token", "No refresh token");
    TRY(check_client(ctx, auth->client));
    int rc = refresh_token_parse(ctx, token, &f.token);
    if (rc == ERR_INVALID_GRANT)
        return fail(&f, rc);
    TRY(rc);
    TRY(prepare(&f));
    TRY(finish(&f));
    return issue_response(ctx, &f.issue, ret_json);
}
