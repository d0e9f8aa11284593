/* The use cases of token validation. */
#include "core/validation/validation.h"

#include "core/oidc/introspect.h"
#include "core/oidc/mint.h"
#include "core/oidc/revoke.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

/* --- what is asked of the token --- */

static const struct strs *roles_of_client(const struct validation_answer *answer,
                                          struct str client_id)
{
    for (size_t i = 0; i < answer->client_role_count; i++)
        if (str_eq(answer->client_roles[i].client_id, client_id))
            return &answer->client_roles[i].roles;
    return NULL;
}

/* A realm's role may have '/' in its name, and so may a client: any reading that fits will do. */
static bool has_role(const struct validation_answer *answer, struct str role)
{
    if (strs_has(&answer->realm_roles, role))
        return true;
    for (size_t i = 1; i + 1 < role.len; i++) {
        const struct strs *roles =
            role.ptr[i] == '/' ? roles_of_client(answer, str_sub(role, 0, i)) : NULL;
        if (roles && strs_has(roles, str_from(role, i + 1)))
            return true;
    }
    return false;
}

static enum validation_reason compare(const struct validation_question *q,
                                      const struct validation_answer *answer)
{
    if (!str_empty(q->audience) && !strs_has(&answer->audience, q->audience))
        return VALIDATION_WRONG_AUDIENCE;
    for (size_t i = 0; i < q->scopes.count; i++)
        if (!strs_has(&answer->scopes, q->scopes.items[i]))
            return VALIDATION_MISSING_SCOPE;
    for (size_t i = 0; i < q->roles.count; i++)
        if (!has_role(answer, q->roles.items[i]))
            return VALIDATION_MISSING_ROLE;
    return VALIDATION_ACTIVE;
}

static int check_question(const struct validation_call *call, const struct validation_question *q)
{
    if (str_absent(q->token))
        return err_field(call->err, ERR_INVALID_REQUEST, "token", "Token not provided");
    if (q->scopes.count > VALIDATION_SCOPES_MAX)
        return err_field(call->err, ERR_INVALID_REQUEST, "scopes", "Too many scopes");
    if (q->roles.count > VALIDATION_ROLES_MAX)
        return err_field(call->err, ERR_INVALID_REQUEST, "roles", "Too many roles");
    return 0;
}

/* --- whether it may be told --- */

static bool may_ask(const struct validation_caller *caller, const struct validation_find *find)
{
    if (!find->trusted)
        return validation_sees(caller, find->realm, &find->claims);
    /* Another server's names of clients are not ours: only what is meant for the caller concerns it. */
    return caller->every_realm || caller->whole_realm ||
           json_has_str(find->claims.aud, caller->client_id);
}

/* AD-02: of a realm that the caller has nothing to do with, not even its being there is told. Of one
 * of its own, why a token is not active is told of tokens that concern it, and of those of which
 * nothing is certain. */
static enum validation_reason tellable(const struct validation_caller *caller,
                                       const struct validation_find *find)
{
    if (!str_absent(find->realm) && !validation_sees_realm(caller, find->realm))
        return VALIDATION_UNKNOWN_ISSUER;
    if (find->claims.json && !may_ask(caller, find))
        return VALIDATION_NOT_PERMITTED;
    return find->reason;
}

/* By what the named realm trusts, or else the caller's. That the caller's own realm trusts the issuer
 * while the named one does not is a contradiction. */
static int look_further(const struct validation_call *call, const struct validation_caller *caller,
                        struct str token, struct str named, struct validation_find *find)
{
    struct str realm = str_absent(named) ? caller->realm : named;
    bool trusts = false;
    if (validation_sees_realm(caller, realm))
        TRY(validation_look_trusted(call, token, realm, named, find));
    if (find->trusted || str_eq(realm, caller->realm))
        return 0;
    TRY(validation_trusts(call, caller->realm, find->unverified.iss, &trusts));
    return trusts ? validation_other_tenant(call) : 0;
}

static int look_for(const struct validation_call *call, const struct validation_caller *caller,
                    struct str token, struct str asked_realm, struct validation_find *ret_find)
{
    struct str named;
    TRY(validation_named_tenant(call, asked_realm, &named));
    TRY(validation_look(call, token, named, ret_find));
    if (ret_find->foreign)
        TRY(look_further(call, caller, token, named, ret_find));
    ret_find->reason = tellable(caller, ret_find);
    return 0;
}

static int answer_of(const struct validation_call *call, const struct validation_find *find,
                     struct validation_answer *ret_answer)
{
    *ret_answer = (struct validation_answer){.reason = find->reason};
    if (find->reason != VALIDATION_ACTIVE)
        return 0;
    ret_answer->active = true;
    return validation_describe(call->arena, find, ret_answer);
}

static int finish(const struct validation_call *call, const struct validation_question *question,
                  const struct validation_find *find, struct validation_answer *ret_answer)
{
    struct validation_answer answer;
    TRY(answer_of(call, find, &answer));
    enum validation_reason reason = answer.active ? compare(question, &answer) : answer.reason;
    if (reason != VALIDATION_ACTIVE)
        answer = (struct validation_answer){.reason = reason};
    *ret_answer = answer;
    return 0;
}

int validation_check(const struct validation_call *call, const struct validation_caller *caller,
                     const struct validation_question *question,
                     struct validation_answer *ret_answer)
{
    struct validation_find find;
    TRY(check_question(call, question));
    TRY(look_for(call, caller, question->token, question->realm, &find));
    TRY(finish(call, question, &find, ret_answer));
    struct ground *g = call->ground;
    if (g)
        g->firm = g->has_caller && find.noted && ret_answer->active && !g->loose;
    return 0;
}

int validation_check_shown(const struct validation_call *call,
                           const struct validation_question *question,
                           struct validation_answer *ret_answer)
{
    struct validation_find find;
    struct str named;
    TRY(store_fresh(call->store));
    TRY(check_question(call, question));
    TRY(validation_named_tenant(call, question->realm, &named));
    TRY(validation_look(call, question->token, named, &find));
    struct str realm = str_absent(named) ? call->default_realm : named;
    if (find.foreign && !str_empty(realm))
        TRY(validation_look_trusted(call, question->token, realm, named, &find));
    return finish(call, question, &find, ret_answer);
}

/* --- introspection and revocation --- */

/* The realm of the token, or the caller's for what is no token of a realm that it knows. */
static int open_realm_of(const struct validation_call *call, const struct validation_caller *caller,
                         struct str token, struct validation_realm *ret_realm)
{
    struct jws jws;
    struct jwt_claims claims;
    struct str named, name;
    if (str_absent(token))
        return err_field(call->err, ERR_INVALID_REQUEST, "token", "Token not provided");
    TRY(validation_named_tenant(call, str_of(NULL, 0), &named));
    if (!validation_token_realm(call, token, &name, &jws, &claims))
        name = str_of(NULL, 0);
    if (!str_absent(name) && !str_absent(named) && !str_eq(name, named))
        return validation_other_tenant(call);
    if (str_absent(name) || !validation_sees_realm(caller, name))
        return ERR_NOT_FOUND;
    return validation_realm_open(call, name, ret_realm);
}

/* The caller as a client of that realm; NULL when it is another's. */
static int client_of_caller(const struct validation_realm *realm,
                            const struct validation_caller *caller,
                            const struct client **ret_client)
{
    *ret_client = NULL;
    if (!str_eq(caller->realm, realm_view_realm(realm->view)->name))
        return 0;
    int rc = realm_view_client(realm->view, caller->client_id, ret_client);
    return rc == ERR_NOT_FOUND ? ERR_INVALID_CLIENT : rc;
}

static int introspect_in(const struct validation_realm *realm,
                         const struct validation_caller *caller, struct str token,
                         struct str *ret_json)
{
    struct introspect_caller asking = {.any_token = caller->whole_realm || caller->every_realm};
    if (!realm_view_realm(realm->view)->enabled)
        return 0;
    TRY(client_of_caller(realm, caller, &asking.client));
    if (!asking.client && !asking.any_token)
        return 0;
    return introspect_token(&realm->ctx, &asking, token, ret_json);
}

static int join(struct arena *a, const struct strs *words, struct str *ret_text)
{
    struct buf b;
    buf_init(&b, a, a->max_bytes);
    for (size_t i = 0; i < words->count; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        buf_add(&b, words->items[i]);
    }
    return buf_finish(&b, ret_text);
}

/* The members of RFC 7662 2.2 that the terms of trust vouch for. */
static int write_trusted(struct arena *a, const struct validation_find *find, struct str *ret_json)
{
    const struct jwt_claims *c = &find->claims;
    struct buf b;
    struct json_writer w;
    struct str scope;
    TRY(join(a, &find->scopes, &scope));
    buf_init(&b, a, a->max_bytes);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_bool(&w, "active", true);
    jw_member_str(&w, "iss", c->iss);
    jw_member_str(&w, "sub", find->user_id);
    jw_member_value(&w, "aud", c->aud);
    jw_member_i64(&w, "exp", c->exp_s);
    jw_member_i64(&w, "iat", c->iat_s);
    if (c->nbf_s != JWT_NO_DATE)
        jw_member_i64(&w, "nbf", c->nbf_s);
    jw_member_str_opt(&w, "jti", c->jti);
    jw_member_str(&w, "scope", scope);
    jw_member_str(&w, "token_type", STR(TOKEN_TYPE_BEARER));
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

/* A token that no realm of ours issued. */
static int introspect_trusted(const struct validation_call *call,
                              const struct validation_caller *caller, struct str token,
                              struct str *ret_json)
{
    struct validation_find find;
    TRY(look_for(call, caller, token, str_of(NULL, 0), &find));
    if (!find.trusted || find.reason != VALIDATION_ACTIVE)
        return 0;
    return write_trusted(call->arena, &find, ret_json);
}

int validation_introspect(const struct validation_call *call,
                          const struct validation_caller *caller, struct str token,
                          struct str *ret_json)
{
    struct validation_realm realm;
    *ret_json = STR(INTROSPECT_INACTIVE);
    int rc = open_realm_of(call, caller, token, &realm);
    if (rc == ERR_NOT_FOUND)
        return introspect_trusted(call, caller, token, ret_json);
    TRY(rc);
    rc = introspect_in(&realm, caller, token, ret_json);
    validation_realm_close(&realm);
    return rc;
}

/* OT-12: a client ends its own tokens; the role token-validator lifts that as it lifts asking. */
static int revoke_in(const struct validation_realm *realm, const struct validation_caller *caller,
                     struct str token)
{
    struct revoke_caller by = {
        .any_token = caller->whole_realm || caller->every_realm,
        .client_id = caller->client_id,
        .realm = caller->realm,
    };
    TRY(client_of_caller(realm, caller, &by.client));
    return by.client || by.any_token ? revoke_token_by(&realm->ctx, &by, token) : 0;
}

int validation_revoke(const struct validation_call *call, const struct validation_caller *caller,
                      struct str token)
{
    struct validation_realm realm;
    int rc = open_realm_of(call, caller, token, &realm);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    rc = revoke_in(&realm, caller, token);
    validation_realm_close(&realm);
    return rc;
}

/* --- the person --- */

static int add_person(const struct validation_call *call, struct str token,
                      const struct validation_find *find, struct validation_user_context *context)
{
    struct validation_realm realm;
    TRY(validation_realm_open(call, find->realm, &realm));
    int rc = validation_person_find(call, &realm, token, find, context);
    validation_realm_close(&realm);
    if (rc != ERR_INVALID_TOKEN)
        return rc;
    /* it ended in between */
    *context = (struct validation_user_context){.token = {.reason = VALIDATION_REVOKED}};
    return 0;
}

int validation_user_context(const struct validation_call *call,
                            const struct validation_caller *caller, struct str token,
                            struct validation_user_context *ret_context)
{
    struct validation_user_context context = {0};
    const struct validation_question question = {.token = token};
    struct validation_find find;
    TRY(check_question(call, &question));
    TRY(look_for(call, caller, token, str_of(NULL, 0), &find));
    TRY(finish(call, &question, &find, &context.token));
    if (context.token.active && !find.trusted)
        TRY(add_person(call, token, &find, &context));
    *ret_context = context;
    return 0;
}
