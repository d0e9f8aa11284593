/* Conditions of client policies. */
#include "core/auth/client_policies.h"

#include "core/port/client_policies.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

enum vote { VOTE_NO, VOTE_YES, VOTE_NONE };

struct asking {
    const struct auth_ctx *ctx;
    const struct policy_question *q;
    struct store_read *r;
    struct store_read *own; /* opened here */
};

static enum vote vote_of(bool holds)
{
    return holds ? VOTE_YES : VOTE_NO;
}

static bool is_change(const struct asking *k)
{
    return k->q->moment == POLICY_CLIENT_MADE || k->q->moment == POLICY_CLIENT_CHANGED;
}

static int need_read(struct asking *k)
{
    if (k->r)
        return 0;
    TRY(store_read_begin(k->ctx->view, &k->own));
    k->r = k->own;
    return 0;
}

/* --- Of the client --- */

static enum vote judge_access_type(const struct asking *k, const struct client_condition *c)
{
    const struct client *client = k->q->client;
    return vote_of(strs_has(&c->types, client->bearer_only     ? STR("bearer-only")
                                       : client->public_client ? STR("public")
                                                               : STR("confidential")));
}

/* A client that is being made has none yet. */
static int judge_roles(struct asking *k, const struct client_condition *c, enum vote *ret_vote)
{
    struct role role;
    *ret_vote = VOTE_NO;
    if (k->q->moment == POLICY_CLIENT_MADE)
        return 0;
    TRY(need_read(k));
    for (size_t i = 0; i < c->roles.count && *ret_vote == VOTE_NO; i++) {
        int rc = role_find(k->r, k->ctx->arena, k->q->client->pk, c->roles.items[i], &role);
        if (rc == ERR_NOT_FOUND)
            continue;
        TRY(rc);
        *ret_vote = VOTE_YES;
    }
    return 0;
}

static enum vote judge_attributes(const struct asking *k, const struct client_condition *c)
{
    for (size_t i = 0; i < c->attributes.count; i++)
        if (!str_eq(str_map_get(&k->q->client->attributes, c->attributes.items[i].name),
                    c->attributes.items[i].value))
            return VOTE_NO;
    return VOTE_YES;
}

/* --- Of a request --- */

static enum vote judge_scopes(const struct asking *k, const struct client_condition *c)
{
    const struct client_scopes *scopes = &k->q->client->scopes;
    if (is_change(k))
        return VOTE_NONE;
    for (size_t i = 0; i < scopes->count; i++) {
        const struct client_scope *scope = &scopes->items[i];
        if (!strs_has(&c->scopes, scope->name) || scope->is_optional != c->optional_scopes)
            continue;
        if (!c->optional_scopes || str_has_word(k->q->scope, scope->name))
            return VOTE_YES;
    }
    return VOTE_NO;
}

static enum vote judge_grant(const struct asking *k, const struct client_condition *c)
{
    return is_change(k) ? VOTE_NONE : vote_of(strs_has(&c->grant_types, k->q->grant_type));
}

/* --- Of a change --- */

static enum vote judge_source(const struct asking *k, const struct client_condition *c)
{
    static const char *const names[] = {"ByAuthenticatedUser", "ByAnonymous",
                                        "ByInitialAccessToken", "ByRegistrationAccessToken"};
    return is_change(k) ? vote_of(strs_has(&c->sources, str_c(names[k->q->source]))) : VOTE_NONE;
}

static enum vote judge_host(const struct asking *k, const struct client_condition *c)
{
    return is_change(k) ? vote_of(strs_has(&c->hosts, k->ctx->actor.ip)) : VOTE_NONE;
}

/* The person of this realm who changes the client; ERR_NOT_FOUND for everybody else. */
static int find_updater(struct asking *k, struct user *ret_user)
{
    const struct event_actor *actor = &k->ctx->actor;
    if (k->q->source != POLICY_BY_USER || str_empty(actor->user_id) ||
        !str_eq(actor->realm, auth_realm(k->ctx)->name))
        return ERR_NOT_FOUND;
    TRY(need_read(k));
    return user_find_by_id(k->r, k->ctx->arena, actor->user_id, ret_user);
}

/* By path, or by the name of one at the top or below. */
static int has_group(struct asking *k, const struct user *user, const struct strs *names,
                     bool *ret_has)
{
    struct groups groups;
    TRY(user_groups(k->r, k->ctx->arena, user->pk, &groups));
    for (size_t i = 0; i < groups.count && !*ret_has; i++)
        *ret_has = strs_has(names, groups.items[i].name) || strs_has(names, groups.items[i].path);
    return 0;
}

/* "role" of the realm, "client.role" of a client. */
static int has_role(struct asking *k, const struct user *user, const struct strs *names,
                    bool *ret_has)
{
    struct arena *a = k->ctx->arena;
    struct roles roles;
    TRY(user_roles_effective(k->r, a, user->pk, &roles));
    for (size_t i = 0; i < roles.count && !*ret_has; i++) {
        const struct role *role = &roles.items[i];
        struct str name = role->client_pk == 0
                              ? role->name
                              : ARENA_CONCAT(a, role->client_id, STR("."), role->name);
        if (str_absent(name))
            return ERR_NO_MEMORY;
        *ret_has = strs_has(names, name);
    }
    return 0;
}

static int judge_updater(struct asking *k, const struct client_condition *c, enum vote *ret_vote)
{
    struct user user;
    bool has = false;
    *ret_vote = is_change(k) ? VOTE_NO : VOTE_NONE;
    if (!is_change(k))
        return 0;
    int rc = find_updater(k, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    TRY(c->kind == CONDITION_UPDATER_GROUPS ? has_group(k, &user, &c->groups, &has)
                                            : has_role(k, &user, &c->roles, &has));
    *ret_vote = vote_of(has);
    return 0;
}

/* --- All together --- */

static int judge(struct asking *k, const struct client_condition *c, enum vote *ret_vote)
{
    switch (c->kind) {
    case CONDITION_ANY_CLIENT: *ret_vote = VOTE_YES; return 0;
    case CONDITION_ACCESS_TYPE: *ret_vote = judge_access_type(k, c); return 0;
    case CONDITION_ROLES: return judge_roles(k, c, ret_vote);
    case CONDITION_SCOPES: *ret_vote = judge_scopes(k, c); return 0;
    case CONDITION_ATTRIBUTES: *ret_vote = judge_attributes(k, c); return 0;
    case CONDITION_GRANT_TYPE: *ret_vote = judge_grant(k, c); return 0;
    case CONDITION_UPDATER_CONTEXT: *ret_vote = judge_source(k, c); return 0;
    case CONDITION_UPDATER_HOST: *ret_vote = judge_host(k, c); return 0;
    case CONDITION_UPDATER_GROUPS:
    case CONDITION_UPDATER_ROLES: return judge_updater(k, c, ret_vote);
    case CLIENT_CONDITION_KINDS: break;
    }
    return ERR_INTERNAL;
}

static int holds(struct asking *k, const struct client_policy *policy, bool *ret_holds)
{
    bool any = false;
    *ret_holds = false;
    if (!policy->enabled)
        return 0;
    for (size_t i = 0; i < policy->condition_count; i++) {
        const struct client_condition *c = &policy->conditions[i];
        enum vote vote = VOTE_NONE;
        TRY(judge(k, c, &vote));
        if (vote == VOTE_NONE)
            continue;
        if ((vote == VOTE_YES) == c->negative)
            return 0;
        any = true;
    }
    *ret_holds = any;
    return 0;
}

static int run_policy(struct asking *k, const struct client_policy *policy, policy_run *run,
                      void *arg)
{
    bool applies = false;
    TRY(holds(k, policy, &applies));
    for (size_t i = 0; applies && i < policy->profile_count; i++)
        for (size_t e = 0; e < policy->profiles[i]->count; e++)
            TRY(run(k->ctx, &policy->profiles[i]->executors[e], arg));
    return 0;
}

int client_policies_run(const struct auth_ctx *ctx, struct store_read *r,
                        const struct policy_question *q, policy_run *run, void *arg)
{
    const struct client_policies *all = realm_view_client_policies(ctx->view);
    struct asking k = {.ctx = ctx, .q = q, .r = r};
    int rc = 0;
    for (size_t i = 0; i < all->count && rc == 0; i++)
        rc = run_policy(&k, &all->items[i], run, arg);
    if (k.own)
        store_read_end(k.own);
    return rc;
}
