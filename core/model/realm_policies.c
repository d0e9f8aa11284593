/* What a realm keeps for one-time passwords and themes: words and ranges as Keycloak has them. */
#include "core/model/check.h"
#include "core/model/realm.h"

#include "core/base/banned.h"

#define TEXT_MAX_BYTES 255
#define WORDS_MAX      3

struct word_rule {
    const char *name;
    struct str value;
    const char *words[WORDS_MAX]; /* until NULL */
};

static int check_word(const struct word_rule *rule, struct err_ctx *ctx)
{
    for (size_t i = 0; i < WORDS_MAX && rule->words[i]; i++)
        if (str_eq_c(rule->value, rule->words[i]))
            return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, rule->name, "%s has a word that is not known",
                     rule->name);
}

static int check_words(const struct word_rule *rules, size_t count, struct err_ctx *ctx)
{
    for (size_t i = 0; i < count; i++)
        TRY(check_word(&rules[i], ctx));
    return 0;
}

/* RFC 4226 5.3: six digits at least; authenticator apps show eight at most. */
static int check_otp_numbers(const struct realm *realm, struct err_ctx *ctx)
{
    const struct {
        const char *name;
        int64_t value, least, most;
    } bounds[] = {
        {"otpPolicyDigits", realm->otp_policy_digits, 6, 8},
        {"otpPolicyPeriod", realm->otp_policy_period_s, 1, 3600},
        {"otpPolicyLookAheadWindow", realm->otp_policy_look_ahead_window, 0, 120},
        {"otpPolicyInitialCounter", realm->otp_policy_initial_counter, 0, 120},
    };
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++)
        if (bounds[i].value < bounds[i].least || bounds[i].value > bounds[i].most)
            return err_field(ctx, ERR_INVALID_REQUEST, bounds[i].name,
                             "%s must be between %lld and %lld", bounds[i].name,
                             (long long)bounds[i].least, (long long)bounds[i].most);
    return 0;
}

static int check_otp(const struct realm *realm, struct err_ctx *ctx)
{
    const struct word_rule rules[] = {
        {"otpPolicyType", realm->otp_policy_type, {"totp", "hotp"}},
        {"otpPolicyAlgorithm",
         realm->otp_policy_algorithm,
         {"HmacSHA1", "HmacSHA256", "HmacSHA512"}},
    };
    TRY(check_words(rules, ARRAY_LEN(rules), ctx));
    return check_otp_numbers(realm, ctx);
}

static int check_names(const struct realm *realm, struct err_ctx *ctx)
{
    const struct {
        const char *name;
        struct str value;
    } texts[] = {
        {"accountTheme", realm->account_theme},
        {"adminTheme", realm->admin_theme},
        {"emailTheme", realm->email_theme},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        TRY(text_check(texts[i].value, TEXT_MAX_BYTES, texts[i].name, ctx));
    return 0;
}

int realm_policies_check(const struct realm *realm, struct err_ctx *ctx)
{
    TRY(check_otp(realm, ctx));
    TRY(realm_webauthn_check(realm, ctx));
    return check_names(realm, ctx);
}
