/* The password policy: a list of entries in one text. */
#include "core/auth/password_policy.h"

#include "core/base/banned.h"

#define NUMBER_MAX 1000000000

enum entry_kind { ENTRY_NUMBER, ENTRY_SWITCH, ENTRY_ALGORITHM, ENTRY_ITERATIONS, ENTRY_NOTED };

struct entry {
    const char *name;
    enum entry_kind kind;
    size_t offset; /* of an int64_t or a bool in struct password_policy */
    int64_t fallback, least, most;
};

#define AT(member) offsetof(struct password_policy, member)
/* Names and fallbacks are Keycloak's. maxAuthAge needs no doing: a password is only ever changed
 * here right after an authentication. */
static const struct entry entries[] = {
    {"length", ENTRY_NUMBER, AT(length), 8, 0, PASSWORD_MAX_BYTES},
    {"maxLength", ENTRY_NUMBER, AT(max_length), 64, 1, PASSWORD_MAX_BYTES},
    {"digits", ENTRY_NUMBER, AT(digits), 1, 0, PASSWORD_MAX_BYTES},
    {"upperCase", ENTRY_NUMBER, AT(upper_case), 1, 0, PASSWORD_MAX_BYTES},
    {"lowerCase", ENTRY_NUMBER, AT(lower_case), 1, 0, PASSWORD_MAX_BYTES},
    {"specialChars", ENTRY_NUMBER, AT(special_chars), 1, 0, PASSWORD_MAX_BYTES},
    {"passwordHistory", ENTRY_NUMBER, AT(history), 3, 0, 24},
    {"forceExpiredPasswordChange", ENTRY_NUMBER, AT(expire_days), 365, 1, 36500},
    {"notUsername", ENTRY_SWITCH, AT(not_username), 0, 0, 0},
    {"notEmail", ENTRY_SWITCH, AT(not_email), 0, 0, 0},
    {"notContainsUsername", ENTRY_SWITCH, AT(not_contains_username), 0, 0, 0},
    {"hashAlgorithm", ENTRY_ALGORITHM, 0, 0, 0, 0},
    {"hashIterations", ENTRY_ITERATIONS, 0, 0, 1, NUMBER_MAX},
    {"maxAuthAge", ENTRY_NOTED, 0, 300, 0, NUMBER_MAX},
};

struct parse {
    struct password_policy *policy;
    struct err_ctx *err;
    struct str algorithm;
    int64_t iterations;
    bool seen[ARRAY_LEN(entries)];
};

static int refuse(struct err_ctx *err, struct str entry, const char *why)
{
    return err_field(err, ERR_INVALID_REQUEST, "passwordPolicy", "password policy entry %.*s %s",
                     (int)(entry.len > 64 ? 64 : entry.len), entry.ptr ? entry.ptr : "", why);
}

/* "name(value)" or "name"; value is absent in the latter. */
static int split_entry(struct str text, struct err_ctx *err, struct str *ret_name,
                       struct str *ret_value)
{
    ptrdiff_t open = str_find(text, '(');
    *ret_name = text;
    *ret_value = str_of(NULL, 0);
    if (open < 0)
        return 0;
    if (!str_ends(text, STR(")")))
        return refuse(err, text, "has no closing parenthesis");
    *ret_name = str_trim(str_sub(text, 0, (size_t)open));
    *ret_value = str_trim(str_sub(text, (size_t)open + 1, text.len - (size_t)open - 2));
    return 0;
}

static int number_of(const struct entry *entry, struct str value, struct err_ctx *err,
                     int64_t *ret_number)
{
    int64_t number = entry->fallback;
    /* Keycloak's console writes "undefined" or nothing where the default counts. */
    if (!str_empty(value) && !str_eq(value, STR("undefined")) && str_to_i64(value, &number) != 0)
        return refuse(err, str_c(entry->name), "needs a number");
    if (number < entry->least || number > entry->most)
        return refuse(err, str_c(entry->name), "has a number out of range");
    *ret_number = number;
    return 0;
}

static int apply(struct parse *p, const struct entry *entry, struct str value)
{
    char *base = (char *)p->policy;
    int64_t number;
    switch (entry->kind) {
    case ENTRY_NUMBER:
        return number_of(entry, value, p->err, (int64_t *)(void *)(base + entry->offset));
    case ENTRY_SWITCH: *(bool *)(base + entry->offset) = true; return 0;
    case ENTRY_ALGORITHM: p->algorithm = value; return 0;
    case ENTRY_ITERATIONS: return number_of(entry, value, p->err, &p->iterations);
    case ENTRY_NOTED: return number_of(entry, value, p->err, &number);
    }
    return ERR_INTERNAL;
}

static int parse_entry(struct parse *p, struct str text)
{
    struct str name;
    struct str value;
    TRY(split_entry(text, p->err, &name, &value));
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        if (!str_eq_c(name, entries[i].name))
            continue;
        if (p->seen[i])
            return refuse(p->err, name, "stands twice");
        p->seen[i] = true;
        return apply(p, &entries[i], value);
    }
    /* A rule that is not enforced must not look as if it were. */
    return refuse(p->err, name, "is not supported");
}

static int apply_hashing(struct parse *p)
{
    struct str algorithm = str_empty(p->algorithm) ? STR("argon2") : p->algorithm;
    if (str_empty(p->algorithm) && p->iterations == 0) {
        p->policy->hashing = password_params_default();
        return 0;
    }
    if (password_params_of(algorithm, p->iterations, &p->policy->hashing) != 0)
        return refuse(p->err, STR("hashAlgorithm/hashIterations"), "is unknown or out of range");
    return 0;
}

int password_policy_parse(struct str text, struct password_policy *ret_policy, struct err_ctx *err)
{
    struct password_policy policy = {0};
    struct parse p = {.policy = &policy, .err = err};
    struct str rest = str_trim(text);
    while (!str_empty(rest)) {
        ptrdiff_t at = str_find_str(rest, STR(" and "));
        struct str entry = at < 0 ? rest : str_sub(rest, 0, (size_t)at);
        rest = at < 0 ? str_of(NULL, 0) : str_trim(str_from(rest, (size_t)at + 5));
        TRY(parse_entry(&p, str_trim(entry)));
    }
    TRY(apply_hashing(&p));
    *ret_policy = policy;
    return 0;
}

struct counts {
    int64_t characters, digits, upper, lower, special;
};

/* Latin letters beyond ASCII (U+00C0 to U+017F) are told apart by case, so that an eñe counts as the
 * letter it is; other letters have no case here. */
static void count_wide(struct counts *c, unsigned char lead, unsigned char next)
{
    unsigned point = ((unsigned)(lead & 0x1f) << 6) | (next & 0x3f);
    if (lead == 0xc3 && point != 0xd7 && point != 0xf7) {
        if (point < 0xdf)
            c->upper++;
        else
            c->lower++;
    } else if (lead == 0xc4 || lead == 0xc5) {
        if (point & 1)
            c->lower++;
        else
            c->upper++;
    }
}

static struct counts count_characters(struct str s)
{
    struct counts c = {0};
    c.characters = (int64_t)str_utf8_length(s);
    for (size_t i = 0; i < s.len; i++) {
        unsigned char byte = (unsigned char)s.ptr[i];
        if (byte >= '0' && byte <= '9')
            c.digits++;
        else if (byte >= 'A' && byte <= 'Z')
            c.upper++;
        else if (byte >= 'a' && byte <= 'z')
            c.lower++;
        else if (byte < 0x80)
            c.special++;
        else if (byte >= 0xc3 && byte <= 0xc5 && i + 1 < s.len)
            count_wide(&c, byte, (unsigned char)s.ptr[i + 1]);
    }
    return c;
}

static bool contains_ignoring_case(struct str text, struct str part)
{
    for (size_t i = 0; !str_empty(part) && i + part.len <= text.len; i++)
        if (str_ieq(str_sub(text, i, part.len), part))
            return true;
    return false;
}

static struct password_problem problem(const char *message, int64_t number)
{
    return (struct password_problem){message, number};
}

static struct password_problem check_shape(struct str password)
{
    if (str_empty(password))
        return problem("missingPasswordMessage", 0);
    if (password.len > PASSWORD_MAX_BYTES)
        return problem("invalidPasswordMaxLengthMessage", PASSWORD_MAX_BYTES);
    /* PW-06: what the form layer should have refused already. */
    if (!str_is_utf8(password) || !str_has_no_control(password))
        return problem("invalidPasswordMessage", 0);
    return problem(NULL, 0);
}

static struct password_problem check_counts(const struct password_policy *policy,
                                            struct str password)
{
    struct counts c = count_characters(password);
    if (c.characters < policy->length)
        return problem("invalidPasswordMinLengthMessage", policy->length);
    if (policy->max_length > 0 && c.characters > policy->max_length)
        return problem("invalidPasswordMaxLengthMessage", policy->max_length);
    if (c.digits < policy->digits)
        return problem("invalidPasswordMinDigitsMessage", policy->digits);
    if (c.lower < policy->lower_case)
        return problem("invalidPasswordMinLowerCaseCharsMessage", policy->lower_case);
    if (c.upper < policy->upper_case)
        return problem("invalidPasswordMinUpperCaseCharsMessage", policy->upper_case);
    if (c.special < policy->special_chars)
        return problem("invalidPasswordMinSpecialCharsMessage", policy->special_chars);
    return problem(NULL, 0);
}

struct password_problem password_policy_check(const struct password_policy *policy,
                                              const struct user *user, struct str password)
{
    struct password_problem found = check_shape(password);
    if (!found.message)
        found = check_counts(policy, password);
    if (found.message)
        return found;
    if (policy->not_username && str_ieq(password, user->username))
        return problem("invalidPasswordNotUsernameMessage", 0);
    if (policy->not_contains_username && contains_ignoring_case(password, user->username))
        return problem("invalidPasswordNotContainsUsernameMessage", 0);
    if (policy->not_email && !str_empty(user->email) && str_ieq(password, user->email))
        return problem("invalidPasswordNotEmailMessage", 0);
    return problem(NULL, 0);
}

/* "before 10 characters" where there is a noun, else the whole sentence. */
static const struct sentence {
    const char *message, *before, *noun;
} sentences[] = {
    {"invalidPasswordMinLengthMessage", "the password needs at least", "character"},
    {"invalidPasswordMaxLengthMessage", "the password may have at most", "character"},
    {"invalidPasswordMinDigitsMessage", "the password needs at least", "digit"},
    {"invalidPasswordMinLowerCaseCharsMessage", "the password needs at least", "lower case letter"},
    {"invalidPasswordMinUpperCaseCharsMessage", "the password needs at least", "upper case letter"},
    {"invalidPasswordMinSpecialCharsMessage", "the password needs at least", "special character"},
    {"invalidPasswordHistoryMessage", "the password must differ from the last", "password"},
    {"invalidPasswordNotUsernameMessage", "the password must not be the user name", NULL},
    {"invalidPasswordNotContainsUsernameMessage", "the password must not contain the user name",
     NULL},
    {"invalidPasswordNotEmailMessage", "the password must not be the e-mail address", NULL},
    {"missingPasswordMessage", "the password is empty", NULL},
    {"invalidPasswordMessage", "the password has characters that are not allowed", NULL},
};

int password_problem_report(struct password_problem problem, struct err_ctx *err)
{
    for (size_t i = 0; i < ARRAY_LEN(sentences); i++) {
        const struct sentence *s = &sentences[i];
        if (!problem.message || !str_eq_c(str_c(problem.message), s->message))
            continue;
        if (!s->noun)
            return err_field(err, ERR_PASSWORD_POLICY, "password", "%s", s->before);
        return err_field(err, ERR_PASSWORD_POLICY, "password", "%s %lld %s%s", s->before,
                         (long long)problem.number, s->noun, problem.number == 1 ? "" : "s");
    }
    return ERR_INTERNAL;
}

void password_policy_types_write(struct json_writer *w)
{
    for (size_t i = 0; i < ARRAY_LEN(entries); i++) {
        const struct entry *e = &entries[i];
        jw_begin_object(w);
        jw_member_c(w, "id", e->name);
        jw_member_c(w, "displayName", e->name);
        if (e->kind != ENTRY_SWITCH)
            jw_member_c(w, "configType", e->kind == ENTRY_ALGORITHM ? "String" : "int");
        if (e->fallback > 0) {
            jw_key(w, "defaultValue");
            jw_i64(w, e->fallback);
        }
        jw_member_bool(w, "multipleSupported", false);
        jw_end_object(w);
    }
}
