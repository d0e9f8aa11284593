/* Pictures that somebody gives this server to show to others: what kind one is, by its bytes and never by what
 * is said of it, and whether it may be kept. PNG, JPEG, WebP and SVG. A drawing (SVG) is refused when it holds
 * anything that runs, or that is taken from elsewhere; it is served so that nothing in it could run in any case
 * (web/login/assets.c). */
#ifndef GARITA_CORE_MODEL_PICTURE_H
#define GARITA_CORE_MODEL_PICTURE_H

#include "core/base/err.h"
#include "core/base/str.h"

#define PICTURE_MAX_BYTES ((size_t)128 << 10)

enum picture_kind { PICTURE_PNG, PICTURE_JPEG, PICTURE_WEBP, PICTURE_SVG };

/* ERR_TOO_LARGE; ERR_INVALID_SYNTAX for what is none of the four; ERR_FORBIDDEN for a drawing that holds more
 * than a drawing. */
MUST_CHECK int picture_check(struct str bytes, enum picture_kind *ret_kind);
/* "image/png" */
struct str picture_type(enum picture_kind kind);
/* What its file is called: "logo.png" */
struct str picture_file(enum picture_kind kind);

#endif
