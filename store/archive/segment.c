/* Reading archived segments. */
#include "store/archive/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/audit/line.h"
#include "core/base/log.h"
#include "core/codec/lines.h"
#include "core/port/events.h"
#include "store/archive/folder.h"

#include "core/base/banned.h"

#define READ_BYTES       ((size_t)64 << 10)
#define LINE_ARENA_BYTES ((size_t)16 << 20)

struct walk {
    const struct event_segment *segment;
    segment_take *take; /* NULL: no event may come */
    void *arg;
    struct arena arena; /* of one line */
    int64_t seq;        /* last one seen; -1: not even the statement */
    int failure;        /* of take, which is no damage */
};

/* The first line says what the file holds: the same that the row says. */
static int check_statement(struct walk *w, const struct json_value *v)
{
    const struct statement *row = &w->segment->statement;
    struct statement s;
    struct str in_file, in_row;
    TRY(statement_read(&w->arena, json_get(v, "segment"), STATEMENT_SEGMENT, &s));
    TRY(statement_bytes(&s, &w->arena, &in_file));
    TRY(statement_bytes(row, &w->arena, &in_row));
    if (!str_eq(in_file, in_row) || !str_eq(s.signature, row->signature))
        return ERR_INVALID_SYNTAX;
    w->seq = s.first_seq - 1;
    return 0;
}

static int take_line(void *arg, struct str line)
{
    struct walk *w = arg;
    const struct json_value *v;
    struct event_record e;
    bool first = w->seq < 0;
    arena_reset(&w->arena);
    TRY(json_parse(&w->arena, line, EVENT_LINE_MAX_BYTES, &v));
    if (first)
        return check_statement(w, v);
    TRY(event_line_read(&w->arena, v, &e));
    if (e.seq != w->seq + 1 || !w->take)
        return ERR_INVALID_SYNTAX;
    w->seq = e.seq;
    return w->failure = w->take(w->arg, &e);
}

/* The bytes from offset on, at most left. */
static int feed(int fd, struct lines *lines, int64_t offset, int64_t left)
{
    char bytes[READ_BYTES];
    while (left > 0) {
        size_t most = left < (int64_t)sizeof(bytes) ? (size_t)left : sizeof(bytes);
        ssize_t n = pread(fd, bytes, most, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            break;
        TRY(lines_add(lines, bytes, (size_t)n));
        offset += n;
        left -= n;
    }
    return lines_end(lines);
}

/* Whole lines that end with the event of that number. */
static int read_lines(const struct segment_reader *s, struct walk *w, int64_t offset, int64_t bytes,
                      int64_t last_seq)
{
    CLEANUP(lines_free) struct lines lines;
    lines_init(&lines, EVENT_LINE_MAX_BYTES, take_line, w);
    TRY(feed(s->fd, &lines, offset, bytes));
    return w->seq == last_seq ? 0 : ERR_INVALID_SYNTAX;
}

static const char *trouble_word(int err)
{
    switch (err) {
    case ERR_NOT_FOUND: return "is missing: put it back from a copy";
    case ERR_STORE_READ_ONLY: return "may not be read: give it back to the server's user";
    case ERR_CONFIG: return "is a symbolic link or no file: put the file itself there";
    case ERR_IO: return "cannot be read: look at the disk, or put it back from a copy";
    default: return "is damaged: put it back from a copy";
    }
}

static int note_trouble(struct store_read *r, const struct event_segment *segment, int err)
{
    (void)snprintf(r->archive_trouble, sizeof(r->archive_trouble), ARCHIVES_NAME "/%s/%.*s %s",
                   r->slot->file, STR_ARG(segment->file), trouble_word(err));
    LOG_ERROR("store", "%s", r->archive_trouble);
    return err == ERR_IO ? err : ERR_AUDIT_ARCHIVE;
}

struct str event_archive_trouble(const struct store_read *r)
{
    return str_c(r->archive_trouble);
}

/* Of take a failure is no damage, and memory that is not there neither. */
static int outcome(const struct segment_reader *s, const struct walk *w, int err)
{
    if (w->failure != 0 || err == 0)
        return w->failure;
    return err == ERR_NO_MEMORY ? err : note_trouble(s->r, s->segment, err);
}

/* --- Opening --- */

static int read_whole(int fd, int64_t offset, char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t n = pread(fd, bytes, len, offset);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return n < 0 ? ERR_IO : ERR_INVALID_SYNTAX;
        bytes += n;
        len -= (size_t)n;
        offset += n;
    }
    return 0;
}

static bool map_fits(const struct segment_map *map, const struct statement *s)
{
    struct segment_block first = segment_map_block(map, 0);
    struct segment_block last = segment_map_block(map, map->count - 1);
    return first.first_seq == s->first_seq && last.first_seq + last.count - 1 == s->last_seq;
}

static int read_map(struct segment_reader *s)
{
    char tail[SEGMENT_MAP_TAIL_BYTES];
    struct stat st;
    if (fstat(s->fd, &st) != 0)
        return ERR_IO;
    if (st.st_size < (off_t)sizeof(tail))
        return 0;
    TRY(read_whole(s->fd, st.st_size - (off_t)sizeof(tail), tail, sizeof(tail)));
    size_t bytes = segment_map_frame_bytes(str_of(tail, sizeof(tail)));
    if (bytes == 0)
        return 0;
    if ((off_t)bytes > st.st_size || bytes > SEGMENT_MAP_MAX_BYTES)
        return ERR_INVALID_SYNTAX;
    char *frame = buf_extend(&s->frame, bytes);
    if (!frame)
        return ERR_NO_MEMORY;
    TRY(read_whole(s->fd, st.st_size - (off_t)bytes, frame, bytes));
    TRY(segment_map_parse(str_of(frame, bytes), st.st_size - (off_t)bytes, &s->map));
    return map_fits(&s->map, &s->segment->statement) ? 0 : ERR_INVALID_SYNTAX;
}

static int open_and_look(struct segment_reader *s, struct walk *w)
{
    TRY(archive_open_read(s->r->slot, s->segment->file, &s->fd));
    TRY(read_map(s));
    if (s->map.count == 0)
        return 0; /* the statement comes with the events */
    return read_lines(s, w, 0, segment_map_block(&s->map, 0).offset,
                      s->segment->statement.first_seq - 1);
}

static void walk_init(struct walk *w, const struct segment_reader *s, segment_take *take, void *arg)
{
    *w = (struct walk){.segment = s->segment, .take = take, .arg = arg, .seq = -1};
    arena_init(&w->arena, LINE_ARENA_BYTES);
}

int segment_open(struct store_read *r, const struct event_segment *segment,
                 struct segment_reader *ret_reader)
{
    struct walk w;
    *ret_reader = (struct segment_reader){.r = r, .segment = segment, .fd = -1};
    buf_init(&ret_reader->frame, NULL, SEGMENT_MAP_MAX_BYTES);
    walk_init(&w, ret_reader, NULL, NULL);
    int err = open_and_look(ret_reader, &w);
    arena_free(&w.arena);
    return outcome(ret_reader, &w, err);
}

void segment_close(struct segment_reader *s)
{
    if (s->fd >= 0)
        (void)close(s->fd);
    s->fd = -1;
    buf_free(&s->frame);
}

/* --- Parts --- */

size_t segment_parts(const struct segment_reader *s)
{
    return s->map.count == 0 ? 1 : s->map.count;
}

bool segment_part_may_hold(const struct segment_reader *s, size_t part,
                           const struct event_filter *filter, int64_t start)
{
    if (s->map.count == 0)
        return true;
    struct segment_block block = segment_map_block(&s->map, part);
    return segment_block_may_hold(&block, filter, start);
}

static int read_part(const struct segment_reader *s, struct walk *w, size_t part)
{
    if (s->map.count == 0)
        return read_lines(s, w, 0, INT64_MAX, s->segment->statement.last_seq);
    struct segment_block block = segment_map_block(&s->map, part);
    w->seq = block.first_seq - 1;
    return read_lines(s, w, block.offset, block.bytes, block.first_seq + block.count - 1);
}

int segment_part_walk(struct segment_reader *s, size_t part, segment_take *take, void *arg)
{
    struct walk w;
    walk_init(&w, s, take, arg);
    int err = read_part(s, &w, part);
    arena_free(&w.arena);
    return outcome(s, &w, err);
}

/* --- The whole, proved --- */

struct proved {
    segment_take *take;
    void *arg;
    struct segment_block_sum sum;
};

static int take_and_sum(void *arg, const struct event_record *e)
{
    struct proved *p = arg;
    segment_block_add(&p->sum, e);
    return p->take(p->arg, e);
}

static int walk_proved(struct segment_reader *s, struct proved *p)
{
    for (size_t i = 0; i < s->map.count; i++) {
        struct segment_block block = segment_map_block(&s->map, i);
        bool same;
        segment_block_begin(&p->sum);
        TRY(segment_part_walk(s, i, take_and_sum, p));
        TRY(segment_block_is(&p->sum, &block, &same));
        if (!same)
            return note_trouble(s->r, s->segment, ERR_INVALID_SYNTAX);
    }
    return 0;
}

int segment_walk(struct store_read *r, const struct event_segment *segment, segment_take *take,
                 void *arg)
{
    CLEANUP(segment_close) struct segment_reader s;
    TRY(segment_open(r, segment, &s));
    if (s.map.count == 0)
        return segment_part_walk(&s, 0, take, arg);
    struct proved *p = malloc(sizeof(*p));
    if (!p)
        return ERR_NO_MEMORY;
    p->take = take;
    p->arg = arg;
    int err = walk_proved(&s, p);
    free(p);
    return err;
}
