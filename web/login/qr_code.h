/* QR codes (ISO/IEC 18004) as one path of an SVG image, made here: what they say may be secret and is asked of no
 * other host. */
#ifndef GARITA_WEB_LOGIN_QR_CODE_H
#define GARITA_WEB_LOGIN_QR_CODE_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct qr_code {
    struct str path; /* of the dark modules, each a unit wide: "M4 4h7v1h-7z..." */
    int64_t size;    /* of a side, with the margin of four that readers want around it */
};

/* ERR_TOO_LARGE for a text that fits no code of version 30, ERR_NO_MEMORY. */
MUST_CHECK int qr_code_of(struct arena *a, struct str text, struct qr_code *ret_code);

#endif
