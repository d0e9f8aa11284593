/* Pushed authorization requests. */
#include "core/oidc/par.h"

#include "core/auth/session.h"
#include "core/base/rng.h"
#include "core/codec/json.h"
#include "core/port/pushed_requests.h"

#include "core/base/banned.h"

#define URI_PREFIX        "urn:ietf:params:oauth:request_uri:"
#define REQUEST_MAX_BYTES ((size_t)32 << 10)
/* Of who shows no proof: anybody can be a public client (HT-08). */
#define PUBLIC_MAX_BYTES  ((size_t)4 << 10)
#define REPLY_MAX_BYTES   1024
#define LIFE_DEFAULT_S    60
#define LIFE_MAX_S        90 /* OX-01 */
#define MS_PER_S          1000

/* --- taking a request --- */

/* The client's proof of who it is does not belong to what it asks for. */
static bool is_proof(struct str name)
{
    static const char *const names[] = {"client_id", "client_secret", "client_assertion",
                                        "client_assertion_type"};
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i]))
            return true;
    return false;
}

/* The form as it would have come to the authorization endpoint. */
static int as_authorization_request(const struct auth_ctx *ctx, const struct client *client,
                                    const struct form *form, struct form *ret_form)
{
    size_t count = 0;
    struct form_param *params = ARENA_ARRAY(ctx->arena, form->count + 1, struct form_param);
    if (!params)
        return ERR_NO_MEMORY;
    if (!str_absent(form_get(form, "request_uri"))) /* RFC 9126 2.1 */
        return err_field(ctx->err, ERR_INVALID_REQUEST, "request_uri",
                         "A pushed request has no request_uri");
    params[count++] = (struct form_param){STR("client_id"), client->client_id};
    for (size_t i = 0; i < form->count; i++)
        if (!is_proof(form->params[i].name))
            params[count++] = form->params[i];
    *ret_form = (struct form){.params = params, .count = count};
    return 0;
}

static int64_t life_s(const struct auth_ctx *ctx)
{
    struct str text = str_map_get(&auth_realm(ctx)->attributes, STR(REALM_ATTR_PAR_LIFESPAN));
    int64_t s;
    if (str_empty(text) || str_to_i64(text, &s) != 0 || s <= 0)
        return LIFE_DEFAULT_S;
    return s < LIFE_MAX_S ? s : LIFE_MAX_S;
}

static int keep(const struct auth_ctx *ctx, const struct client_auth *auth,
                const struct authz_request *request, struct str handle, int64_t expires_ms)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct pushed_request pushed = {
        .hash = handle_hash(ctx->arena, HANDLE_PUSHED_REQUEST, handle),
        .client_pk = request->client->pk,
        .expires_ms = expires_ms,
    };
    TRY(authz_request_write(ctx->arena, request, &pushed.request));
    TRY(client_auth_source(ctx, auth, &pushed.source));
    if (str_absent(pushed.hash))
        return ERR_NO_MEMORY;
    size_t most = request->client->public_client ? PUBLIC_MAX_BYTES : REQUEST_MAX_BYTES;
    if (pushed.request.len > most) /* RFC 9126 2.3 */
        return ERR_TOO_LARGE;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    int rc = pushed_request_insert(w, &pushed);
    if (rc == ERR_LIMIT_REACHED) /* HT-08 */
        return err_set(ctx->err, ERR_RATE_LIMITED, "Too many pushed requests wait");
    TRY(rc);
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int write_response(const struct auth_ctx *ctx, struct str handle, int64_t expires_in_s,
                          struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, ctx->arena, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "request_uri", ARENA_CONCAT(ctx->arena, STR(URI_PREFIX), handle));
    jw_member_i64(&w, "expires_in", expires_in_s);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

int par_accept(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
               struct par_response *ret_response)
{
    struct client_auth auth;
    struct authz_request request;
    struct form given;
    enum authz_failure where; /* there is no browser: all failures are answered here */
    int64_t lives_s = life_s(ctx);
    ret_response->client = NULL;
    TRY(client_auth_check(ctx, authorization, form, &auth));
    ret_response->client = auth.client;
    TRY(as_authorization_request(ctx, auth.client, form, &given));
    TRY(authz_request_parse(ctx, &given, &request, &where));
    struct str handle = token_new(ctx->arena);
    if (str_absent(handle))
        return ERR_NO_MEMORY;
    TRY(keep(ctx, &auth, &request, handle, ctx->now->wall_ms + lives_s * MS_PER_S));
    return write_response(ctx, handle, lives_s, &ret_response->json);
}

/* --- and using it --- */

static int refuse(const struct auth_ctx *ctx)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST_URI, "request_uri",
                     "The request_uri is unknown, used or expired");
}

/* One text, whatever is wrong. A stranger does not use it up for its owner. */
static int find(const struct auth_ctx *ctx, const struct client *client, struct str handle,
                struct pushed_request *ret_pushed)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct str hash = handle_hash(ctx->arena, HANDLE_PUSHED_REQUEST, handle);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    TRY(store_read_begin(ctx->view, &r));
    int rc = pushed_request_find(r, ctx->arena, hash, ret_pushed);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == ERR_NOT_FOUND || ret_pushed->client_pk != client->pk ||
        ret_pushed->expires_ms <= ctx->now->wall_ms)
        return refuse(ctx);
    return 0;
}

static int spend(const struct auth_ctx *ctx, const struct pushed_request *pushed)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    bool first;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    TRY(pushed_request_spend(w, pushed->pk, &first));
    if (!first)
        return refuse(ctx);
    return store_commit_p(&w, DURABLE_STANDBY);
}

int par_redeem(const struct auth_ctx *ctx, const struct form *form, struct form *ret_form,
               bool *ret_pushed)
{
    struct str uri = form_get(form, "request_uri");
    struct str client_id = form_get(form, "client_id");
    const struct client *client;
    struct pushed_request pushed;
    *ret_form = *form;
    *ret_pushed = false;
    if (!str_starts(uri, STR(URI_PREFIX)) || str_empty(client_id) || !str_absent(form->repeated))
        return 0;
    int rc = realm_view_client(ctx->view, client_id, &client);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(find(ctx, client, str_from(uri, strlen(URI_PREFIX)), &pushed));
    TRY(spend(ctx, &pushed));
    TRY(form_parse(ctx->arena, pushed.request, NULL, ret_form, NULL));
    *ret_pushed = true;
    return 0;
}
