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
/* Whether it is an origin under that rule; "+" and "*" are none. */
bool text_is_web_origin(struct str text);
/* Valid UTF-8 of at most max_bytes without control characters. */
MUST_CHECK int text_check(struct str text, size_t max_bytes, const char *name, struct err_ctx *ctx);
/* The same with lines: what people write to explain something to each other. */
MUST_CHECK int description_check(struct str text, size_t max_bytes, struct err_ctx *ctx);
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
/* Characters that make a name look like another one or like nothing: controls (C0, C1), bidirectional ones and
 * all that nobody sees (Default_Ignorable_Code_Point), but for a variation selector behind a sign that has
 * variants. The text must be UTF-8. */
bool text_is_deceptive(struct str text);
/* The text without them. ERR_NO_MEMORY. */
MUST_CHECK int text_without_deceptive(struct arena *a, struct str text, struct str *ret_text);
/* Nothing but spaces of whatever width. */
bool text_is_blank(struct str text);
/* What people call a device: ret_label is raw without the spaces around it, at most DEVICE_LABEL_MAX_BYTES of what can be
 * read as it is; it may be empty. ERR_INVALID_REQUEST about that field. */
MUST_CHECK int label_check(struct str raw, const char *field, struct str *ret_label,
                           struct err_ctx *ctx);

#define DEVICE_LABEL_MAX_BYTES 255
#define ATTRS_MAX_COUNT        128
#define ATTRS_MAX_VALUES       256
#define ATTRS_MAX_NAME_BYTES   255
#define ATTRS_MAX_VALUE_BYTES  4096

#endif
