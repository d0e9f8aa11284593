/* Login sessions. */
#include "core/auth/session.h"

#include "core/auth/report.h"
#include "core/base/rng.h"
#include "core/crypto/digest.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

struct str handle_hash(struct arena *a, enum handle_kind kind, struct str value)
{
    static const struct str names[] = {
        [HANDLE_COOKIE] = STR_INIT("cookie:"),
        [HANDLE_CODE] = STR_INIT("code:"),
        [HANDLE_REFRESH] = STR_INIT("refresh:"),
        [HANDLE_BROWSER] = STR_INIT("browser:"),
        [HANDLE_PUSHED_REQUEST] = STR_INIT("pushed-request:"),
        [HANDLE_DEVICE_CODE] = STR_INIT("device-code:"),
        [HANDLE_USER_CODE] = STR_INIT("user-code:"),
        [HANDLE_ACTION_TOKEN] = STR_INIT("action-token:"),
        [HANDLE_SOURCE] = STR_INIT("source:"),
    };
    unsigned char hash[BLAKE2B_BYTES];
    const struct str parts[] = {names[kind], value};
    blake2b_256(str_of(NULL, 0), parts, ARRAY_LEN(parts), hash);
    return arena_str(a, str_of((const char *)hash, sizeof(hash)));
}

static int64_t or_else(int64_t value, int64_t fallback)
{
    return value > 0 ? value : fallback;
}

void session_limits_of(const struct realm *realm, struct session_limits *ret_limits)
{
    *ret_limits = (struct session_limits){
        .idle_ms = realm->sso_session_idle_s * MS_PER_S,
        .max_ms = realm->sso_session_max_s * MS_PER_S,
        .idle_remember_ms =
            or_else(realm->sso_session_idle_remember_me_s, realm->sso_session_idle_s) * MS_PER_S,
        .max_remember_ms =
            or_else(realm->sso_session_max_remember_me_s, realm->sso_session_max_s) * MS_PER_S,
        .offline_idle_ms = realm->offline_session_idle_s * MS_PER_S,
        .offline_max_ms =
            realm->offline_session_max_enabled ? realm->offline_session_max_s * MS_PER_S : 0,
    };
}

void session_ends(const struct realm *realm, const struct user_session *session,
                  int64_t *ret_idle_ms, int64_t *ret_max_ms)
{
    struct session_limits limits;
    int64_t idle_ms, max_ms;
    session_limits_of(realm, &limits);
    if (session->offline) {
        idle_ms = limits.offline_idle_ms;
        max_ms = limits.offline_max_ms;
    } else {
        idle_ms = session->remember_me ? limits.idle_remember_ms : limits.idle_ms;
        max_ms = session->remember_me ? limits.max_remember_ms : limits.max_ms;
    }
    *ret_idle_ms = session->last_access_ms + idle_ms;
    *ret_max_ms = session->offline && max_ms == 0 ? INT64_MAX : session->started_ms + max_ms;
}

bool session_is_over(const struct realm *realm, const struct user_session *session, int64_t now_ms)
{
    int64_t idle_ms, max_ms;
    /* WE-03: switching remember-me off ends what was started with it. */
    if (session->remember_me && !realm->remember_me)
        return true;
    session_ends(realm, session, &idle_ms, &max_ms);
    return now_ms >= idle_ms || now_ms >= max_ms;
}

bool session_user_allowed(const struct auth_ctx *ctx, const struct user *user, int64_t auth_time_ms)
{
    int64_t auth_time_s = auth_time_ms / MS_PER_S;
    return user->enabled && auth_time_s >= user->not_before_s &&
           auth_time_s >= auth_realm(ctx)->not_before_s;
}

struct str session_amr(bool otp)
{
    return otp ? STR(AMR_PASSWORD " " AMR_OTP) : STR(AMR_PASSWORD);
}

bool session_is_impersonated(const struct user_session *session)
{
    return str_eq(session->acr, STR(ACR_IMPERSONATED));
}

bool session_has_otp(const struct user_session *session)
{
    return str_has_word(session->amr, STR(AMR_OTP));
}

static int not_active(int rc)
{
    return rc == ERR_NOT_FOUND ? ERR_SESSION_NOT_ACTIVE : rc;
}

static bool may_be_used(const struct auth_ctx *ctx, const struct user_session *session,
                        const struct user *user)
{
    return !session_is_over(auth_realm(ctx), session, ctx->now->wall_ms) &&
           session_user_allowed(ctx, user, session->auth_time_ms);
}

static int find_user(const struct auth_ctx *ctx, struct store_read *r,
                     const struct user_session *session, struct user *ret_user)
{
    TRY(not_active(user_find_by_pk(r, ctx->arena, session->user_pk, ret_user)));
    auth_user_known(ctx, ret_user->id);
    return 0;
}

int session_load_to_end(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                        struct user_session *ret_session, struct user *ret_user)
{
    if (str_empty(id))
        return ERR_SESSION_NOT_ACTIVE;
    TRY(not_active(session_find(r, ctx->arena, id, ret_session)));
    return find_user(ctx, r, ret_session, ret_user);
}

int session_load(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                 struct user_session *ret_session, struct user *ret_user)
{
    struct user_session session;
    struct user user;
    TRY(session_load_to_end(ctx, r, id, &session, &user));
    if (!may_be_used(ctx, &session, &user))
        return ERR_SESSION_NOT_ACTIVE;
    *ret_session = session;
    *ret_user = user;
    return 0;
}

int session_load_to_end_by_cookie(const struct auth_ctx *ctx, struct store_read *r,
                                  struct str cookie, struct user_session *ret_session,
                                  struct user *ret_user)
{
    if (cookie.len != TOKEN_TEXT_LEN)
        return ERR_SESSION_NOT_ACTIVE;
    struct str hash = handle_hash(ctx->arena, HANDLE_COOKIE, cookie);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    TRY(not_active(session_find_by_cookie(r, ctx->arena, hash, ret_session)));
    return find_user(ctx, r, ret_session, ret_user);
}

int session_load_of_client(const struct auth_ctx *ctx, struct store_read *r,
                           int64_t client_session_pk, struct client_session *ret_cs,
                           struct user_session *ret_session, struct user *ret_user)
{
    struct user_session session;
    int rc = client_session_find_by_pk(r, ctx->arena, client_session_pk, ret_cs);
    if (rc == 0 && ret_cs->revoked)
        rc = ERR_NOT_FOUND;
    if (rc == 0)
        rc = session_find_by_pk(r, ctx->arena, ret_cs->session_pk, &session);
    if (rc == 0)
        rc = session_load(ctx, r, session.id, ret_session, ret_user);
    return rc == ERR_NOT_FOUND ? ERR_SESSION_NOT_ACTIVE : rc;
}

int session_load_by_cookie(const struct auth_ctx *ctx, struct store_read *r, struct str cookie,
                           struct user_session *ret_session, struct user *ret_user)
{
    struct user_session session;
    struct user user;
    TRY(session_load_to_end_by_cookie(ctx, r, cookie, &session, &user));
    if (!may_be_used(ctx, &session, &user))
        return ERR_SESSION_NOT_ACTIVE;
    *ret_session = session;
    *ret_user = user;
    return 0;
}

static int new_cookie(const struct auth_ctx *ctx, struct str *ret_cookie, struct str *ret_hash)
{
    struct str cookie = token_new(ctx->arena);
    if (str_absent(cookie))
        return ERR_NO_MEMORY;
    struct str hash = handle_hash(ctx->arena, HANDLE_COOKIE, cookie);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    *ret_cookie = cookie;
    *ret_hash = hash;
    return 0;
}

int session_prepare(const struct auth_ctx *ctx, const struct session_new *from,
                    struct user_session *ret_session, struct str *ret_cookie)
{
    struct str cookie = str_of(NULL, 0);
    auth_user_known(ctx, from->user->id);
    struct user_session session = {
        .id = uuid_new(ctx->arena),
        .user_pk = from->user->pk,
        .user_id = from->user->id,
        .started_ms = ctx->now->wall_ms,
        .last_access_ms = ctx->now->wall_ms,
        .auth_time_ms = from->auth_time_ms,
        .acr = from->acr,
        .amr = from->amr,
        .ip = ctx->actor.ip,
        .user_agent = ctx->actor.user_agent,
        .remember_me = from->remember_me,
        .offline = from->offline,
    };
    if (str_absent(session.id))
        return ERR_NO_MEMORY;
    if (from->with_cookie)
        TRY(new_cookie(ctx, &cookie, &session.cookie_hash));
    *ret_session = session;
    if (ret_cookie)
        *ret_cookie = cookie;
    return 0;
}

int session_renew(const struct auth_ctx *ctx, int64_t auth_time_ms, struct user_session *io_session,
                  struct str *ret_cookie)
{
    struct str hash;
    TRY(new_cookie(ctx, ret_cookie, &hash));
    io_session->cookie_hash = hash;
    io_session->auth_time_ms = auth_time_ms;
    io_session->last_access_ms = ctx->now->wall_ms;
    return 0;
}

int client_session_open(const struct auth_ctx *ctx, struct store_write *w,
                        const struct user_session *session, const struct client *client,
                        struct str scope, struct str redirect_uri, struct client_session *ret_cs)
{
    struct client_session cs = {0};
    int64_t now_ms = ctx->now->wall_ms;
    int rc = client_session_find(store_write_reader(w), ctx->arena, session->pk, client->pk, &cs);
    if (rc == ERR_NOT_FOUND) {
        cs = (struct client_session){
            .session_pk = session->pk,
            .client_pk = client->pk,
            .client_id = client->client_id,
            .started_ms = now_ms,
            .last_access_ms = now_ms,
            .valid_from_ms = now_ms,
            .scope = scope,
            .redirect_uri = redirect_uri,
        };
        TRY(client_session_insert(w, &cs));
        *ret_cs = cs;
        return 0;
    }
    TRY(rc);
    if (cs.revoked)
        cs.valid_from_ms = now_ms + 1; /* tokens of this very millisecond stay dead as well */
    cs.revoked = false;
    cs.last_access_ms = now_ms;
    cs.scope = scope;
    cs.redirect_uri = redirect_uri;
    TRY(client_session_update(w, &cs));
    *ret_cs = cs;
    return 0;
}

int session_end(const struct auth_ctx *ctx, struct store_write *w,
                const struct user_session *session, enum event_type type)
{
    bool by_other = !str_absent(ctx->actor.user_id); /* an administrator: who it was stays told */
    struct report report = {
        .type = type,
        .user_id = by_other ? str_of(NULL, 0) : session->user_id,
        .session_id = by_other ? str_of(NULL, 0) : session->id,
        .subject_kind = STR("session"),
        .subject_id = session->id,
    };
    if (by_other)
        report_add(&report, "user", session->user_id);
    TRY(report_write(ctx, w, &report));
    return session_delete(w, session->pk);
}

int64_t session_cookie_max_age_s(const struct realm *realm, const struct user_session *session)
{
    struct session_limits limits;
    if (!session->remember_me)
        return -1;
    session_limits_of(realm, &limits);
    return limits.max_remember_ms / MS_PER_S;
}
