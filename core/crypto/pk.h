/* Public keys: making, reading, writing, signing, verifying. The one door to libcrypto (RSA, ECDSA:
 * it is several times faster than what we use for TLS); Ed25519 is libsodium's. A key is immutable
 * once made; any number of threads may sign and verify with it at once. */
#ifndef GARITA_CORE_CRYPTO_PK_H
#define GARITA_CORE_CRYPTO_PK_H

#include "core/base/arena.h"
#include "core/base/secret.h"

struct pk_key;

enum pk_type { PK_RSA, PK_P256, PK_P384, PK_P521, PK_ED25519 };

enum pk_alg {
    PK_ALG_NONE,
    PK_RS256,
    PK_RS384,
    PK_RS512,
    PK_PS256,
    PK_PS384,
    PK_PS512,
    PK_ES256, /* P-256 with SHA-256 only, and so on (RFC 7518 3.4) */
    PK_ES384,
    PK_ES512,
    PK_EDDSA,
    PK_ALG_COUNT
};

#define PK_RSA_MIN_BITS        2048
#define PK_RSA_MAX_BITS        4096
#define PK_SIGNATURE_MAX_BYTES 512
#define PK_DER_MAX_BYTES       ((size_t)8 << 10)

/* Frees and sets NULL; harmless for NULL. Fits CLEANUP(). */
void pk_key_free(struct pk_key **key);
/* A second owner of the same key. */
struct pk_key *pk_key_ref(struct pk_key *key);

/* rsa_bits (2048, 3072, 4096) counts for PK_RSA only. ERR_BAD_KEY for other sizes. RSA takes tenths
 * of a second. The caller frees. */
MUST_CHECK int pk_generate(enum pk_type type, int rsa_bits, struct pk_key **ret_key);

/* A private key: PKCS#8, PKCS#1 (RSA) or SEC1 (EC) as DER, as PEM, or as the base64 inside PEM
 * (Keycloak's exports). Encrypted keys are not taken. ERR_BAD_KEY for everything unusable: RSA below
 * 2048 or above 4096 bits or an even or tiny exponent, points off the curve, other curves, parts
 * that do not fit each other. */
MUST_CHECK int pk_import_private(struct str text, struct pk_key **ret_key);
/* A public key: SPKI or PKCS#1 as DER, PEM or bare base64; or an X.509 certificate in these forms,
 * of which only the key is used. ERR_BAD_KEY. */
MUST_CHECK int pk_import_public(struct str text, struct pk_key **ret_key);

/* The numbers of a key as JWK has them, big-endian bytes (RFC 7518 6, RFC 8037 2). Members that do
 * not belong to the type are absent. */
struct pk_numbers {
    enum pk_type type;
    struct str n, e;             /* RSA */
    struct str x, y;             /* EC: both, exactly the field's length; Ed25519: x, 32 bytes */
    struct str d;                /* private; absent for a public key */
    struct str p, q, dp, dq, qi; /* RSA private */
};
/* ERR_BAD_KEY as above; an RSA private key needs all of d, p, q, dp, dq, qi. */
MUST_CHECK int pk_import_numbers(const struct pk_numbers *numbers, struct pk_key **ret_key);
/* Public members only. ERR_NO_MEMORY. */
MUST_CHECK int pk_export_numbers(const struct pk_key *key, struct arena *a,
                                 struct pk_numbers *ret_numbers);
/* DER of SubjectPublicKeyInfo. */
MUST_CHECK int pk_export_spki(const struct pk_key *key, struct arena *a, struct str *ret_der);
/* DER of PKCS#8, not encrypted; the caller frees. ERR_BAD_KEY for a public key. */
MUST_CHECK int pk_export_private(const struct pk_key *key, struct secret *ret_der);

enum pk_type pk_key_type(const struct pk_key *key);
/* Of the modulus for RSA, of the curve else. */
int pk_key_bits(const struct pk_key *key);
bool pk_key_is_private(const struct pk_key *key);
/* The two hold the same public key. */
bool pk_key_equal(const struct pk_key *a, const struct pk_key *b);

/* Whether the algorithm may be used with this key (JO-03). */
bool pk_alg_fits(const struct pk_key *key, enum pk_alg alg);
/* Exact length of each signature of this key. */
size_t pk_signature_bytes(const struct pk_key *key);

/* Signs the message (hashing included). signature has room for PK_SIGNATURE_MAX_BYTES. ECDSA gives
 * r and s at fixed length (RFC 7518 3.4). ERR_BAD_KEY for a public key, ERR_BAD_ALGORITHM when alg
 * does not fit, ERR_INTERNAL. */
MUST_CHECK int pk_sign(const struct pk_key *key, enum pk_alg alg, struct str message,
                       unsigned char *signature, size_t *ret_len);
/* ERR_BAD_SIGNATURE, ERR_BAD_ALGORITHM. Only the exact length is looked at (JO-11). */
MUST_CHECK int pk_verify(const struct pk_key *key, enum pk_alg alg, struct str message,
                         struct str signature);

/* The moment at which a certificate (DER) ends, in seconds since 1970. ERR_BAD_KEY. */
MUST_CHECK int pk_certificate_end(struct str der, int64_t *ret_end_s);

/* A self-signed X.509 certificate for a key that is not used in TLS (Keycloak shows one with each
 * RSA key, as x5c): CN = common_name (cut to 64 bytes at a character), random serial, valid from
 * not_before_s for ten years. DER. ERR_BAD_KEY for a public key or Ed25519. */
MUST_CHECK int pk_self_signed_certificate(const struct pk_key *key, struct arena *a,
                                          struct str common_name, int64_t not_before_s,
                                          struct str *ret_der);

/* A key store of one entry, PKCS #12 (RFC 7292), under a password: a certificate (DER) and, when key is not
 * NULL, the private half that belongs to it. AES-256 and HMAC with SHA-256 by PBKDF2. Texts have no zero
 * bytes. ERR_BAD_KEY for a public key, a certificate of another key and Ed25519, ERR_TOO_LARGE for an alias
 * or password beyond PK_KEYSTORE_TEXT_MAX. */
#define PK_KEYSTORE_TEXT_MAX 256
MUST_CHECK int pk_keystore_write(const struct pk_key *key, struct str certificate, struct str alias,
                                 struct str password, struct arena *a, struct str *ret_file);
/* The certificate (DER) of a store that others made: of that alias, or the only one when alias is empty. Private
 * halves are not opened. The work that the file asks for is bounded, and it must have its MAC. ERR_BAD_KEY for a
 * file or password that is wrong and for encryption that is not served (RC2, scrypt), ERR_NOT_FOUND,
 * ERR_TOO_LARGE as above. */
MUST_CHECK int pk_keystore_read(struct arena *a, struct str file, struct str alias,
                                struct str password, struct str *ret_certificate);
/* DER as PEM (RFC 7468): label is what stands in its lines, "CERTIFICATE". */
MUST_CHECK int pk_pem_write(struct arena *a, const char *label, struct str der,
                            struct str *ret_pem);

#endif
