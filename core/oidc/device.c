/* Device authorization requests, and codes that people type. */
#include "core/oidc/device.h"

#include "core/auth/session.h"
#include "core/base/rng.h"
#include "core/codec/form.h"
#include "core/codec/json.h"
#include "core/oidc/scopes.h"

#include "core/base/banned.h"

/* Consonants that are told apart, and make no words (RFC 8628 6.1): 8 of 20 are 34 bits, which live a few
 * minutes behind the limit of the login pages (5.1). */
#define ALPHABET         "BCDFGHJKLMNPQRSTVWXZ"
#define USER_CODE_CHARS  8
#define TYPED_MAX_BYTES  64
#define TRIES            4 /* to find a user code that nobody has */
#define REPLY_MAX_BYTES  4096
#define LIFE_DEFAULT_S   600
#define LIFE_MAX_S       1800
#define INTERVAL_S       5
#define INTERVAL_MAX_S   300
#define MS_PER_S         1000
#define VERIFICATION_URI "/device"

/* --- user codes --- */

static struct str new_user_code(struct arena *a)
{
    char *text = arena_alloc(a, USER_CODE_CHARS);
    if (!text)
        return str_of(NULL, 0);
    for (size_t i = 0; i < USER_CODE_CHARS; i++)
        text[i] = ALPHABET[rng_below(sizeof(ALPHABET) - 1)];
    return str_of(text, USER_CODE_CHARS);
}

static char upper(char c)
{
    return c >= 'a' && c <= 'z' ? (char)(c - 'a' + 'A') : c;
}

struct str device_user_code(struct arena *a, struct str typed)
{
    struct str none = {NULL, 0};
    size_t count = 0;
    char *text = arena_alloc(a, USER_CODE_CHARS);
    if (!text || typed.len > TYPED_MAX_BYTES)
        return none;
    for (size_t i = 0; i < typed.len; i++) {
        char c = upper(typed.ptr[i]);
        if (c == '-' || c == ' ')
            continue;
        if (c == '\0' || !strchr(ALPHABET, c) || count == USER_CODE_CHARS)
            return none;
        text[count++] = c;
    }
    return count == USER_CODE_CHARS ? str_of(text, count) : none;
}

struct str device_user_code_shown(struct arena *a, struct str user_code)
{
    size_t half = USER_CODE_CHARS / 2;
    return ARENA_CONCAT(a, str_sub(user_code, 0, half), STR("-"), str_from(user_code, half));
}

int device_find_waiting(const struct auth_ctx *ctx, struct store_read *r, struct str user_code,
                        struct device_code *ret_code)
{
    struct str hash = handle_hash(ctx->arena, HANDLE_USER_CODE, user_code);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    TRY(device_code_find_by_user_code(r, ctx->arena, hash, ret_code));
    bool waits = ret_code->state == DEVICE_WAITS && ret_code->expires_ms > ctx->now->wall_ms;
    return waits ? 0 : ERR_NOT_FOUND;
}

/* --- the device's request --- */

/* The client's own setting, else the realm's, else ours. */
static int64_t seconds_of(const struct client *client, const char *attribute, int64_t of_realm,
                          int64_t fallback, int64_t most)
{
    int64_t s;
    if (str_to_i64(str_map_get(&client->attributes, str_c(attribute)), &s) != 0 || s <= 0)
        s = of_realm > 0 ? of_realm : fallback;
    return s < most ? s : most;
}

struct asked {
    const struct client *client;
    struct str device_code, user_code;
    struct str scope;
    struct str source; /* of a public client */
    int64_t lives_s, interval_s;
};

static int read_asked(const struct auth_ctx *ctx, const struct client *client,
                      const struct form *form, struct asked *ret_asked)
{
    const struct realm *realm = auth_realm(ctx);
    struct granted_scopes scopes;
    struct str scope = form_get(form, "scope");
    if (client->bearer_only || !client_takes_devices(client))
        return err_set(ctx->err, ERR_UNAUTHORIZED_CLIENT,
                       "Client is not allowed to initiate OAuth 2.0 Device Authorization Grant");
    if (scope.len > AUTHZ_SCOPE_MAX_BYTES)
        return err_field(ctx->err, ERR_INVALID_SCOPE, "scope", "Invalid scopes");
    TRY(scopes_resolve(ctx, client, scope, &scopes));
    *ret_asked = (struct asked){
        .client = client,
        .device_code = token_new(ctx->arena),
        .scope = str_absent(scope) ? STR("") : scope,
        .lives_s = seconds_of(client, CLIENT_ATTR_DEVICE_LIFESPAN, realm->device_code_lifespan_s,
                              LIFE_DEFAULT_S, LIFE_MAX_S),
        .interval_s = seconds_of(client, CLIENT_ATTR_DEVICE_INTERVAL,
                                 realm->device_polling_interval_s, INTERVAL_S, INTERVAL_MAX_S),
    };
    return str_absent(ret_asked->device_code) ? ERR_NO_MEMORY : 0;
}

static int insert(const struct auth_ctx *ctx, struct store_write *w, const struct asked *asked)
{
    struct device_code code = {
        .hash = handle_hash(ctx->arena, HANDLE_DEVICE_CODE, asked->device_code),
        .user_hash = handle_hash(ctx->arena, HANDLE_USER_CODE, asked->user_code),
        .client_pk = asked->client->pk,
        .state = DEVICE_WAITS,
        .scope = asked->scope,
        .interval_s = asked->interval_s,
        .expires_ms = ctx->now->wall_ms + asked->lives_s * MS_PER_S,
        .source = asked->source,
    };
    if (str_absent(code.hash) || str_absent(code.user_hash))
        return ERR_NO_MEMORY;
    return device_code_insert(w, &code);
}

static int keep(const struct auth_ctx *ctx, struct asked *asked)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    int rc = ERR_CONFLICT;
    TRY(store_write_begin(ctx->view, ctx->now, &w));
    for (int i = 0; i < TRIES && rc == ERR_CONFLICT; i++) {
        asked->user_code = new_user_code(ctx->arena);
        rc = str_absent(asked->user_code) ? ERR_NO_MEMORY : insert(ctx, w, asked);
    }
    if (rc == ERR_LIMIT_REACHED || rc == ERR_CONFLICT) /* HT-08 */
        return err_set(ctx->err, ERR_RATE_LIMITED, "Too many devices wait");
    TRY(rc);
    return store_commit_p(&w, DURABLE_STANDBY);
}

static int write_response(const struct auth_ctx *ctx, const struct asked *asked,
                          struct str *ret_json)
{
    struct arena *a = ctx->arena;
    struct buf b;
    struct json_writer w;
    struct str uri = ARENA_CONCAT(a, ctx->issuer, STR(VERIFICATION_URI));
    struct str shown = device_user_code_shown(a, asked->user_code);
    if (str_absent(uri) || str_absent(shown))
        return ERR_NO_MEMORY;
    buf_init(&b, a, REPLY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "device_code", asked->device_code);
    jw_member_str(&w, "user_code", shown);
    jw_member_str(&w, "verification_uri", uri);
    jw_member_str(&w, "verification_uri_complete", ARENA_CONCAT(a, uri, STR("?user_code="), shown));
    jw_member_i64(&w, "expires_in", asked->lives_s);
    jw_member_i64(&w, "interval", asked->interval_s);
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

int device_authorize(const struct auth_ctx *ctx, struct str authorization, const struct form *form,
                     struct device_response *ret_response)
{
    struct client_auth auth;
    struct asked asked = {0};
    ret_response->client = NULL;
    TRY(client_auth_check(ctx, authorization, form, &auth));
    ret_response->client = auth.client;
    TRY(read_asked(ctx, auth.client, form, &asked));
    TRY(client_auth_source(ctx, &auth, &asked.source));
    TRY(keep(ctx, &asked));
    return write_response(ctx, &asked, &ret_response->json);
}
