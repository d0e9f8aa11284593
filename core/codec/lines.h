/* Text in lines that comes in pieces, plain or compressed with Zstandard (RFC 8878): which of the
 * two is told from its first bytes. Memory is bounded: a window of 8 MiB and the longest line. */
#ifndef GARITA_CORE_CODEC_LINES_H
#define GARITA_CORE_CODEC_LINES_H

#include "core/base/buf.h"

/* Called for each line, without its end. What it returns, when it is not 0, ends the reading. */
typedef int lines_take(void *arg, struct str line);

struct lines {
    lines_take *take;
    void *arg;
    struct buf line;    /* the part of a line that came so far */
    void *decompressor; /* NULL: plain text, or nothing came yet */
    void *out;          /* for its output */
    unsigned char first[4];
    size_t first_count;
    bool told;         /* plain or compressed */
    bool inside_frame; /* of compressed data: more must come */
};

void lines_init(struct lines *l, size_t line_max_bytes, lines_take *take, void *arg);
/* Any number of bytes. ERR_TOO_LARGE for a line beyond the maximum, ERR_INVALID_SYNTAX for damaged
 * compressed data, ERR_NO_MEMORY, or what take returned. */
MUST_CHECK int lines_add(struct lines *l, const void *bytes, size_t len);
/* After the last bytes. ERR_INVALID_SYNTAX when something is cut off: compressed data or the end of
 * the last line. */
MUST_CHECK int lines_end(struct lines *l);
/* Fits CLEANUP(). */
void lines_free(struct lines *l);

#endif
