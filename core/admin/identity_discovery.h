/* From another server's discovery document (OpenID Connect Discovery 3) to the configuration of an identity
 * provider. */
#ifndef GARITA_CORE_ADMIN_IDENTITY_DISCOVERY_H
#define GARITA_CORE_ADMIN_IDENTITY_DISCOVERY_H

#include "core/base/err.h"
#include "core/codec/json.h"
#include "core/model/fields.h"

#define IDENTITY_DISCOVERY_MAX_BYTES ((size_t)64 << 10)

/* Texts are copied into the arena. ERR_INVALID_REQUEST when a member that is needed is missing or an
 * address is none that the server would go to; the document's text is in no message (SS-03). */
MUST_CHECK int identity_discovery_read(struct arena *a, const struct json_value *document,
                                       struct str_map *ret_config, struct err_ctx *err);

#endif
