/* A realm: one tenant, one database, one issuer. Its settings carry Keycloak's names. */
#ifndef GARITA_CORE_MODEL_REALM_H
#define GARITA_CORE_MODEL_REALM_H

#include "core/model/fields.h"

#define FIELD_TYPE_STR   struct str
#define FIELD_TYPE_BOOL  bool
#define FIELD_TYPE_I64   int64_t
#define FIELD_TYPE_STRS  struct strs
#define FIELD_TYPE_MAP   struct str_map
#define FIELD_TYPE_ATTRS struct attrs

/* Attributes of a realm with a meaning of ours: branding of the login page. */
#define REALM_ATTR_LOGO_URI             "garita.logoUri"
#define REALM_ATTR_PRIMARY_COLOR        "garita.primaryColor"
#define REALM_ATTR_BACKGROUND_COLOR     "garita.backgroundColor"
/* ISO 3166 country and tenant id, for hardcoded-claim mappers and reports. */
#define REALM_ATTR_COUNTRY              "garita.country"
/* Seconds for which the request_uri of a pushed request is good, as Keycloak spells it. */
#define REALM_ATTR_PAR_LIFESPAN         "parRequestUriLifespan"
/* How long the audit chain keeps what, in days (core/admin/audit_keeping.h). */
#define REALM_ATTR_AUDIT_ARCHIVE_DAYS   "garita.auditArchiveDays"
#define REALM_ATTR_AUDIT_RETENTION_DAYS "garita.auditRetentionDays"
#define REALM_ATTR_AUDIT_UNKNOWN_DAYS   "garita.auditUnknownDays"
#define REALM_DAYS_MAX                  36500
/* With this prefix: the server's own marks, which nobody is shown, sets, exports or imports (RE-04). */
#define REALM_ATTR_SETUP_PREFIX         "garita.setup."
/* The second in which the realm came out of a backup; there when it did. */
#define REALM_ATTR_RESTORED             REALM_ATTR_SETUP_PREFIX "restored"

struct realm {
    struct str id;   /* stable, also in exports */
    struct str name; /* in every URL; [A-Za-z0-9._-]{1,64} */
    struct str default_role_id;
#define R(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/realm.def"
#undef R
};

extern const struct field_table realm_fields;

/* ERR_INVALID_REQUEST when a realm may not have this name. */
MUST_CHECK int realm_name_check(struct str name, struct err_ctx *ctx);
/* The second after which what is good once must be dated to be taken: before, it may have been spent in a state
 * that a restore lost (OT-05). -1 when the realm was never restored, or at a time that is in the future since the
 * clock was set back on purpose (docs/clock.md), which makes everything void by itself. */
int64_t realm_restored_s(const struct realm *realm, int64_t now_s);
/* "es", "pt-BR". */
bool locale_is_wellformed(struct str locale);
/* Refuses negative or absurd lifespans, unknown algorithms, malformed policies and locales. */
MUST_CHECK int realm_check(const struct realm *realm, struct err_ctx *ctx);
/* A part of realm_check: what is kept for one-time passwords, WebAuthn and themes. */
MUST_CHECK int realm_policies_check(const struct realm *realm, struct err_ctx *ctx);
/* A part of that: both policies of WebAuthn, so that what is stored is something a browser would take
 * (W3C WebAuthn Level 3, 5.4). ctx->field names the setting. */
MUST_CHECK int realm_webauthn_check(const struct realm *realm, struct err_ctx *ctx);

#endif
