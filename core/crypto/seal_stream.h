/* Sealing of long content in pieces: XChaCha20-Poly1305 as libsodium's secretstream. Pieces open only in
 * their order, under the same key and with the same associated data; the last one is marked, so that an
 * end that was cut off is noticed. Nobody may use a stream after an error. */
#ifndef GARITA_CORE_CRYPTO_SEAL_STREAM_H
#define GARITA_CORE_CRYPTO_SEAL_STREAM_H

#include "core/base/err.h"
#include "core/base/str.h"

#define SEAL_STREAM_KEY_BYTES      32
#define SEAL_STREAM_HEADER_BYTES   24
#define SEAL_STREAM_OVERHEAD_BYTES 17 /* of each piece */

struct seal_stream {
    _Alignas(16) unsigned char state[64];
};

/* The header goes in front of the pieces. ERR_BAD_KEY when key has another length. */
MUST_CHECK int seal_stream_begin(struct seal_stream *s, struct str key,
                                 unsigned char ret_header[SEAL_STREAM_HEADER_BYTES]);
/* out has room for SEAL_STREAM_OVERHEAD_BYTES more than plain. */
void seal_stream_push(struct seal_stream *s, struct str associated, struct str plain, bool last,
                      unsigned char *out);

MUST_CHECK int seal_stream_pull_begin(struct seal_stream *s, struct str key,
                                      const unsigned char header[SEAL_STREAM_HEADER_BYTES]);
/* out has room for SEAL_STREAM_OVERHEAD_BYTES less than sealed. ERR_SEAL. */
MUST_CHECK int seal_stream_pull(struct seal_stream *s, struct str associated, struct str sealed,
                                unsigned char *out, bool *ret_last);
/* Zeroes the key in it. */
void seal_stream_wipe(struct seal_stream *s);

#endif
