/* Guarded memory of libsodium for what must not leak. */
#include "core/base/secret.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/base/rng.h"

#include "core/base/banned.h"

int secret_alloc(struct secret *ret_secret, size_t len)
{
    unsigned char *p = sodium_malloc(len ? len : 1);
    if (!p)
        return ERR_NO_MEMORY;
    *ret_secret = (struct secret){p, len};
    return 0;
}

int secret_copy(struct secret *ret_secret, struct str from)
{
    TRY(secret_alloc(ret_secret, from.len));
    if (from.len)
        memcpy(ret_secret->ptr, from.ptr, from.len);
    return 0;
}

int secret_random(struct secret *ret_secret, size_t len)
{
    TRY(secret_alloc(ret_secret, len));
    rng_bytes(ret_secret->ptr, len);
    return 0;
}

void secret_free(struct secret *s)
{
    if (s->ptr)
        sodium_free(s->ptr);
    *s = (struct secret){NULL, 0};
}

void secret_wipe(void *ptr, size_t len)
{
    if (len)
        sodium_memzero(ptr, len);
}
