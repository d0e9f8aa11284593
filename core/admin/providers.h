/* The catalogue of providers (providers.def): which there are, what their settings may hold, which of
 * these are secrets. What a setting says has no meaning here. */
#ifndef GARITA_CORE_ADMIN_PROVIDERS_H
#define GARITA_CORE_ADMIN_PROVIDERS_H

#include "core/base/err.h"
#include "core/codec/json.h"
#include "core/model/fields.h"

enum setting_kind {
    SETTING_TEXT,
    SETTING_TEXTS, /* several values; of all others there is one */
    SETTING_SWITCH,
    SETTING_NUMBER,
    SETTING_CHOICE,
    SETTING_URL,         /* that the server reads: https, http on loopback (SS-01) */
    SETTING_LDAP_URLS,   /* ldap:// and ldaps://, with spaces between */
    SETTING_LDAP_FILTER, /* RFC 4515: parentheses that match around it */
    SETTING_ROLE,        /* of the realm, or "client.role": what people get (AD-04) */
    SETTING_GROUP        /* a path; the same */
};

#define SETTING_SECRET   1U /* shown as SECRET_MASK (AD-06) */
#define SETTING_REQUIRED 2U
#define SETTING_HOST     4U /* says to whom secrets are sent: who changes it gives them anew (AD-06) */

struct provider_setting {
    const char *set;
    const char *name;
    enum setting_kind kind;
    unsigned flags;
    const char *choices;  /* words; NULL: any */
    const char *fallback; /* NULL: none */
};

struct provider {
    const char *type; /* one of PROVIDER_* */
    const char *id;
    const char *sets; /* words */
};

#define PROVIDER_KEY         "org.keycloak.keys.KeyProvider"
#define PROVIDER_PROFILE     "org.keycloak.userprofile.UserProfileProvider"
#define PROVIDER_STORAGE     "org.keycloak.storage.UserStorageProvider"
#define PROVIDER_LDAP_MAPPER "org.keycloak.storage.ldap.mappers.LDAPStorageMapper"
#define PROVIDER_REGISTRATION                                                                      \
    "org.keycloak.services.clientregistration.policy.ClientRegistrationPolicy"
/* Names of our own: Keycloak's API has other paths for these. */
#define PROVIDER_IDENTITY        "identity-provider"
#define PROVIDER_IDENTITY_MAPPER "identity-provider-mapper"

/* NULL when there is none. */
const struct provider *provider_find(struct str type, struct str id);
/* Walks the providers of a type; NULL ends. from NULL: the first. */
const struct provider *provider_next(struct str type, const struct provider *from);
/* The same for the settings of a provider. */
const struct provider_setting *provider_setting_next(const struct provider *provider,
                                                     const struct provider_setting *from);
/* NULL for a name that is not in the catalogue. */
const struct provider_setting *provider_setting_find(const struct provider *provider,
                                                     struct str name);

/* Whether what the name holds is hidden: by the catalogue, or, for a name that is not in it or a provider
 * that is not (NULL), because it speaks of secrets. */
bool provider_hides(const struct provider *provider, struct str name);
/* One value of a setting; names that are not in the catalogue hold any text. ERR_INVALID_REQUEST with the
 * name in err->field. */
MUST_CHECK int provider_check_value(const struct provider *provider, struct str name,
                                    struct str value, struct err_ctx *err);

/* The settings as Keycloak's lists of properties, an array. */
void provider_write_settings(struct json_writer *w, const struct provider *provider);

#endif
