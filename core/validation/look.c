/* What is behind a token, as it stands now: kept answers first, which hold for as long as what they
 * stand on is unchanged (core/port/footing.h); docs/token-validation.md says why that is enough. */
#include "core/auth/client_owner.h"
#include "core/oidc/introspect.h"
#include "core/port/token_cache.h"
#include "core/validation/entry.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

/* One look at one token. */
struct look {
    const struct validation_call *call;
    struct token_cache_key key;
    struct validation_realm realm;
    struct str payload, kid, alg;
    struct validation_find *find;
};

static bool contradicts(struct str named_realm, struct str realm)
{
    return !str_absent(named_realm) && !str_eq(named_realm, realm);
}

/* --- keeping --- */

static int64_t earlier(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The first end that is known now: of the token, its session, the overlap of its key. */
static int64_t end_of(const struct look *l, const struct access_token *t, int64_t key_until_ms)
{
    int64_t until_ms = earlier(t->claims.exp_s * 1000, key_until_ms);
    int64_t idle_ms, max_ms;
    if (!t->has_session)
        return until_ms;
    session_ends(auth_realm(&l->realm.ctx), &t->session, &idle_ms, &max_ms);
    return earlier(until_ms, earlier(idle_ms, max_ms));
}

/* changes: as they were before the read began. */
static int keep(const struct look *l, const struct access_token *t, uint64_t changes)
{
    struct realm_view *view = l->realm.view;
    struct validation_entry e = {
        .realm = l->find->realm,
        .kid = l->kid,
        .alg = l->alg,
        .payload = l->payload,
        .username = t->user.username,
        .user_id = t->user.id,
        .service_client_id = t->user.service_account_client_id,
        .rows = {.user_pk = t->user.pk,
                 .session_pk = t->session.pk,
                 .client_session_pk = t->client_session.pk,
                 .jti = t->claims.jti,
                 .origin_jti = token_origin_jti(&t->claims)},
    };
    struct str bytes;
    int64_t now_ms = l->call->now->wall_ms, key_until_ms;
    /* Verified with a key that this picture of the realm does not have: not kept. */
    if (signer_key_mark(view, l->kid, l->alg, now_ms, e.key_mark, &key_until_ms) != 0)
        return 0;
    e.until_ms = end_of(l, t, key_until_ms);
    store_footing(view, &e.rows, &e.footing);
    uint64_t generation = token_cache_generation(l->call->store);
    if (store_changes(view) != changes)
        return 0;
    int rc = validation_entry_write(l->call->arena, &e, &bytes);
    if (rc == ERR_TOO_LARGE)
        return 0;
    TRY(rc);
    token_cache_put(l->call->store, &l->key, bytes, generation, now_ms, e.until_ms);
    return 0;
}

/* --- fresh looks --- */

/* What a lightweight token leaves out depends on more than is counted: told each time, never kept. */
static int fill_in(const struct look *l, struct store_read *r, const struct access_token *t)
{
    struct str json;
    TRY(introspect_light(&l->realm.ctx, r, t, &json));
    return jwt_parse_claims(l->call->arena, json, &l->find->claims);
}

/* Of a token that is good by itself. */
static int stand_now(struct look *l)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct validation_find *find = l->find;
    struct access_token t;
    uint64_t changes = store_changes(l->realm.view);
    TRY(store_read_begin(l->realm.view, &r));
    TRY(token_stands(&l->realm.ctx, r, &find->claims, &t, &find->reason));
    find->username = t.user.username;
    find->user_id = t.user.id;
    find->user_pk = t.user.pk;
    find->service_client_id = t.user.service_account_client_id;
    if (str_map_true(&t.client->attributes, STR(CLIENT_ATTR_LIGHTWEIGHT)))
        return fill_in(l, r, &t);
    if (client_is_owned(t.client)) /* its owner's rights are not counted either */
        return 0;
    return keep(l, &t, changes);
}

static int look_in_realm(struct look *l, struct str token)
{
    int rc = validation_realm_open(l->call, l->find->realm, &l->realm);
    if (rc == ERR_NOT_FOUND) {
        l->find->reason = VALIDATION_UNKNOWN_ISSUER;
        return 0;
    }
    TRY(rc);
    if (!realm_view_realm(l->realm.view)->enabled)
        l->find->reason = VALIDATION_REALM_DISABLED;
    else
        rc = token_read(&l->realm.ctx, token, &l->find->claims, &l->find->reason);
    if (rc == 0 && l->find->reason == VALIDATION_ACTIVE)
        rc = stand_now(l);
    validation_realm_close(&l->realm);
    return rc == ERR_INVALID_TOKEN ? 0 : rc;
}

static int look_fresh(struct look *l, struct str token, struct str named_realm)
{
    const struct jws *jws = &l->find->jws;
    struct str realm;
    if (!validation_token_realm(l->call, token, &realm, &l->find->jws, &l->find->unverified)) {
        l->find->reason = VALIDATION_MALFORMED;
        return l->call->arena->exhausted ? ERR_NO_MEMORY : 0;
    }
    l->find->reason = VALIDATION_UNKNOWN_ISSUER;
    l->find->foreign = str_absent(realm);
    if (l->find->foreign)
        return 0;
    if (contradicts(named_realm, realm))
        return validation_other_tenant(l->call);
    l->find->realm = realm;
    l->payload = jws->payload;
    l->kid = jws->kid;
    l->alg = jose_alg_name(jws->alg);
    return look_in_realm(l, token);
}

/* --- kept answers --- */

static void note(const struct look *l, const struct footing_rows *rows,
                 const struct validation_entry *e)
{
    if (!l->call->ground)
        return;
    store_ground_add(l->realm.view, rows, &e->footing, e->until_ms, l->call->ground);
    l->find->noted = true;
}

static void take_from(const struct validation_entry *e, struct validation_find *find)
{
    find->username = e->username;
    find->user_id = e->user_id;
    find->user_pk = e->rows.user_pk;
    find->service_client_id = e->service_client_id;
    find->from_cache = true;
}

/* A signature that was good under a key is good for as long as that key verifies. */
static bool key_is_same(const struct look *l, const struct validation_entry *e)
{
    unsigned char mark[SIGNER_KEY_MARK_BYTES];
    int64_t until_ms;
    return signer_key_mark(l->realm.view, e->kid, e->alg, l->call->now->wall_ms, mark, &until_ms) ==
               0 &&
           memcmp(mark, e->key_mark, sizeof(mark)) == 0;
}

/* *ret_done is false when the entry is of no use. With the realm open. */
static int use_entry(struct look *l, const struct validation_entry *e, bool *ret_done)
{
    struct validation_find *find = l->find;
    struct footing_rows rows = e->rows;
    struct footing footing;
    *ret_done = realm_view_realm(l->realm.view)->enabled && key_is_same(l, e);
    if (!*ret_done)
        return 0;
    TRY(token_read_signed(&l->realm.ctx, e->payload, &find->claims, &find->reason));
    rows.jti = find->claims.jti;
    rows.origin_jti = token_origin_jti(&find->claims);
    store_footing(l->realm.view, &rows, &footing);
    if (!footing_same(&footing, &e->footing) || l->call->now->wall_ms >= e->until_ms) {
        l->payload = e->payload;
        l->kid = e->kid;
        l->alg = e->alg;
        return stand_now(l);
    }
    note(l, &rows, e);
    take_from(e, find);
    return 0;
}

static int look_kept(struct look *l, struct str named_realm, bool *ret_done)
{
    struct validation_entry e;
    struct str bytes;
    int rc =
        token_cache_get(l->call->store, &l->key, l->call->arena, l->call->now->wall_ms, &bytes);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    if (validation_entry_read(bytes, &e) != 0)
        return 0;
    if (contradicts(named_realm, e.realm))
        return validation_other_tenant(l->call);
    rc = validation_realm_open(l->call, e.realm, &l->realm);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    l->find->realm = e.realm;
    rc = use_entry(l, &e, ret_done);
    validation_realm_close(&l->realm);
    return rc == ERR_INVALID_TOKEN ? 0 : rc;
}

int validation_look(const struct validation_call *call, struct str token, struct str named_realm,
                    struct validation_find *ret_find)
{
    struct look l = {.call = call, .find = ret_find};
    bool done = false;
    *ret_find = (struct validation_find){.reason = VALIDATION_MALFORMED};
    if (str_empty(token) || token.len > JWS_MAX_BYTES)
        return 0;
    token_cache_key(call->store, TOKEN_CACHE_SIGNATURE, call->base_url, token, &l.key);
    TRY(look_kept(&l, named_realm, &done));
    if (done)
        return 0;
    *ret_find = (struct validation_find){.reason = VALIDATION_MALFORMED};
    return look_fresh(&l, token, named_realm);
}

/* --- who may see it --- */

bool validation_sees_realm(const struct validation_caller *caller, struct str realm)
{
    return caller->every_realm || str_eq(caller->realm, realm);
}

bool validation_sees(const struct validation_caller *caller, struct str realm,
                     const struct jwt_claims *claims)
{
    if (!validation_sees_realm(caller, realm))
        return false;
    return caller->every_realm || caller->whole_realm ||
           introspect_concerns(caller->client_id, claims);
}
