/* How many objects of a kind a realm has, known without counting. */
#ifndef GARITA_CORE_PORT_TALLY_H
#define GARITA_CORE_PORT_TALLY_H

#include "core/port/store.h"

enum tally_kind { TALLY_USER, TALLY_CLIENT, TALLY_GROUP, TALLY_KINDS };

/* Service accounts are no people. */
MUST_CHECK int tally_read(struct store_read *r, enum tally_kind kind, int64_t *ret_count);

#endif
