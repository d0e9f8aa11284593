/* Keys of trusted issuers, kept by kid. A set behind a URL is asked for again when what is kept is
 * old, and for an unknown kid no more often than whoever fetches allows (JO-04). When it cannot be had,
 * what is kept stands in for a bounded time, also over a restart.
 *
 * Kids that never had a key are not kept: a stranger chooses them. */
#include "core/crypto/digest.h"
#include "core/jose/jwk.h"
#include "core/port/fetch.h"
#include "core/port/token_cache.h"
#include "core/validation/entry.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

/* A key that its issuer takes away is used no longer than this while the issuer can be reached... */
#define FRESH_MS INT64_C(600000)
/* ... and no longer than this while it cannot. */
#define STALE_MS INT64_C(3600000)
/* A copy that is younger is not asked for again because of an unknown kid. */
#define YOUNG_MS INT64_C(30000)

/* One search. */
struct search {
    const struct validation_call *call;
    struct str realm_id;
    const struct trusted_issuer *issuer;
    struct str kid;
    struct token_cache_key key;
    struct validation_keys kept;
    bool has_kept;
};

static bool has_keys(struct str set)
{
    return !str_eq_c(set, "{\"keys\":[]}");
}

/* Bound to where the keys come from: other terms of trust find nothing that was kept before. */
static int make_key(struct search *s, struct str realm_issuer)
{
    const struct trusted_issuer *issuer = s->issuer;
    struct arena *a = s->call->arena;
    struct str scope = ARENA_CONCAT(a, realm_issuer, STR("\n"), issuer->issuer, STR("\n"),
                                    issuer->jwks_uri, STR("\n"), issuer->jwks);
    struct str subject = str_absent(s->kid) ? STR("") : ARENA_CONCAT(a, STR("="), s->kid);
    if (str_absent(scope) || str_absent(subject))
        return ERR_NO_MEMORY;
    token_cache_key(s->call->store, TOKEN_CACHE_KEYS, scope, subject, &s->key);
    return 0;
}

static int find_kept(struct search *s)
{
    struct str bytes;
    int64_t now_ms = s->call->now->wall_ms;
    int rc = token_cache_get(s->call->store, &s->key, s->call->arena, now_ms, &bytes);
    if (rc == ERR_NO_MEMORY)
        return rc;
    s->has_kept = rc == 0 && validation_keys_read(bytes, &s->kept) == 0 &&
                  s->kept.checked_ms <= now_ms && now_ms - s->kept.checked_ms < STALE_MS;
    return 0;
}

static int keep(const struct search *s, struct str set, int64_t checked_ms)
{
    const struct validation_keys keys = {.checked_ms = checked_ms, .set = set};
    struct str bytes;
    int rc = validation_keys_write(s->call->arena, &keys, &bytes);
    if (rc == ERR_TOO_LARGE)
        return 0;
    TRY(rc);
    token_cache_put(s->call->store, &s->key, bytes, token_cache_generation(s->call->store),
                    s->call->now->wall_ms, checked_ms + STALE_MS);
    return 0;
}

/* --- behind a URL --- */

static int ask(const struct search *s, bool fresh, struct auth_jwks *ret_jwks)
{
    const struct validation_call *call = s->call;
    struct str url = s->issuer->jwks_uri;
    if (call->jwks_get)
        return call->jwks_get(call->jwks_context, call->arena, s->realm_id, url, fresh, ret_jwks);
    ret_jwks->age_ms = 0;
    return fetch_json(call->arena, s->realm_id, url, JWKS_MAX_BYTES, &ret_jwks->text);
}

static int narrow(const struct search *s, struct str text, struct str *ret_set)
{
    int rc = jwks_narrow(s->call->arena, text, s->kid, ret_set);
    return rc == 0 || rc == ERR_NO_MEMORY ? rc : ERR_UPSTREAM;
}

static int ask_and_narrow(const struct search *s, struct str *ret_set, int64_t *ret_age_ms)
{
    struct auth_jwks jwks;
    TRY(ask(s, false, &jwks));
    TRY(narrow(s, jwks.text, ret_set));
    *ret_age_ms = jwks.age_ms;
    if (has_keys(*ret_set) || jwks.age_ms < YOUNG_MS)
        return 0;
    TRY(ask(s, true, &jwks)); /* JO-04: a key that was rotated in */
    TRY(narrow(s, jwks.text, ret_set));
    *ret_age_ms = jwks.age_ms;
    return 0;
}

/* What is kept counts only while nobody can say more. */
static int find_at_source(struct search *s, struct str *ret_set)
{
    int64_t age_ms, now_ms = s->call->now->wall_ms;
    int rc = ask_and_narrow(s, ret_set, &age_ms);
    bool overloaded = rc == ERR_OVERLOADED && !s->has_kept; /* that says nothing about the issuer */
    if (rc == ERR_NO_MEMORY || overloaded)
        return rc;
    if (rc != 0 && !s->has_kept)
        return ERR_UPSTREAM;
    if (rc != 0) {
        *ret_set = s->kept.set;
        return 0;
    }
    if (!has_keys(*ret_set) && !s->has_kept)
        return 0;
    return keep(s, *ret_set, now_ms - age_ms);
}

static bool is_fresh(const struct search *s)
{
    return s->has_kept && has_keys(s->kept.set) &&
           s->call->now->wall_ms - s->kept.checked_ms < FRESH_MS;
}

/* --- in our own settings --- */

static int find_in_settings(struct search *s, struct str *ret_set)
{
    if (s->has_kept) { /* for as long as they are there: the key holds the text itself */
        *ret_set = s->kept.set;
        return 0;
    }
    TRY(narrow(s, s->issuer->jwks, ret_set));
    return has_keys(*ret_set) ? keep(s, *ret_set, s->call->now->wall_ms) : 0;
}

static int find_set(struct search *s, struct str *ret_set)
{
    TRY(find_kept(s));
    if (str_empty(s->issuer->jwks_uri))
        return find_in_settings(s, ret_set);
    if (!is_fresh(s))
        return find_at_source(s, ret_set);
    *ret_set = s->kept.set;
    return 0;
}

int validation_issuer_keys(const struct validation_call *call, const struct auth_ctx *ctx,
                           const struct trusted_issuer *issuer, struct str kid,
                           struct validation_issuer_set *ret_set)
{
    struct search s = {.call = call, .realm_id = auth_realm(ctx)->id, .issuer = issuer, .kid = kid};
    struct str set;
    TRY(make_key(&s, ctx->issuer));
    TRY(find_set(&s, &set));
    if (!has_keys(set))
        return ERR_UNKNOWN_KEY;
    ret_set->set = set;
    blake2b_256_of(set, ret_set->mark);
    return 0;
}

int validation_issuer_verify(struct arena *a, const struct validation_issuer_set *set,
                             const struct jws *jws)
{
    CLEANUP(jwks_free) struct jwks keys = {0};
    struct jws_key key;
    TRY(jwks_parse(a, set->set, &keys));
    TRY(jwks_find(&keys, jws, &key));
    return jws_verify(jws, &key);
}
