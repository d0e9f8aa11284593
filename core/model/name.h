/* Names that look like other names (WE-13, UTS #39): what a new name may hold, and what a name looks
 * like. Names are in their canonical form (username_canonical). */
#ifndef GARITA_CORE_MODEL_NAME_H
#define GARITA_CORE_MODEL_NAME_H

#include "core/base/buf.h"
#include "core/base/err.h"

/* Whether a name may be given to somebody: characters that words of living languages are written
 * with, and of one script, or of one of the mixtures in which Japanese, Chinese and Korean are
 * written (UTS #39 5.2, highly restrictive). Invisible, unassigned and bidirectional characters are
 * none of these. ERR_INVALID_REQUEST about the field "username". */
MUST_CHECK int name_check(struct str name, struct err_ctx *ctx);

/* The skeleton (UTS #39 4): names that can be taken for each other have the same one. It is compared,
 * never shown. ERR_INVALID_UTF8, ERR_NO_MEMORY. */
MUST_CHECK int name_skeleton(struct arena *a, struct str name, struct str *ret_skeleton);

#endif
