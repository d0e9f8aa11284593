/* People (and the service accounts of clients), their credentials, consents and failures. */
#ifndef GARITA_CORE_MODEL_USER_H
#define GARITA_CORE_MODEL_USER_H

#include "core/model/realm.h"

/* The required actions that this server carries out. */
#define REQUIRED_ACTION_CONFIGURE_TOTP  "CONFIGURE_TOTP"
#define REQUIRED_ACTION_UPDATE_PASSWORD "UPDATE_PASSWORD"
#define REQUIRED_ACTION_VERIFY_EMAIL    "VERIFY_EMAIL"
#define REQUIRED_ACTION_UPDATE_PROFILE  "UPDATE_PROFILE"
#define REQUIRED_ACTION_TERMS           "TERMS_AND_CONDITIONS"
#define ATTRIBUTE_TERMS                 "terms_and_conditions" /* seconds since 1970 of the yes */
#define REQUIRED_ACTION_VERIFY_PROFILE  "VERIFY_PROFILE"

struct user {
    int64_t pk;
    struct str id;                        /* the sub claim; never given to another person (OI-01) */
    struct str service_account_client_id; /* client's id (UUID) when this is a service account */
#define U(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/user.def"
#undef U
};

extern const struct field_table user_fields;

/* The one canonical form in which names are stored and looked up (BR-09): trimmed, NFKC, case
 * folded. Says nothing about who may be called so: that is name_check (name.h).
 * ERR_INVALID_REQUEST for empty, over 255 characters, control, zero-width and bidirectional
 * characters. */
MUST_CHECK int username_canonical(struct arena *a, struct str raw, struct str *ret_name,
                                  struct err_ctx *ctx);
/* The name as it is spelled: trimmed, ASCII letters in lower case, errors as above. For e-mail
 * addresses, and for names that were stored before there was more to the canonical form. */
MUST_CHECK int username_spelled(struct arena *a, struct str raw, struct str *ret_name,
                                struct err_ctx *ctx);
/* Checks e-mail shape, lengths, attribute limits. */
MUST_CHECK int user_check(const struct user *user, struct err_ctx *ctx);

/* Whether an address has a shape that is taken here (RFC 5321, RFC 6531); no quoted local parts. */
bool email_is_sound(struct str email);

#define CREDENTIAL_OTP "otp"

struct credential {
    int64_t pk;
    struct str id;
    struct str type; /* "password", "otp", ... */
    struct str user_label;
    int64_t created_ms;
    struct str secret_data;     /* Keycloak's JSON text */
    struct str credential_data; /* likewise */
    int64_t priority;
};

struct credentials {
    struct credential *items;
    size_t count;
};

/* Brute-force state of one user, Keycloak's settings. Its moments are on the scale of
 * now_steady_ms(): a lock lasts as long as it should, also when the machine's clock leaps. */
struct login_failures {
    int64_t count;
    int64_t last_failure_ms;
    int64_t locked_until_ms;
    int64_t temporary_lockouts;
    struct str last_ip;
};

/* An account of the user at another identity provider. */
struct federated_identity {
    struct str provider; /* alias */
    struct str user_id;  /* there */
    struct str user_name;
};

struct consent {
    int64_t client_pk;
    struct str client_id; /* the protocol's */
    struct strs scopes;   /* names of client scopes granted */
    int64_t created_ms;
    int64_t updated_ms;
};

#endif
