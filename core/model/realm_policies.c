/* What a realm keeps for one-time passwords, WebAuthn and themes: words and ranges as Keycloak has them. */
#include "core/model/check.h"
#include "core/model/realm.h"

#include "core/base/banned.h"

#define TEXT_MAX_BYTES 255
#define LIST_MAX       64
#define WORDS_MAX      6

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

static int check_texts(const struct strs *list, const char *name, struct err_ctx *ctx)
{
    if (list->count > LIST_MAX)
        return err_field(ctx, ERR_INVALID_REQUEST, name, "%s has more than %d entries", name,
                         LIST_MAX);
    for (size_t i = 0; i < list->count; i++)
        TRY(text_check(list->items[i], TEXT_MAX_BYTES, name, ctx));
    return 0;
}

/* --- One-time passwords --- */

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

/* --- WebAuthn (W3C WebAuthn Level 2, 5.4) --- */

#define ATTESTATIONS                                                                               \
    {                                                                                              \
        "not specified", "none", "indirect", "direct", "enterprise"                                \
    }
#define ATTACHMENTS                                                                                \
    {                                                                                              \
        "not specified", "platform", "cross-platform"                                              \
    }
#define RESIDENT_KEYS                                                                              \
    {                                                                                              \
        "not specified", "Yes", "No"                                                               \
    }
#define VERIFICATIONS                                                                              \
    {                                                                                              \
        "not specified", "required", "preferred", "discouraged"                                    \
    }

static int check_webauthn_words(const struct realm *realm, struct err_ctx *ctx)
{
    const struct word_rule rules[] = {
#define POLICY(member, json)                                                                       \
    {json "AttestationConveyancePreference", realm->member##_attestation, ATTESTATIONS},           \
        {json "AuthenticatorAttachment", realm->member##_attachment, ATTACHMENTS},                 \
        {json "RequireResidentKey", realm->member##_resident_key, RESIDENT_KEYS},                  \
        {json "UserVerificationRequirement", realm->member##_user_verification, VERIFICATIONS},
        POLICY(webauthn, "webAuthnPolicy")
            POLICY(webauthn_passwordless, "webAuthnPolicyPasswordless")
#undef POLICY
    };
    return check_words(rules, ARRAY_LEN(rules), ctx);
}

static int check_webauthn_lists(const struct realm *realm, struct err_ctx *ctx)
{
#define POLICY(member, json)                                                                       \
    {json "SignatureAlgorithms", &realm->member##_signature_algorithms},                           \
        {json "AcceptableAaguids", &realm->member##_acceptable_aaguids},                           \
        {json "ExtraOrigins", &realm->member##_extra_origins},
    const struct {
        const char *name;
        const struct strs *list;
    } lists[] = {POLICY(webauthn, "webAuthnPolicy")
                     POLICY(webauthn_passwordless, "webAuthnPolicyPasswordless")};
#undef POLICY
    for (size_t i = 0; i < ARRAY_LEN(lists); i++)
        TRY(check_texts(lists[i].list, lists[i].name, ctx));
    return 0;
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
        {"webAuthnPolicyRpEntityName", realm->webauthn_rp_entity_name},
        {"webAuthnPolicyRpId", realm->webauthn_rp_id},
        {"webAuthnPolicyPasswordlessRpEntityName", realm->webauthn_passwordless_rp_entity_name},
        {"webAuthnPolicyPasswordlessRpId", realm->webauthn_passwordless_rp_id},
    };
    for (size_t i = 0; i < ARRAY_LEN(texts); i++)
        TRY(text_check(texts[i].value, TEXT_MAX_BYTES, texts[i].name, ctx));
    return 0;
}

int realm_policies_check(const struct realm *realm, struct err_ctx *ctx)
{
    TRY(check_otp(realm, ctx));
    TRY(check_webauthn_words(realm, ctx));
    TRY(check_webauthn_lists(realm, ctx));
    return check_names(realm, ctx);
}
