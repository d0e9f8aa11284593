/* PW-05: unknown names cost what known ones cost. What is looked at are the parameters that were
 * hashed with, not the time. */
#include "tests/unit/core/oidc/oidc_support.h"

#include "core/auth/decoy.h"
#include "core/auth/login.h"

#define ROUNDS 1000

static void add_imported(const char *prefix, int count, int64_t rounds)
{
    struct password_params params;
    struct password_record record;
    OK(password_params_of(STR("pbkdf2-sha256"), rounds, &params));
    OK(password_hash_make(&test_arena, &params, STR(PASSWORD), &record));
    struct store_write *w = begin_write();
    for (int i = 0; i < count; i++) {
        struct user user = {0};
        struct credential c = {.type = STR(CREDENTIAL_PASSWORD),
                               .secret_data = record.secret_data,
                               .credential_data = record.credential_data};
        fields_default(&user_fields, &user);
        user.username = arena_printf(&test_arena, "%s%d", prefix, i);
        OK(admin_user_prepare(&t.ctx, &user));
        OK(admin_user_insert(&t.ctx, w, &user));
        OK(admin_user_import_credential(&t.ctx, w, &user, &c));
    }
    OK(store_commit(w, DURABLE_LOCAL));
}

/* The key of the record that a name stands for; 0 when there is none. */
static int64_t decoy_of(const char *name)
{
    struct store_read *r;
    struct credential c = {0};
    OK(store_read_begin(t.view, &r));
    int rc = decoy_find(&t.ctx, r, str_c(name), &c);
    store_read_end(r);
    assert_true(rc == 0 || rc == ERR_NOT_FOUND);
    return rc == 0 ? c.pk : 0;
}

static const char *unknown(int number)
{
    return arena_printf(&test_arena, "nobody%d", number).ptr;
}

#define NAMES 400
static void decoys_of_all(int64_t pks[NAMES])
{
    for (int i = 0; i < NAMES; i++)
        pks[i] = decoy_of(unknown(i));
}

static struct login_attempt compare(const char *name)
{
    struct login_attempt attempt;
    OK(login_compare(&t.ctx, str_c(name), STR("wrong"), &attempt));
    assert_false(attempt.matched);
    return attempt;
}

/* The records of the realm, all of them and nearly alike. */
static void decoys_are_spread_over_all_records_PW_05(void **state)
{
    int64_t pks[NAMES];
    int seen[64] = {0}, records = 0, most = 0;
    (void)state;
    add_imported("old", 19, ROUNDS); /* and ana */
    decoys_of_all(pks);
    for (int i = 0; i < NAMES; i++) {
        assert_true(pks[i] > 0 && pks[i] < 64);
        seen[pks[i]]++;
    }
    for (int i = 0; i < 64; i++) {
        records += seen[i] > 0;
        most = seen[i] > most ? seen[i] : most;
    }
    assert_true(records >= 15); /* of 20; each has 20 names on average */
    assert_true(most <= 80);
}

static void unknown_names_cost_what_known_ones_cost_PW_05(void **state)
{
    int argon2 = 0, pbkdf2 = 0;
    (void)state;
    add_imported("old", 3, ROUNDS); /* of four records one is ana's */
    assert_int_equal(compare("old0").hashed_with.alg, PASSWORD_PBKDF2_SHA256);
    assert_int_equal(compare("ana").hashed_with.alg, PASSWORD_ARGON2);
    for (int i = 0; i < 48; i++) {
        struct login_attempt attempt = compare(unknown(i));
        assert_false(attempt.found);
        if (attempt.hashed_with.alg == PASSWORD_ARGON2) {
            argon2++;
            continue;
        }
        pbkdf2++;
        assert_int_equal(attempt.hashed_with.alg, PASSWORD_PBKDF2_SHA256);
        assert_int_equal(attempt.hashed_with.iterations, ROUNDS);
    }
    assert_true(argon2 > 0);
    assert_true(pbkdf2 > argon2 / 4);
}

static void a_name_keeps_its_decoy_PW_05(void **state)
{
    int64_t before[NAMES], after[NAMES];
    int moved = 0, to_old = 0;
    (void)state;
    add_imported("old", 39, ROUNDS);
    decoys_of_all(before);
    decoys_of_all(after);
    assert_memory_equal(before, after, sizeof(before));
    assert_int_equal(compare("NoBody1").decoy.pk, before[1]); /* in every spelling */
    assert_int_equal(compare(" nobody1 ").decoy.pk, before[1]);
    add_imported("new", 10, ROUNDS); /* a fifth of what is there now */
    decoys_of_all(after);
    for (int i = 0; i < NAMES; i++) {
        moved += after[i] != before[i];
        to_old += after[i] != before[i] && after[i] <= 40;
    }
    assert_true(moved < NAMES / 2);
    assert_int_equal(to_old, 0); /* who moves moves to a new one */
}

static void a_decoy_matches_nothing_PW_05(void **state)
{
    struct login_attempt attempt;
    (void)state;
    for (int i = 0; i < 8; i++) { /* ana's is the only record, and her password is given */
        OK(login_compare(&t.ctx, str_c(unknown(i)), STR(PASSWORD), &attempt));
        assert_true(attempt.decoy.pk > 0);
        assert_false(attempt.found || attempt.matched || attempt.rehash);
    }
}

static void set_all_records(const char *secret, const char *data)
{
    struct credentials list;
    struct store_write *w = begin_write();
    OK(credential_list(store_write_reader(w), &test_arena, t.ana.pk, &list));
    for (size_t i = 0; i < list.count; i++) {
        list.items[i].secret_data = str_c(secret);
        list.items[i].credential_data = str_c(data);
        OK(credential_update(w, &list.items[i]));
    }
    OK(store_commit(w, DURABLE_LOCAL));
}

static void without_a_good_record_the_default_is_spent_PW_05(void **state)
{
    struct realm realm = realm_now();
    (void)state;
    realm.password_policy = STR("hashAlgorithm(pbkdf2-sha512) and hashIterations(2000)");
    set_realm(&realm);
    assert_int_equal(compare("nobody").hashed_with.alg, PASSWORD_ARGON2); /* ana's */
    set_all_records("{}", "{}");
    assert_int_equal(compare("nobody").hashed_with.alg, PASSWORD_PBKDF2_SHA512);
    assert_int_equal(compare("nobody").hashed_with.iterations, 2000);
    assert_int_equal(compare("ana").hashed_with.alg, PASSWORD_PBKDF2_SHA512); /* PW-01 */
    struct store_write *w = begin_write();
    OK(user_delete(w, t.ana.pk));
    OK(store_commit(w, DURABLE_LOCAL));
    assert_int_equal(decoy_of("nobody"), 0);
    assert_int_equal(compare("nobody").hashed_with.alg, PASSWORD_PBKDF2_SHA512);
}

/* One who is there without a password, and text that is no name at all. */
static void whoever_has_no_record_has_a_decoy_PW_05(void **state)
{
    struct user eva = add_person("eva", PASSWORD);
    struct credentials list;
    (void)state;
    struct store_write *w = begin_write();
    OK(credential_list(store_write_reader(w), &test_arena, eva.pk, &list));
    for (size_t i = 0; i < list.count; i++)
        OK(credential_delete(w, list.items[i].pk));
    OK(store_commit(w, DURABLE_LOCAL));
    assert_true(compare("eva").decoy.pk > 0);
    assert_true(compare("\xe2\x80\xae").decoy.pk > 0);
    assert_int_equal(compare("eva").hashed_with.alg, PASSWORD_ARGON2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        REALM_TEST(decoys_are_spread_over_all_records_PW_05),
        REALM_TEST(unknown_names_cost_what_known_ones_cost_PW_05),
        REALM_TEST(a_name_keeps_its_decoy_PW_05),
        REALM_TEST(a_decoy_matches_nothing_PW_05),
        REALM_TEST(without_a_good_record_the_default_is_spent_PW_05),
        REALM_TEST(whoever_has_no_record_has_a_decoy_PW_05),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
