/*
 * What Garita takes from mbedTLS 3.6, as changes to the library's default configuration. The
 * library and every unit of ours that includes an mbedtls header see this same file (structures
 * change with it): it is copied into the dependency prefix and named there by
 * MBEDTLS_USER_CONFIG_FILE. TLS 1.2 and 1.3, forward secrecy and AEAD only; X.509 reading and
 * writing. It must never turn on a legacy cipher.
 */

/* Several threads share configurations, tickets and the PSA key store. */
#define MBEDTLS_THREADING_C
#define MBEDTLS_THREADING_PTHREAD

/* TLS: no DTLS, no renegotiation (RFC 5746 attacks), no early data, records shrink when they can. */
#undef MBEDTLS_SSL_PROTO_DTLS
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID
#undef MBEDTLS_SSL_DTLS_CONNECTION_ID_COMPAT
#undef MBEDTLS_SSL_DTLS_ANTI_REPLAY
#undef MBEDTLS_SSL_DTLS_HELLO_VERIFY
#undef MBEDTLS_SSL_DTLS_CLIENT_PORT_REUSE
#undef MBEDTLS_SSL_COOKIE_C
#undef MBEDTLS_SSL_RENEGOTIATION
#undef MBEDTLS_SSL_CONTEXT_SERIALIZATION
#undef MBEDTLS_SSL_EARLY_DATA
#define MBEDTLS_SSL_VARIABLE_BUFFER_LENGTH

/* Key exchange: ECDHE with a certificate. Resumption in TLS 1.3 keeps forward secrecy. */
#undef MBEDTLS_KEY_EXCHANGE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDHE_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_PSK_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_DHE_RSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_ECDSA_ENABLED
#undef MBEDTLS_KEY_EXCHANGE_ECDH_RSA_ENABLED
#undef MBEDTLS_SSL_TLS1_3_KEY_EXCHANGE_MODE_PSK_ENABLED
#undef MBEDTLS_DHM_C
#undef MBEDTLS_ECJPAKE_C

/* Ciphers: AES-GCM and ChaCha20-Poly1305; no short tags, no CBC suites, nothing older. */
#undef MBEDTLS_CCM_C
#undef MBEDTLS_CIPHER_MODE_CBC
#undef MBEDTLS_CIPHER_MODE_CFB
#undef MBEDTLS_CIPHER_MODE_OFB
#undef MBEDTLS_CIPHER_MODE_XTS
#undef MBEDTLS_SSL_ENCRYPT_THEN_MAC
#undef MBEDTLS_DES_C
#undef MBEDTLS_CAMELLIA_C
#undef MBEDTLS_ARIA_C
#undef MBEDTLS_NIST_KW_C
#undef MBEDTLS_PKCS5_C
#undef MBEDTLS_PKCS7_C
#undef MBEDTLS_PKCS12_C
#undef MBEDTLS_PADLOCK_C
#undef MBEDTLS_LMS_C

/* AES-GCM is libcrypto's: gcm_alt.c. */
#define MBEDTLS_GCM_ALT

/* Hashes: SHA-1 stays for key identifiers of certificates (RFC 5280, 4.2.1.2), not for signatures:
 * the default certificate profile refuses it. */
#undef MBEDTLS_MD5_C
#undef MBEDTLS_RIPEMD160_C

/* Curves: the NIST ones that browsers use, and the two of RFC 7748. */
#undef MBEDTLS_ECP_DP_SECP192R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224R1_ENABLED
#undef MBEDTLS_ECP_DP_SECP192K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP224K1_ENABLED
#undef MBEDTLS_ECP_DP_SECP256K1_ENABLED
#undef MBEDTLS_ECP_DP_BP256R1_ENABLED
#undef MBEDTLS_ECP_DP_BP384R1_ENABLED
#undef MBEDTLS_ECP_DP_BP512R1_ENABLED

/* Left out: self tests, traces, keys kept in files by the library. */
#undef MBEDTLS_SELF_TEST
#undef MBEDTLS_DEBUG_C
#undef MBEDTLS_VERSION_FEATURES
#undef MBEDTLS_PSA_CRYPTO_STORAGE_C
#undef MBEDTLS_PSA_ITS_FILE_C
#undef MBEDTLS_TIMING_C
