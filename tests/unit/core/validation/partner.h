/* Another server that a realm trusts: its keys, the set behind its URL and its tokens. */
#ifndef GARITA_TESTS_UNIT_CORE_VALIDATION_PARTNER_H
#define GARITA_TESTS_UNIT_CORE_VALIDATION_PARTNER_H

#include "tests/unit/core/validation/validation_support.h"

#include "core/admin/issuers.h"
#include "core/jose/jwk.h"
#include "core/port/issuers.h"

#define PARTNER           "https://partner.example"
#define PARTNER_KEYS      "https://partner.example/keys"
#define PARTNER_KEY_COUNT 3

static struct {
    struct pk_key *keys[PARTNER_KEY_COUNT];
    bool published[PARTNER_KEY_COUNT];
    bool down;
    int64_t age_ms; /* of what is served */
    int asked, asked_fresh;
} partner;

static const char *const partner_kids[PARTNER_KEY_COUNT] = {"first", "second", "third"};

UNUSED static struct str partner_set(struct arena *a)
{
    struct buf b;
    struct json_writer w;
    struct str set;
    buf_init(&b, a, 8192);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_array(&w, "keys");
    for (int i = 0; i < PARTNER_KEY_COUNT; i++)
        if (partner.published[i])
            jwk_write(&w, a, partner.keys[i], str_c(partner_kids[i]), JOSE_ES256, str_of(NULL, 0));
    jw_end_array(&w);
    jw_end_object(&w);
    OK(jw_finish(&w, &set));
    return set;
}

UNUSED static int partner_serve(void *context, struct arena *a, struct str realm_id, struct str url,
                                bool fresh, struct auth_jwks *ret_jwks)
{
    (void)context;
    assert_false(str_empty(realm_id));
    SAME(url, PARTNER_KEYS);
    partner.asked++;
    partner.asked_fresh += fresh;
    if (partner.down)
        return ERR_UPSTREAM;
    *ret_jwks = (struct auth_jwks){partner_set(a), fresh ? 0 : partner.age_ms};
    return 0;
}

UNUSED static struct trusted_issuer partner_terms(void)
{
    struct trusted_issuer issuer;
    OK(trusted_issuer_default(&test_arena, &issuer));
    issuer.issuer = STR(PARTNER);
    issuer.jwks_uri = STR(PARTNER_KEYS);
    OK(strs_add(&issuer.audiences, &test_arena, STR("api")));
    OK(strs_add(&issuer.audiences, &test_arena, STR("portal")));
    return issuer;
}

UNUSED static void trust(struct trusted_issuer *issuer)
{
    struct store_write *w = begin_write();
    OK(admin_issuer_insert(&t.ctx, w, issuer));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static void change_terms(const struct trusted_issuer *before,
                                const struct trusted_issuer *after)
{
    struct store_write *w = begin_write();
    OK(admin_issuer_update(&t.ctx, w, before, after));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static void distrust(const struct trusted_issuer *issuer)
{
    struct store_write *w = begin_write();
    OK(admin_issuer_delete(&t.ctx, w, issuer));
    OK(store_commit(w, DURABLE_LOCAL));
    refresh_view();
}

UNUSED static void partner_reset(void)
{
    for (int i = 0; i < PARTNER_KEY_COUNT; i++) {
        if (!partner.keys[i])
            OK(pk_generate(PK_P256, 0, &partner.keys[i]));
        partner.published[i] = i == 0;
    }
    partner.down = false;
    partner.age_ms = 0;
    partner.asked = partner.asked_fresh = 0;
    jwks_get_of_calls = partner_serve;
}

UNUSED static int partner_free(void **state)
{
    (void)state;
    for (int i = 0; i < PARTNER_KEY_COUNT; i++)
        pk_key_free(&partner.keys[i]);
    return 0;
}

UNUSED static struct str partner_sign(int key, const char *typ, struct str payload)
{
    struct jws_key with = {
        .alg = JOSE_ES256, .pk = partner.keys[key], .kid = str_c(partner_kids[key])};
    struct str token;
    OK(jws_sign(&test_arena, &with, typ ? str_c(typ) : str_of(NULL, 0), payload, &token));
    return token;
}

#endif
