/* Every realm in turn. */
#ifndef GARITA_CORE_ADMIN_EACH_REALM_H
#define GARITA_CORE_ADMIN_EACH_REALM_H

#include "core/port/store.h"

/* What it returns, when it is not 0, ends the round. */
typedef int realm_visitor(void *arg, const struct realm_summary *realm);

/* By name, page by page: realms made or deleted meanwhile may be met or not. The arena holds the whole
 * list in the end. What visit returned, or the errors of store_realm_list. */
MUST_CHECK int each_realm(struct store *store, struct arena *a, realm_visitor *visit, void *arg);

#endif
