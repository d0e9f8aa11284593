/* Setting up one-time passwords: a secret of the server's that an app gets to know (RFC 6238 R7: 160 random bits),
 * and the credential that it becomes with the first right code and not before. Until then nothing of it is
 * stored; each is good for one credential (WE-12). */
#ifndef GARITA_CORE_AUTH_OTP_SETUP_H
#define GARITA_CORE_AUTH_OTP_SETUP_H

#include "core/auth/otp.h"

#define OTP_DEVICES_MAX 20 /* of a person, set up by himself */
#define OTP_SETUP_TRIES_MAX                                                                        \
    10 /* wrong codes for one secret (MF-02), whatever the realm's lockout says */

/* Kept between the page and its answer (core/oidc/login_state.h). */
struct otp_setup {
    struct str id;   /* of the credential */
    struct str key;  /* secret, in Base32 */
    struct str data; /* credential_data, as the realm's policy was when the page was made */
};

/* A new secret by the realm's policy. ERR_NO_MEMORY. */
MUST_CHECK int otp_setup_begin(const struct auth_ctx *ctx, struct otp_setup *ret_setup);

/* What the person is shown of it: secret, all of it. */
struct otp_face {
    struct str uri;       /* otpauth://, for a QR code; names are cut so that it fits one (MF-09) */
    struct str key;       /* in groups of four */
    struct str algorithm; /* as apps call it: "SHA1" where Keycloak's policy says "HmacSHA1" */
    bool by_counter;
    int64_t digits, period_s, counter;
};
/* ERR_INVALID_SYNTAX for what otp_setup_begin did not make. */
MUST_CHECK int otp_setup_face(const struct auth_ctx *ctx, const struct otp_setup *setup,
                              const struct user *user, struct otp_face *ret_face);

/* A message key of what is wrong with the name of the new device; NULL: nothing. As Keycloak, the first device
 * needs none, and no two have the same. */
MUST_CHECK int otp_setup_label_problem(const struct auth_ctx *ctx, struct store_read *r,
                                       int64_t user_pk, struct str label, const char **ret_key);

/* Whether it became a credential before, or too many wrong codes were tried. */
MUST_CHECK int otp_setup_is_spent(struct arena *a, struct store_read *r,
                                  const struct otp_setup *setup, bool *ret_spent);
/* Counts a wrong code. */
MUST_CHECK int otp_setup_count_wrong(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct otp_setup *setup);
/* Stores the credential when the code is one of its own; *ret_right is false when it is not, when this set-up
 * was spent before, or when the person has as many as there may be. */
MUST_CHECK int otp_setup_store(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                               const struct otp_setup *setup, struct str label, struct str code,
                               bool *ret_right);

#endif
