/* Decompressing as bytes come, and cutting at line ends. */
#include "core/codec/lines.h"

#include <stdlib.h>

#include <zstd.h>

#include "core/base/err.h"

#include "core/base/banned.h"

#define WINDOW_LOG_MAX 23 /* 8 MiB, which RFC 8878 3.1.1.1.2 asks every decoder for */
#define OUT_BYTES      ((size_t)64 << 10)

void lines_init(struct lines *l, size_t line_max_bytes, lines_take *take, void *arg)
{
    *l = (struct lines){.take = take, .arg = arg};
    buf_init(&l->line, NULL, line_max_bytes);
}

void lines_free(struct lines *l)
{
    (void)ZSTD_freeDCtx(l->decompressor);
    free(l->out);
    buf_free(&l->line);
    l->decompressor = l->out = NULL;
}

static int end_line(struct lines *l)
{
    struct str line;
    TRY(buf_finish(&l->line, &line));
    TRY(l->take(l->arg, line));
    buf_clear(&l->line);
    return 0;
}

static int add_text(struct lines *l, struct str text)
{
    while (text.len > 0) {
        ptrdiff_t end = str_find(text, '\n');
        size_t len = end < 0 ? text.len : (size_t)end;
        buf_add(&l->line, str_sub(text, 0, len));
        if (l->line.failed)
            return ERR_TOO_LARGE;
        if (end < 0)
            return 0;
        TRY(end_line(l));
        text = str_from(text, len + 1);
    }
    return 0;
}

static int add_compressed(struct lines *l, struct str bytes)
{
    ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
    for (;;) {
        ZSTD_outBuffer out = {l->out, OUT_BYTES, 0};
        size_t left = ZSTD_decompressStream(l->decompressor, &out, &in);
        if (ZSTD_isError(left))
            return ERR_INVALID_SYNTAX;
        l->inside_frame = left != 0;
        TRY(add_text(l, str_of(l->out, out.pos)));
        if (in.pos == in.size && out.pos < OUT_BYTES)
            return 0;
    }
}

static int add(struct lines *l, struct str bytes)
{
    return l->decompressor ? add_compressed(l, bytes) : add_text(l, bytes);
}

static int start_decompressor(struct lines *l)
{
    l->decompressor = ZSTD_createDCtx();
    l->out = malloc(OUT_BYTES);
    if (!l->decompressor || !l->out)
        return ERR_NO_MEMORY;
    size_t rc = ZSTD_DCtx_setParameter(l->decompressor, ZSTD_d_windowLogMax, WINDOW_LOG_MAX);
    return ZSTD_isError(rc) ? ERR_INTERNAL : 0;
}

/* The first four bytes are kept until it is clear what they begin. */
static int tell(struct lines *l)
{
    static const unsigned char magic[4] = {0x28, 0xb5, 0x2f, 0xfd}; /* RFC 8878 3.1.1 */
    l->told = true;
    if (l->first_count == sizeof(magic) && memcmp(l->first, magic, sizeof(magic)) == 0)
        TRY(start_decompressor(l));
    return add(l, str_of((const char *)l->first, l->first_count));
}

int lines_add(struct lines *l, const void *bytes, size_t len)
{
    struct str rest = str_of(bytes, len);
    while (!l->told && rest.len > 0) {
        l->first[l->first_count++] = (unsigned char)rest.ptr[0];
        rest = str_from(rest, 1);
        if (l->first_count == sizeof(l->first))
            TRY(tell(l));
    }
    return rest.len > 0 ? add(l, rest) : 0;
}

int lines_end(struct lines *l)
{
    if (!l->told)
        TRY(tell(l));
    return l->inside_frame || l->line.len > 0 ? ERR_INVALID_SYNTAX : 0;
}
