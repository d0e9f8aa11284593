#include "core/crypto/seal_stream.h"

#include <sodium.h>

#include "core/base/secret.h"

#include "core/base/banned.h"

typedef crypto_secretstream_xchacha20poly1305_state inner_state;

_Static_assert(sizeof(inner_state) <= sizeof(((struct seal_stream *)0)->state), "it fits");
_Static_assert(SEAL_STREAM_KEY_BYTES == crypto_secretstream_xchacha20poly1305_KEYBYTES,
               "as the header");
_Static_assert(SEAL_STREAM_HEADER_BYTES == crypto_secretstream_xchacha20poly1305_HEADERBYTES,
               "as the header");
_Static_assert(SEAL_STREAM_OVERHEAD_BYTES == crypto_secretstream_xchacha20poly1305_ABYTES,
               "as the header");

static inner_state *inner(struct seal_stream *s)
{
    return (inner_state *)(void *)s->state;
}

static const unsigned char *bytes_of(struct str s)
{
    return (const unsigned char *)s.ptr;
}

int seal_stream_begin(struct seal_stream *s, struct str key,
                      unsigned char ret_header[SEAL_STREAM_HEADER_BYTES])
{
    if (key.len != SEAL_STREAM_KEY_BYTES)
        return ERR_BAD_KEY;
    (void)crypto_secretstream_xchacha20poly1305_init_push(inner(s), ret_header, bytes_of(key));
    return 0;
}

void seal_stream_push(struct seal_stream *s, struct str associated, struct str plain, bool last,
                      unsigned char *out)
{
    (void)crypto_secretstream_xchacha20poly1305_push(
        inner(s), out, NULL, bytes_of(plain), plain.len, bytes_of(associated), associated.len,
        last ? crypto_secretstream_xchacha20poly1305_TAG_FINAL : 0);
}

int seal_stream_pull_begin(struct seal_stream *s, struct str key,
                           const unsigned char header[SEAL_STREAM_HEADER_BYTES])
{
    if (key.len != SEAL_STREAM_KEY_BYTES)
        return ERR_BAD_KEY;
    return crypto_secretstream_xchacha20poly1305_init_pull(inner(s), header, bytes_of(key)) == 0
               ? 0
               : ERR_SEAL;
}

int seal_stream_pull(struct seal_stream *s, struct str associated, struct str sealed,
                     unsigned char *out, bool *ret_last)
{
    unsigned char tag;
    if (sealed.len < SEAL_STREAM_OVERHEAD_BYTES ||
        crypto_secretstream_xchacha20poly1305_pull(inner(s), out, NULL, &tag, bytes_of(sealed),
                                                   sealed.len, bytes_of(associated),
                                                   associated.len) != 0)
        return ERR_SEAL;
    *ret_last = tag == crypto_secretstream_xchacha20poly1305_TAG_FINAL;
    return 0;
}

void seal_stream_wipe(struct seal_stream *s)
{
    secret_wipe(s, sizeof(*s));
}
