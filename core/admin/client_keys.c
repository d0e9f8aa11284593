/* Keys of clients. */
#include "core/admin/client_keys.h"

#include "core/admin/clients.h"
#include "core/base/ct.h"
#include "core/codec/base64.h"
#include "core/crypto/pk.h"

#include "core/base/banned.h"

#define RSA_BITS           2048
#define STORE_PASSWORD_MIN 6 /* what Java asks for */

static int text_of(struct arena *a, struct str der, struct str *ret_text)
{
    *ret_text = base64_encode(a, der);
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

static int refuse(const struct auth_ctx *ctx, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, "file", "The file is not %s", what);
}

/* --- Made here --- */

static int write_private(const struct auth_ctx *ctx, const struct pk_key *pk, struct str *ret_text)
{
    CLEANUP(secret_free) struct secret der = {0};
    TRY(pk_export_private(pk, &der));
    return text_of(ctx->arena, secret_view(&der), ret_text);
}

int client_key_make(const struct auth_ctx *ctx, struct str client_id, struct client_key *ret_key)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    struct client_key key = {.jwks = {NULL, 0}};
    struct str der;
    TRY(pk_generate(PK_RSA, RSA_BITS, &pk));
    TRY(pk_self_signed_certificate(pk, ctx->arena, client_id, now_s(ctx->now), &der));
    TRY(text_of(ctx->arena, der, &key.certificate));
    TRY(write_private(ctx, pk, &key.private_key));
    *ret_key = key;
    return 0;
}

/* --- Uploaded --- */

/* The base64 of a PEM's first block, or the text itself. */
static int read_pem(const struct auth_ctx *ctx, struct str file, struct str *ret_der)
{
    struct str begin = STR("-----BEGIN CERTIFICATE-----"), body = file;
    ptrdiff_t at = str_find_str(file, begin);
    struct buf b;
    if (at >= 0) {
        body = str_from(file, (size_t)at + begin.len);
        ptrdiff_t end = str_find(body, '-');
        body = str_sub(body, 0, end < 0 ? 0 : (size_t)end);
    }
    buf_init(&b, ctx->arena, file.len + 1);
    for (size_t i = 0; i < body.len; i++)
        if (!memchr(" \t\r\n", body.ptr[i], 4))
            buf_add_byte(&b, body.ptr[i]);
    TRY(buf_finish(&b, &body));
    return base64_decode(ctx->arena, body, BASE64_PADDED, ret_der);
}

static int take_certificate(const struct auth_ctx *ctx, struct str der, struct client_key *ret_key)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    int64_t end_s;
    int rc = pk_certificate_end(der, &end_s);
    if (rc == 0)
        rc = pk_import_public(der, &pk);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return refuse(ctx, "a certificate with a usable key");
    if (end_s <= now_s(ctx->now))
        return refuse(ctx, "a certificate that is still valid");
    return text_of(ctx->arena, der, &ret_key->certificate);
}

static int read_certificate(const struct auth_ctx *ctx, struct str file, struct client_key *ret_key)
{
    struct str der;
    int rc = read_pem(ctx, file, &der);
    if (rc == ERR_NO_MEMORY)
        return rc;
    return rc == 0 ? take_certificate(ctx, der, ret_key)
                   : refuse(ctx, "a certificate with a usable key");
}

static int read_store(const struct auth_ctx *ctx, const struct client_key_upload *upload,
                      struct client_key *ret_key)
{
    struct str der;
    int rc =
        pk_keystore_read(ctx->arena, upload->file, upload->alias, upload->store_password, &der);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "keyAlias",
                         "The key store has no certificate of this alias, or several");
    if (rc != 0)
        return refuse(ctx, "a PKCS12 store that opens with this storePassword");
    return take_certificate(ctx, der, ret_key);
}

static int read_public(const struct auth_ctx *ctx, struct str file, struct client_key *ret_key)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    struct str der;
    int rc = pk_import_public(file, &pk);
    if (rc == ERR_NO_MEMORY)
        return rc;
    if (rc != 0)
        return refuse(ctx, "a usable public key");
    TRY(pk_export_spki(pk, ctx->arena, &der));
    return text_of(ctx->arena, der, &ret_key->public_key);
}

int client_key_read(const struct auth_ctx *ctx, const struct client_key_upload *upload,
                    struct client_key *ret_key)
{
    *ret_key = (struct client_key){.jwks = {NULL, 0}};
    if (str_empty(upload->file))
        return refuse(ctx, "there");
    if (str_eq(upload->format, STR("Certificate PEM")))
        return read_certificate(ctx, upload->file, ret_key);
    if (str_eq(upload->format, STR("Public Key PEM")))
        return read_public(ctx, upload->file, ret_key);
    if (str_eq(upload->format, STR("PKCS12")))
        return read_store(ctx, upload, ret_key);
    if (str_eq(upload->format, STR("JSON Web Key Set"))) {
        ret_key->jwks = upload->file; /* looked at with the client (client_check) */
        return 0;
    }
    if (str_eq(upload->format, STR("JKS")) || str_eq(upload->format, STR("BCFKS")))
        return err_field(ctx->err, ERR_NOT_IMPLEMENTED, "keystoreFormat",
                         "Key stores of this kind do not exist here: give PKCS12, a PEM or a JWK "
                         "set");
    return err_field(ctx->err, ERR_INVALID_REQUEST, "keystoreFormat",
                     "keystoreFormat must be Certificate PEM, Public Key PEM, PKCS12 or JSON Web "
                     "Key Set");
}

/* --- As a file --- */

static int refuse_file(const struct auth_ctx *ctx, const char *field, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field, "%s %s", field, what);
}

static int check_file(const struct auth_ctx *ctx, const struct client_key_file *file)
{
    if (str_eq(file->format, STR("JKS")) || str_eq(file->format, STR("BCFKS")))
        return err_field(ctx->err, ERR_NOT_IMPLEMENTED, "format",
                         "Key stores of this kind do not exist here: ask for PKCS12");
    if (str_eq(file->format, STR("PEM")))
        return 0;
    if (!str_eq(file->format, STR("PKCS12")))
        return refuse_file(ctx, "format", "must be PKCS12 or PEM");
    if (str_empty(file->alias) || file->alias.len > PK_KEYSTORE_TEXT_MAX ||
        str_find(file->alias, '\0') >= 0)
        return refuse_file(ctx, "keyAlias", "must be a name");
    if (file->store_password.len < STORE_PASSWORD_MIN ||
        file->store_password.len > PK_KEYSTORE_TEXT_MAX ||
        str_find(file->store_password, '\0') >= 0)
        return refuse_file(ctx, "storePassword", "must have 6 to 256 bytes");
    if (!str_empty(file->key_password) && !ct_eq(file->key_password, file->store_password))
        return refuse_file(ctx, "keyPassword", "is that of the store in PKCS12");
    return 0;
}

static int der_of(const struct auth_ctx *ctx, struct str text, struct str *ret_der)
{
    return base64_decode(ctx->arena, text, BASE64_PADDED, ret_der);
}

static int write_pems(const struct auth_ctx *ctx, const struct client_key *key, struct str der,
                      struct str *ret_file)
{
    struct str certificate, own, secret = STR("");
    TRY(pk_pem_write(ctx->arena, "CERTIFICATE", der, &certificate));
    if (!str_absent(key->private_key)) {
        TRY(der_of(ctx, key->private_key, &own));
        TRY(pk_pem_write(ctx->arena, "PRIVATE KEY", own, &secret));
    }
    *ret_file = ARENA_CONCAT(ctx->arena, secret, certificate);
    return str_absent(*ret_file) ? ERR_NO_MEMORY : 0;
}

static int write_store(const struct auth_ctx *ctx, const struct client_key *key,
                       const struct client_key_file *file, struct str der, struct str *ret_file)
{
    CLEANUP(pk_key_free) struct pk_key *pk = NULL;
    struct str own;
    if (!str_absent(key->private_key)) {
        TRY(der_of(ctx, key->private_key, &own));
        TRY(pk_import_private(own, &pk));
    }
    return pk_keystore_write(pk, der, file->alias, file->store_password, ctx->arena, ret_file);
}

int client_key_write(const struct auth_ctx *ctx, const struct client_key *key,
                     const struct client_key_file *file, struct str *ret_file)
{
    struct str der;
    TRY(check_file(ctx, file));
    if (str_empty(key->certificate))
        return err_set(ctx->err, ERR_NOT_FOUND, "The client has no certificate");
    TRY(der_of(ctx, key->certificate, &der));
    return str_eq(file->format, STR("PEM")) ? write_pems(ctx, key, der, ret_file)
                                            : write_store(ctx, key, file, der, ret_file);
}

/* --- Kept --- */

int client_key_put(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                   const struct client_key *key)
{
    struct client after = *client;
    const struct {
        const char *name;
        struct str value;
    } attributes[] = {
        {CLIENT_ATTR_JWT_CERTIFICATE, key->certificate},
        {CLIENT_ATTR_JWT_PUBLIC_KEY, key->public_key},
        {CLIENT_ATTR_JWKS_STRING, key->jwks},
        {CLIENT_ATTR_USE_JWKS_STRING, str_absent(key->jwks) ? STR("false") : STR("true")},
        {CLIENT_ATTR_USE_JWKS_URL, STR("false")},
    };
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        TRY(client_attribute_set(&after, ctx->arena, attributes[i].name, attributes[i].value));
    return admin_client_update(ctx, w, client, &after);
}
