/* Checks that several models share: which URIs and texts may be stored at all. */
#ifndef GARITA_CORE_MODEL_CHECK_H
#define GARITA_CORE_MODEL_CHECK_H

#include "core/model/fields.h"

enum uri_for {
    URI_FOR_REDIRECT, /* https, http on loopback, private-use schemes (RFC 8252 7.1), "/path" of
                       * our own; no fragment (RFC 6749 3.1.2); a '*' may end the path */
    URI_FOR_PAGE,     /* https, http on loopback, "/path" of our own, ${authBaseUrl} and
                       * ${authAdminUrl} as Keycloak's own clients have them */
    URI_FOR_FETCH     /* https, http on loopback: what the server itself may read */
};

/* OA-03: what is not on this list is refused, whatever its spelling. ERR_INVALID_REQUEST with the
 * name in ctx->field. An empty text is fine. */
MUST_CHECK int uri_check(struct str text, enum uri_for use, const char *name, struct err_ctx *ctx);
/* "+", "*" or an origin (RFC 6454 6.2) under the same rule. */
MUST_CHECK int web_origin_check(struct str text, struct err_ctx *ctx);
/* Valid UTF-8 of at most max_bytes without control characters. */
MUST_CHECK int text_check(struct str text, size_t max_bytes, const char *name, struct err_ctx *ctx);
/* "." or "..", which paths have another meaning for. */
bool path_segment_is_dots(struct str text);
/* An id or name that will be one segment of a path: a text as above that no client, proxy or browser takes
 * for more than that. "..", above all: a call about such an object would be one about what holds it. */
MUST_CHECK int path_segment_check(struct str text, size_t max_bytes, const char *name,
                                  struct err_ctx *ctx);
/* Names and values of a map by text_check; at most max_count of them. */
MUST_CHECK int map_check(const struct str_map *map, size_t max_count, size_t max_value_bytes,
                         const char *name, struct err_ctx *ctx);
/* The same for attributes; line breaks are allowed in values. */
MUST_CHECK int attrs_check(const struct attrs *attrs, const char *name, struct err_ctx *ctx);
/* Characters that make a name look like another one or like nothing: controls (C0, C1), zero-width
 * and bidirectional ones. The text must be UTF-8. */
bool text_is_deceptive(struct str text);

#define ATTRS_MAX_COUNT       128
#define ATTRS_MAX_VALUES      256
#define ATTRS_MAX_NAME_BYTES  255
#define ATTRS_MAX_VALUE_BYTES 4096

#endif
