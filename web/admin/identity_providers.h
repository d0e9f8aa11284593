/* What handlers about one identity provider begin with. */
#ifndef GARITA_WEB_ADMIN_IDENTITY_PROVIDERS_H
#define GARITA_WEB_ADMIN_IDENTITY_PROVIDERS_H

#include "core/admin/identity_providers.h"
#include "web/admin/admin.h"

/* The provider {alias} of the path. ERR_NOT_FOUND. Opens a read. */
MUST_CHECK int identity_find(struct admin_call *call, struct identity_provider *ret_provider);
/* The same inside a write. */
MUST_CHECK int identity_find_to_change(struct admin_call *call,
                                       struct identity_provider *ret_provider);
/* Without its secrets (AD-06). */
MUST_CHECK int represent_identity(struct admin_call *call,
                                  const struct identity_provider *provider);

#endif
