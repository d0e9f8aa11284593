/* multipart/form-data (RFC 7578): bodies of uploads to parts. Strict: nothing before the first boundary, line
 * ends are CRLF, every part says its name. Parts are views into the body; their bytes are not looked at. */
#ifndef GARITA_CORE_CODEC_MULTIPART_H
#define GARITA_CORE_CODEC_MULTIPART_H

#include "core/base/arena.h"

#define MULTIPART_MAX_PARTS          16
#define MULTIPART_BOUNDARY_MAX_BYTES 70 /* RFC 2046 5.1.1 */

struct multipart_part {
    struct str name; /* as it is written, without quotes */
    struct str value;
};

struct multipart {
    struct multipart_part parts[MULTIPART_MAX_PARTS];
    size_t count;
};

/* content_type is the header's value, with the boundary. ERR_UNSUPPORTED_MEDIA_TYPE for another type,
 * ERR_INVALID_SYNTAX, ERR_TOO_LARGE (too many parts), ERR_DUPLICATE (a name twice), ERR_NO_MEMORY. */
MUST_CHECK int multipart_parse(struct arena *a, struct str content_type, struct str body,
                               struct multipart *ret_multipart);
/* Absent when there is none. */
struct str multipart_get(const struct multipart *m, const char *name);

#endif
