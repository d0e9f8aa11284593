/* The authorization code grant (RFC 6749 4.1.3, OpenID Connect Core 3.1.3). A code is given once:
 * taking it, the refresh family and the event are one transaction, and a second use revokes what the
 * first gave (OT-01). */
#include "core/admin/impersonator.h"
#include "core/oidc/grant.h"

#include "core/base/rng.h"
#include "core/oidc/issue.h"
#include "core/oidc/pkce.h"
#include "core/oidc/redirect_uri.h"
#include "core/port/users.h"

#include "core/base/banned.h"

struct exchange {
    const struct auth_ctx *ctx;
    const struct client *client;
    const struct form *form;
    struct auth_code code;
    struct client_session cs;
    struct subject subject;
    struct report report;
};

static int code_not_valid(const struct exchange *x, const char *error)
{
    return grant_fail(x->ctx, &x->report, error, ERR_INVALID_GRANT, "Code not valid");
}

static int find_code(struct exchange *x, struct store_read *r)
{
    struct str text = form_get(x->form, "code");
    if (str_empty(text))
        return err_field(x->ctx->err, ERR_INVALID_REQUEST, "code", "Missing parameter: code");
    if (text.len != TOKEN_TEXT_LEN) /* OT-10: whole or not at all */
        return code_not_valid(x, "invalid_code");
    struct str hash = handle_hash(x->ctx->arena, HANDLE_CODE, text);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    int rc = code_find(r, x->ctx->arena, hash, &x->code);
    if (rc == ERR_NOT_FOUND)
        return code_not_valid(x, "invalid_code");
    TRY(rc);
    if (x->code.client_pk != x->client->pk) /* OT-02; the code stays good for its owner */
        return code_not_valid(x, "code_of_another_client");
    return 0;
}

/* OT-01: everything that the first use gave ends. */
static int revoke_reused(const struct exchange *x)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = x->report;
    report_add(&report, "error", STR("code_reused"));
    TRY(store_write_begin(x->ctx->view, x->ctx->now, &w));
    int rc = client_session_revoke(w, x->code.client_session_pk);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    TRY(report_write(x->ctx, w, &report));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    return err_set(x->ctx->err, ERR_INVALID_GRANT, "Code not valid");
}

/* A failed try by the right client uses the code up, so that there is no second guess. */
static int spend_and_fail(const struct exchange *x, const char *error, const char *detail)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = x->report;
    bool first;
    report_add(&report, "error", str_c(error));
    TRY(store_write_begin(x->ctx->view, x->ctx->now, &w));
    TRY(code_spend(w, x->code.pk, &first));
    TRY(report_write(x->ctx, w, &report));
    TRY(store_commit_p(&w, DURABLE_STANDBY));
    return err_set(x->ctx->err, ERR_INVALID_GRANT, "%s", detail);
}

/* RFC 6749 4.1.3: the same redirect_uri as in the authorization request. */
static int check_redirect_uri(const struct exchange *x)
{
    struct str given = form_get(x->form, "redirect_uri");
    struct str expected = x->code.redirect_uri;
    if (str_empty(expected)) {
        if (str_absent(given))
            return 0;
        int rc = redirect_uri_resolve(x->ctx->arena, x->client, auth_own_urls(x->ctx),
                                      str_of(NULL, 0), &expected);
        if (rc == ERR_NO_MEMORY)
            return rc;
    }
    if (!str_absent(given) && str_eq(given, expected))
        return 0;
    return spend_and_fail(x, "invalid_redirect_uri", "Incorrect redirect_uri");
}

static int check_pkce(const struct exchange *x)
{
    struct str verifier = form_get(x->form, "code_verifier");
    switch (pkce_check(x->code.code_challenge, verifier)) {
    case PKCE_OK: return 0;
    case PKCE_MISSING:
        return spend_and_fail(x, "code_verifier_missing", "PKCE code verifier not specified");
    case PKCE_UNEXPECTED:
        return spend_and_fail(x, "code_verifier_unexpected",
                              "PKCE code verifier given, but no challenge was sent");
    case PKCE_MALFORMED:
        return spend_and_fail(x, "invalid_code_verifier",
                              "PKCE verification failed: Invalid code verifier");
    case PKCE_MISMATCH: break;
    }
    return spend_and_fail(x, "pkce_verification_failed", "PKCE verification failed: Code mismatch");
}

static int find_sessions(struct exchange *x, struct store_read *r)
{
    int rc = session_load_of_client(x->ctx, r, x->code.client_session_pk, &x->cs,
                                    &x->subject.session, &x->subject.user);
    if (rc == 0)
        rc = impersonator_check(x->ctx, r, &x->subject.session);
    if (rc == ERR_SESSION_NOT_ACTIVE)
        return spend_and_fail(x, "session_not_active", "Session not active");
    return rc;
}

static int load_subject(struct exchange *x, struct store_read *r)
{
    struct subject *s = &x->subject;
    TRY(find_sessions(x, r));
    s->client = x->client;
    s->has_session = true;
    s->auth_time_ms = x->code.auth_time_ms;
    s->acr = x->code.acr;
    s->nonce = str_empty(x->code.nonce) ? str_of(NULL, 0) : x->code.nonce;
    s->claims = x->code.claims;
    s->grant = GRANT_CODE;
    x->report.user_id = s->user.id;
    x->report.username = s->user.username;
    x->report.session_id = s->session.id;
    return subject_load(x->ctx, r, x->code.scope, s);
}

static int validate(struct exchange *x, struct store_read *r)
{
    TRY(find_code(x, r));
    if (x->code.spent_ms != 0)
        return revoke_reused(x);
    if (x->code.expires_ms <= x->ctx->now->wall_ms)
        return code_not_valid(x, "expired_code");
    TRY(check_redirect_uri(x));
    TRY(check_pkce(x));
    return load_subject(x, r);
}

static int take(struct exchange *x, struct issue *issue, bool *ret_first)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct report report = x->report;
    TRY(store_write_begin(x->ctx->view, x->ctx->now, &w));
    TRY(code_spend(w, x->code.pk, ret_first));
    if (!*ret_first)
        return 0;
    if (issue_wants_refresh(&x->subject))
        TRY(issue_refresh(x->ctx, w, &x->subject, &x->cs, issue));
    report.type = EVENT_CodeExchanged;
    report_add(&report, "scope", issue->scope);
    report_add(&report, "token_id", issue->access.jti);
    TRY(report_write(x->ctx, w, &report));
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int prepare(struct exchange *x, struct issue *ret_issue)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(x->ctx->view, &r));
    TRY(validate(x, r));
    return issue_tokens(x->ctx, r, &x->subject, ret_issue);
}

int grant_authorization_code(const struct auth_ctx *ctx, const struct client_auth *auth,
                             const struct form *form, struct str *ret_json)
{
    struct issue issue;
    bool first = false;
    struct exchange x = {
        .ctx = ctx,
        .client = auth->client,
        .form = form,
        .report = {.type = EVENT_CodeExchangeFailed, .client_id = auth->client->client_id},
    };
    if (!auth->client->standard_flow_enabled) /* OA-07 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT, "Client not allowed to exchange code");
    TRY(prepare(&x, &issue));
    TRY(take(&x, &issue, &first));
    if (!first) /* somebody was quicker with the same code */
        return revoke_reused(&x);
    return issue_response(ctx, &issue, ret_json);
}
