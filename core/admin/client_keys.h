/* The key that a client proves itself by (private_key_jwt): made here, or uploaded. The private half is never
 * kept. */
#ifndef GARITA_CORE_ADMIN_CLIENT_KEYS_H
#define GARITA_CORE_ADMIN_CLIENT_KEYS_H

#include "core/auth/context.h"
#include "core/model/client.h"

/* What stands for the key afterwards; the others are absent. DER in base64, but jwks. */
struct client_key {
    struct str certificate, public_key, jwks;
    struct str private_key; /* of one that was made: PKCS#8, for who asked and nobody else */
};

/* An RSA key of 2048 bits with a certificate for the client's name. Takes tenths of a second: not inside a
 * write. */
MUST_CHECK int client_key_make(const struct auth_ctx *ctx, struct str client_id,
                               struct client_key *ret_key);
/* What a file of a key is to be: {"format", "keyAlias", "storePassword", "keyPassword"}. */
struct client_key_file {
    struct str format; /* "PKCS12"; "PEM" has neither alias nor passwords */
    struct str alias;
    struct str store_password, key_password; /* the same, or the latter absent */
};
/* The certificate of the key and, of one that was just made, its private half as a file of that format.
 * ERR_NOT_IMPLEMENTED for "JKS" and "BCFKS", ERR_INVALID_REQUEST with the member, ERR_NOT_FOUND without a
 * certificate. */
MUST_CHECK int client_key_write(const struct auth_ctx *ctx, const struct client_key *key,
                                const struct client_key_file *file, struct str *ret_file);
/* A file in one of Keycloak's formats: "Certificate PEM", "Public Key PEM", "JSON Web Key Set", or "PKCS12" with
 * the alias of the certificate (absent: the only one) and the password; its private half is not looked at. */
struct client_key_upload {
    struct str format, file;
    struct str alias, store_password; /* of PKCS12; may be absent */
};
/* ERR_NOT_IMPLEMENTED for "JKS" and "BCFKS", ERR_INVALID_REQUEST for other names and files that hold no usable
 * public key. */
MUST_CHECK int client_key_read(const struct auth_ctx *ctx, const struct client_key_upload *upload,
                               struct client_key *ret_key);
/* From now on the client proves itself by this one and no other. */
MUST_CHECK int client_key_put(const struct auth_ctx *ctx, struct store_write *w,
                              const struct client *client, const struct client_key *key);

#endif
