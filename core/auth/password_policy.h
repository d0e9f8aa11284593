/* Keycloak's password policy: "length(8) and digits(1) and notUsername". Parsing, checking, and
 * what it says about hashing. */
#ifndef GARITA_CORE_AUTH_PASSWORD_POLICY_H
#define GARITA_CORE_AUTH_PASSWORD_POLICY_H

#include "core/crypto/password.h"
#include "core/model/user.h"

/* What a policy asks; 0 and false: it does not. */
struct password_policy {
    int64_t length, max_length;
    int64_t digits, upper_case, lower_case, special_chars;
    int64_t history; /* earlier passwords that may not come back, the current one included */
    int64_t expire_days;
    bool not_username, not_email, not_contains_username;
    struct password_params hashing;
};

/* An empty text asks nothing. ERR_INVALID_REQUEST with a plain sentence for unknown entries
 * (regexPattern and passwordBlacklist among them: they are refused, not ignored), numbers out of
 * range and entries that stand twice. */
MUST_CHECK int password_policy_parse(struct str text, struct password_policy *ret_policy,
                                     struct err_ctx *err);

/* The kinds of entries as Keycloak's PasswordPolicyTypeRepresentations, elements of the array that is open
 * in w. */
void password_policy_types_write(struct json_writer *w);

/* What is wrong with a new password: message keys of Keycloak for the page
 * ("invalidPasswordMinLengthMessage") and its number. */
struct password_problem {
    const char *message; /* NULL: nothing is wrong */
    int64_t number;
};
/* All but history. Always: valid UTF-8, no control characters, at most PASSWORD_MAX_BYTES (PW-06),
 * not empty. Characters are code points. */
struct password_problem password_policy_check(const struct password_policy *policy,
                                              const struct user *user, struct str password);
/* ERR_PASSWORD_POLICY with a plain sentence about the field "password", for those who see no page
 * ("the password needs at least 10 characters"). ERR_INTERNAL for a message that no check gives. */
MUST_CHECK int password_problem_report(struct password_problem problem, struct err_ctx *err);

#endif
