/* When a certificate file stops being valid. */
#ifndef GARITA_APPLIANCE_CERTIFICATE_H
#define GARITA_APPLIANCE_CERTIFICATE_H

#include "core/base/arena.h"

/* Of the first certificate of a PEM file, in seconds since the epoch. ERR_NOT_FOUND, ERR_IO,
 * ERR_INVALID_SYNTAX. */
MUST_CHECK int certificate_expires(struct arena *a, const char *path, int64_t *ret_expires_s);

#endif
