/* Token responses. */
#include "core/oidc/issue.h"

#include "core/base/rng.h"
#include "core/codec/json.h"

#include "core/base/banned.h"

#define RESPONSE_MAX_BYTES ((size_t)1 << 20)

int issue_tokens(const struct auth_ctx *ctx, struct store_read *r, const struct subject *subject,
                 struct issue *ret_issue)
{
    struct issue issue = {0};
    TRY(mint_access_token(ctx, r, subject, &issue.access));
    if (subject->scopes.openid)
        TRY(mint_id_token(ctx, r, subject, issue.access.token, str_of(NULL, 0), &issue.id));
    issue.scope = scopes_claim(ctx->arena, &subject->scopes);
    if (str_absent(issue.scope))
        return ERR_NO_MEMORY;
    if (subject->has_session)
        issue.session_id = subject->session.id;
    *ret_issue = issue;
    return 0;
}

bool issue_wants_refresh(const struct subject *subject)
{
    struct str use = str_map_get(&subject->client->attributes, STR(CLIENT_ATTR_REFRESH_ENABLED));
    return subject->has_session && !str_eq(use, STR("false"));
}

static int offline_session(const struct auth_ctx *ctx, struct store_write *w,
                           const struct subject *subject, const struct client_session *cs,
                           struct user_session *ret_session, struct client_session *ret_cs)
{
    struct session_new from = {
        .user = &subject->user,
        .offline = true,
        .auth_time_ms = subject->auth_time_ms,
        .acr = subject->session.acr,
        .amr = subject->session.amr,
    };
    TRY(session_prepare(ctx, &from, ret_session, NULL));
    TRY(session_insert(w, ret_session));
    return client_session_open(ctx, w, ret_session, subject->client, cs->scope, cs->redirect_uri,
                               ret_cs);
}

static int start_family(const struct auth_ctx *ctx, struct store_write *w,
                        struct refresh_from *from, struct minted *ret_minted)
{
    struct refresh_family family = {
        .id = uuid_new(ctx->arena),
        .client_session_pk = from->client_session->pk,
    };
    if (str_absent(family.id))
        return ERR_NO_MEMORY;
    from->family_id = family.id;
    TRY(mint_refresh_token(ctx, from, ret_minted, &family.expires_ms));
    family.current_hash = handle_hash(ctx->arena, HANDLE_REFRESH, ret_minted->jti);
    if (str_absent(family.current_hash))
        return ERR_NO_MEMORY;
    return refresh_family_insert(w, &family);
}

int issue_refresh(const struct auth_ctx *ctx, struct store_write *w, const struct subject *subject,
                  const struct client_session *cs, struct issue *io_issue)
{
    struct user_session offline;
    struct client_session offline_cs;
    struct refresh_from from = {
        .client = subject->client,
        .session = &subject->session,
        .client_session = cs,
        .scope = scopes_all(ctx->arena, &subject->scopes),
        .nonce = subject->nonce,
    };
    if (str_absent(from.scope))
        return ERR_NO_MEMORY;
    if (subject->scopes.offline && !subject->session.offline) {
        TRY(offline_session(ctx, w, subject, cs, &offline, &offline_cs));
        from.session = &offline;
        from.client_session = &offline_cs;
    }
    return start_family(ctx, w, &from, &io_issue->refresh);
}

int issue_response(const struct auth_ctx *ctx, const struct issue *issue, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, RESPONSE_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    if (issue->is_rpt)
        jw_member_bool(&w, "upgraded", issue->is_upgraded);
    jw_member_str(&w, "access_token", issue->access.token);
    jw_member_i64(&w, "expires_in", issue->access.expires_in_s);
    jw_member_i64(&w, "refresh_expires_in",
                  str_absent(issue->refresh.token) ? 0 : issue->refresh.expires_in_s);
    jw_member_str_opt(&w, "refresh_token", issue->refresh.token);
    jw_member_c(&w, "token_type", "Bearer");
    jw_member_str_opt(&w, "id_token", issue->id.token);
    jw_member_i64(&w, "not-before-policy", auth_realm(ctx)->not_before_s);
    jw_member_str_opt(&w, "session_state", issue->session_id);
    jw_member_str(&w, "scope", issue->scope);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}
