/* A request that an application pushes, and that is opened once. */
#include <stdio.h>

#include "core/codec/json.h"
#include "core/oidc/par.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"

#define URI_PREFIX "urn:ietf:params:oauth:request_uri:"

static int push(struct actor *a)
{
    struct form form;
    struct par_response response;
    const struct json_value *json;
    TRY(actor_enter(a, WORLD_REALM));
    TRY(form_parse(&a->arena, STR(ACTOR_REQUEST), NULL, &form, NULL));
    TRY(par_accept(&a->ctx, str_of(NULL, 0), &form, &response));
    TRY(json_parse(&a->arena, response.json, (size_t)1 << 20, &json));
    struct str uri = json_get_str(json, "request_uri");
    (void)snprintf(a->pushed, sizeof(a->pushed), "%.*s",
                   STR_ARG(str_from(uri, strlen(URI_PREFIX))));
    return 0;
}

int actor_push(struct actor *a)
{
    a->pushed[0] = '\0';
    int err = push(a);
    if (err == 0)
        actor_learnt(a, "pushed", a->pushed, "live");
    actor_leave(a);
    return err;
}

static int open_pushed(struct actor *a)
{
    struct form form, meant;
    bool pushed;
    TRY(actor_enter(a, WORLD_REALM));
    struct str text = arena_printf(
        &a->arena, "client_id=" WORLD_CLIENT "&request_uri=" URI_PREFIX "%s", a->pushed);
    if (str_absent(text))
        return ERR_NO_MEMORY;
    TRY(form_parse(&a->arena, text, NULL, &form, NULL));
    TRY(par_redeem(&a->ctx, &form, &meant, &pushed));
    return pushed ? 0 : ERR_INTERNAL;
}

int actor_open_pushed(struct actor *a)
{
    struct change *c = actor_begin(a, "pushed", a->pushed, VALUE_ABSENT);
    int err = open_pushed(a);
    /* An answer that we ran out of memory to read is an answer nobody got. */
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
