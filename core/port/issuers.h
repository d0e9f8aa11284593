/* Trusted issuers in a realm's database. Every change here replaces the realm's view at the commit. */
#ifndef GARITA_CORE_PORT_ISSUERS_H
#define GARITA_CORE_PORT_ISSUERS_H

#include "core/model/issuer.h"
#include "core/port/store.h"

/* Sets issuer->pk. ERR_CONFLICT when there is one of this name or id. */
MUST_CHECK int issuer_insert(struct store_write *w, struct trusted_issuer *issuer);
/* By pk; its name stays. */
MUST_CHECK int issuer_update(struct store_write *w, const struct trusted_issuer *issuer);
MUST_CHECK int issuer_delete(struct store_write *w, int64_t issuer_pk);
/* All of them, sorted by name. */
MUST_CHECK int issuer_list(struct store_read *r, struct arena *a,
                           struct trusted_issuers *ret_issuers);

/* Those of a view; they live as long as it. */
const struct trusted_issuers *realm_view_issuers(const struct realm_view *view);

#endif
