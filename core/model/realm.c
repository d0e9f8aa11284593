/* The field table of a realm and what its settings may be. */
#include "core/model/realm.h"

#include "core/jose/alg.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES       64
#define TEXT_MAX_BYTES       255
#define HTML_MAX_BYTES       1024
#define POLICY_MAX_BYTES     2048
#define ATTRIBUTE_MAX_BYTES  ((size_t)16 << 10)
#define ATTRIBUTES_MAX       256
#define LOCALES_MAX          64
#define EVENT_NAMES_MAX      256
/* By how much clocks of two processes may differ. */
#define RESTORED_AHEAD_MAX_S 60
/* Ten years: longer than this is a typing error, and sums stay far from overflow. */
#define LIFESPAN_MAX_S       (INT64_C(3652) * 86400)

static const struct field realm_field_list[] = {
#define R(kind, member, json, number, text)                                                        \
    {json, offsetof(struct realm, member), FIELD_##kind, number, text},
#include "core/model/realm.def"
#undef R
};

const struct field_table realm_fields = {realm_field_list, ARRAY_LEN(realm_field_list)};

static bool name_byte_is_allowed(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
}

int realm_name_check(struct str name, struct err_ctx *ctx)
{
    bool allowed = name.len > 0 && name.len <= NAME_MAX_BYTES && name.ptr[0] != '.';
    for (size_t i = 0; allowed && i < name.len; i++)
        allowed = name_byte_is_allowed(name.ptr[i]);
    if (allowed)
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, "realm",
                     "a realm's name is 1 to %d letters, digits, '.', '_' or '-' of ASCII, without "
                     "a '.' in front",
                     NAME_MAX_BYTES);
}

int64_t realm_restored_s(const struct realm *realm, int64_t now_s)
{
    int64_t at_s;
    if (str_to_i64(str_map_get(&realm->attributes, STR(REALM_ATTR_RESTORED)), &at_s) != 0)
        return -1;
    return at_s > now_s + RESTORED_AHEAD_MAX_S ? -1 : at_s;
}

/* Every number of a realm is a duration, a count or a date: none is negative. */
static int check_numbers(const struct realm *realm, struct err_ctx *ctx)
{
    for (size_t i = 0; i < realm_fields.count; i++) {
        const struct field *field = &realm_fields.fields[i];
        if (field->kind != FIELD_I64)
            continue;
        int64_t value = *(const int64_t *)(const void *)((const char *)realm + field->offset);
        int64_t most =
            str_eq_c(STR("notBefore"), field->json) ? INT64_C(253402300799) : LIFESPAN_MAX_S;
        if (value < 0 || value > most)
            return err_field(ctx, ERR_INVALID_REQUEST, field->json, "%s must be between 0 and %lld",
                             field->json, (long long)most);
    }
    return 0;
}

/* Lifespans that would make every login fail, or codes that live too long (OT-02). */
static int check_lifespans(const struct realm *realm, struct err_ctx *ctx)
{
    const struct {
        const char *name;
        int64_t value, least, most;
    } bounds[] = {
        {"accessTokenLifespan", realm->access_token_lifespan_s, 1, 86400},
        {"accessTokenLifespanForImplicitFlow", realm->access_token_lifespan_implicit_s, 1, 86400},
        {"ssoSessionIdleTimeout", realm->sso_session_idle_s, 1, LIFESPAN_MAX_S},
        {"ssoSessionMaxLifespan", realm->sso_session_max_s, 1, LIFESPAN_MAX_S},
        {"accessCodeLifespan", realm->access_code_lifespan_s, 1, 60},
        {"accessCodeLifespanUserAction", realm->access_code_lifespan_user_action_s, 1, 86400},
        {"accessCodeLifespanLogin", realm->access_code_lifespan_login_s, 1, 86400},
        {"failureFactor", realm->failure_factor, realm->brute_force_protected ? 1 : 0, 100000},
    };
    for (size_t i = 0; i < ARRAY_LEN(bounds); i++)
        if (bounds[i].value < bounds[i].least || bounds[i].value > bounds[i].most)
            return err_field(ctx, ERR_INVALID_REQUEST, bounds[i].name,
                             "%s must be between %lld and %lld", bounds[i].name,
                             (long long)bounds[i].least, (long long)bounds[i].most);
    return 0;
}

static bool is_one_of(struct str value, const char *const *words, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(value, words[i]))
            return true;
    return false;
}

/* "es", "pt-BR", "zh-Hans": what stands in ui_locales and in file names of messages. */
bool locale_is_wellformed(struct str locale)
{
    if (locale.len < 2 || locale.len > 16)
        return false;
    for (size_t i = 0; i < locale.len; i++) {
        char c = locale.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!(letter || (i >= 2 && (c == '-' || c == '_' || (c >= '0' && c <= '9')))))
            return false;
    }
    return true;
}

static int check_locales(const struct realm *realm, struct err_ctx *ctx)
{
    if (realm->supported_locales.count > LOCALES_MAX)
        return err_field(ctx, ERR_INVALID_REQUEST, "supportedLocales", "too many locales");
    for (size_t i = 0; i < realm->supported_locales.count; i++)
        if (!locale_is_wellformed(realm->supported_locales.items[i]))
            return err_field(ctx, ERR_INVALID_REQUEST, "supportedLocales",
                             "a locale looks like \"es\" or \"pt-BR\"");
    if (str_empty(realm->default_locale))
        return 0;
    if (!locale_is_wellformed(realm->default_locale))
        return err_field(ctx, ERR_INVALID_REQUEST, "defaultLocale",
                         "a locale looks like \"es\" or \"pt-BR\"");
    if (realm->supported_locales.count > 0 &&
        !strs_has(&realm->supported_locales, realm->default_locale))
        return err_field(ctx, ERR_INVALID_REQUEST, "defaultLocale",
                         "defaultLocale must be one of supportedLocales");
    return 0;
}

/* "#0a7" or "#00aa77": these values go into a style sheet, so nothing else may stand there. */
static int check_color(const struct realm *realm, const char *name, struct err_ctx *ctx)
{
    struct str color = str_map_get(&realm->attributes, str_c(name));
    bool ok = str_empty(color) || ((color.len == 4 || color.len == 7) && color.ptr[0] == '#');
    for (size_t i = 1; ok && i < color.len; i++) {
        char c = color.ptr[i];
        ok = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    }
    return ok ? 0 : err_field(ctx, ERR_INVALID_REQUEST, name, "%s must look like #00aa77", name);
}

/* Days, where the realm says them; a century is for ever. */
static int check_days(const struct realm *realm, const char *name, struct err_ctx *ctx)
{
    struct str text = str_map_get(&realm->attributes, str_c(name));
    int64_t days;
    if (str_absent(text) || (str_to_i64(text, &days) == 0 && days >= 0 && days <= REALM_DAYS_MAX))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s must be between 0 and %d days", name,
                     REALM_DAYS_MAX);
}

static int check_par_lifespan(const struct realm *realm, struct err_ctx *ctx)
{
    struct str text = str_map_get(&realm->attributes, STR(REALM_ATTR_PAR_LIFESPAN));
    int64_t seconds;
    if (str_absent(text) ||
        (str_to_i64(text, &seconds) == 0 && seconds > 0 && seconds <= LIFESPAN_MAX_S))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, REALM_ATTR_PAR_LIFESPAN,
                     "%s must be a number of seconds", REALM_ATTR_PAR_LIFESPAN);
}

/* HT-04: these texts become response headers. */
static int check_headers(const struct realm *realm, struct err_ctx *ctx)
{
    const struct str_map *headers = &realm->browser_security_headers;
    TRY(map_check(headers, 32, 4096, "browserSecurityHeaders", ctx));
    for (size_t i = 0; i < headers->count; i++)
        TRY(text_check(headers->items[i].value, 4096, "browserSecurityHeaders", ctx));
    return 0;
}

static int check_texts(const struct realm *realm, struct err_ctx *ctx)
{
    TRY(text_check(realm->display_name, TEXT_MAX_BYTES, "displayName", ctx));
    TRY(text_check(realm->display_name_html, HTML_MAX_BYTES, "displayNameHtml", ctx));
    TRY(text_check(realm->login_theme, TEXT_MAX_BYTES, "loginTheme", ctx));
    TRY(text_check(realm->password_policy, POLICY_MAX_BYTES, "passwordPolicy", ctx));
    TRY(map_check(&realm->attributes, ATTRIBUTES_MAX, ATTRIBUTE_MAX_BYTES, "attributes", ctx));
    TRY(uri_check(str_map_get(&realm->attributes, STR(REALM_ATTR_LOGO_URI)), URI_FOR_PAGE,
                  REALM_ATTR_LOGO_URI, ctx));
    TRY(check_color(realm, REALM_ATTR_PRIMARY_COLOR, ctx));
    TRY(check_days(realm, REALM_ATTR_AUDIT_ARCHIVE_DAYS, ctx));
    TRY(check_days(realm, REALM_ATTR_AUDIT_RETENTION_DAYS, ctx));
    TRY(check_days(realm, REALM_ATTR_AUDIT_UNKNOWN_DAYS, ctx));
    TRY(check_par_lifespan(realm, ctx));
    return check_color(realm, REALM_ATTR_BACKGROUND_COLOR, ctx);
}

static int check_words(const struct realm *realm, struct err_ctx *ctx)
{
    static const char *const ssl[] = {"all", "external", "none"};
    static const char *const strategies[] = {"MULTIPLE", "LINEAR"};
    if (!is_one_of(realm->ssl_required, ssl, ARRAY_LEN(ssl)))
        return err_field(ctx, ERR_INVALID_REQUEST, "sslRequired",
                         "sslRequired must be all, external or none");
    if (!is_one_of(realm->brute_force_strategy, strategies, ARRAY_LEN(strategies)))
        return err_field(ctx, ERR_INVALID_REQUEST, "bruteForceStrategy",
                         "bruteForceStrategy must be MULTIPLE or LINEAR");
    if (!jose_alg_allowed(jose_alg_of(realm->default_signature_algorithm), JOSE_FOR_TOKENS))
        return err_field(ctx, ERR_INVALID_REQUEST, "defaultSignatureAlgorithm",
                         "defaultSignatureAlgorithm is not known");
    return 0;
}

/* Names of Keycloak's events and listeners; those that do not exist here match nothing. */
static int check_event_names(const struct strs *names, const char *member, struct err_ctx *ctx)
{
    if (names->count > EVENT_NAMES_MAX)
        return err_field(ctx, ERR_INVALID_REQUEST, member, "%s has more than %d names", member,
                         EVENT_NAMES_MAX);
    for (size_t i = 0; i < names->count; i++)
        TRY(text_check(names->items[i], NAME_MAX_BYTES, member, ctx));
    return 0;
}

int realm_check(const struct realm *realm, struct err_ctx *ctx)
{
    TRY(realm_name_check(realm->name, ctx));
    TRY(check_numbers(realm, ctx));
    TRY(check_lifespans(realm, ctx));
    TRY(check_words(realm, ctx));
    TRY(check_locales(realm, ctx));
    TRY(check_headers(realm, ctx));
    TRY(check_event_names(&realm->events_listeners, "eventsListeners", ctx));
    TRY(check_event_names(&realm->enabled_event_types, "enabledEventTypes", ctx));
    TRY(realm_policies_check(realm, ctx));
    return check_texts(realm, ctx);
}
