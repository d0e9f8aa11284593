/* People who ask about themselves. */
#include "core/account/caller.h"

#include "core/admin/bootstrap.h"
#include "core/auth/flow_rules.h"
#include "core/auth/session.h"
#include "core/oidc/origins.h"
#include "core/oidc/subject.h"
#include "core/port/roles.h"
#include "core/validation/bearer.h"

#include "core/base/banned.h"

#define MS_PER_S 1000

/* A token of another realm, for another resource, or of no person is none of ours. */
static int check_token(const struct bearer *b, struct str realm)
{
    const struct access_token *t = &b->token;
    if (!str_eq(auth_realm(&b->ctx)->name, realm) ||
        !json_has_str(t->claims.aud, STR(CLIENT_ACCOUNT)) || !t->has_session ||
        !str_empty(t->user.service_account_client_id))
        return err_set(b->ctx.err, ERR_INVALID_TOKEN, "Token verification failed");
    return 0;
}

static int copy_texts(struct arena *a, const struct bearer *b, struct account_caller *caller)
{
    const struct access_token *t = &b->token;
    caller->client_id = arena_str(a, t->client->client_id);
    if (str_absent(caller->client_id))
        return ERR_NO_MEMORY;
    caller->user_id = t->user.id;
    caller->username = t->user.username;
    caller->session_id = t->session.id;
    caller->auth_time_ms = t->session.auth_time_ms;
    caller->is_impersonated = session_is_impersonated(&t->session);
    return origins_of_client(a, t->client, auth_own_urls(&b->ctx), &caller->origins);
}

/* Those of the client account; io_roles keeps its items. */
static void keep_account_roles(struct roles *io_roles)
{
    size_t kept = 0;
    for (size_t i = 0; i < io_roles->count; i++) {
        const struct role *role = &io_roles->items[i];
        if (role->client_pk != 0 && str_eq(role->client_id, STR(CLIENT_ACCOUNT)))
            io_roles->items[kept++] = *role;
    }
    io_roles->count = kept;
}

static int load_roles(const struct bearer *b, struct account_caller *caller)
{
    const struct access_token *t = &b->token;
    struct subject s = {.client = t->client,
                        .user = t->user,
                        .has_session = true,
                        .session = t->session,
                        .grant = GRANT_CODE};
    int rc = subject_load(&b->ctx, b->r, t->claims.scope, &s);
    if (rc == ERR_INVALID_SCOPE)
        return err_set(b->ctx.err, ERR_INVALID_TOKEN, "Scope is no longer granted");
    TRY(rc);
    caller->roles =
        str_eq(t->client->client_id, STR(CLIENT_ACCOUNT_CONSOLE)) ? s.all_roles : s.roles;
    keep_account_roles(&caller->roles);
    return 0;
}

int account_caller_find(const struct validation_call *call, struct str realm,
                        struct account_caller *ret_caller)
{
    CLEANUP(bearer_close) struct bearer b = {.view = NULL};
    struct account_caller caller = {.is_impersonated = false};
    TRY(bearer_open(call, &b));
    TRY(check_token(&b, realm));
    TRY(copy_texts(call->arena, &b, &caller));
    TRY(load_roles(&b, &caller));
    TRY(flow_lacks_factor(&b.ctx, b.r, b.token.client, b.token.user.pk,
                          session_has_otp(&b.token.session), &caller.lacks_factor));
    *ret_caller = caller;
    return 0;
}

bool account_may(const struct account_caller *caller, const char *roles)
{
    for (size_t i = 0; i < caller->roles.count; i++)
        if (str_has_word(str_c(roles), caller->roles.items[i].name))
            return true;
    return roles[0] == '\0';
}

int account_check_fresh(const struct account_caller *caller, const struct now *now,
                        struct err_ctx *err)
{
    if (caller->is_impersonated)
        return err_set(err, ERR_FORBIDDEN, "Only the person may do this");
    if (now->wall_ms - caller->auth_time_ms > ACCOUNT_FRESH_MAX_AGE_S * MS_PER_S)
        return err_set(err, ERR_LOGIN_TOO_OLD, "A login of the last %d seconds is needed",
                       ACCOUNT_FRESH_MAX_AGE_S);
    if (caller->lacks_factor)
        return err_set(err, ERR_LOGIN_TOO_OLD, "A login with the second factor is needed");
    return 0;
}
