/* The password policy: what it asks and what it refuses (PW-06). */
#include "tests/unit/core/check.h"

#include "core/auth/password_policy.h"

static struct password_policy parsed(const char *text)
{
    struct password_policy policy;
    struct err_ctx err = {0};
    OK(password_policy_parse(str_c(text), &policy, &err));
    return policy;
}

static void refused(const char *text)
{
    struct password_policy policy;
    struct err_ctx err = {0};
    FAILS(password_policy_parse(str_c(text), &policy, &err), ERR_INVALID_REQUEST);
    assert_string_equal(err.field, "passwordPolicy");
    assert_true(err.detail[0] != '\0');
}

static const char *problem_of(const char *policy_text, const char *password)
{
    struct password_policy policy = parsed(policy_text);
    struct user user = {.username = STR("ana.quispe"), .email = STR("Ana@example.pe")};
    struct password_problem problem = password_policy_check(&policy, &user, str_c(password));
    struct err_ctx err = {0};
    if (problem.message) { /* whatever a check gives, there is a sentence for it */
        FAILS(password_problem_report(problem, &err), ERR_PASSWORD_POLICY);
        assert_memory_equal(err.detail, "the password ", 13);
    }
    return problem.message ? problem.message : "";
}

#define FINE(policy, password)          assert_string_equal(problem_of(policy, password), "")
#define WRONG(policy, password, number) assert_string_equal(problem_of(policy, password), number)

static void entries_are_read(void **state)
{
    (void)state;
    struct password_policy p = parsed("length(12) and digits(2) and upperCase(1) and lowerCase and "
                                      "specialChars(3) and maxLength(64) and passwordHistory(5) "
                                      "and forceExpiredPasswordChange(90) and notUsername and "
                                      "notEmail(undefined) and notContainsUsername");
    assert_int_equal(p.length, 12);
    assert_int_equal(p.digits, 2);
    assert_int_equal(p.upper_case, 1);
    assert_int_equal(p.lower_case, 1);
    assert_int_equal(p.special_chars, 3);
    assert_int_equal(p.max_length, 64);
    assert_int_equal(p.history, 5);
    assert_int_equal(p.expire_days, 90);
    assert_true(p.not_username && p.not_email && p.not_contains_username);
    assert_int_equal(p.hashing.alg, PASSWORD_ARGON2);
    p = parsed("");
    assert_int_equal(p.length, 0);
    p = parsed("length and digits()");
    assert_int_equal(p.length, 8);
    assert_int_equal(p.digits, 1);
}

static void hashing_is_chosen(void **state)
{
    (void)state;
    struct password_policy p = parsed("hashAlgorithm(pbkdf2-sha512) and hashIterations(120000)");
    assert_int_equal(p.hashing.alg, PASSWORD_PBKDF2_SHA512);
    assert_int_equal(p.hashing.iterations, 120000);
    p = parsed("hashAlgorithm(pbkdf2-sha256)");
    assert_int_equal(p.hashing.alg, PASSWORD_PBKDF2_SHA256);
    refused("hashAlgorithm(md5)");
    refused("hashIterations(0)");
}

static void what_is_not_enforced_is_refused(void **state)
{
    (void)state;
    refused("regexPattern(^[a-z]+$)");
    refused("passwordBlacklist(common.txt)");
    refused("length(8");
    refused("length(eight)");
    refused("length(-1)");
    refused("length(5000)");
    refused("length(8) and length(9)");
    refused("Length(8)");
    refused("length(8) or digits(1)");
    refused("passwordHistory(100000)");
}

static void characters_are_counted(void **state)
{
    (void)state;
    FINE("length(8)", "12345678");
    WRONG("length(8)", "1234567", "invalidPasswordMinLengthMessage");
    /* eight code points in sixteen bytes */
    FINE("length(8)", "\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1");
    WRONG("length(8)", "\xc3\xb1\xc3\xb1\xc3\xb1\xc3\xb1", "invalidPasswordMinLengthMessage");
    WRONG("maxLength(4)", "12345", "invalidPasswordMaxLengthMessage");
    WRONG("digits(2)", "a1", "invalidPasswordMinDigitsMessage");
    WRONG("upperCase(1)", "abc", "invalidPasswordMinUpperCaseCharsMessage");
    FINE("upperCase(1)", "\xc3\x91");
    WRONG("upperCase(1)", "\xc3\xb1", "invalidPasswordMinUpperCaseCharsMessage");
    FINE("lowerCase(1)", "\xc3\xb1");
    WRONG("lowerCase(1)", "ABC", "invalidPasswordMinLowerCaseCharsMessage");
    WRONG("specialChars(1)", "abc\xc3\xb1", "invalidPasswordMinSpecialCharsMessage");
    FINE("specialChars(1)", "abc def");
}

static void names_are_no_passwords(void **state)
{
    (void)state;
    WRONG("notUsername", "Ana.Quispe", "invalidPasswordNotUsernameMessage");
    FINE("notUsername", "ana.quispe1");
    WRONG("notContainsUsername", "xxANA.quispexx", "invalidPasswordNotContainsUsernameMessage");
    WRONG("notEmail", "ana@EXAMPLE.pe", "invalidPasswordNotEmailMessage");
}

static void some_things_hold_without_a_policy_PW_06(void **state)
{
    static char text[PASSWORD_MAX_BYTES + 2];
    struct password_policy policy = parsed("");
    struct user user = {0};
    (void)state;
    WRONG("", "", "missingPasswordMessage");
    memset(text, 'x', PASSWORD_MAX_BYTES);
    FINE("", text);
    text[PASSWORD_MAX_BYTES] = 'x';
    WRONG("", text, "invalidPasswordMaxLengthMessage");
    WRONG("", "tab\there", "invalidPasswordMessage");
    WRONG("", "\xff\xfe", "invalidPasswordMessage");
    assert_string_equal(password_policy_check(&policy, &user, STR("a\0b")).message,
                        "invalidPasswordMessage");
}

static void told(const char *message, int64_t number, const char *sentence)
{
    struct err_ctx err = {0};
    FAILS(password_problem_report((struct password_problem){message, number}, &err),
          ERR_PASSWORD_POLICY);
    assert_string_equal(err.field, "password");
    assert_string_equal(err.detail, sentence);
}

static void each_problem_has_a_sentence(void **state)
{
    struct err_ctx err = {0};
    (void)state;
    told("invalidPasswordMinLengthMessage", 10, "the password needs at least 10 characters");
    told("invalidPasswordMaxLengthMessage", 64, "the password may have at most 64 characters");
    told("invalidPasswordMinDigitsMessage", 1, "the password needs at least 1 digit");
    told("invalidPasswordMinLowerCaseCharsMessage", 2,
         "the password needs at least 2 lower case letters");
    told("invalidPasswordMinUpperCaseCharsMessage", 1,
         "the password needs at least 1 upper case letter");
    told("invalidPasswordMinSpecialCharsMessage", 3,
         "the password needs at least 3 special characters");
    told("invalidPasswordHistoryMessage", 3, "the password must differ from the last 3 passwords");
    told("invalidPasswordNotUsernameMessage", 0, "the password must not be the user name");
    told("invalidPasswordNotContainsUsernameMessage", 0,
         "the password must not contain the user name");
    told("invalidPasswordNotEmailMessage", 0, "the password must not be the e-mail address");
    told("missingPasswordMessage", 0, "the password is empty");
    told("invalidPasswordMessage", 0, "the password has characters that are not allowed");
    FAILS(password_problem_report((struct password_problem){"nonsense", 0}, &err), ERR_INTERNAL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(entries_are_read),
        TEST(hashing_is_chosen),
        TEST(what_is_not_enforced_is_refused),
        TEST(characters_are_counted),
        TEST(names_are_no_passwords),
        TEST(some_things_hold_without_a_policy_PW_06),
        TEST(each_problem_has_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
