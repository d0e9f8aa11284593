/* The person behind a token: kept for as long as nothing changed that it stands on (footing.h): the
 * person's row, the session, who has which role and group, the realm's configuration. Whether the token
 * itself is good was looked at before, each time. */
#include "core/oidc/mint.h"
#include "core/oidc/userinfo.h"
#include "core/port/roles.h"
#include "core/port/token_cache.h"
#include "core/validation/entry.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

static int write_attributes(struct arena *a, const struct attrs *attributes, struct str *ret_json)
{
    struct buf b;
    struct json_writer w;
    buf_init(&b, a, a->max_bytes);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (size_t i = 0; i < attributes->count; i++) {
        const struct attr *attr = &attributes->items[i];
        jw_key_s(&w, attr->name);
        jw_begin_array(&w);
        for (size_t k = 0; k < attr->values.count; k++)
            jw_str(&w, attr->values.items[k]);
        jw_end_array(&w);
    }
    jw_end_object(&w);
    return jw_finish(&w, ret_json);
}

static int write_groups(struct store_read *r, struct arena *a, int64_t user_pk,
                        struct str *ret_json)
{
    struct groups groups;
    struct buf b;
    struct json_writer w;
    TRY(user_groups(r, a, user_pk, &groups));
    buf_init(&b, a, a->max_bytes);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < groups.count; i++)
        jw_str(&w, groups.items[i].path);
    jw_end_array(&w);
    return jw_finish(&w, ret_json);
}

static int read_groups(struct arena *a, struct str json, struct strs *ret_paths)
{
    const struct json_value *list, *one;
    int rc = json_parse(a, json, json.len, &list);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_INTERNAL;
    struct json_iter it = json_iter(list);
    while (json_next(&it, NULL, &one))
        TRY(strs_add(ret_paths, a, json_str(one)));
    return 0;
}

/* --- fresh --- */

static int describe(const struct validation_realm *realm, struct str token,
                    struct validation_person *person)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct access_token t;
    struct arena *a = realm->ctx.arena;
    TRY(store_read_begin(realm->view, &r));
    TRY(token_check(&realm->ctx, r, token, &t));
    *person = (struct validation_person){
        .user_pk = t.user.pk,
        .session_pk = t.session.pk,
        .client_session_pk = t.client_session.pk,
        .user_id = t.user.id,
        .username = t.user.username,
        .email = t.user.email,
        .first_name = t.user.first_name,
        .last_name = t.user.last_name,
        .email_verified = t.user.email_verified,
        .enabled = t.user.enabled,
    };
    TRY(write_groups(r, a, t.user.pk, &person->groups));
    TRY(write_attributes(a, &t.user.attributes, &person->attributes));
    return userinfo_claims(&realm->ctx, r, &t, &person->claims);
}

/* --- kept --- */

static struct footing footing_of(const struct validation_realm *realm,
                                 const struct validation_person *person)
{
    const struct footing_rows rows = {.user_pk = person->user_pk,
                                      .session_pk = person->session_pk,
                                      .client_session_pk = person->client_session_pk,
                                      .rights = true};
    struct footing footing;
    store_footing(realm->view, &rows, &footing);
    return footing;
}

/* What is told depends on the person, and on what the token lets see of it. */
static int make_key(const struct validation_call *call, const struct validation_realm *realm,
                    const struct validation_find *find, struct token_cache_key *ret_key)
{
    const struct jwt_claims *c = &find->claims;
    struct str subject =
        ARENA_CONCAT(call->arena, find->user_id, STR("\n"), c->azp, STR("\n"), c->sid, STR("\n"),
                     c->scope, STR("\n"), json_get_str(c->json, USERINFO_CLAIMS_MEMBER));
    if (str_absent(subject))
        return ERR_NO_MEMORY;
    token_cache_key(call->store, TOKEN_CACHE_PERSON, realm->ctx.issuer, subject, ret_key);
    return 0;
}

static int find_kept(const struct validation_call *call, const struct validation_realm *realm,
                     const struct token_cache_key *key, struct validation_person *ret_person,
                     bool *ret_found)
{
    struct str bytes;
    int rc = token_cache_get(call->store, key, call->arena, call->now->wall_ms, &bytes);
    *ret_found = false;
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : 0;
    if (validation_person_read(bytes, ret_person) != 0)
        return 0;
    struct footing footing = footing_of(realm, ret_person);
    *ret_found = footing_same(&footing, &ret_person->footing);
    return 0;
}

/* changes: as they were before the read began. */
static int keep(const struct validation_call *call, const struct validation_realm *realm,
                const struct token_cache_key *key, struct validation_person *person,
                uint64_t changes, int64_t until_ms)
{
    struct str bytes;
    person->footing = footing_of(realm, person);
    uint64_t generation = token_cache_generation(call->store);
    if (store_changes(realm->view) != changes)
        return 0;
    int rc = validation_person_write(call->arena, person, &bytes);
    if (rc == ERR_TOO_LARGE)
        return 0;
    TRY(rc);
    token_cache_put(call->store, key, bytes, generation, call->now->wall_ms, until_ms);
    return 0;
}

static int find_person(const struct validation_call *call, const struct validation_realm *realm,
                       struct str token, const struct validation_find *find,
                       struct validation_person *ret_person)
{
    struct token_cache_key key;
    bool found;
    uint64_t changes = store_changes(realm->view);
    TRY(make_key(call, realm, find, &key));
    TRY(find_kept(call, realm, &key, ret_person, &found));
    if (found)
        return 0;
    TRY(describe(realm, token, ret_person));
    return keep(call, realm, &key, ret_person, changes, find->claims.exp_s * 1000);
}

int validation_person_find(const struct validation_call *call, const struct validation_realm *realm,
                           struct str token, const struct validation_find *find,
                           struct validation_user_context *io_context)
{
    struct validation_person p;
    TRY(find_person(call, realm, token, find, &p));
    io_context->user_id = p.user_id;
    io_context->username = p.username;
    io_context->email = p.email;
    io_context->first_name = p.first_name;
    io_context->last_name = p.last_name;
    io_context->email_verified = p.email_verified;
    io_context->enabled = p.enabled;
    io_context->attributes = p.attributes;
    io_context->claims = p.claims;
    return read_groups(call->arena, p.groups, &io_context->groups);
}
