/* The grant by which somebody asks a resource server's permissions (Keycloak's authorization services;
 * grant type of UMA 2.0 3.3.1, without tickets). The caller is a person's access token in the header, or a
 * client that authenticates and asks for its service account. Nothing is granted that a permission of the
 * resource server does not grant now. */
#include "core/oidc/grant.h"

#include "core/admin/resource_servers.h"
#include "core/authz/request.h"
#include "core/oidc/claims.h"
#include "core/oidc/issue.h"
#include "core/oidc/token_check.h"
#include "core/oidc/uma.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define PERMISSIONS_MAX_BYTES ((size_t)512 << 10)
#define MODE_DECISION         "decision"
#define MODE_PERMISSIONS      "permissions"

/* --- Who asks --- */

int uma_bearer_check(const struct auth_ctx *ctx, struct str token, struct client_auth *ret_auth)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct access_token t;
    TRY(store_read_begin(ctx->view, &r));
    int rc = token_check(ctx, r, token, &t);
    if (rc == ERR_INVALID_TOKEN)
        return err_set(ctx->err, rc, "Invalid bearer token");
    TRY(rc);
    *ret_auth = (struct client_auth){t.client, CLIENT_AUTH_NONE, token};
    return 0;
}

/* Nobody authenticates here: what is given must not go on from token to token without end, past a new secret
 * and a revocation. So a token that this grant gave asks for no other (it may be sent along as rpt), and what
 * a token is given for ends with it. */
static int limit_to(const struct auth_ctx *ctx, const struct jwt_claims *presented,
                    struct subject *io_subject)
{
    if (!json_is_none(json_get(presented->json, CLAIM_AUTHORIZATION)))
        return err_set(ctx->err, ERR_INVALID_TOKEN,
                       "A token with permissions asks for no other: send it as rpt");
    if (presented->exp_s <=
        now_s(ctx->now)) /* good for a moment yet by the leeway for clocks alone */
        return err_set(ctx->err, ERR_INVALID_TOKEN, "Invalid bearer token");
    io_subject->expires_by_s = presented->exp_s;
    return 0;
}

static int subject_of_token(const struct auth_ctx *ctx, struct store_read *r, struct str token,
                            struct subject *s)
{
    struct access_token t;
    TRY(token_check(ctx, r, token, &t)); /* again: it is another moment (AD-05) */
    TRY(limit_to(ctx, &t.claims, s));
    s->origin_jti = t.claims.jti;
    s->client = t.client;
    s->user = t.user;
    s->has_session = t.has_session;
    s->session = t.session;
    s->auth_time_ms = t.session.auth_time_ms;
    s->acr = t.session.acr;
    return subject_load(ctx, r, t.claims.scope, s);
}

static int subject_of_client(const struct auth_ctx *ctx, struct store_read *r,
                             const struct client *client, struct subject *s)
{
    if (!client_is_confidential(client) || !client->service_accounts_enabled)
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client not enabled to retrieve service account");
    int rc = user_find_by_id(r, ctx->arena, client->service_account_user_id, &s->user);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !s->user.enabled)) /* OT-06 */
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT, "Service account is disabled");
    TRY(rc);
    s->client = client;
    s->acr = STR("1");
    return subject_load(ctx, r, str_of(NULL, 0), s);
}

/* --- What is asked for --- */

struct asking {
    const struct auth_ctx *ctx;
    const struct form *form;
    struct subject subject;
    const struct client *audience;
    struct str mode; /* absent: a token */
    bool with_names;
    enum authz_format format;
    bool is_upgrade; /* of a token with permissions */
    int64_t limit;   /* of permissions; 0: none */
};

static int read_format(struct asking *q)
{
    struct str format = form_get(q->form, "permission_resource_format");
    struct str matching = form_get(q->form, "permission_resource_matching_uri");
    bool by_uri = str_eq(format, STR("uri"));
    if (!by_uri && !str_empty(format) && !str_eq(format, STR("id")))
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "permission_resource_format",
                         "permission_resource_format must be id or uri");
    if (by_uri)
        q->format = str_eq(matching, STR("true")) ? AUTHZ_BY_PATH : AUTHZ_BY_URI;
    return 0;
}

static int read_mode(struct asking *q)
{
    struct str names = form_get(q->form, "response_include_resource_name");
    struct str limit = form_get(q->form, "response_permissions_limit");
    q->mode = form_get(q->form, "response_mode");
    q->with_names = !str_eq(names, STR("false"));
    if (!str_empty(limit) && (str_to_i64(limit, &q->limit) != 0 || q->limit < 0))
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "response_permissions_limit",
                         "response_permissions_limit must be a number");
    if (str_absent(q->mode) || str_eq(q->mode, STR(MODE_DECISION)) ||
        str_eq(q->mode, STR(MODE_PERMISSIONS)))
        return 0;
    return err_field(q->ctx->err, ERR_INVALID_REQUEST, "response_mode", "Invalid response_mode");
}

/* What exists elsewhere and not here must not be passed over: it would change the answer. */
static int refuse_absent(const struct asking *q)
{
    static const char *const names[] = {"ticket", "claim_token", "claim_token_format",
                                        "submit_request", "subject_token"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (!str_empty(form_get(q->form, names[i])))
            return err_field(q->ctx->err, ERR_INVALID_REQUEST, names[i],
                             "The parameter %s is not supported", names[i]);
    return 0;
}

static int find_audience(struct asking *q)
{
    struct str name = form_get(q->form, "audience");
    if (str_empty(name))
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "audience",
                         "The parameter audience is missing");
    int rc = realm_view_client(q->ctx->view, name, &q->audience);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_eq(q->audience->client_id, name)))
        return err_field(q->ctx->err, ERR_INVALID_REQUEST, "audience",
                         "Resource server not found.");
    TRY(rc);
    if (q->audience->enabled && q->audience->authorization_services_enabled) /* OT-07 */
        return 0;
    return err_field(q->ctx->err, ERR_INVALID_REQUEST, "audience",
                     "Client does not support permissions");
}

/* "rsid#scope,scope", as a permission of the form; absent when memory ends. */
static struct str asked_again(struct arena *a, const struct json_value *permission)
{
    const struct json_value *scope;
    struct str text = json_get_str(permission, "rsid");
    struct json_iter it = json_iter(json_get(permission, "scopes"));
    for (bool first = true; json_next(&it, NULL, &scope) && !str_absent(text); first = false)
        text = ARENA_CONCAT(a, text, first ? STR("#") : STR(","), json_str(scope));
    return text;
}

/* What a token that this grant gave carries is asked for again, not taken over. One that is not good any more
 * or somebody else's adds nothing. */
static int ask_again(struct asking *q, const struct authz_request *request,
                     struct authz_asked_list *io_list)
{
    struct err_ctx ignored = {0};
    struct auth_ctx aside = *q->ctx;
    struct access_token t;
    const struct json_value *permission;
    struct str rpt = form_get(q->form, "rpt");
    aside.err = &ignored;
    if (str_empty(rpt))
        return 0;
    int rc = token_check(&aside, request->r, rpt, &t);
    if (rc == ERR_INVALID_TOKEN)
        return 0;
    TRY(rc);
    if (!str_eq(t.user.id, q->subject.user.id) ||
        !json_has_str(t.claims.aud, q->audience->client_id))
        return 0;
    struct json_iter it =
        json_iter(json_get(json_get(t.claims.json, CLAIM_AUTHORIZATION), "permissions"));
    while (json_next(&it, NULL, &permission)) {
        struct str text = asked_again(q->ctx->arena, permission);
        if (str_empty(text)) /* of scopes alone */
            continue;
        rc = authz_ask(&aside, request, text, AUTHZ_BY_NAME, io_list);
        if (rc != 0 && rc != ERR_INVALID_RESOURCE && rc != ERR_INVALID_SCOPE)
            return rc;
        q->is_upgrade |= rc == 0;
    }
    return 0;
}

static int ask(struct asking *q, const struct authz_request *request,
               struct authz_asked_list *ret_list)
{
    bool any = false;
    *ret_list = (struct authz_asked_list){.items = NULL};
    for (size_t i = 0; i < q->form->count; i++) {
        const struct form_param *param = &q->form->params[i];
        if (!str_eq(param->name, STR(UMA_PERMISSION)) || str_empty(param->value))
            continue;
        TRY(authz_ask(q->ctx, request, param->value, q->format, ret_list));
        any = true;
    }
    return any ? ask_again(q, request, ret_list) : authz_ask_all(q->ctx, request, ret_list);
}

static int claims_of(const struct asking *q, struct store_read *r,
                     const struct json_value **ret_claims)
{
    struct claims c;
    struct minted minted;
    struct str text;
    claims_init(&c, q->ctx->arena);
    TRY(mint_access_claims(q->ctx, r, &q->subject, &c, &minted));
    TRY(claims_write(&c, &text));
    return json_parse(q->ctx->arena, text, text.len, ret_claims);
}

/* The granted ones as a list; *ret_count is how many. */
static int evaluate(struct asking *q, struct authz_request *request, struct str *ret_list,
                    size_t *ret_count)
{
    struct authz_asked_list asked;
    struct buf b;
    struct json_writer w;
    size_t count = 0;
    TRY(ask(q, request, &asked));
    buf_init(&b, q->ctx->arena, PERMISSIONS_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < asked.count; i++) {
        struct authz_answer answer;
        TRY(authz_answer(request, &asked.items[i], &answer));
        if (!answer.granted || (q->limit > 0 && count >= (size_t)q->limit))
            continue;
        authz_write_permission(&asked.items[i], &answer, q->with_names, &w);
        count++;
    }
    jw_end_array(&w);
    *ret_count = count;
    return jw_finish(&w, ret_list);
}

static int decide(struct asking *q, struct store_read *r, struct str *ret_list, size_t *ret_count)
{
    struct rs_settings settings;
    struct authz_identity identity;
    const struct json_value *claims;
    TRY(admin_rs_settings(q->ctx, r, q->audience, &settings));
    TRY(claims_of(q, r, &claims));
    TRY(authz_identity_of(q->ctx, r, &q->subject, claims, &identity));
    struct authz_request request = {.r = r,
                                    .a = q->ctx->arena,
                                    .client_pk = q->audience->pk,
                                    .settings = &settings,
                                    .identity = &identity};
    int rc = evaluate(q, &request, ret_list, ret_count);
    if (rc == ERR_LIMIT_REACHED || rc == ERR_TOO_LARGE)
        return err_set(q->ctx->err, ERR_INVALID_REQUEST,
                       "Too much to decide about in one request: name permissions");
    return rc;
}

/* --- The answer --- */

static int write_token(const struct asking *q, struct store_read *r, struct str list,
                       struct issue *ret_issue)
{
    struct subject subject = q->subject;
    subject.permissions = list;
    subject.permissions_audience = q->audience->client_id;
    ret_issue->is_rpt = true;
    ret_issue->is_upgraded = q->is_upgrade;
    ret_issue->scope = scopes_claim(q->ctx->arena, &subject.scopes);
    if (str_absent(ret_issue->scope))
        return ERR_NO_MEMORY;
    return mint_access_token(q->ctx, r, &subject, &ret_issue->access);
}

static int answer(const struct asking *q, struct store_read *r, struct str list,
                  struct issue *io_issue, struct str *ret_json)
{
    if (str_eq(q->mode, STR(MODE_DECISION))) {
        *ret_json = STR("{\"result\":true}");
        return 0;
    }
    if (str_eq(q->mode, STR(MODE_PERMISSIONS))) {
        *ret_json = list;
        return 0;
    }
    TRY(write_token(q, r, list, io_issue));
    return issue_response(q->ctx, io_issue, ret_json);
}

static struct report report_of(const struct asking *q, enum event_type type)
{
    struct report report = {
        .type = type,
        .user_id = q->subject.user.id,
        .username = q->subject.user.username,
        .client_id = q->subject.client->client_id,
    };
    if (q->subject.has_session)
        report.session_id = q->subject.session.id;
    report_add(&report, "audience", q->audience->client_id);
    return report;
}

static int run(struct asking *q, const struct client_auth *auth, struct store_read *r,
               struct report *ret_report, bool *ret_granted, struct str *ret_json)
{
    struct issue issue = {0};
    struct str list;
    size_t count = 0;
    TRY(str_absent(auth->bearer) ? subject_of_client(q->ctx, r, auth->client, &q->subject)
                                 : subject_of_token(q->ctx, r, auth->bearer, &q->subject));
    TRY(decide(q, r, &list, &count));
    *ret_granted = count > 0;
    *ret_report = report_of(q, count > 0 ? EVENT_PermissionGranted : EVENT_PermissionDenied);
    if (count == 0)
        return 0;
    TRY(answer(q, r, list, &issue, ret_json));
    report_add(ret_report, "token_id", issue.access.jti);
    return 0;
}

int grant_uma_ticket(const struct auth_ctx *ctx, const struct client_auth *auth,
                     const struct form *form, struct str *ret_json)
{
    struct asking q = {.ctx = ctx, .form = form, .subject = {.grant = GRANT_UMA}};
    struct report report;
    bool granted = false;
    TRY(refuse_absent(&q));
    TRY(read_mode(&q));
    TRY(read_format(&q));
    TRY(find_audience(&q));
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(store_read_begin(ctx->view, &r));
        TRY(run(&q, auth, r, &report, &granted, ret_json));
    }
    if (!granted)
        return grant_fail(ctx, &report, "access_denied", ERR_ACCESS_DENIED, "not_authorized");
    return report_alone(ctx, &report);
}
