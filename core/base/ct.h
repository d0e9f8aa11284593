/* Comparisons that take the same time whatever the content. For every secret, code, token, MAC. */
#ifndef GARITA_CORE_BASE_CT_H
#define GARITA_CORE_BASE_CT_H

#include "core/base/str.h"

/* Time depends on the lengths only. Two absent or empty strings are NOT equal: a missing secret
 * matches nothing. */
bool ct_eq(struct str a, struct str b);

#endif
