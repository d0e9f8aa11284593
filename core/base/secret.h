/* Secrets: bytes that are kept out of swap and core dumps, zeroed when freed, and cannot be printed
 * by accident (no conversion to str but secret_view). */
#ifndef GARITA_CORE_BASE_SECRET_H
#define GARITA_CORE_BASE_SECRET_H

#include "core/base/str.h"

struct secret {
    unsigned char *ptr;
    size_t len;
};

/* Guarded, locked memory (sodium_malloc), content undefined. ERR_NO_MEMORY. */
MUST_CHECK int secret_alloc(struct secret *ret_secret, size_t len);
MUST_CHECK int secret_copy(struct secret *ret_secret, struct str from);
/* Fresh bytes of the system's generator. */
MUST_CHECK int secret_random(struct secret *ret_secret, size_t len);
/* Zeroes and frees; harmless twice. Fits CLEANUP(). */
void secret_free(struct secret *s);

static inline struct str secret_view(const struct secret *s)
{
    return (struct str){(const char *)s->ptr, s->len};
}

/* Zeroes memory that the compiler must not leave alone. */
void secret_wipe(void *ptr, size_t len);

#endif
