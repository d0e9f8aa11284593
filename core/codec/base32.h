/* Base32 (RFC 4648 6), as secrets of one-time passwords are spelled. */
#ifndef GARITA_CORE_CODEC_BASE32_H
#define GARITA_CORE_CODEC_BASE32_H

#include "core/base/arena.h"

/* Upper case, without padding. In an arena, with a NUL behind; absent when it is exhausted. */
struct str base32_encode(struct arena *a, struct str bytes);
/* Either case, with padding or without. ERR_INVALID_SYNTAX for other letters, an impossible length,
 * wrong padding or trailing bits that are not zero; ERR_NO_MEMORY. */
MUST_CHECK int base32_decode(struct arena *a, struct str text, struct str *ret_bytes);

#endif
