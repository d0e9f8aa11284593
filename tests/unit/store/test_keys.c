/* Keys (core/port/keys.h) and signing (core/port/signer.h). */
#include "tests/unit/store/store_support.h"

#include <pthread.h>

#include "core/codec/json.h"
#include "core/jose/jwk.h"

static struct realm_key generate(struct realm_view *view, const char *alg, int64_t priority)
{
    struct realm_key key = {.alg = str_c(alg), .status = KEY_ACTIVE, .priority = priority};
    struct store_write *w = begin_write(view);
    ok(key_generate(w, &arena, &key));
    commit(w);
    return key;
}

static struct str sign(struct realm_view *view, const char *alg)
{
    struct str token;
    ok(signer_sign(view, &arena, str_c(alg), STR("JWT"), STR("{\"sub\":\"x\"}"), &token));
    return token;
}

static void verifies(struct realm_view *view, struct str token, const char *alg)
{
    struct str payload;
    struct str found_alg;
    ok(signer_verify(view, &arena, token, &payload, &found_alg));
    assert_str(payload, "{\"sub\":\"x\"}");
    assert_str(found_alg, alg);
}

/* A key that is missing is made at the first use and there from then on. */
static void test_all_algorithms(void **state)
{
    (void)state;
    static const char *const algs[] = {"RS256", "PS256", "ES256", "ES384",
                                       "ES512", "EdDSA", "HS512"};
    struct realm_view *view = view_of("peru");
    struct str tokens[ARRAY_LEN(algs)];
    for (size_t i = 0; i < ARRAY_LEN(algs); i++) {
        tokens[i] = sign(view, algs[i]);
        verifies(view, tokens[i], algs[i]); /* the old picture finds the new key */
    }
    fails(signer_sign(view, &arena, STR("none"), STR("JWT"), STR("{}"), &tokens[0]),
          ERR_BAD_ALGORITHM);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    const struct realm_keys *keys = realm_view_keys(view);
    assert_int_equal(keys->count, ARRAY_LEN(algs));
    for (size_t i = 0; i < ARRAY_LEN(algs); i++)
        verifies(view, tokens[i], algs[i]);
    for (size_t i = 0; i < keys->count; i++) {
        const struct json_value *jwk;
        if (str_eq(keys->items[i].alg, STR("HS512"))) {
            assert_true(str_absent(keys->items[i].public_jwk));
            continue;
        }
        ok(json_parse(&arena, keys->items[i].public_jwk, 1 << 16, &jwk));
        assert_true(str_eq(json_get_str(jwk, "kid"), keys->items[i].kid));
        assert_null(json_get(jwk, "d")); /* JO-16: no private member */
    }
    realm_view_release(view);
}

static void test_rotation(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct str payload;
    struct realm_key old = generate(view, "ES256", 100);
    ok(realm_view_refresh(&view));
    struct str first = sign(view, "ES256");
    struct realm_key fresh = generate(view, "ES256", 200);
    assert_false(str_eq(old.kid, fresh.kid));
    ok(realm_view_refresh(&view));
    struct str second = sign(view, "ES256");
    verifies(view, first, "ES256");
    verifies(view, second, "ES256");
    old.status = KEY_PASSIVE;
    old.not_after_ms = clock_now().wall_ms + 100000;
    struct store_write *w = begin_write(view);
    ok(key_update(w, &old));
    commit(w);
    ok(realm_view_refresh(&view));
    verifies(view, first, "ES256");
    old.not_after_ms = clock_now().wall_ms - 1;
    w = begin_write(view);
    ok(key_update(w, &old));
    commit(w);
    ok(realm_view_refresh(&view));
    fails(signer_verify(view, &arena, first, &payload, NULL), ERR_UNKNOWN_KEY);
    w = begin_write(view);
    struct realm_keys keys;
    ok(key_list(store_write_reader(w), &arena, &keys));
    assert_int_equal(keys.count, 2);
    assert_int_equal(keys.items[0].priority, 200);
    ok(key_delete(w, fresh.pk));
    fails(key_delete(w, fresh.pk), ERR_NOT_FOUND);
    commit(w);
    ok(realm_view_refresh(&view));
    fails(signer_verify(view, &arena, second, &payload, NULL), ERR_UNKNOWN_KEY);
    realm_view_release(view);
}

/* AD-02: a token of realm A is worthless in B, with the same kid too. */
static void test_ad_02_other_realm(void **state)
{
    (void)state;
    make_realm("chile");
    struct realm_view *peru = view_of("peru");
    struct realm_view *chile = view_of("chile");
    struct str payload;
    char secret[64];
    for (int i = 0; i < 2; i++) {
        struct realm_view *view = i ? peru : chile;
        struct realm_key key = {.alg = STR("HS512"), .kid = STR("same"), .status = KEY_ACTIVE};
        memset(secret, 'a' + i, sizeof(secret));
        struct store_write *w = begin_write(view);
        ok(key_import(w, &arena, &key, str_of(secret, sizeof(secret))));
        commit(w);
    }
    ok(realm_view_refresh(&peru));
    ok(realm_view_refresh(&chile));
    struct str token = sign(peru, "HS512");
    verifies(peru, token, "HS512");
    fails(signer_verify(chile, &arena, token, &payload, NULL), ERR_BAD_SIGNATURE);
    struct str other = sign(peru, "ES256");
    fails(signer_verify(chile, &arena, other, &payload, NULL), ERR_UNKNOWN_KEY);
    fails(signer_verify(peru, &arena, STR("a.b"), &payload, NULL), ERR_TOKEN_MALFORMED);
    realm_view_release(peru);
    realm_view_release(chile);
}

/* What goes out is what came in, and that of a key that is there. */
static void test_private_copy(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct realm_key key = {.alg = STR("HS512"), .kid = STR("k"), .status = KEY_ACTIVE};
    struct realm_key pair = generate(view, "ES256", 1), gone = {.pk = 999, .alg = STR("HS512")};
    struct str secret = STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef");
    struct str copy;
    struct store_write *w = begin_write(view);
    ok(key_import(w, &arena, &key, secret));
    commit(w);
    struct store_read *r = begin_read(view);
    ok(key_private_copy(r, &arena, &key, &copy));
    assert_true(str_eq(copy, secret));
    ok(key_private_copy(r, &arena, &pair, &copy));
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    struct str kid;
    ok(pk_import_private(copy, &pk));
    ok(jwk_default_kid(&arena, pk, &kid));
    assert_true(str_eq(kid, pair.kid));
    fails(key_private_copy(r, &arena, &gone, &copy), ERR_NOT_FOUND);
    store_read_end(r);
    realm_view_release(view);
}

static void test_import(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct realm_key key = {.alg = STR("HS512"), .kid = STR("k")};
    struct store_write *w = begin_write(view);
    fails(key_import(w, &arena, &key, STR("short")), ERR_BAD_KEY);
    key.alg = STR("RS256");
    fails(key_import(w, &arena, &key, STR("no key at all")), ERR_BAD_KEY);
    key.alg = STR("XX");
    fails(key_import(w, &arena, &key, STR("x")), ERR_BAD_ALGORITHM);
    store_rollback(w);
    realm_view_release(view);
}

/* Within a write of the same thread the missing key is made in that write. */
static void test_sign_inside_a_write(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct store_write *w = begin_write(view);
    struct store_write *second;
    struct now now = clock_now();
    fails(store_write_begin(view, &now, &second), ERR_INTERNAL);
    struct str token = sign(view, "EdDSA");
    struct str again = sign(view, "EdDSA");
    assert_true(str_eq(token, again));
    commit(w);
    verifies(view, token, "EdDSA");
    ok(realm_view_refresh(&view));
    assert_int_equal(realm_view_keys(view)->count, 1);
    realm_view_release(view);
}

#define THREADS 16

static void *sign_once(void *arg)
{
    struct arena own;
    struct str token;
    struct str payload;
    arena_init(&own, 1 << 20);
    ok(signer_sign(arg, &own, STR("ES256"), STR("JWT"), STR("{}"), &token));
    ok(signer_verify(arg, &own, token, &payload, NULL));
    arena_free(&own);
    return NULL;
}

/* Many that need a missing key at once make one. */
static void test_one_key_is_made(void **state)
{
    (void)state;
    pthread_t threads[THREADS];
    struct realm_view *view = view_of("peru");
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, sign_once, view), 0);
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_join(threads[i], NULL), 0);
    ok(realm_view_refresh(&view));
    assert_int_equal(realm_view_keys(view)->count, 1);
    realm_view_release(view);
}

static void test_states(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    struct str sealed;
    struct str plain;
    ok(signer_seal(view, &arena, STR("login"), STR("state"), &sealed));
    ok(signer_open(view, &arena, STR("login"), sealed, &plain));
    assert_str(plain, "state");
    fails(signer_open(view, &arena, STR("consent"), sealed, &plain), ERR_SEAL);
    fails(signer_open(view, &arena, STR("login"), str_sub(sealed, 0, sealed.len - 4), &plain),
          ERR_SEAL);
    make_realm("chile");
    struct realm_view *chile = view_of("chile");
    fails(signer_open(chile, &arena, STR("login"), sealed, &plain), ERR_SEAL);
    realm_view_release(chile);
    realm_view_release(view);
    reopen_store();
    view = view_of("peru");
    ok(signer_open(view, &arena, STR("login"), sealed, &plain));
    assert_str(plain, "state");
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_all_algorithms, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_rotation, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_ad_02_other_realm, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_private_copy, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_import, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_sign_inside_a_write, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_one_key_is_made, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_states, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
