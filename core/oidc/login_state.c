/* Sealing and opening the state of a login. */
#include "core/oidc/login_state.h"

#include "core/auth/session.h"
#include "core/base/ct.h"
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/jose/jwt.h"
#include "core/port/signer.h"

#include "core/base/banned.h"

#define STATE_MAX_BYTES ((size_t)48 << 10)
#define MS_PER_S        1000

static struct str purpose_name(enum login_state_purpose purpose)
{
    return purpose == LOGIN_STATE_LOGIN ? STR("login-state") : STR("logout-state");
}

int login_state_seal(const struct auth_ctx *ctx, enum login_state_purpose purpose,
                     const struct login_state *state, struct str *ret_sealed)
{
    struct buf b;
    struct json_writer w;
    struct str plain;
    struct str browser = base64url_encode(ctx->arena, state->browser_hash);
    if (str_absent(browser))
        return ERR_NO_MEMORY;
    buf_init(&b, ctx->arena, STATE_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_i64(&w, "g", state->stage);
    jw_member_str(&w, "r", state->request);
    jw_member_str(&w, "b", browser);
    jw_member_i64(&w, "c", state->created_ms);
    jw_member_i64(&w, "p", state->stage_ms);
    jw_member_str_opt(&w, "u", state->user_id);
    jw_member_i64(&w, "a", state->auth_time_ms);
    jw_member_str_opt(&w, "k", state->proof.credential_id);
    jw_member_i64(&w, "t", state->proof.set_ms);
    jw_member_bool(&w, "o", state->otp);
    jw_member_str_opt(&w, "s", state->session_id);
    jw_member_bool(&w, "m", state->remember_me);
    if (state->action_status)
        jw_member_c(&w, "x", state->action_status);
    jw_member_str_opt(&w, "d", state->device);
    jw_member_str_opt(&w, "l", state->language);
    jw_member_str_opt(&w, "i", state->setup.id);
    jw_member_str_opt(&w, "y", state->setup.key);
    jw_member_str_opt(&w, "z", state->setup.data);
    jw_end_object(&w);
    TRY(jw_finish(&w, &plain));
    return signer_seal(ctx->view, ctx->arena, purpose_name(purpose), plain, ret_sealed);
}

static const char *status_of(struct str word)
{
    static const char *const words[] = {ACTION_SUCCESS, ACTION_CANCELLED, ACTION_ERROR};
    for (size_t i = 0; i < ARRAY_LEN(words); i++)
        if (str_eq_c(word, words[i]))
            return words[i];
    return NULL;
}

/* What was sealed here is well-formed; anything else never was ours. */
static int read_state(struct arena *a, struct str plain, struct login_state *ret_state)
{
    const struct json_value *json;
    int64_t stage;
    struct login_state state = {0};
    TRY(json_parse(a, plain, STATE_MAX_BYTES, &json));
    TRY(json_get_i64(json, "g", &stage));
    if (stage < LOGIN_STAGE_PASSWORD || stage > LOGIN_STAGE_TERMS)
        return ERR_SEAL;
    state.stage = (enum login_stage)stage;
    state.request = json_get_str(json, "r");
    TRY(base64url_decode(a, json_get_str(json, "b"), &state.browser_hash));
    TRY(json_get_i64(json, "c", &state.created_ms));
    TRY(json_get_i64(json, "p", &state.stage_ms));
    state.user_id = json_get_str(json, "u");
    TRY(json_get_i64(json, "a", &state.auth_time_ms));
    state.proof.credential_id = json_get_str(json, "k");
    state.proof.set_ms = json_i64_or(json, "t", 0);
    state.otp = json_bool_or(json, "o", false);
    state.session_id = json_get_str(json, "s");
    state.remember_me = json_bool_or(json, "m", false);
    state.action_status = status_of(json_get_str(json, "x"));
    state.device = json_get_str(json, "d");
    state.language = json_get_str(json, "l");
    state.setup = (struct otp_setup){json_get_str(json, "i"), json_get_str(json, "y"),
                                     json_get_str(json, "z")};
    if (str_absent(state.request))
        return ERR_SEAL;
    *ret_state = state;
    return 0;
}

static int check_browser(const struct auth_ctx *ctx, const struct login_state *state,
                         struct str cookie)
{
    if (str_empty(cookie))
        return ERR_CSRF;
    struct str hash = handle_hash(ctx->arena, HANDLE_BROWSER, cookie);
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    /* WE-02, WE-05: a login that somebody else began cannot be finished here. */
    return ct_eq(hash, state->browser_hash) ? 0 : ERR_CSRF;
}

static bool is_late(const struct auth_ctx *ctx, const struct login_state *state)
{
    const struct realm *realm = auth_realm(ctx);
    int64_t now_ms = ctx->now->wall_ms;
    bool first = state->stage == LOGIN_STAGE_PASSWORD;
    int64_t since_ms = first ? state->created_ms : state->stage_ms;
    int64_t allowed_s =
        first ? realm->access_code_lifespan_login_s : realm->access_code_lifespan_user_action_s;
    /* Dated ahead: the clock was set back on purpose meanwhile (docs/clock.md). */
    if (state->created_ms - now_ms > JWT_MAX_SKEW_S * MS_PER_S)
        return true;
    /* OT-05: it may have come to its end in a state that a restore lost. */
    if (state->created_ms / MS_PER_S <= realm_restored_s(realm, now_ms / MS_PER_S))
        return true;
    return now_ms - since_ms >= allowed_s * MS_PER_S ||
           now_ms - state->created_ms >= 2 * realm->access_code_lifespan_login_s * MS_PER_S;
}

int login_state_open(const struct auth_ctx *ctx, enum login_state_purpose purpose,
                     struct str sealed, struct str browser_cookie, struct login_state *ret_state)
{
    struct str plain;
    struct login_state state;
    if (str_empty(sealed) || sealed.len > 2 * STATE_MAX_BYTES)
        return ERR_SEAL;
    int rc = signer_open(ctx->view, ctx->arena, purpose_name(purpose), sealed, &plain);
    if (rc == 0)
        rc = read_state(ctx->arena, plain, &state);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return ERR_SEAL;
    TRY(check_browser(ctx, &state, browser_cookie));
    if (is_late(ctx, &state))
        return ERR_TOKEN_EXPIRED;
    *ret_state = state;
    return 0;
}
