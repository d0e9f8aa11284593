/* One-time passwords as a second factor (RFC 4226, RFC 6238). The credentials are Keycloak's; what was
 * used once is never good again (MF-01, OT-05), whatever otpPolicyCodeReusable says. */
#ifndef GARITA_CORE_AUTH_OTP_H
#define GARITA_CORE_AUTH_OTP_H

#include "core/auth/context.h"
#include "core/crypto/hotp.h"
#include "core/model/user.h"

/* The kind of what a code by time spends (once_spend), with the name "CREDENTIAL:STEP". */
#define OTP_ONCE "totp-step"

struct otp_record {
    bool by_counter; /* HOTP; else by time */
    struct str key;  /* secret */
    bool base32;     /* how the credential spells it; else by its own letters */
    enum digest_alg alg;
    unsigned digits;
    int64_t counter;  /* HOTP: of the next value */
    int64_t period_s; /* TOTP */
};

/* Reads a credential of the type otp. ERR_INVALID_SYNTAX for one that is not understood, which then
 * matches nothing; ERR_NO_MEMORY. */
MUST_CHECK int otp_record_read(struct arena *a, const struct credential *credential,
                               struct otp_record *ret_record);
/* The record as credential_data, without its key. ERR_NO_MEMORY. */
MUST_CHECK int otp_record_data(struct arena *a, const struct otp_record *record,
                               struct str *ret_data);
/* "HmacSHA1", "HmacSHA256", "HmacSHA512". ERR_INVALID_SYNTAX. */
MUST_CHECK int otp_alg_read(struct str name, enum digest_alg *ret_alg);
const char *otp_alg_name(enum digest_alg alg);
/* Whether code is one of the values around now (TOTP: so many steps earlier or later) or from the counter
 * on (HOTP: so many more), in a time that does not tell which. *ret_step is its step or counter. */
bool otp_matches(const struct otp_record *record, struct str code, int64_t now_s, int64_t window,
                 int64_t *ret_step);

/* Takes a code of one of the person's credentials: *ret_right is false when it fits none of them, or was
 * used before. What it used is spent in this transaction. */
MUST_CHECK int otp_spend(const struct auth_ctx *ctx, struct store_write *w, int64_t user_pk,
                         struct str code, bool *ret_right);
/* The same for a credential that is not stored yet: *ret_right is whether it gave this code, whose step is spent
 * under its id, or its counter moved past it. ERR_INVALID_SYNTAX as otp_record_read. */
MUST_CHECK int otp_prove(const struct auth_ctx *ctx, struct store_write *w,
                         struct credential *io_credential, struct str code, bool *ret_right);
/* Of two states of a realm: the counters of one move to where they are in the other, where that is further, so
 * that what was used there stays used (OT-05). Linear in the credentials. */
MUST_CHECK int otp_carry_counters(struct store_read *from, struct store_write *to);

#endif
