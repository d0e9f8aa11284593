/* Searches for attributes as Admin REST clients write them: name:value "other name":"value 2". */
#ifndef GARITA_CORE_MODEL_PAIRS_H
#define GARITA_CORE_MODEL_PAIRS_H

#include "core/model/fields.h"

#define PAIRS_MAX 16

/* Absent or blank text: none. A name that stands twice keeps its last value. ERR_INVALID_SYNTAX,
 * ERR_TOO_LARGE (more than PAIRS_MAX), ERR_NO_MEMORY. */
MUST_CHECK int pairs_parse(struct arena *a, struct str text, struct str_map *ret_pairs);

#endif
