/* What an active token says, as an answer. */
#include "core/oidc/mint.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

/* Present in tokens that are for a tenant by a mapper; else the realm is the tenant. */
#define TENANT_CLAIM "tenant_id"

static int copy_texts(struct arena *a, const struct json_value *list, struct strs *ret_texts)
{
    struct json_iter it = json_iter(list);
    const struct json_value *one;
    struct strs texts = {.items = ARENA_ARRAY(a, json_count(list) + 1, struct str)};
    if (!texts.items)
        return ERR_NO_MEMORY;
    if (json_kind(list) == JSON_STRING)
        texts.items[texts.count++] = json_str(list);
    else if (json_is_array(list))
        while (json_next(&it, NULL, &one))
            if (json_kind(one) == JSON_STRING)
                texts.items[texts.count++] = json_str(one);
    *ret_texts = texts;
    return 0;
}

static int split_scope(struct arena *a, struct str scope, struct strs *ret_scopes)
{
    struct strs scopes = {0};
    struct str word;
    while (str_next_word(&scope, &word))
        TRY(strs_add(&scopes, a, word));
    *ret_scopes = scopes;
    return 0;
}

/* "resource_access": {"client": {"roles": [...]}} */
static int copy_client_roles(struct arena *a, const struct json_value *access,
                             struct validation_answer *answer)
{
    struct validation_client_roles *items =
        ARENA_ARRAY(a, json_count(access) + 1, struct validation_client_roles);
    struct json_iter it = json_iter(json_is_object(access) ? access : NULL);
    const struct json_value *one;
    struct str client_id;
    size_t count = 0;
    if (!items)
        return ERR_NO_MEMORY;
    while (json_next(&it, &client_id, &one)) {
        items[count].client_id = client_id;
        TRY(copy_texts(a, json_get(one, "roles"), &items[count].roles));
        count++;
    }
    answer->client_roles = items;
    answer->client_role_count = count;
    return 0;
}

static int write_claims(struct arena *a, const struct json_value *claims, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, JWS_MAX_BYTES * 6); /* every byte may need an escape */
    jw_init(&w, &b);
    jw_value(&w, claims);
    return jw_finish(&w, ret_json);
}

static struct str or_else(struct str text, struct str fallback)
{
    return str_empty(text) ? fallback : text;
}

static int describe_ours(struct arena *a, const struct validation_find *find,
                         struct validation_answer *answer)
{
    const struct jwt_claims *c = &find->claims;
    answer->subject = or_else(c->sub, find->user_id);
    answer->username = find->username;
    answer->client_id = c->azp;
    answer->tenant = or_else(json_get_str(c->json, TENANT_CLAIM), find->realm);
    answer->session_id = c->sid;
    TRY(split_scope(a, c->scope, &answer->scopes));
    TRY(copy_texts(a, json_get(json_get(c->json, "realm_access"), "roles"), &answer->realm_roles));
    return copy_client_roles(a, json_get(c->json, "resource_access"), answer);
}

/* What the terms of trust name, and no more: its names of users, clients, sessions and tenants are not
 * ours. */
static void describe_trusted(const struct validation_find *find, struct validation_answer *answer)
{
    answer->trusted = true;
    answer->subject = find->user_id;
    answer->tenant = find->realm;
    answer->scopes = find->scopes;
    answer->realm_roles = find->roles;
}

int validation_describe(struct arena *a, const struct validation_find *find,
                        struct validation_answer *io_answer)
{
    const struct jwt_claims *c = &find->claims;
    struct validation_answer *answer = io_answer;
    answer->realm = find->realm;
    answer->issuer = c->iss;
    answer->jti = c->jti;
    answer->token_type = STR(TOKEN_TYPE_BEARER);
    answer->issued_s = c->iat_s;
    answer->expires_s = c->exp_s;
    answer->from_cache = find->from_cache;
    if (find->trusted)
        describe_trusted(find, answer);
    else
        TRY(describe_ours(a, find, answer));
    TRY(copy_texts(a, c->aud, &answer->audience));
    return write_claims(a, c->json, &answer->claims);
}
