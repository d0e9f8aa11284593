/* Constant-time comparison, by libsodium. */
#include "core/base/ct.h"

#include <sodium.h>

#include "core/base/banned.h"

bool ct_eq(struct str a, struct str b)
{
    if (a.len == 0 || a.len != b.len)
        return false;
    return sodium_memcmp(a.ptr, b.ptr, a.len) == 0;
}
