/* From a new secret to a credential on a real store (core/auth/otp_setup.h): once, by a right code (MF-01, WE-12),
 * and what the person is shown (MF-09). */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/auth/otp_setup.h"
#include "core/codec/base32.h"

static struct otp_setup begun(void)
{
    struct otp_setup setup;
    OK(otp_setup_begin(&t.ctx, &setup));
    return setup;
}

/* The code of a step or counter, of six digits. */
static struct str code_at(const struct otp_setup *setup, int64_t step)
{
    struct str key;
    char text[HOTP_DIGITS_MAX + 1];
    OK(base32_decode(&test_arena, setup->key, &key));
    hotp_value(DIGEST_SHA1, key, (uint64_t)step, 6, text);
    return arena_str_c(&test_arena, text);
}

static struct str code_now(const struct otp_setup *setup)
{
    return code_at(setup, now_s(t.ctx.now) / 30);
}

static bool stored(const struct otp_setup *setup, const char *label, struct str code)
{
    bool right;
    struct store_write *w = begin_write();
    OK(otp_setup_store(&t.ctx, w, t.ana.pk, setup, str_c(label), code, &right));
    OK(store_commit(w, DURABLE_LOCAL));
    return right;
}

static bool used(struct str code)
{
    bool right;
    struct store_write *w = begin_write();
    OK(otp_spend(&t.ctx, w, t.ana.pk, code, &right));
    OK(store_commit(w, DURABLE_LOCAL));
    return right;
}

static struct credentials credentials_now(void)
{
    struct credentials all;
    struct store_read *r;
    OK(store_read_begin(t.view, &r));
    OK(credential_list(r, &test_arena, t.ana.pk, &all));
    store_read_end(r);
    return all;
}

static const char *label_problem(const char *label)
{
    struct store_read *r;
    const char *key;
    OK(store_read_begin(t.view, &r));
    OK(otp_setup_label_problem(&t.ctx, r, t.ana.pk, str_c(label), &key));
    store_read_end(r);
    return key;
}

static void MF_01_the_code_that_sets_it_up_is_spent(void **state)
{
    (void)state;
    struct otp_setup setup = begun();
    size_t before = credentials_now().count;
    assert_false(stored(&setup, "", STR("")));
    assert_false(stored(&setup, "", STR("000000")));
    assert_false(stored(&setup, "", code_at(&setup, now_s(t.ctx.now) / 30 + 3)));
    assert_int_equal(credentials_now().count, before);
    assert_true(stored(&setup, "mine", code_now(&setup)));
    struct credentials now = credentials_now();
    assert_int_equal(now.count, before + 1);
    SAME(now.items[before].id, setup.id.ptr); /* behind what there was */
    SAME(now.items[before].user_label, "mine");
    assert_false(used(code_now(&setup)));
    advance_ms(30000);
    assert_true(used(code_now(&setup)));
    assert_false(used(code_now(&setup)));
}

static void WE_12_a_secret_becomes_one_credential(void **state)
{
    (void)state;
    struct otp_setup setup = begun();
    struct store_read *r;
    bool spent;
    assert_true(stored(&setup, "", code_now(&setup)));
    advance_ms(30000);
    assert_false(stored(&setup, "again", code_now(&setup)));
    OK(store_read_begin(t.view, &r));
    OK(otp_setup_is_spent(&test_arena, r, &setup, &spent));
    assert_true(spent);
    struct otp_setup other = begun();
    OK(otp_setup_is_spent(&test_arena, r, &other, &spent));
    assert_false(spent);
    store_read_end(r);
    assert_false(str_eq(setup.key, other.key));
}

static void MF_02_so_many_wrong_codes_end_it(void **state)
{
    (void)state;
    struct otp_setup setup = begun();
    for (int i = 1; i <= OTP_SETUP_TRIES_MAX + 1; i++) {
        struct store_write *w = begin_write();
        bool spent;
        OK(otp_setup_is_spent(&test_arena, store_write_reader(w), &setup, &spent));
        assert_int_equal(spent, i > OTP_SETUP_TRIES_MAX);
        OK(otp_setup_count_wrong(&t.ctx, w, &setup));
        OK(store_commit(w, DURABLE_LOCAL));
    }
    assert_false(stored(&setup, "", code_now(&setup)));
    struct otp_setup other = begun();
    assert_true(stored(&other, "", code_now(&other)));
}

static void a_device_that_counts_goes_on_behind_its_code(void **state)
{
    (void)state;
    struct realm realm = realm_now();
    realm.otp_policy_type = STR("hotp");
    realm.otp_policy_initial_counter = 7;
    realm.otp_policy_look_ahead_window = 2;
    set_realm(&realm);
    struct otp_setup setup = begun();
    assert_false(stored(&setup, "", code_at(&setup, 6)));
    assert_true(stored(&setup, "", code_at(&setup, 9)));
    for (int64_t counter = 7; counter <= 9; counter++)
        assert_false(used(code_at(&setup, counter)));
    assert_true(used(code_at(&setup, 10)));
}

static void names_tell_devices_apart_and_there_are_so_many(void **state)
{
    (void)state;
    assert_null(label_problem(""));
    assert_string_equal(label_problem("a\x01"), "invalidTotpDeviceNameMessage");
    for (int i = 0; i < OTP_DEVICES_MAX; i++) {
        struct otp_setup setup = begun();
        assert_true(stored(&setup, arena_printf(&test_arena, "no. %d", i).ptr, code_now(&setup)));
        if (i > 0)
            continue;
        assert_string_equal(label_problem(""), "missingTotpDeviceNameMessage");
        assert_string_equal(label_problem("no. 0"), "existingTotpDeviceNameMessage");
        assert_null(label_problem("no. 1"));
    }
    assert_string_equal(label_problem("one more"), "tooManyTotpDevicesMessage");
    struct otp_setup setup = begun();
    assert_false(stored(&setup, "one more", code_now(&setup)));
}

static void MF_09_what_is_shown(void **state)
{
    (void)state;
    struct otp_setup setup = begun();
    struct otp_face face;
    struct user ana = user_now(t.ana.pk);
    assert_int_equal(setup.key.len, 32);
    OK(otp_setup_face(&t.ctx, &setup, &ana, &face));
    assert_int_equal(face.key.len, 32 + 7);
    SAME(face.algorithm, "SHA1");
    assert_int_equal(face.digits, 6);
    assert_int_equal(face.period_s, 30);
    assert_true(str_starts(face.uri, STR("otpauth://totp/")));
    assert_true(str_find_str(face.uri, setup.key) > 0);
    /* names are cut between characters */
    char *name = arena_alloc(&test_arena, 301);
    for (size_t i = 0; i < 150; i++)
        memcpy(name + 2 * i, "\xC3\xB1", 2);
    ana.username = str_of(name, 300);
    OK(otp_setup_face(&t.ctx, &setup, &ana, &face));
    assert_true(face.uri.len < 1200);
    assert_true(str_find_str(face.uri, STR("%C3%B1?secret=")) > 0);
    setup.data = STR("{}");
    FAILS(otp_setup_face(&t.ctx, &setup, &ana, &face), ERR_INVALID_SYNTAX);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(MF_01_the_code_that_sets_it_up_is_spent),
        REALM_TEST(WE_12_a_secret_becomes_one_credential),
        REALM_TEST(MF_02_so_many_wrong_codes_end_it),
        REALM_TEST(a_device_that_counts_goes_on_behind_its_code),
        REALM_TEST(names_tell_devices_apart_and_there_are_so_many),
        REALM_TEST(MF_09_what_is_shown),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
