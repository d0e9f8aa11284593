/* Reading archived segments. */
#include "store/archive/segment.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
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
    segment_take *take;
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
    if (e.seq != w->seq + 1)
        return ERR_INVALID_SYNTAX;
    w->seq = e.seq;
    return w->failure = w->take(w->arg, &e);
}

static int feed(int fd, struct lines *lines)
{
    char bytes[READ_BYTES];
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return ERR_IO;
        if (n == 0)
            return lines_end(lines);
        TRY(lines_add(lines, bytes, (size_t)n));
    }
}

static int read_file(const struct slot *slot, struct walk *w)
{
    CLEANUP(lines_free) struct lines lines;
    int fd;
    lines_init(&lines, EVENT_LINE_MAX_BYTES, take_line, w);
    TRY(archive_open_read(slot, w->segment->file, &fd));
    int err = feed(fd, &lines);
    (void)close(fd);
    if (err == 0 && w->seq != w->segment->statement.last_seq)
        err = ERR_INVALID_SYNTAX;
    return err;
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

int segment_walk(struct store_read *r, const struct event_segment *segment, segment_take *take,
                 void *arg)
{
    struct walk w = {.segment = segment, .take = take, .arg = arg, .seq = -1};
    arena_init(&w.arena, LINE_ARENA_BYTES);
    int err = read_file(r->slot, &w);
    arena_free(&w.arena);
    if (w.failure != 0 || err == 0)
        return w.failure;
    return err == ERR_NO_MEMORY ? err : note_trouble(r, segment, err);
}
