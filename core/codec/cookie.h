/* Cookies (RFC 6265): the Cookie header to names and values, and Set-Cookie lines. */
#ifndef GARITA_CORE_CODEC_COOKIE_H
#define GARITA_CORE_CODEC_COOKIE_H

#include "core/base/arena.h"
#include "core/base/buf.h"

#define COOKIE_MAX_COUNT        128
#define COOKIE_MAX_HEADER_BYTES ((size_t)16 << 10)
#define COOKIE_MAX_VALUE_BYTES  4096

struct cookie {
    struct str name;
    struct str value; /* as sent; not decoded, quotes stay */
};

/* Views into the header, in its order. */
struct cookies {
    const struct cookie *items;
    size_t count;
    size_t skipped; /* malformed pairs: other applications of the host may set what they like */
};

/* A pair whose name is not a token or whose value holds anything but cookie-octets (RFC 6265 4.1.1,
 * plus '"', ',' and space inside, which live sites send) is skipped, never repaired. ERR_TOO_LARGE
 * beyond the maxima, ERR_NO_MEMORY. */
MUST_CHECK int cookie_parse(struct arena *a, struct str header, struct cookies *ret_cookies);
/* Absent when there is none, and when the name comes with two different values: someone planted
 * one, and guessing which is ours would help him. */
struct str cookie_get(const struct cookies *c, struct str name);

enum cookie_same_site { COOKIE_SAME_SITE_LAX, COOKIE_SAME_SITE_STRICT, COOKIE_SAME_SITE_NONE };

#define COOKIE_SESSION_ONLY (-1)

struct cookie_attributes {
    struct str path;   /* absent: left out */
    struct str domain; /* absent: host only */
    int64_t max_age_s; /* COOKIE_SESSION_ONLY: until the browser closes; 0: delete now */
    enum cookie_same_site same_site;
    bool secure;
    bool http_only;
};

/* Appends the value of a Set-Cookie header. ERR_INVALID_SYNTAX (nothing appended) when the name is
 * not a token, value, path or domain hold bytes that may not stand there, when __Host- or __Secure-
 * lack what the prefix asks (RFC 6265bis 4.1.3), or SameSite=None comes without Secure. */
MUST_CHECK int cookie_add(struct buf *b, struct str name, struct str value,
                          const struct cookie_attributes *attributes);

#endif
