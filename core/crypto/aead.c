/* Sealing with XChaCha20-Poly1305 (libsodium). Its nonce is long enough to be random for ever. */
#include "core/crypto/aead.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

#define VERSION     1
#define NONCE_BYTES crypto_aead_xchacha20poly1305_ietf_NPUBBYTES
#define TAG_BYTES   crypto_aead_xchacha20poly1305_ietf_ABYTES
#define HEAD_BYTES  (1 + NONCE_BYTES)

_Static_assert(AEAD_OVERHEAD_BYTES == HEAD_BYTES + TAG_BYTES, "the header says the same");
_Static_assert(AEAD_KEY_BYTES == crypto_aead_xchacha20poly1305_ietf_KEYBYTES, "likewise");

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.ptr;
}

int aead_seal(struct arena *a, struct str key, struct str associated, struct str plain,
              struct str *ret_sealed)
{
    if (key.len != AEAD_KEY_BYTES)
        return ERR_BAD_KEY;
    unsigned char *out = arena_alloc(a, plain.len + AEAD_OVERHEAD_BYTES);
    if (!out)
        return ERR_NO_MEMORY;
    out[0] = VERSION;
    rng_bytes(out + 1, NONCE_BYTES);
    (void)crypto_aead_xchacha20poly1305_ietf_encrypt(out + HEAD_BYTES, NULL, bytes_of(plain),
                                                     plain.len, bytes_of(associated),
                                                     associated.len, NULL, out + 1, bytes_of(key));
    *ret_sealed = str_of((const char *)out, plain.len + AEAD_OVERHEAD_BYTES);
    return 0;
}

/* out has room for the sealed length less the overhead, which the caller has checked. */
static int open_into(unsigned char *out, struct str key, struct str associated, struct str sealed)
{
    const unsigned char *in = bytes_of(sealed);
    if (in[0] != VERSION)
        return ERR_SEAL;
    int rc = crypto_aead_xchacha20poly1305_ietf_decrypt(
        out, NULL, NULL, in + HEAD_BYTES, sealed.len - HEAD_BYTES, bytes_of(associated),
        associated.len, in + 1, bytes_of(key));
    return rc == 0 ? 0 : ERR_SEAL;
}

static int check_lengths(struct str key, struct str sealed)
{
    if (key.len != AEAD_KEY_BYTES)
        return ERR_BAD_KEY;
    return sealed.len < AEAD_OVERHEAD_BYTES ? ERR_SEAL : 0;
}

int aead_open(struct arena *a, struct str key, struct str associated, struct str sealed,
              struct str *ret_plain)
{
    TRY(check_lengths(key, sealed));
    size_t len = sealed.len - AEAD_OVERHEAD_BYTES;
    unsigned char *out = arena_alloc(a, len + 1);
    if (!out)
        return ERR_NO_MEMORY;
    TRY(open_into(out, key, associated, sealed));
    *ret_plain = str_of((const char *)out, len);
    return 0;
}

int aead_open_secret(struct str key, struct str associated, struct str sealed,
                     struct secret *ret_plain)
{
    struct secret plain;
    TRY(check_lengths(key, sealed));
    TRY(secret_alloc(&plain, sealed.len - AEAD_OVERHEAD_BYTES));
    int err = open_into(plain.ptr, key, associated, sealed);
    if (err != 0) {
        secret_free(&plain);
        return err;
    }
    *ret_plain = plain;
    return 0;
}
