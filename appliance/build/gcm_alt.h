/*
 * AES-GCM of mbedTLS by libcrypto: the same algorithm, six times as fast (mbedTLS does a block at a
 * time), and constant in time on processors that know AES and on those that do not. mbedtls/gcm.h
 * includes this file where MBEDTLS_GCM_ALT is set, in the library and in every unit of ours.
 */
#ifndef GARITA_APPLIANCE_BUILD_GCM_ALT_H
#define GARITA_APPLIANCE_BUILD_GCM_ALT_H

typedef struct mbedtls_gcm_context {
    void *engine; /* EVP_CIPHER_CTX with the key; NULL before setkey */
    int mode;     /* of the message that is under way */
} mbedtls_gcm_context;

#endif
