/* Sealed files: the format is in the header. */
#include "store/repl/sealed_file.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include <zstd.h>

#include "core/base/ct.h"
#include "core/crypto/aead.h"
#include "core/crypto/digest.h"
#include "core/crypto/kdf.h"
#include "core/crypto/seal_stream.h"

#include "core/base/banned.h"

#define MAGIC         "GARITA-B"
#define MAGIC_BYTES   8
#define VERSION       1
#define KEY_ID_BYTES  8
#define WRAPPED_BYTES (AEAD_OVERHEAD_BYTES + SEAL_STREAM_KEY_BYTES)
/* Offsets in the header. */
#define VERSION_AT    MAGIC_BYTES
#define KIND_AT       (VERSION_AT + 1)
#define KEY_ID_AT     (KIND_AT + 1)
#define WRAPPED_AT    (KEY_ID_AT + KEY_ID_BYTES)
#define STREAM_AT     (WRAPPED_AT + WRAPPED_BYTES)
#define HEADER_BYTES  (STREAM_AT + SEAL_STREAM_HEADER_BYTES)

#define PIECE_BYTES   ((size_t)64 << 10)
#define SEALED_BYTES  (PIECE_BYTES + SEAL_STREAM_OVERHEAD_BYTES)
#define LENGTH_BYTES  4
#define LEVEL         3
#define WINDOW_LOG    23 /* 8 MiB: what a file may make the reader keep */
#define SCRATCH_BYTES ((size_t)8 << 10)

struct sealed {
    struct seal_stream stream;
    unsigned char header[HEADER_BYTES];
    unsigned char bound[BLAKE2B_BYTES]; /* header and context, associated with every piece */
};

struct sealed_writer {
    struct sealed s;
    struct whole_file *file;
    ZSTD_CCtx *compressor;
    size_t used; /* of plain */
    int64_t bytes;
    unsigned char plain[PIECE_BYTES];
    unsigned char piece[LENGTH_BYTES + SEALED_BYTES];
};

struct sealed_reader {
    struct sealed s;
    int fd;
    ZSTD_DCtx *expander;
    size_t at, have; /* of plain */
    bool last;       /* the last piece was read, and nothing stands behind it */
    bool whole;      /* what was compressed has come to its end */
    int err;
    unsigned char plain[PIECE_BYTES];
    unsigned char piece[SEALED_BYTES];
};

int backup_key_of(const struct secret *master_key, struct secret *ret_key)
{
    TRY(secret_alloc(ret_key, KDF_KEY_BYTES));
    int err = kdf_derive(secret_view(master_key), "backup", str_of(NULL, 0), ret_key->ptr);
    if (err != 0)
        secret_free(ret_key);
    return err;
}

static struct str view(const unsigned char *bytes, size_t len)
{
    return str_of((const char *)bytes, len);
}

/* Tells keys apart and says nothing about them. */
static int key_id(const struct secret *key, unsigned char id[KEY_ID_BYTES])
{
    unsigned char derived[KDF_KEY_BYTES];
    TRY(kdf_derive(secret_view(key), "backup-key-id", str_of(NULL, 0), derived));
    memcpy(id, derived, KEY_ID_BYTES);
    return 0;
}

static void bind(const unsigned char *header, size_t len, struct str context,
                 unsigned char out[BLAKE2B_BYTES])
{
    const struct str parts[] = {view(header, len), context};
    blake2b_256(str_of(NULL, 0), parts, ARRAY_LEN(parts), out);
}

static struct str bound_of(const struct sealed *s)
{
    return view(s->bound, sizeof(s->bound));
}

/* --- Writing --- */

static int wrap_key(struct sealed *s, const struct secret *key, struct str context,
                    const struct secret *data_key)
{
    CLEANUP(arena_free) struct arena a;
    unsigned char bound[BLAKE2B_BYTES];
    struct str wrapped;
    arena_init(&a, SCRATCH_BYTES);
    bind(s->header, WRAPPED_AT, context, bound);
    TRY(aead_seal(&a, secret_view(key), view(bound, sizeof(bound)), secret_view(data_key),
                  &wrapped));
    memcpy(s->header + WRAPPED_AT, wrapped.ptr, WRAPPED_BYTES);
    return 0;
}

static int make_header(struct sealed *s, const struct secret *key, enum sealed_kind kind,
                       struct str context)
{
    CLEANUP(secret_free) struct secret data_key = {NULL, 0};
    memcpy(s->header, MAGIC, MAGIC_BYTES);
    s->header[VERSION_AT] = VERSION;
    s->header[KIND_AT] = (unsigned char)kind;
    TRY(key_id(key, s->header + KEY_ID_AT));
    TRY(secret_random(&data_key, SEAL_STREAM_KEY_BYTES));
    TRY(wrap_key(s, key, context, &data_key));
    TRY(seal_stream_begin(&s->stream, secret_view(&data_key), s->header + STREAM_AT));
    bind(s->header, HEADER_BYTES, context, s->bound);
    return 0;
}

static int writer_start(struct sealed_writer *w, const struct secret *key, enum sealed_kind kind,
                        struct str context)
{
    w->compressor = ZSTD_createCCtx();
    if (!w->compressor)
        return ERR_NO_MEMORY;
    (void)ZSTD_CCtx_setParameter(w->compressor, ZSTD_c_compressionLevel, LEVEL);
    TRY(make_header(&w->s, key, kind, context));
    w->bytes = HEADER_BYTES;
    return whole_file_write(w->file, w->s.header, HEADER_BYTES);
}

int sealed_writer_open(struct whole_file *file, const struct secret *key, enum sealed_kind kind,
                       struct str context, struct sealed_writer **ret_writer)
{
    struct sealed_writer *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->file = file;
    int err = writer_start(w, key, kind, context);
    if (err != 0)
        sealed_writer_close(w);
    else
        *ret_writer = w;
    return err;
}

static int put_piece(struct sealed_writer *w, bool last)
{
    size_t len = w->used + SEAL_STREAM_OVERHEAD_BYTES;
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        w->piece[i] = (unsigned char)(len >> (8 * i));
    seal_stream_push(&w->s.stream, bound_of(&w->s), view(w->plain, w->used), last,
                     w->piece + LENGTH_BYTES);
    w->used = 0;
    w->bytes += (int64_t)(LENGTH_BYTES + len);
    return whole_file_write(w->file, w->piece, LENGTH_BYTES + len);
}

static int compress(struct sealed_writer *w, const void *bytes, size_t len, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {bytes, len, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {w->plain, PIECE_BYTES, w->used};
        left = ZSTD_compressStream2(w->compressor, &out, &in, how);
        if (ZSTD_isError(left))
            return ERR_NO_MEMORY;
        w->used = out.pos;
        if (w->used == PIECE_BYTES)
            TRY(put_piece(w, false));
    } while (in.pos < in.size || (how == ZSTD_e_end && left != 0));
    return 0;
}

int sealed_write(struct sealed_writer *w, const void *bytes, size_t len)
{
    return compress(w, bytes, len, ZSTD_e_continue);
}

int sealed_writer_end(struct sealed_writer *w, int64_t *ret_bytes)
{
    TRY(compress(w, "", 0, ZSTD_e_end));
    TRY(put_piece(w, true));
    *ret_bytes = w->bytes;
    return 0;
}

void sealed_writer_close(struct sealed_writer *w)
{
    if (!w)
        return;
    (void)ZSTD_freeCCtx(w->compressor);
    secret_wipe(w, sizeof(*w));
    free(w);
}

/* --- Reading --- */

/* ret_len is less than len only at the end of the file. */
static int read_fully(int fd, unsigned char *out, size_t len, size_t *ret_len)
{
    *ret_len = 0;
    while (*ret_len < len) {
        ssize_t n = read(fd, out + *ret_len, len - *ret_len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        *ret_len += (size_t)n;
    }
    return 0;
}

static int read_exactly(int fd, unsigned char *out, size_t len)
{
    size_t have;
    TRY(read_fully(fd, out, len, &have));
    return have == len ? 0 : ERR_STORE_CORRUPT;
}

static int check_header(const struct sealed *s, const struct secret *key, enum sealed_kind kind)
{
    unsigned char id[KEY_ID_BYTES];
    if (memcmp(s->header, MAGIC, MAGIC_BYTES) != 0)
        return ERR_STORE_CORRUPT;
    if (s->header[VERSION_AT] != VERSION)
        return ERR_STORE_VERSION;
    if (s->header[KIND_AT] != (unsigned char)kind)
        return ERR_SEAL;
    TRY(key_id(key, id));
    return ct_eq(view(id, sizeof(id)), view(s->header + KEY_ID_AT, KEY_ID_BYTES)) ? 0 : ERR_BAD_KEY;
}

static int unwrap_key(struct sealed *s, const struct secret *key, struct str context)
{
    CLEANUP(secret_free) struct secret data_key = {NULL, 0};
    unsigned char bound[BLAKE2B_BYTES];
    bind(s->header, WRAPPED_AT, context, bound);
    TRY(aead_open_secret(secret_view(key), view(bound, sizeof(bound)),
                         view(s->header + WRAPPED_AT, WRAPPED_BYTES), &data_key));
    return seal_stream_pull_begin(&s->stream, secret_view(&data_key), s->header + STREAM_AT);
}

static int reader_start(struct sealed_reader *r, const struct secret *key, enum sealed_kind kind,
                        struct str context)
{
    r->expander = ZSTD_createDCtx();
    if (!r->expander)
        return ERR_NO_MEMORY;
    (void)ZSTD_DCtx_setParameter(r->expander, ZSTD_d_windowLogMax, WINDOW_LOG);
    TRY(read_exactly(r->fd, r->s.header, HEADER_BYTES));
    TRY(check_header(&r->s, key, kind));
    TRY(unwrap_key(&r->s, key, context));
    bind(r->s.header, HEADER_BYTES, context, r->s.bound);
    return 0;
}

int sealed_reader_open(int fd, const struct secret *key, enum sealed_kind kind, struct str context,
                       struct sealed_reader **ret_reader)
{
    struct sealed_reader *r = calloc(1, sizeof(*r));
    if (!r) {
        (void)close(fd);
        return ERR_NO_MEMORY;
    }
    r->fd = fd;
    int err = reader_start(r, key, kind, context);
    if (err != 0)
        sealed_reader_close(r);
    else
        *ret_reader = r;
    return err;
}

static int check_end(struct sealed_reader *r)
{
    unsigned char byte;
    size_t n;
    TRY(read_fully(r->fd, &byte, 1, &n));
    return n == 0 ? 0 : ERR_SEAL;
}

static int next_piece(struct sealed_reader *r)
{
    unsigned char length[LENGTH_BYTES];
    size_t len = 0;
    if (r->last)
        return ERR_STORE_CORRUPT;
    TRY(read_exactly(r->fd, length, LENGTH_BYTES));
    for (size_t i = 0; i < LENGTH_BYTES; i++)
        len |= (size_t)length[i] << (8 * i);
    if (len < SEAL_STREAM_OVERHEAD_BYTES || len > SEALED_BYTES)
        return ERR_SEAL;
    TRY(read_exactly(r->fd, r->piece, len));
    TRY(seal_stream_pull(&r->s.stream, bound_of(&r->s), view(r->piece, len), r->plain, &r->last));
    r->at = 0;
    r->have = len - SEAL_STREAM_OVERHEAD_BYTES;
    return r->last ? check_end(r) : 0;
}

/* Until something came out, or all has. */
static int expand(struct sealed_reader *r, ZSTD_outBuffer *out)
{
    size_t before = out->pos;
    while (out->pos == before && !r->whole) {
        ZSTD_inBuffer in = {r->plain, r->have, r->at};
        size_t rc = ZSTD_decompressStream(r->expander, out, &in);
        if (ZSTD_isError(rc))
            return ERR_STORE_CORRUPT;
        r->at = in.pos;
        r->whole = rc == 0;
        if (out->pos == before && !r->whole && r->at == r->have)
            TRY(next_piece(r));
    }
    return 0;
}

/* Behind what was compressed comes nothing but, it may be, an empty last piece. */
static int finish(struct sealed_reader *r)
{
    if (r->at != r->have)
        return ERR_STORE_CORRUPT;
    if (!r->last)
        TRY(next_piece(r));
    return r->last && r->at == r->have ? 0 : ERR_STORE_CORRUPT;
}

static int read_some(struct sealed_reader *r, void *bytes, size_t len, size_t *ret_len)
{
    ZSTD_outBuffer out = {bytes, len, 0};
    while (out.pos < len && !r->whole)
        TRY(expand(r, &out));
    if (r->whole)
        TRY(finish(r));
    *ret_len = out.pos;
    return 0;
}

int sealed_read(struct sealed_reader *r, void *out, size_t len, size_t *ret_len)
{
    *ret_len = 0;
    if (r->err == 0)
        r->err = read_some(r, out, len, ret_len);
    return r->err;
}

int sealed_read_all(struct sealed_reader *r, void *out, size_t len)
{
    size_t have;
    TRY(sealed_read(r, out, len, &have));
    return have == len ? 0 : ERR_STORE_CORRUPT;
}

void sealed_reader_close(struct sealed_reader *r)
{
    if (!r)
        return;
    (void)close(r->fd);
    (void)ZSTD_freeDCtx(r->expander);
    secret_wipe(r, sizeof(*r));
    free(r);
}
