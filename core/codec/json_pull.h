/* Reading a JSON text (RFC 8259) that need not fit into memory, piece by piece: the caller walks
 * through the outer arrays and objects and takes single values out of them. What is passed over is
 * checked like what is taken. Bounded in depth, in the length of names and values and in the number
 * of members; memory does not grow with the text. Meaning is for others.
 *
 *   json_pull_enter(p);                          at the beginning of an array or object
 *   while (json_pull_next(p, &more) == 0 && more)
 *       json_pull_read(p, a, &value);            or _skip, or _enter and so on
 *
 * After an error every call gives the same error again; json_pull_where tells where it is. */
#ifndef GARITA_CORE_CODEC_JSON_PULL_H
#define GARITA_CORE_CODEC_JSON_PULL_H

#include "core/codec/json.h"

#define JSON_PULL_MAX_DEPTH      48
#define JSON_PULL_NAME_MAX_BYTES 512
#define JSON_PULL_WINDOW_BYTES   16384

/* Where the text comes from. read gives at most size bytes from offset on; none means the end. */
struct json_source {
    int (*read)(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len);
    void *context;
};

struct json_pull_limits {
    size_t max_value_bytes; /* of one value that is read, and of one text that is passed over */
    uint64_t max_members;   /* of one object */
    uint64_t max_elements;  /* of one array */
};

struct json_pull_level {
    bool is_object;
    uint64_t count; /* of what was begun in it */
};

/* A place in the text to come back to. */
struct json_pull_place {
    uint64_t offset, line, line_start;
    unsigned depth;
    struct json_pull_level levels[JSON_PULL_MAX_DEPTH];
};

struct json_pull {
    struct json_source source;
    struct json_pull_limits limits;
    int err;
    struct json_pull_place at;
    struct str name; /* of the member that json_pull_next came to; in an array absent */
    struct buf *capture;
    size_t window_at, window_len;
    char name_bytes[JSON_PULL_NAME_MAX_BYTES + 3];
    char window[JSON_PULL_WINDOW_BYTES];
};

/* A byte order mark at the beginning is passed over (RFC 8259 8.1). */
void json_pull_init(struct json_pull *p, const struct json_source *source,
                    const struct json_pull_limits *limits);

/* What kind of value begins here, by its first byte: JSON_INT for every number, JSON_MISSING where no
 * value can begin. */
MUST_CHECK int json_pull_kind(struct json_pull *p, enum json_kind *ret_kind);
/* Into the array or object that begins here. ERR_INVALID_SYNTAX when something else does,
 * ERR_TOO_DEEP. */
MUST_CHECK int json_pull_enter(struct json_pull *p);
/* To the next member, whose name is in p->name until the next call, or to the next element; the value
 * before must have been taken or passed over. *ret_more false: the array or object has ended, and was
 * left. ERR_TOO_LARGE beyond the limits. */
MUST_CHECK int json_pull_next(struct json_pull *p, bool *ret_more);
MUST_CHECK int json_pull_skip(struct json_pull *p);
/* The value that begins here, with the errors of json_parse. */
MUST_CHECK int json_pull_read(struct json_pull *p, struct arena *a,
                              const struct json_value **ret_value);
/* Nothing but space is left. */
MUST_CHECK int json_pull_end(struct json_pull *p);

/* Notes the place, which must be one where a value begins, and goes to one that was noted. */
void json_pull_mark(const struct json_pull *p, struct json_pull_place *ret_place);
void json_pull_go(struct json_pull *p, const struct json_pull_place *place);
/* From 1 on; the column counts bytes. */
void json_pull_where(const struct json_pull *p, uint64_t *ret_line, uint64_t *ret_column);

#endif
