/* Which events make up the next month to archive. */
#include "store/sql/event_row.h"

#include "core/base/banned.h"

/* "2026-11-01T00:00:00.000Z": the end of the month of a moment is the start of the next. */
static int month_end(struct arena *a, int64_t time_ms, struct str *ret_month, int64_t *ret_end_ms)
{
    char date[25];
    int64_t year, month;
    clock_rfc3339(time_ms, date);
    TRY(str_to_i64(str_of(date, 4), &year));
    TRY(str_to_i64(str_of(date + 5, 2), &month));
    *ret_month = arena_str(a, str_of(date, 7));
    struct str next = arena_printf(a, "%04d-%02d-01T00:00:00.000Z", (int)(year + month / 12),
                                   (int)(month % 12 + 1));
    if (str_absent(*ret_month) || str_absent(next))
        return ERR_NO_MEMORY;
    return audit_time_read(next, ret_end_ms);
}

/* The first event that is not archived and not ahead of the clock; 0 when there is none. */
static int first_left(struct store_read *r, int64_t archived, int64_t now_ms, int64_t *ret_time_ms)
{
    static const struct sql select = {
        "SELECT time_ms FROM event WHERE seq > ? AND +time_ms <= ? ORDER BY seq LIMIT 1"};
    bool row;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, archived);
    query_i64(&q, now_ms);
    TRY(query_next(&q, &row));
    *ret_time_ms = row ? query_col_i64(&q, 0) : 0;
    return 0;
}

/* The last event before the first one that is of a later month. */
static int last_of_month(struct store_read *r, int64_t archived, int64_t end_ms, int64_t now_ms,
                         int64_t *ret_seq)
{
    static const struct sql select = {
        "SELECT coalesce((SELECT seq - 1 FROM event WHERE seq > ?1 AND +time_ms >= ?2"
        " AND +time_ms <= ?3 ORDER BY seq LIMIT 1), (SELECT max(seq) FROM event))"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, archived);
    query_i64(&q, end_ms);
    query_i64(&q, now_ms);
    TRY(query_one(&q));
    *ret_seq = query_col_i64(&q, 0);
    return 0;
}

static int read_times(struct store_read *r, struct statement *s)
{
    static const struct sql select = {
        "SELECT min(+time_ms), max(+time_ms) FROM event WHERE seq > ? AND seq <= ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, s->first_seq - 1);
    query_i64(&q, s->last_seq);
    TRY(query_one(&q));
    s->from_ms = query_col_i64(&q, 0);
    s->to_ms = query_col_i64(&q, 1);
    return 0;
}

static int read_hash(struct store_read *r, struct arena *a, int64_t seq, struct str *ret_hash)
{
    unsigned char *hash = arena_alloc(a, AUDIT_HASH_BYTES);
    if (!hash)
        return ERR_NO_MEMORY;
    int err = event_hash_of(r, seq, hash);
    *ret_hash = str_of((const char *)hash, AUDIT_HASH_BYTES);
    return err == ERR_NOT_FOUND ? ERR_STORE_CORRUPT : err;
}

int event_segment_next(struct store_read *r, struct arena *a, int64_t before_ms, int64_t now_ms,
                       struct event_segment *ret_segment, bool *ret_any)
{
    struct event_segment next = {.statement = {.kind = STATEMENT_SEGMENT}};
    struct statement *s = &next.statement;
    struct str month;
    int64_t archived, time_ms, end_ms;
    *ret_any = false;
    TRY(event_archived_seq(r, &archived));
    TRY(first_left(r, archived, now_ms, &time_ms));
    if (time_ms == 0)
        return 0;
    TRY(month_end(a, time_ms, &month, &end_ms));
    if (end_ms > before_ms)
        return 0;
    s->first_seq = archived + 1;
    TRY(last_of_month(r, archived, end_ms, now_ms, &s->last_seq));
    if (s->last_seq < s->first_seq)
        return 0;
    TRY(read_times(r, s));
    TRY(read_hash(r, a, archived, &s->prev_hash));
    TRY(read_hash(r, a, s->last_seq, &s->last_hash));
    next.file = arena_printf(a, "%.*s-%lld.jsonl.zst", STR_ARG(month), (long long)s->first_seq);
    if (str_absent(next.file))
        return ERR_NO_MEMORY;
    *ret_segment = next;
    *ret_any = true;
    return 0;
}
