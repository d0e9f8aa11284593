/* Starts the libraries. */
#include "core/crypto/init.h"

#include <sodium.h>

#include "core/base/err.h"
#include "core/crypto/pk_internal.h"

#include "core/base/banned.h"

int crypto_init(void)
{
    if (sodium_init() < 0)
        return ERR_INTERNAL;
    return pk_engine_init();
}
