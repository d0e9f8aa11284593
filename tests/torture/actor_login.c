/* The steps of a login: pages, code, tokens, logout. */
#include <stdio.h>

#include "core/auth/session.h"
#include "core/codec/base64.h"
#include "core/codec/json.h"
#include "core/oidc/authz.h"
#include "core/oidc/logout.h"
#include "core/oidc/token.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

/* Of the challenge in ACTOR_REQUEST (RFC 7636 B). */
#define VERIFIER "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"

static void keep(char *place, size_t size, struct str text)
{
    (void)snprintf(place, size, "%.*s", STR_ARG(text));
}

static int begin_authz(struct actor *a, struct authz_browser *browser, struct authz_step *ret_step)
{
    struct form form;
    TRY(actor_enter(a, WORLD_REALM));
    TRY(form_parse(&a->arena, STR(ACTOR_REQUEST), NULL, &form, NULL));
    return authz_begin(&a->ctx, &form, browser, ret_step);
}

static struct str reply_param(const struct authz_step *step, const char *name)
{
    for (size_t i = 0; i < step->reply.count; i++)
        if (str_eq_c(step->reply.params[i].name, name))
            return step->reply.params[i].value;
    return str_of(NULL, 0);
}

/* The answer with a code, or the error that is in it. */
static int take_code(struct actor *a, const struct authz_step *step)
{
    struct str code = reply_param(step, "code");
    if (step->kind != AUTHZ_STEP_REPLY || str_empty(code))
        return step->err ? step->err : ERR_INTERNAL;
    keep(a->code, sizeof(a->code), code);
    keep(a->session, sizeof(a->session), reply_param(step, "session_state"));
    actor_learnt(a, "session", a->session, "present");
    actor_learnt(a, "code", a->code, "live");
    return 0;
}

static int log_in(struct actor *a, const char *password)
{
    struct authz_browser browser = {0};
    struct authz_step step;
    TRY(begin_authz(a, &browser, &step));
    if (step.kind != AUTHZ_STEP_LOGIN)
        return step.err ? step.err : ERR_INTERNAL;
    browser.login_cookie = step.set_login_cookie;
    struct authz_login_form form = {
        .state = step.state, .username = STR(WORLD_USER), .password = str_c(password)};
    TRY(authz_login(&a->ctx, &browser, &form, &step));
    keep(a->sso_cookie, sizeof(a->sso_cookie), step.set_sso_cookie);
    return take_code(a, &step);
}

int actor_login(struct actor *a, const char *password)
{
    a->code[0] = a->session[0] = a->refresh[0] = a->family[0] = '\0';
    int err = log_in(a, password);
    actor_leave(a);
    return err;
}

int actor_authorize(struct actor *a)
{
    struct authz_browser browser = {.sso_cookie = str_c(world_sso_cookie())};
    struct authz_step step;
    a->code[0] = a->session[0] = a->refresh[0] = a->family[0] = '\0';
    int err = begin_authz(a, &browser, &step);
    if (err == 0)
        err = take_code(a, &step);
    actor_leave(a);
    return err;
}

/* --- Tokens --- */

static int token_claims(struct actor *a, struct str token, const struct json_value **ret_claims)
{
    struct str rest = token, part, payload;
    if (!str_next(&rest, '.', &part) || !str_next(&rest, '.', &part))
        return ERR_TOKEN_MALFORMED;
    TRY(base64url_decode(&a->arena, part, &payload));
    return json_parse(&a->arena, payload, (size_t)1 << 20, ret_claims);
}

/* The value of "family F" while this token is its current one. */
static int family_value(struct actor *a, struct str token, struct str *ret_family,
                        char value[VALUE_BYTES])
{
    const struct json_value *claims;
    TRY(token_claims(a, token, &claims));
    struct str hash = handle_hash(&a->arena, HANDLE_REFRESH, json_get_str(claims, "jti"));
    if (str_absent(hash))
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < hash.len; i++)
        (void)snprintf(value + 2 * i, 3, "%02x", (unsigned char)hash.ptr[i]);
    *ret_family = json_get_str(claims, "reuse_id");
    return 0;
}

static int ask_tokens(struct actor *a, struct str text, struct str *ret_refresh)
{
    struct form form;
    struct token_response response;
    const struct json_value *json;
    TRY(form_parse(&a->arena, text, NULL, &form, NULL));
    TRY(token_request(&a->ctx, str_of(NULL, 0), &form, &response));
    TRY(json_parse(&a->arena, response.json, (size_t)1 << 20, &json));
    *ret_refresh = json_get_str(json, "refresh_token");
    return 0;
}

static struct str code_form(struct actor *a, const char *code)
{
    return arena_printf(&a->arena,
                        "grant_type=authorization_code&client_id=" WORLD_CLIENT
                        "&redirect_uri=" WORLD_CALLBACK "&code_verifier=" VERIFIER "&code=%s",
                        code);
}

/* An answer that we ran out of memory to read is an answer nobody got. */
static int take_tokens(struct actor *a, struct str text, char value[VALUE_BYTES])
{
    struct str refresh, family;
    if (str_absent(text))
        return ERR_NO_MEMORY;
    TRY(ask_tokens(a, text, &refresh));
    TRY(family_value(a, refresh, &family, value));
    keep(a->refresh, sizeof(a->refresh), refresh);
    keep(a->family, sizeof(a->family), family);
    return 0;
}

int actor_exchange(struct actor *a)
{
    char value[VALUE_BYTES];
    struct change *c = actor_begin(a, "code", a->code, "spent");
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = take_tokens(a, code_form(a, a->code), value);
    if (err == 0)
        actor_learnt(a, "family", a->family, value);
    /* One try: a refused code is spent too. */
    history_end(a->history, c, err == 0 ? CHANGE_DONE : CHANGE_UNKNOWN, NULL);
    actor_leave(a);
    return err;
}

int actor_try_code(struct actor *a, const char *code)
{
    struct str refresh;
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = ask_tokens(a, code_form(a, code), &refresh);
    actor_leave(a);
    return err;
}

int actor_refresh(struct actor *a)
{
    char value[VALUE_BYTES];
    struct change *c = actor_begin(a, "family", a->family, VALUE_NEW);
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = take_tokens(a,
                          arena_printf(&a->arena,
                                       "grant_type=refresh_token&client_id=" WORLD_CLIENT
                                       "&refresh_token=%s",
                                       a->refresh),
                          value);
    history_end(a->history, c, err == 0 ? CHANGE_DONE : CHANGE_UNKNOWN, value);
    actor_leave(a);
    return err;
}

static int log_out(struct actor *a)
{
    struct form form;
    const struct client *client;
    TRY(actor_enter(a, WORLD_REALM));
    struct str text =
        arena_printf(&a->arena, "client_id=" WORLD_CLIENT "&refresh_token=%s", a->refresh);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    TRY(form_parse(&a->arena, text, NULL, &form, NULL));
    return logout_by_refresh_token(&a->ctx, str_of(NULL, 0), &form, &client);
}

int actor_logout(struct actor *a)
{
    struct change *session = actor_begin(a, "session", a->session, VALUE_ABSENT);
    struct change *family = actor_begin(a, "family", a->family, VALUE_ABSENT);
    struct change *code = actor_begin(a, "code", a->code, VALUE_ABSENT);
    int err = log_out(a);
    enum outcome outcome = err == 0 ? CHANGE_DONE : CHANGE_UNKNOWN;
    history_end(a->history, session, outcome, NULL);
    history_end(a->history, family, outcome, NULL);
    history_end(a->history, code, outcome, NULL);
    actor_leave(a);
    return err;
}
