/* A device that asks for codes, is let in by the world's browser and takes its tokens once. */
#include <stdio.h>

#include "core/codec/json.h"
#include "core/oidc/authz.h"
#include "core/oidc/device.h"
#include "core/oidc/token.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

static int ask(struct actor *a)
{
    struct form form;
    struct device_response response;
    const struct json_value *json;
    TRY(actor_enter(a, WORLD_REALM));
    TRY(form_parse(&a->arena, STR("client_id=" WORLD_CLIENT "&scope=openid"), NULL, &form, NULL));
    TRY(device_authorize(&a->ctx, str_of(NULL, 0), &form, &response));
    TRY(json_parse(&a->arena, response.json, (size_t)1 << 20, &json));
    (void)snprintf(a->device, sizeof(a->device), "%.*s",
                   STR_ARG(json_get_str(json, "device_code")));
    (void)snprintf(a->user_code, sizeof(a->user_code), "%.*s",
                   STR_ARG(json_get_str(json, "user_code")));
    return 0;
}

int actor_ask_device(struct actor *a)
{
    a->device[0] = a->user_code[0] = '\0';
    int err = ask(a);
    if (err == 0)
        actor_learnt(a, "device", a->device, "waits");
    actor_leave(a);
    return err;
}

static int let_in(struct actor *a)
{
    struct authz_browser browser = {.sso_cookie = str_c(world_sso_cookie())};
    struct authz_step step;
    TRY(actor_enter(a, WORLD_REALM));
    TRY(authz_device(&a->ctx, &browser, str_c(a->user_code), &step));
    if (step.kind != AUTHZ_STEP_CONSENT)
        return step.err ? step.err : ERR_INTERNAL;
    browser.login_cookie = step.set_login_cookie;
    TRY(authz_consent(&a->ctx, &browser, step.state, true, &step));
    return step.kind == AUTHZ_STEP_DEVICE_DONE ? 0 : ERR_INTERNAL;
}

int actor_let_device(struct actor *a)
{
    struct change *c = actor_begin(a, "device", a->device, "granted");
    int err = let_in(a);
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}

static int take(struct actor *a)
{
    struct form form;
    struct token_response response;
    TRY(actor_enter(a, WORLD_REALM));
    struct str text = arena_printf(&a->arena,
                                   "grant_type=urn:ietf:params:oauth:grant-type:device_code"
                                   "&client_id=" WORLD_CLIENT "&device_code=%s",
                                   a->device);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    TRY(form_parse(&a->arena, text, NULL, &form, NULL));
    return token_request(&a->ctx, str_of(NULL, 0), &form, &response);
}

int actor_take_device(struct actor *a)
{
    struct change *c = actor_begin(a, "device", a->device, VALUE_ABSENT);
    int err = take(a);
    /* An answer that we ran out of memory to make is an answer nobody got. */
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
