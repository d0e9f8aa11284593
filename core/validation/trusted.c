/* Tokens of trusted issuers. Everything is looked at each time, by the terms of trust as they are now;
 * only that a signature is good under certain keys is kept.
 *
 * Such a token is an answer here and nothing else: no caller's credential, nothing for userinfo,
 * introspection or administration, and never one of ours: who has an issuer of this server in its
 * claim iss is looked at as such, whatever a realm trusts. */
#include "core/codec/uri.h"
#include "core/port/issuers.h"
#include "core/port/token_cache.h"
#include "core/port/users.h"
#include "core/validation/entry.h"
#include "core/validation/parts.h"

#include "core/base/banned.h"

#define SUBJECT_MAX_BYTES 1024

/* One look. */
struct look {
    const struct validation_call *call;
    struct validation_realm realm;
    const struct trusted_issuer *issuer;
    const struct jws *jws;
    struct validation_find *find;
};

static int say(const struct look *l, enum validation_reason reason)
{
    l->find->reason = reason;
    return ERR_INVALID_TOKEN;
}

/* --- claims --- */

/* "a.b": a claim of this name, or the member b of the object a. */
static const struct json_value *claim_at(const struct json_value *json, struct str name)
{
    const struct json_value *whole = json_get_s(json, name);
    while (!whole && json_is_object(json)) {
        ptrdiff_t dot = str_find(name, '.');
        if (dot <= 0)
            return NULL;
        json = json_get_s(json, str_sub(name, 0, (size_t)dot));
        name = str_from(name, (size_t)dot + 1);
        whole = json_is_object(json) ? json_get_s(json, name) : NULL;
    }
    return whole;
}

/* An array of texts, or words in one text. */
static int texts_at(const struct look *l, struct str name, struct strs *ret_texts)
{
    const struct json_value *value = str_empty(name) ? NULL : claim_at(l->find->claims.json, name);
    struct json_iter it = json_iter(json_is_array(value) ? value : NULL);
    const struct json_value *one;
    struct str words = json_kind(value) == JSON_STRING ? json_str(value) : STR(""), word;
    *ret_texts = (struct strs){NULL, 0};
    while (str_next_word(&words, &word))
        TRY(strs_add(ret_texts, l->call->arena, word));
    while (json_next(&it, NULL, &one))
        if (json_kind(one) == JSON_STRING)
            TRY(strs_add(ret_texts, l->call->arena, json_str(one)));
    return 0;
}

/* "client/role" is how a role of a client of ours is asked for, and written in X-Auth-Roles: no role of
 * theirs may be read as one. */
static void drop_roles_of_clients(struct strs *roles)
{
    size_t count = 0;
    for (size_t i = 0; i < roles->count; i++)
        if (str_find(roles->items[i], '/') < 0)
            roles->items[count++] = roles->items[i];
    roles->count = count;
}

/* OI-01: another server's names for people are not ours; none of them may be taken for one of our own
 * people by who reads nothing but the subject. */
static int check_subject(const struct look *l, struct str subject)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct user user;
    TRY(store_read_begin(l->realm.view, &r));
    int rc = user_find_by_id(r, l->call->arena, subject, &user);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    return say(l, VALIDATION_WRONG_SUBJECT);
}

static int map_claims(const struct look *l)
{
    struct validation_find *find = l->find;
    const struct json_value *sub = claim_at(find->claims.json, l->issuer->subject_claim);
    if (json_kind(sub) != JSON_STRING || str_empty(json_str(sub)) ||
        json_str(sub).len > SUBJECT_MAX_BYTES)
        return say(l, VALIDATION_WRONG_SUBJECT);
    find->user_id = ARENA_CONCAT(l->call->arena, l->issuer->subject_prefix, json_str(sub));
    if (str_absent(find->user_id))
        return ERR_NO_MEMORY;
    TRY(check_subject(l, find->user_id));
    TRY(texts_at(l, l->issuer->scope_claim, &find->scopes));
    TRY(texts_at(l, l->issuer->roles_claim, &find->roles));
    drop_roles_of_clients(&find->roles);
    return 0;
}

/* --- terms of trust --- */

static bool is_access_token_type(struct str typ)
{
    return str_absent(typ) || str_ieq(typ, STR("JWT")) || str_ieq(typ, STR("at+jwt")) ||
           str_ieq(typ, STR("application/at+jwt"));
}

static bool type_fits(const struct look *l)
{
    struct str wanted = l->issuer->token_type, prefix = STR("application/");
    struct str typ = l->jws->typ;
    if (str_empty(wanted))
        return is_access_token_type(typ);
    if (str_ieq(typ, wanted))
        return true;
    /* RFC 7515 4.1.9 */
    return typ.len > prefix.len && str_ieq(str_sub(typ, 0, prefix.len), prefix) &&
           str_ieq(str_from(typ, prefix.len), wanted);
}

/* OT-15, JO-09: ID tokens (OpenID Connect Core 2), logout tokens and other events (RFC 8417), and
 * tokens that are no good without a proof of possession (RFC 7800 3), which nobody asks for here. */
static int check_kind(const struct look *l)
{
    static const char *const of_others[] = {"at_hash", "c_hash", "events", "cnf"};
    const struct jwt_claims *c = &l->find->claims;
    bool says_bearer = str_eq_c(c->typ, "Bearer");
    if (!type_fits(l) || (!str_absent(c->typ) && !says_bearer) ||
        (!str_absent(c->nonce) && !says_bearer))
        return say(l, VALIDATION_WRONG_TYPE);
    for (size_t i = 0; i < ARRAY_LEN(of_others); i++)
        if (json_get(c->json, of_others[i]))
            return say(l, VALIDATION_WRONG_TYPE);
    return 0;
}

/* JO-10 */
static int check_dates(const struct look *l)
{
    struct jwt_expect expect = {
        .now_s = now_s(l->call->now),
        .skew_s = l->issuer->clock_skew_s,
        .issuer = l->issuer->issuer,
        .any_audience = true, /* one of several: below */
        .any_header_typ = true,
        .iat_required = true,
    };
    const struct jwt_claims *c = &l->find->claims;
    int rc = jwt_check(c, NULL, &expect);
    if (rc == ERR_TOKEN_EXPIRED)
        return say(l, VALIDATION_EXPIRED);
    if (rc == ERR_TOKEN_NOT_YET_VALID)
        return say(l, VALIDATION_NOT_YET_VALID);
    if (rc != 0)
        return say(l, VALIDATION_MALFORMED);
    expect.max_lifetime_s = l->issuer->max_lifetime_s;
    if (jwt_check(c, NULL, &expect) != 0)
        return say(l, VALIDATION_LIVES_TOO_LONG);
    if (c->iat_s < l->issuer->not_before_s ||
        c->iat_s < realm_view_realm(l->realm.view)->not_before_s) /* OT-08 */
        return say(l, VALIDATION_NOT_BEFORE);
    return 0;
}

static int check_audience(const struct look *l)
{
    const struct strs *accepted = &l->issuer->audiences;
    for (size_t i = 0; i < accepted->count; i++)
        if (json_has_str(l->find->claims.aud, accepted->items[i]))
            return 0;
    return say(l, VALIDATION_WRONG_AUDIENCE);
}

/* One issuer may serve several tenants: then its tokens say whose they are. */
static int check_tenant(const struct look *l, struct str named_realm)
{
    const struct json_value *value;
    if (str_empty(l->issuer->tenant_claim))
        return 0;
    value = claim_at(l->find->claims.json, l->issuer->tenant_claim);
    if (json_kind(value) == JSON_STRING && str_eq(json_str(value), l->find->realm))
        return 0;
    return str_absent(named_realm) ? say(l, VALIDATION_UNKNOWN_ISSUER)
                                   : validation_other_tenant(l->call);
}

static int check_terms(const struct look *l, struct str named_realm)
{
    TRY(check_kind(l));
    TRY(check_dates(l));
    TRY(check_audience(l));
    TRY(check_tenant(l, named_realm));
    return map_claims(l);
}

/* --- signature --- */

static int check_algorithm(const struct look *l)
{
    const struct strs *accepted = &l->issuer->algorithms;
    for (size_t i = 0; i < accepted->count; i++)
        if (jose_alg_of(accepted->items[i]) == l->jws->alg &&
            jose_alg_allowed(l->jws->alg, JOSE_FOR_CLIENT_KEY)) /* JO-01, JO-02 */
            return 0;
    return say(l, VALIDATION_WRONG_ALGORITHM);
}

static int find_keys(const struct look *l, struct validation_issuer_set *ret_set)
{
    int rc = validation_issuer_keys(l->call, &l->realm.ctx, l->issuer, l->jws->kid, ret_set);
    if (rc == ERR_UNKNOWN_KEY)
        return say(l, VALIDATION_UNKNOWN_KEY);
    return rc == ERR_UPSTREAM ? say(l, VALIDATION_ISSUER_UNAVAILABLE) : rc;
}

static int verify(const struct look *l, const struct validation_issuer_set *set)
{
    int rc = validation_issuer_verify(l->call->arena, set, l->jws);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return say(l, rc == ERR_BAD_SIGNATURE ? VALIDATION_BAD_SIGNATURE : VALIDATION_UNKNOWN_KEY);
}

static int is_kept(const struct look *l, const struct token_cache_key *key,
                   const struct validation_issuer_set *set, bool *ret_kept)
{
    struct validation_signed entry;
    struct str bytes;
    int rc = token_cache_get(l->call->store, key, l->call->arena, l->call->now->wall_ms, &bytes);
    if (rc == ERR_NO_MEMORY)
        return rc;
    *ret_kept = rc == 0 && validation_signed_read(bytes, &entry) == 0 &&
                memcmp(entry.mark, set->mark, sizeof(set->mark)) == 0;
    return 0;
}

static int keep(const struct look *l, const struct token_cache_key *key,
                const struct validation_issuer_set *set)
{
    struct validation_signed entry;
    struct str bytes;
    memcpy(entry.mark, set->mark, sizeof(entry.mark));
    TRY(validation_signed_write(l->call->arena, &entry, &bytes));
    token_cache_put(l->call->store, key, bytes, token_cache_generation(l->call->store),
                    l->call->now->wall_ms, l->find->claims.exp_s * 1000);
    return 0;
}

/* Only what is active is kept: strangers write nothing. */
static int check_token(const struct look *l, struct str token, struct str named_realm)
{
    struct validation_issuer_set set;
    struct token_cache_key key;
    bool kept;
    TRY(check_algorithm(l));
    TRY(find_keys(l, &set));
    token_cache_key(l->call->store, TOKEN_CACHE_SIGNATURE, l->realm.ctx.issuer, token, &key);
    TRY(is_kept(l, &key, &set, &kept));
    if (!kept)
        TRY(verify(l, &set));
    l->find->claims = l->find->unverified;
    TRY(check_terms(l, named_realm));
    l->find->reason = VALIDATION_ACTIVE;
    l->find->from_cache = kept;
    return kept ? 0 : keep(l, &key, &set);
}

/* --- which issuer --- */

static struct str origin_of(struct arena *a, struct str text, struct str *ret_path)
{
    struct uri uri;
    struct str origin;
    if (uri_parse(text, &uri) != 0 || uri_origin(a, &uri, &origin) != 0)
        return str_of(NULL, 0);
    *ret_path = uri.path;
    return origin;
}

/* Whether it is the address of realms of ours in another spelling: a trusted issuer may not even look
 * like one of them. */
static bool looks_like_ours(const struct validation_call *call, struct str issuer)
{
    struct str our_path = STR(""), path = STR("");
    struct str ours = origin_of(call->arena, call->base_url, &our_path);
    struct str origin = origin_of(call->arena, issuer, &path);
    struct str below = ARENA_CONCAT(call->arena, our_path, STR("/realms/"));
    if (str_absent(ours) || str_absent(origin) || str_absent(below))
        return true;
    return str_eq(ours, origin) && str_ieq(str_sub(path, 0, below.len), below);
}

static const struct trusted_issuer *issuer_in(const struct validation_call *call,
                                              const struct validation_realm *realm, struct str name)
{
    const struct trusted_issuer *issuer =
        trusted_issuer_find(realm_view_issuers(realm->view), name);
    return issuer && issuer->enabled && !looks_like_ours(call, name) ? issuer : NULL;
}

static int look_in(struct look *l, struct str token, struct str named_realm)
{
    if (!realm_view_realm(l->realm.view)->enabled)
        return say(l, VALIDATION_REALM_DISABLED);
    l->issuer = issuer_in(l->call, &l->realm, l->find->unverified.iss);
    if (!l->issuer)
        return say(l, VALIDATION_UNKNOWN_ISSUER);
    l->find->trusted = true;
    return check_token(l, token, named_realm);
}

int validation_look_trusted(const struct validation_call *call, struct str token, struct str realm,
                            struct str named_realm, struct validation_find *io_find)
{
    struct look l = {.call = call, .jws = &io_find->jws, .find = io_find};
    int rc = validation_realm_open(call, realm, &l.realm);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    io_find->realm = realm;
    rc = look_in(&l, token, named_realm);
    validation_realm_close(&l.realm);
    return rc == ERR_INVALID_TOKEN ? 0 : rc;
}

int validation_trusts(const struct validation_call *call, struct str name, struct str issuer,
                      bool *ret_trusts)
{
    struct validation_realm realm;
    *ret_trusts = false;
    int rc = validation_realm_open(call, name, &realm);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    *ret_trusts = issuer_in(call, &realm, issuer) != NULL;
    validation_realm_close(&realm);
    return 0;
}
