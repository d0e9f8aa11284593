/* Subkeys: keyed BLAKE2b is a pseudo-random function, and framing keeps the names apart. */
#include "core/crypto/kdf.h"

#include "core/base/err.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

_Static_assert(KDF_KEY_BYTES == BLAKE2B_BYTES, "one hash is one key");

static struct str frame(unsigned char out[4], struct str s)
{
    uint32_t len = (uint32_t)s.len;
    for (int i = 0; i < 4; i++)
        out[i] = (unsigned char)(len >> (24 - 8 * i));
    return str_of((const char *)out, 4);
}

int kdf_derive(struct str master, const char *purpose, struct str id,
               unsigned char ret_key[KDF_KEY_BYTES])
{
    unsigned char frames[2][4];
    struct str name = str_c(purpose);
    if (master.len != KDF_KEY_BYTES)
        return ERR_BAD_KEY;
    const struct str parts[] = {STR("garita kdf 1"), frame(frames[0], name), name,
                                frame(frames[1], id), id};
    blake2b_256(master, parts, ARRAY_LEN(parts), ret_key);
    return 0;
}
