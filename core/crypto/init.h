/* What the cryptographic libraries want once, before any thread starts. */
#ifndef GARITA_CORE_CRYPTO_INIT_H
#define GARITA_CORE_CRYPTO_INIT_H

#include "core/base/attr.h"

/* Lets libsodium choose the fastest code for this processor and keeps libcrypto from reading
 * configuration files of the host. Harmless twice. ERR_INTERNAL: the process must not go on. */
MUST_CHECK int crypto_init(void);

#endif
