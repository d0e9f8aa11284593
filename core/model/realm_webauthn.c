/* What a realm keeps for WebAuthn: a policy for the second factor and one for signing in without a
 * password, with Keycloak's names and words. Nobody signs in by them yet; what is stored is nonetheless
 * something that a browser would take. */
#include "core/model/realm.h"

#include <stdio.h>

#include "core/codec/base64.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES   255
#define DOMAIN_MAX_BYTES 253 /* RFC 1035 2.3.4, without the dot at the end */
#define LABEL_MAX_BYTES  63
#define LIST_MAX         64
#define TIMEOUT_MAX_S    31536 /* Keycloak's limit: nearly nine hours */
#define APK_PREFIX       "android:apk-key-hash:"
#define APK_HASH_BYTES   32 /* SHA-256 */
#define AAGUID_LEN       36

/* One of the two; names of settings are prefix and name. */
struct policy {
    const char *prefix;
    struct str entity_name, rp_id;
    struct str attestation, attachment, resident_key, verification;
    const struct strs *algorithms, *aaguids, *origins;
    int64_t timeout_s;
};

static const char *const attestations[] = {"not specified", "none",       "indirect",
                                           "direct",        "enterprise", NULL};
static const char *const attachments[] = {"not specified", "platform", "cross-platform", NULL};
static const char *const resident_keys[] = {"not specified", "Yes", "No", NULL};
static const char *const verifications[] = {"not specified", "required", "preferred", "discouraged",
                                            NULL};
/* SHA-1 ("RS1") is left out on purpose. */
static const char *const algorithms[] = {"ES256", "ES384", "ES512",   "RS256", "RS384",
                                         "RS512", "EdDSA", "Ed25519", NULL};

static bool is_word(struct str value, const char *const *words)
{
    for (; *words; words++)
        if (str_eq_c(value, *words))
            return true;
    return false;
}

static int refuse(const struct policy *p, const char *name, const char *what, struct err_ctx *ctx)
{
    char full[sizeof(ctx->field)];
    (void)snprintf(full, sizeof(full), "%s%s", p->prefix, name);
    return err_field(ctx, ERR_INVALID_REQUEST, full, "%s %s", full, what);
}

static int check_words(const struct policy *p, struct err_ctx *ctx)
{
    const struct {
        const char *name;
        struct str value;
        const char *const *words;
    } rules[] = {
        {"AttestationConveyancePreference", p->attestation, attestations},
        {"AuthenticatorAttachment", p->attachment, attachments},
        {"RequireResidentKey", p->resident_key, resident_keys},
        {"UserVerificationRequirement", p->verification, verifications},
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++)
        if (!is_word(rules[i].value, rules[i].words))
            return refuse(p, rules[i].name, "has a word that is not known", ctx);
    return 0;
}

static bool is_alnum(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
}

static bool is_label(struct str label)
{
    bool sound = label.len > 0 && label.len <= LABEL_MAX_BYTES && label.ptr[0] != '-' &&
                 label.ptr[label.len - 1] != '-';
    for (size_t i = 0; i < label.len && sound; i++)
        sound = is_alnum(label.ptr[i]) || label.ptr[i] == '-';
    return sound;
}

static bool is_number(struct str label)
{
    for (size_t i = 0; i < label.len; i++)
        if (label.ptr[i] < '0' || label.ptr[i] > '9')
            return false;
    return true;
}

/* A domain, in ASCII: an address of digits is none (WebAuthn 5.1.3), and no top level is a number. */
static bool is_domain(struct str text)
{
    if (text.len == 0 || text.len > DOMAIN_MAX_BYTES)
        return false;
    for (;;) {
        ptrdiff_t dot = str_find(text, '.');
        struct str label = dot < 0 ? text : str_sub(text, 0, (size_t)dot);
        if (!is_label(label))
            return false;
        if (dot < 0)
            return !is_number(label);
        text = str_from(text, (size_t)dot + 1);
    }
}

static bool is_algorithm(struct str text)
{
    return is_word(text, algorithms);
}

/* The id of a model of authenticators, as their makers and the FIDO metadata write it. */
static bool is_aaguid(struct str text)
{
    bool sound = text.len == AAGUID_LEN;
    for (size_t i = 0; i < text.len && sound; i++) {
        bool is_dash = i == 8 || i == 13 || i == 18 || i == 23;
        char c = text.ptr[i];
        sound = is_dash
                    ? c == '-'
                    : (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    return sound;
}

/* A web site, or an app of Android by the hash of its certificate. */
static bool is_extra_origin(struct str text)
{
    unsigned char hash[APK_HASH_BYTES];
    size_t len;
    if (!str_starts(text, STR(APK_PREFIX)))
        return text_is_web_origin(text);
    struct str encoded = str_from(text, sizeof(APK_PREFIX) - 1);
    return base64url_decode_into(encoded, hash, sizeof(hash), &len) == 0 && len == sizeof(hash);
}

static int check_lists(const struct policy *p, struct err_ctx *ctx)
{
    const struct {
        const char *name;
        const struct strs *list;
        bool (*fits)(struct str text);
        const char *wrong;
    } rules[] = {
        {"SignatureAlgorithms", p->algorithms, is_algorithm,
         "has an algorithm that is not ES256, ES384, ES512, RS256, RS384, RS512 or EdDSA"},
        {"AcceptableAaguids", p->aaguids, is_aaguid,
         "has an entry that is not 32 hexadecimal digits in groups of 8-4-4-4-12"},
        {"ExtraOrigins", p->origins, is_extra_origin,
         "has an entry that is neither https://host without a path nor "
         "android:apk-key-hash:HASH"},
    };
    for (size_t i = 0; i < ARRAY_LEN(rules); i++) {
        if (rules[i].list->count > LIST_MAX)
            return refuse(p, rules[i].name, "has more than 64 entries", ctx);
        for (size_t k = 0; k < rules[i].list->count; k++)
            if (!rules[i].fits(rules[i].list->items[k]))
                return refuse(p, rules[i].name, rules[i].wrong, ctx);
    }
    return 0;
}

static int check_policy(const struct policy *p, struct err_ctx *ctx)
{
    if (text_check(p->entity_name, NAME_MAX_BYTES, "name", NULL) != 0)
        return refuse(p, "RpEntityName",
                      "is longer than 255 bytes or holds characters that are not allowed", ctx);
    if (!str_empty(p->rp_id) && !is_domain(p->rp_id))
        return refuse(p, "RpId", "must be a domain like example.org, without scheme and port", ctx);
    TRY(check_words(p, ctx));
    TRY(check_lists(p, ctx));
    if (p->timeout_s < 0 || p->timeout_s > TIMEOUT_MAX_S)
        return refuse(p, "CreateTimeout", "must be between 0 and 31536 seconds", ctx);
    return 0;
}

int realm_webauthn_check(const struct realm *realm, struct err_ctx *ctx)
{
#define POLICY(member, json)                                                                       \
    {                                                                                              \
        .prefix = json, .entity_name = realm->member##_rp_entity_name,                             \
        .rp_id = realm->member##_rp_id, .attestation = realm->member##_attestation,                \
        .attachment = realm->member##_attachment, .resident_key = realm->member##_resident_key,    \
        .verification = realm->member##_user_verification,                                         \
        .algorithms = &realm->member##_signature_algorithms,                                       \
        .aaguids = &realm->member##_acceptable_aaguids, .origins = &realm->member##_extra_origins, \
        .timeout_s = realm->member##_create_timeout_s                                              \
    }
    const struct policy policies[] = {POLICY(webauthn, "webAuthnPolicy"),
                                      POLICY(webauthn_passwordless, "webAuthnPolicyPasswordless")};
#undef POLICY
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        TRY(check_policy(&policies[i], ctx));
    return 0;
}
