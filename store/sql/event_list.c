/* Listing the audit chain: what is in the database and what is in archives, as one. */
#include "core/port/events.h"
#include "store/archive/segment.h"
#include "store/sql/event_box.h"
#include "store/sql/event_row.h"
#include "store/sql/rows.h"
#include "store/tx.h"

#include "core/base/banned.h"

static struct str json_or_empty(struct str json)
{
    return str_absent(json) ? STR("{}") : json;
}

/* The columns of event_head, when a head stands at the event. */
static int read_head(const struct store_read *r, struct query *q, struct arena *a,
                     struct event_record *e)
{
    int64_t first_seq = query_col_i64(q, 20);
    if (first_seq == 0)
        return 0;
    struct statement *s = ARENA_NEW(a, struct statement);
    if (!s)
        return ERR_NO_MEMORY;
    *s = (struct statement){.kind = STATEMENT_HEAD,
                            .realm_id = arena_str(a, r->slot->id),
                            .first_seq = first_seq,
                            .prev_hash = query_col_str(q, 21, a),
                            .last_seq = e->seq,
                            .last_hash = query_col_str(q, 22, a),
                            .time_ms = query_col_i64(q, 23),
                            .kid = query_col_str(q, 24, a),
                            .signature = query_col_str(q, 25, a)};
    e->head = s;
    return str_absent(s->realm_id) ? ERR_NO_MEMORY : 0;
}

int event_row_read(struct query *q, struct arena *a, void *ret_item, void *context)
{
    struct event_record *ret_record = ret_item;
    struct str kind = query_col_str(q, 2, a);
    struct str stream = query_col_id(q, 3, a);
    *ret_record = (struct event_record){
        .seq = query_col_i64(q, 0),
        .id = query_col_id(q, 1, a),
        .stream_id = ARENA_CONCAT(a, kind, STR(":"), stream),
        .type = query_col_str(q, 4, a),
        .version = query_col_i64(q, 5),
        .time_ms = query_col_i64(q, 6),
        .tenant = query_col_str(q, 7, a),
        .user_id = query_col_id(q, 8, a),
        .session_id = query_col_id(q, 9, a),
        .client_id = query_col_str(q, 10, a),
        .ip = query_col_str(q, 11, a),
        .user_agent = query_col_str(q, 12, a),
        .data = json_or_empty(query_col_str(q, 13, a)),
        .metadata = json_or_empty(query_col_str(q, 14, a)),
        .hash = query_col_str(q, 15, a),
        .format = (enum event_format)query_col_i64(q, 16),
        .boxes = {query_col_str(q, 17, a), query_col_str(q, 18, a), query_col_str(q, 19, a)},
    };
    if (str_absent(ret_record->stream_id))
        return ERR_NO_MEMORY;
    TRY(read_head(context, q, a, ret_record));
    return q->err;
}

static int read_hash(struct query *q, int column, unsigned char ret_hash[AUDIT_HASH_BYTES])
{
    struct str hash = query_col_view(q, column);
    if (hash.len != AUDIT_HASH_BYTES)
        return ERR_STORE_CORRUPT;
    memcpy(ret_hash, hash.ptr, AUDIT_HASH_BYTES);
    return 0;
}

/* An archived event's hash is known where its segment ends, which is where it is asked for. */
int event_hash_of(struct store_read *r, int64_t seq, unsigned char ret_hash[AUDIT_HASH_BYTES])
{
    static const struct sql select = {"SELECT hash FROM event WHERE seq = ?1"
                                      " UNION ALL SELECT hash FROM event_segment WHERE seq = ?1"};
    memset(ret_hash, 0, AUDIT_HASH_BYTES);
    if (seq == 0)
        return 0;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, seq);
    TRY(query_one(&q));
    return read_hash(&q, 0, ret_hash);
}

int event_head_of_chain(struct store_read *r, int64_t *ret_seq,
                        unsigned char ret_hash[AUDIT_HASH_BYTES])
{
    static const struct sql newest = {"SELECT seq, hash FROM event ORDER BY seq DESC LIMIT 1"};
    static const struct sql archived = {
        "SELECT seq, hash FROM event_segment ORDER BY seq DESC LIMIT 1"};
    const struct sql *const places[] = {&newest, &archived};
    *ret_seq = 0;
    memset(ret_hash, 0, AUDIT_HASH_BYTES);
    for (size_t i = 0; i < ARRAY_LEN(places); i++) {
        bool row;
        QUERY(q);
        TRY(query_open(r->conn, places[i], &q));
        TRY(query_next(&q, &row));
        if (!row)
            continue;
        *ret_seq = query_col_i64(&q, 0);
        return read_hash(&q, 1, ret_hash);
    }
    return 0;
}

int event_rows(struct store_read *r, struct arena *a, int64_t after, int64_t last, int64_t limit,
               struct event_record **ret_items, size_t *ret_count)
{
    static const struct sql select = {EVENT_SELECT
                                      " WHERE e.seq > ? AND e.seq <= ? ORDER BY e.seq LIMIT ?"};
    struct rows rows = ROWS_OF(struct event_record);
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, after);
    query_i64(&q, last);
    query_i64(&q, limit);
    TRY(rows_read_with(&rows, &q, a, event_row_read, r));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

/* --- Listing the database --- */

struct listing {
    struct store_read *r;
    struct arena *a;
    const struct event_filter *filter;
    size_t limit;
    size_t skip;      /* matches still to be left out */
    int64_t start;    /* exclusive */
    int64_t archived; /* up to here it is the archive's */
    struct rows rows;
};

/* What a person did and what others did to them, which has no index: for the export of one person. */
static int list_person(struct listing *l)
{
    static const struct sql select = {
        EVENT_SELECT
        " WHERE e.seq > ?1 AND e.time_ms >= ?2 AND e.time_ms <= ?3"
        " AND (?4 IS NULL OR t.text IN (SELECT value FROM json_each(?4))) AND (?5 IS NULL OR c.text = ?5)"
        " AND (e.user_id = ?6 OR (e.stream_id = ?6 AND k.text = 'user'))"
        " ORDER BY e.seq LIMIT ?7 OFFSET ?8"};
    const struct event_filter *f = l->filter;
    struct str types;
    TRY(event_types_json(l->a, &f->types, &types));
    QUERY(q);
    TRY(query_open(l->r->conn, &select, &q));
    query_i64(&q, l->start > l->archived ? l->start : l->archived);
    query_i64(&q, f->from_ms);
    query_i64(&q, f->to_ms ? f->to_ms : INT64_MAX);
    query_str(&q, types);
    query_str(&q, str_empty(f->client_id) ? str_of(NULL, 0) : f->client_id);
    query_id(&q, f->user_id);
    query_i64(&q, rows_at_most(l->limit - l->rows.count));
    query_i64(&q, rows_at_most(l->skip));
    return rows_read_with(&l->rows, &q, l->a, event_row_read, l->r);
}

static int list_db(struct listing *l)
{
    const struct event_filter *f = l->filter;
    const struct event_search search = {.filter = f, .archived = l->archived};
    size_t before = l->rows.count, passed = l->skip;
    if (f->or_about_user && !f->newest_first && !str_empty(f->user_id))
        return list_person(l);
    TRY(event_search(l->r, l->a, &search, l->limit - before, l->skip, &l->rows));
    /* An archive that comes next leaves out what is left. */
    if (l->rows.count == before && l->skip > 0)
        TRY(event_search_count(l->r, l->a, &search, l->skip, &passed));
    l->skip -= passed;
    return 0;
}

/* --- Listing archives --- */

static bool is_of_user(const struct event_filter *f, const struct event_record *e)
{
    struct str user = STR("user:");
    if (str_empty(f->user_id) || str_eq(e->user_id, f->user_id))
        return true;
    return f->or_about_user && str_starts(e->stream_id, user) &&
           str_eq(str_from(e->stream_id, user.len), f->user_id);
}

static bool matches(const struct listing *l, const struct event_record *e)
{
    const struct event_filter *f = l->filter;
    return (f->newest_first ? e->seq < l->start : e->seq > l->start) && e->time_ms >= f->from_ms &&
           (f->to_ms == 0 || e->time_ms <= f->to_ms) &&
           (f->types.count == 0 || strs_has(&f->types, e->type)) &&
           (str_empty(f->client_id) || str_eq(e->client_id, f->client_id)) && is_of_user(f, e);
}

static bool may_match(const struct listing *l, const struct event_segment *segment)
{
    const struct event_filter *f = l->filter;
    const struct statement *s = &segment->statement;
    return !segment->removed && l->rows.count < l->limit && s->to_ms >= f->from_ms &&
           (f->to_ms == 0 || s->from_ms <= f->to_ms) &&
           (f->newest_first ? s->first_seq < l->start : s->last_seq > l->start);
}

struct taking {
    struct listing *l;
    size_t skip; /* matches before those that are wanted */
    size_t stop; /* so many matches are looked at; 0: all */
    size_t seen;
    bool only_count;
};

static int take(void *arg, const struct event_record *e)
{
    struct taking *t = arg;
    if (!matches(t->l, e))
        return 0;
    size_t at = t->seen++;
    if (at < t->skip || (t->stop > 0 && at >= t->stop) || t->only_count ||
        t->l->rows.count == t->l->limit)
        return 0;
    struct event_record *copy = rows_add(&t->l->rows, t->l->a);
    return copy ? event_record_copy(t->l->a, e, copy) : ERR_NO_MEMORY;
}

static size_t at_most(size_t a, size_t b)
{
    return a < b ? a : b;
}

static int list_part_up(struct listing *l, struct segment_reader *s, size_t part)
{
    struct taking t = {.l = l, .skip = l->skip};
    TRY(segment_part_walk(s, part, take, &t));
    l->skip -= at_most(t.seen, l->skip);
    return 0;
}

static void reverse(struct event_record *items, size_t count)
{
    for (size_t i = 0; i < count / 2; i++) {
        struct event_record e = items[i];
        items[i] = items[count - 1 - i];
        items[count - 1 - i] = e;
    }
}

/* A part is read from its start: the first pass counts, the second takes the last ones. */
static int list_part_down(struct listing *l, struct segment_reader *s, size_t part)
{
    struct taking count = {.l = l, .only_count = true};
    size_t before = l->rows.count;
    TRY(segment_part_walk(s, part, take, &count));
    size_t left = count.seen - at_most(count.seen, l->skip);
    size_t wanted = at_most(left, l->limit - before);
    l->skip -= count.seen - left;
    if (wanted == 0)
        return 0;
    struct taking t = {.l = l, .skip = left - wanted, .stop = left};
    TRY(segment_part_walk(s, part, take, &t));
    struct event_record *items = l->rows.items;
    reverse(items + before, l->rows.count - before);
    return 0;
}

static int list_archive(struct listing *l, const struct event_segment *segment)
{
    CLEANUP(segment_close) struct segment_reader s;
    TRY(segment_open(l->r, segment, &s));
    bool down = l->filter->newest_first;
    size_t parts = segment_parts(&s);
    for (size_t i = 0; i < parts && l->rows.count < l->limit; i++) {
        size_t part = down ? parts - 1 - i : i;
        if (segment_part_may_hold(&s, part, l->filter, l->start))
            TRY(down ? list_part_down(l, &s, part) : list_part_up(l, &s, part));
    }
    return 0;
}

static int list_archives(struct listing *l, const struct event_segment *segments, size_t count)
{
    bool down = l->filter->newest_first;
    for (size_t i = 0; i < count; i++) {
        const struct event_segment *segment = &segments[down ? count - 1 - i : i];
        if (may_match(l, segment))
            TRY(list_archive(l, segment));
    }
    return 0;
}

/* --- Both --- */

/* The hash before an event of the database, so that what is exported can be verified. */
static int add_prev_hash(struct listing *l, struct event_record *e)
{
    char *prev = arena_alloc(l->a, AUDIT_HASH_BYTES);
    if (!prev)
        return ERR_NO_MEMORY;
    int err = event_hash_of(l->r, e->seq - 1, (unsigned char *)prev);
    e->prev_hash = str_of(prev, AUDIT_HASH_BYTES);
    return err == ERR_NOT_FOUND ? 0 : err; /* a gap: event_verify tells */
}

/* The first event that is left carries the statement about those that are not. */
static void add_removal(const struct event_segment *segments, size_t count, struct event_record *e)
{
    for (size_t i = 0; i < count; i++)
        if (segments[i].removed && segments[i].statement.last_seq + 1 == e->seq)
            e->removal = &segments[i].removal;
}

static int complete(struct listing *l, const struct event_segment *segments, size_t count)
{
    struct event_record *items = l->rows.items;
    for (size_t i = 0; i < l->rows.count; i++) {
        if (str_absent(items[i].prev_hash))
            TRY(add_prev_hash(l, &items[i]));
        add_removal(segments, count, &items[i]);
        if (!l->filter->sealed)
            TRY(event_boxes_open(l->r, l->a, &items[i]));
    }
    return 0;
}

int event_list(struct store_read *r, struct arena *a, const struct event_filter *filter,
               size_t limit, struct event_record **ret_items, size_t *ret_count)
{
    struct event_segment *segments;
    size_t count;
    bool down = filter->newest_first;
    struct listing l = {.r = r,
                        .a = a,
                        .filter = filter,
                        .limit = limit,
                        .skip = filter->first,
                        .start = down && filter->after_seq == 0 ? INT64_MAX : filter->after_seq,
                        .rows = ROWS_OF(struct event_record)};
    if (filter->types.count > EVENT_FILTER_TYPES_MAX)
        return ERR_TOO_LARGE;
    TRY(event_segment_list(r, a, &segments, &count));
    l.archived = count > 0 ? segments[count - 1].statement.last_seq : 0;
    if (!down && !filter->live)
        TRY(list_archives(&l, segments, count));
    if (l.rows.count < limit)
        TRY(list_db(&l));
    if (down && !filter->live)
        TRY(list_archives(&l, segments, count));
    TRY(complete(&l, segments, count));
    *ret_items = l.rows.items;
    *ret_count = l.rows.count;
    return 0;
}

int event_list_of_write(struct store_write *w, struct arena *a, int64_t after_seq, size_t limit,
                        struct event_record **ret_items, size_t *ret_count)
{
    const struct event_filter filter = {
        .after_seq = after_seq > w->seq_before ? after_seq : w->seq_before, .live = true};
    *ret_items = NULL;
    *ret_count = 0;
    return w->head.known
               ? event_list(store_write_reader(w), a, &filter, limit, ret_items, ret_count)
               : 0;
}
