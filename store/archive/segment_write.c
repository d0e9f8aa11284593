/* Writing archived segments: compressed as the events come from the database. */
#include "store/archive/segment.h"

#include <stdlib.h>

#include <zstd.h>

#include "core/audit/line.h"
#include "store/archive/folder.h"
#include "store/view.h"

#include "core/base/banned.h"

#define CHUNK             256
#define CHUNK_ARENA_BYTES ((size_t)256 << 20)
#define OUT_BYTES         ((size_t)128 << 10)
#define LEVEL             6
/* So much is brought to disk at a time: a flush of the whole would hold up those of commits. */
#define FLUSH_BYTES       ((int64_t)4 << 20)

struct writer {
    struct whole_file file;
    ZSTD_CCtx *compressor;
    void *out;
    int64_t written; /* bytes of the file */
    int64_t flushed; /* so many of them are on disk */
    struct segment_map_writer map;
    struct segment_block_sum sum; /* of the block that is being written */
    int64_t block_at;
};

static int compress(struct writer *w, struct str bytes, ZSTD_EndDirective how)
{
    ZSTD_inBuffer in = {bytes.ptr, bytes.len, 0};
    size_t left;
    do {
        ZSTD_outBuffer out = {w->out, OUT_BYTES, 0};
        left = ZSTD_compressStream2(w->compressor, &out, &in, how);
        if (ZSTD_isError(left))
            return ERR_NO_MEMORY;
        TRY(whole_file_write(&w->file, w->out, out.pos));
        w->written += (int64_t)out.pos;
    } while (in.pos < in.size || (how == ZSTD_e_end && left != 0));
    return 0;
}

static int write_line(struct writer *w, struct json_writer *j)
{
    struct str text;
    TRY(jw_finish(j, &text));
    TRY(compress(w, text, ZSTD_e_continue));
    return compress(w, STR("\n"), ZSTD_e_continue);
}

static int write_statement(struct writer *w, const struct statement *s)
{
    CLEANUP(arena_free) struct arena a;
    struct buf b;
    struct json_writer j;
    arena_init(&a, EVENT_LINE_MAX_BYTES);
    buf_init(&b, &a, EVENT_LINE_MAX_BYTES);
    jw_init(&j, &b);
    jw_begin_object(&j);
    jw_member_object(&j, "segment");
    statement_write(&j, &a, s);
    jw_end_object(&j);
    jw_end_object(&j);
    return write_line(w, &j);
}

static int write_event(struct writer *w, struct arena *a, const struct event_record *e)
{
    struct buf b;
    struct json_writer j;
    buf_init(&b, a, EVENT_LINE_MAX_BYTES);
    jw_init(&j, &b);
    event_line_write(&j, a, e);
    return write_line(w, &j);
}

static int begin_block(struct writer *w)
{
    TRY(compress(w, STR(""), ZSTD_e_end));
    w->block_at = w->written;
    segment_block_begin(&w->sum);
    return 0;
}

static int end_block(struct writer *w)
{
    int64_t at = w->block_at;
    TRY(compress(w, STR(""), ZSTD_e_end));
    segment_map_put(&w->map, &w->sum, at, w->written - at);
    w->block_at = w->written;
    segment_block_begin(&w->sum);
    return 0;
}

/* Without one, a month of very many events is read as a whole when it is searched. */
static int write_map(struct writer *w)
{
    CLEANUP(buf_free) struct buf frame;
    buf_init(&frame, NULL, SEGMENT_MAP_MAX_BYTES);
    int err = segment_map_finish(&w->map, &frame);
    if (err != 0)
        return err == ERR_TOO_LARGE ? 0 : err;
    return whole_file_write(&w->file, frame.ptr, frame.len);
}

static int flush_some(struct writer *w)
{
    if (w->written - w->flushed < FLUSH_BYTES)
        return 0;
    w->flushed = w->written;
    return whole_file_flush(&w->file);
}

static int read_chunk(struct realm_view *view, struct arena *a, int64_t after, int64_t last,
                      struct event_record **ret_items, size_t *ret_count)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(view, &r));
    return event_rows(r, a, after, last, CHUNK, ret_items, ret_count);
}

/* Events after *io_seq; where the chain stands goes along. */
static int write_chunk(struct writer *w, struct realm_view *view, const struct statement *s,
                       int64_t *io_seq, unsigned char hash[AUDIT_HASH_BYTES])
{
    CLEANUP(arena_free) struct arena a;
    struct event_record *items;
    size_t count;
    arena_init(&a, CHUNK_ARENA_BYTES);
    TRY(read_chunk(view, &a, *io_seq, s->last_seq, &items, &count));
    for (size_t i = 0; i < count; i++) {
        struct event_record *e = &items[i];
        if (e->seq != *io_seq + 1 || e->hash.len != AUDIT_HASH_BYTES)
            return ERR_STORE_CORRUPT;
        e->prev_hash = str_of((const char *)hash, AUDIT_HASH_BYTES);
        TRY(write_event(w, &a, e));
        segment_block_add(&w->sum, e);
        if (w->sum.block.count == SEGMENT_BLOCK_EVENTS)
            TRY(end_block(w));
        *io_seq = e->seq;
        memcpy(hash, e->hash.ptr, AUDIT_HASH_BYTES);
    }
    return flush_some(w);
}

static int write_all(struct writer *w, struct realm_view *view, const struct statement *s)
{
    unsigned char hash[AUDIT_HASH_BYTES];
    int64_t seq = s->first_seq - 1;
    if (s->prev_hash.len != sizeof(hash))
        return ERR_STORE_CORRUPT;
    memcpy(hash, s->prev_hash.ptr, sizeof(hash));
    TRY(write_statement(w, s));
    TRY(begin_block(w));
    while (seq < s->last_seq) {
        int64_t before = seq;
        TRY(write_chunk(w, view, s, &seq, hash));
        if (seq == before)
            return ERR_STORE_CORRUPT;
    }
    if (!str_eq(s->last_hash, str_of((const char *)hash, sizeof(hash))))
        return ERR_STORE_CORRUPT;
    if (w->sum.block.count > 0)
        TRY(end_block(w));
    TRY(write_map(w));
    return whole_file_publish(&w->file);
}

static int writer_open(const struct slot *slot, struct str file, struct writer *w)
{
    segment_map_writer_init(&w->map);
    w->compressor = ZSTD_createCCtx();
    w->out = malloc(OUT_BYTES);
    if (!w->compressor || !w->out)
        return ERR_NO_MEMORY;
    (void)ZSTD_CCtx_setParameter(w->compressor, ZSTD_c_compressionLevel, LEVEL);
    (void)ZSTD_CCtx_setParameter(w->compressor, ZSTD_c_checksumFlag, 1);
    return archive_file_create(&slot->store->folder, slot->file, file, &w->file);
}

static void writer_close(struct writer *w)
{
    whole_file_close(&w->file);
    (void)ZSTD_freeCCtx(w->compressor);
    free(w->out);
    segment_map_writer_free(&w->map);
}

int segment_write(struct realm_view *view, const struct event_segment *segment)
{
    CLEANUP(writer_close) struct writer w = {.file = WHOLE_FILE_NONE};
    TRY(writer_open(view->slot, segment->file, &w));
    return write_all(&w, view, &segment->statement);
}
