/* Unicode text as other texts: normalization forms, case folding, code points. The data is that of
 * utf8proc. All texts are UTF-8 (str_is_utf8). */
#ifndef GARITA_CORE_CODEC_UNICODE_H
#define GARITA_CORE_CODEC_UNICODE_H

#include "core/base/arena.h"

/* NFKC with full case folding: two texts that differ in case, width, ligatures or composition only
 * become one. Folding what was folded changes nothing. ERR_INVALID_UTF8, ERR_NO_MEMORY. */
MUST_CHECK int unicode_fold(struct arena *a, struct str text, struct str *ret_text);
/* NFD: canonical decomposition. Errors as above. */
MUST_CHECK int unicode_decompose(struct arena *a, struct str text, struct str *ret_text);

bool unicode_is_ascii(struct str text);
/* Takes the next code point from valid, non-empty UTF-8. */
uint32_t unicode_next(struct str *io_rest);
/* A combining mark: it is drawn upon what stands before it. */
bool unicode_is_mark(uint32_t code_point);
/* The general category in its two letters, "Lu". */
const char *unicode_category(uint32_t code_point);
/* A space of any width (Zs); line breaks and tabs are controls. */
bool unicode_is_space(uint32_t code_point);
/* Without the spaces and tabs at both ends; a part of the text that was given. */
struct str unicode_trim(struct str text);

#endif
