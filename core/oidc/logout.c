/* Logout. */
#include "core/oidc/logout.h"

#include "core/auth/session.h"
#include "core/oidc/browser.h"
#include "core/oidc/client_auth.h"
#include "core/oidc/id_token_hint.h"
#include "core/oidc/login_state.h"
#include "core/oidc/redirect_uri.h"
#include "core/oidc/refresh.h"

#include "core/base/banned.h"

#define URL_MAX_BYTES   ((size_t)16 << 10)
#define STATE_MAX_BYTES 4096

struct request {
    const struct auth_ctx *ctx;
    bool has_hint;
    struct id_token_hint hint;
    const struct client *client;
    struct str client_id; /* as sent or as the hint has it; absent: not known */
    struct str uri;       /* post_logout_redirect_uri, checked; absent: none */
    struct str state;
};

static int page(struct logout_step *step, int err)
{
    step->kind = LOGOUT_STEP_ERROR;
    step->err = err;
    return 0;
}

/* --- reading --- */

static int read_hint(struct request *q, const struct form *form)
{
    struct str token = form_get(form, "id_token_hint");
    if (str_empty(token))
        return 0;
    TRY(id_token_hint_check(q->ctx, token, &q->hint));
    q->has_hint = true;
    return 0;
}

/* The client that the hint was made for; a client_id beside it must be the same one. */
static int read_client(struct request *q, const struct form *form)
{
    struct str sent = form_get(form, "client_id");
    q->client_id = q->has_hint ? q->hint.client_id : sent;
    if (str_empty(q->client_id)) {
        q->client_id = str_of(NULL, 0);
        return 0;
    }
    if (!str_empty(sent) && !str_eq(sent, q->client_id))
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "client_id",
                         "Invalid parameter: client_id");
    int rc = realm_view_client(q->ctx->view, q->client_id, &q->client);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(q->client->client_id, q->client_id))) {
        q->client = NULL;
        return err_field(q->ctx->err, ERR_INVALID_CLIENT, "client_id", "Client not found");
    }
    return rc;
}

static int read_uri(struct request *q, const struct form *form)
{
    struct str uri = form_get(form, "post_logout_redirect_uri");
    if (str_empty(uri))
        return 0;
    if (!q->client)
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "id_token_hint",
                         "Missing parameters: id_token_hint");
    if (!q->client->enabled)
        return err_field(q->ctx->err, ERR_UNAUTHORIZED_CLIENT, "client_id", "Client disabled");
    TRY(redirect_uri_post_logout_check(q->ctx->arena, q->client, auth_own_urls(q->ctx), uri));
    q->uri = uri;
    return 0;
}

static int read_request(struct request *q, const struct form *form)
{
    if (!str_absent(form->repeated))
        return err_set(q->ctx->err, ERR_DUPLICATE, "A parameter is sent more than once");
    TRY(read_hint(q, form));
    TRY(read_client(q, form));
    TRY(read_uri(q, form));
    q->state = form_get(form, "state");
    if (q->state.len > STATE_MAX_BYTES)
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "state", "Invalid parameter: state");
    return 0;
}

/* Errors of the request end on a page, those of the machine go up. */
static bool is_of_request(int rc)
{
    return rc == ERR_DUPLICATE || rc == ERR_TOKEN_MALFORMED || rc == ERR_INVALID_REQUEST ||
           rc == ERR_INVALID_CLIENT || rc == ERR_INVALID_REDIRECT_URI ||
           rc == ERR_UNAUTHORIZED_CLIENT || rc == ERR_CSRF || rc == ERR_SEAL ||
           rc == ERR_TOKEN_EXPIRED;
}

/* --- ending --- */

/* Where the browser goes when it is done. State that was not sent stays absent. */
static int finish(const struct request *q, struct logout_step *step)
{
    struct buf url;
    step->client = q->client;
    step->kind = LOGOUT_STEP_DONE;
    if (str_absent(q->uri))
        return 0;
    buf_init(&url, q->ctx->arena, URL_MAX_BYTES);
    buf_add(&url, q->uri);
    if (!str_absent(q->state))
        form_add_query(&url, "state", q->state);
    step->kind = LOGOUT_STEP_REDIRECT;
    return buf_finish(&url, &step->url);
}

static int end_session(const struct auth_ctx *ctx, const struct user_session *session)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(store_write_begin_for(ctx->view, ctx->now, NEED_ENDING, &w));
    int rc = session_end(ctx, w, session, EVENT_UserLogoutInitiated);
    if (rc == ERR_NOT_FOUND) /* somebody else just did */
        return 0;
    TRY(rc);
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int not_active_is_fine(int rc, bool *ret_found)
{
    *ret_found = rc == 0;
    return rc == ERR_SESSION_NOT_ACTIVE ? 0 : rc;
}

static int find_by_cookie(const struct auth_ctx *ctx, const struct authz_browser *browser,
                          struct user_session *ret_session, bool *ret_found)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    TRY(store_read_begin(ctx->view, &r));
    return not_active_is_fine(
        session_load_to_end_by_cookie(ctx, r, browser->sso_cookie, ret_session, &user), ret_found);
}

static int find_by_hint(const struct request *q, struct user_session *ret_session, bool *ret_found)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    TRY(store_read_begin(q->ctx->view, &r));
    TRY(not_active_is_fine(session_load_to_end(q->ctx, r, q->hint.sid, ret_session, &user),
                           ret_found));
    if (*ret_found && !str_eq(user.id, q->hint.sub))
        *ret_found = false;
    return 0;
}

static int ask(const struct request *q, const struct form *form,
               const struct authz_browser *browser, const struct user_session *session,
               struct logout_step *step)
{
    struct login_state state = {
        .stage = LOGIN_STAGE_PASSWORD,
        .created_ms = q->ctx->now->wall_ms,
        .stage_ms = q->ctx->now->wall_ms,
        .session_id = session->id,
    };
    struct buf b;
    buf_init(&b, q->ctx->arena, URL_MAX_BYTES);
    if (!str_absent(q->client_id))
        form_add(&b, "client_id", q->client_id);
    if (!str_absent(q->uri))
        form_add(&b, "post_logout_redirect_uri", q->uri);
    if (!str_absent(q->state))
        form_add(&b, "state", q->state);
    TRY(buf_finish(&b, &state.request));
    TRY(browser_bind(q->ctx, browser, &state.browser_hash, &step->set_login_cookie));
    step->kind = LOGOUT_STEP_CONFIRM;
    step->client = q->client;
    step->ui_locales = form_get(form, "ui_locales");
    return login_state_seal(q->ctx, LOGIN_STATE_LOGOUT, &state, &step->state);
}

/* OI-04: without asking only when the hint is of this browser's session, or the browser has none and
 * the hint's own session is what ends. */
static int begin(const struct request *q, const struct form *form,
                 const struct authz_browser *browser, struct logout_step *step)
{
    struct user_session session;
    bool found;
    TRY(find_by_cookie(q->ctx, browser, &session, &found));
    bool fits = q->has_hint && found && str_eq(session.id, q->hint.sid);
    if (found && !fits)
        return ask(q, form, browser, &session, step);
    if (!found && q->has_hint && !str_empty(q->hint.sid))
        TRY(find_by_hint(q, &session, &found));
    if (found)
        TRY(end_session(q->ctx, &session));
    step->clear_sso_cookie = true;
    step->ui_locales = form_get(form, "ui_locales");
    return finish(q, step);
}

int logout_begin(const struct auth_ctx *ctx, const struct form *form,
                 const struct authz_browser *browser, struct logout_step *ret_step)
{
    struct request q = {.ctx = ctx};
    *ret_step = (struct logout_step){0};
    int rc = read_request(&q, form);
    if (is_of_request(rc))
        return page(ret_step, rc);
    TRY(rc);
    return begin(&q, form, browser, ret_step);
}

/* What was sealed is read again, so that a client that was changed since is seen as it is. */
static int reopen(struct request *q, const struct authz_browser *browser, struct str sealed,
                  struct login_state *ret_state)
{
    struct form form;
    TRY(login_state_open(q->ctx, LOGIN_STATE_LOGOUT, sealed, browser->login_cookie, ret_state));
    TRY(form_parse(q->ctx->arena, ret_state->request, NULL, &form, NULL));
    return read_request(q, &form);
}

int logout_confirm(const struct auth_ctx *ctx, const struct authz_browser *browser,
                   struct str state, struct logout_step *ret_step)
{
    struct request q = {.ctx = ctx};
    struct login_state opened;
    struct user_session session;
    bool found;
    *ret_step = (struct logout_step){0};
    int rc = reopen(&q, browser, state, &opened);
    if (is_of_request(rc))
        return page(ret_step, rc);
    TRY(rc);
    TRY(find_by_cookie(ctx, browser, &session, &found));
    /* The session that the page was about; another one since then was not asked about. */
    if (found && !str_eq(session.id, opened.session_id))
        return page(ret_step, ERR_SEAL);
    if (found)
        TRY(end_session(ctx, &session));
    ret_step->clear_sso_cookie = true;
    return finish(&q, ret_step);
}

/* --- Keycloak's POST --- */

static int load_refresh(const struct auth_ctx *ctx, const struct client *client, struct str token,
                        struct refresh_token *ret_token)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(refresh_token_parse(ctx, token, ret_token));
    TRY(store_read_begin(ctx->view, &r));
    return refresh_token_load_to_end(ctx, r, client, ret_token);
}

int logout_by_refresh_token(const struct auth_ctx *ctx, struct str authorization,
                            const struct form *form, const struct client **ret_client)
{
    struct client_auth auth;
    struct refresh_token token;
    struct auth_ctx known = *ctx;
    TRY(client_auth_check(ctx, authorization, form, &auth));
    if (ret_client)
        *ret_client = auth.client;
    known.actor.client_id = auth.client->client_id;
    struct str text = form_get(form, "refresh_token");
    if (str_empty(text))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "refresh_token", "No refresh token");
    TRY(load_refresh(&known, auth.client, text, &token));
    return end_session(&known, &token.session);
}
