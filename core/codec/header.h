/* Values of HTTP headers (RFC 9110) that need more than a comparison: Authorization,
 * Accept-Language, media types. */
#ifndef GARITA_CORE_CODEC_HEADER_H
#define GARITA_CORE_CODEC_HEADER_H

#include "core/base/arena.h"

/* token of RFC 9110 5.6.2: never empty. */
bool header_is_token(struct str s);

/* Authorization: scheme and what follows it. */
struct auth_header {
    struct str scheme;      /* compare with str_ieq */
    struct str credentials; /* token68 or parameters; may be empty */
};
#define AUTH_HEADER_MAX_BYTES ((size_t)32 << 10)
/* ERR_INVALID_SYNTAX, ERR_TOO_LARGE. Credentials hold visible ASCII and single spaces only. */
MUST_CHECK int auth_header_parse(struct str value, struct auth_header *ret_auth);
/* The token of "Bearer <b64token>" (RFC 6750 2.1). ERR_INVALID_SYNTAX for another scheme or
 * characters. */
MUST_CHECK int auth_header_bearer(struct str value, struct str *ret_token);

/* Basic credentials (RFC 7617). Both are UTF-8 without control characters. */
struct basic_credentials {
    struct str user;
    struct str password;
};
/* As client credentials: both parts are form-encoded inside (RFC 6749 2.3.1). credentials is what
 * stands after "Basic ". ERR_INVALID_SYNTAX, ERR_INVALID_UTF8, ERR_NO_MEMORY. */
MUST_CHECK int auth_basic_client(struct arena *a, struct str credentials,
                                 struct basic_credentials *ret_basic);
/* As they stand, without the form decoding: for users. */
MUST_CHECK int auth_basic_user(struct arena *a, struct str credentials,
                               struct basic_credentials *ret_basic);

/* Accept-Language: ranges the client takes, best first; same quality keeps the order of the header.
 * q=0 is left out. Malformed elements are skipped, elements beyond the maximum are ignored. */
#define LANGUAGE_MAX_RANGES 16
struct language_range {
    struct str tag; /* "es-PE" or "*", as sent */
    int q_milli;    /* 1..1000 */
};
struct languages {
    struct language_range ranges[LANGUAGE_MAX_RANGES];
    size_t count;
};
void accept_language_parse(struct str value, struct languages *ret_languages);
/* The best of the offered tags by lookup (RFC 4647 3.4): "es-PE" finds "es". -1: none fits; a "*"
 * takes the first. */
ptrdiff_t accept_language_choose(const struct languages *l, const struct str *offered,
                                 size_t offered_count);

/* Whether Accept-Encoding names this coding with another quality than 0 (RFC 9110 12.5.3). Absent: no;
 * "*" does not count, as sending a coding is never owed. */
bool accept_encoding_takes(struct str value, struct str coding);

/* "application/json; charset=utf-8". Views into the value. */
#define MEDIA_TYPE_MAX_PARAMS 8
struct media_type {
    struct str type;
    struct str subtype;
    struct {
        struct str name;
        struct str value; /* without quotes; values with escapes inside are refused */
    } params[MEDIA_TYPE_MAX_PARAMS];
    size_t param_count;
};
/* ERR_INVALID_SYNTAX, ERR_TOO_LARGE (parameters), ERR_DUPLICATE (one of them twice). */
MUST_CHECK int media_type_parse(struct str value, struct media_type *ret_media_type);
/* media_type_is(&m, "application", "json"); case does not count. */
bool media_type_is(const struct media_type *m, const char *type, const char *subtype);
/* Absent when there is none. */
struct str media_type_param(const struct media_type *m, const char *name);

#endif
