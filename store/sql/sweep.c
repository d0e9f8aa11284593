/* Removing what is over, a bounded piece at a time: each call looks at a stretch of a table and
 * remembers where it stopped, so that touching a session costs no index and a sweep never holds the
 * writer for long. What is over is refused by core anyway; the sweep gives back space. */
#include "core/port/sessions.h"
#include "store/tx.h"

#include "core/base/banned.h"

/* Rows looked at per row that may be deleted, and at least. */
#define LOOK_FACTOR 16
#define LOOK_LEAST  1000
/* Spent things are remembered a while longer than they live, against clocks that step back and to
 * see a late second use. */
#define GRACE_MS    INT64_C(3600000)

/* The last key of the stretch after a key; false when nothing is there. */
static int stretch_end(struct store_write *w, const struct sql *sql, int64_t after, int64_t look,
                       int64_t *ret_end, bool *ret_any)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, after);
    query_i64(&q, look);
    TRY(query_one(&q));
    *ret_any = query_col_i64(&q, 0) != 0;
    *ret_end = query_col_i64(&q, 0);
    return 0;
}

struct stretch {
    int64_t after, end, limit;
};

static int delete_sessions(struct store_write *w, const struct session_limits *l,
                           const struct stretch *s, int64_t *io_count)
{
    static const struct sql delete_rows = {
        "DELETE FROM session WHERE pk IN (SELECT pk FROM session WHERE pk > ?1 AND pk <= ?2 AND ("
        " (offline = 0 AND remember_me = 0 AND (last_access_ms < ?4 OR started_ms < ?5))"
        " OR (offline = 0 AND remember_me = 1 AND (last_access_ms < ?6 OR started_ms < ?7))"
        " OR (offline = 1 AND (last_access_ms < ?8 OR started_ms < ?9))) ORDER BY pk LIMIT ?3)"};
    const int64_t ages[] = {l->idle_ms,         l->max_ms,          l->idle_remember_ms,
                            l->max_remember_ms, l->offline_idle_ms, l->offline_max_ms};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, s->after);
    query_i64(&q, s->end);
    query_i64(&q, s->limit);
    for (size_t i = 0; i < ARRAY_LEN(ages); i++) /* 0: without end */
        query_i64(&q, ages[i] > 0 ? w->now.wall_ms - ages[i] : INT64_MIN);
    TRY(query_run(&q));
    *io_count += sqlite3_changes64(write_conn(w)->db);
    return 0;
}

static int delete_families(struct store_write *w, const struct stretch *s, int64_t *io_count)
{
    static const struct sql delete_rows = {
        "DELETE FROM refresh_family WHERE pk IN (SELECT pk FROM refresh_family WHERE pk > ?1"
        " AND pk <= ?2 AND expires_ms > 0 AND expires_ms < ?4 ORDER BY pk LIMIT ?3)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, s->after);
    query_i64(&q, s->end);
    query_i64(&q, s->limit);
    query_i64(&q, w->now.wall_ms - GRACE_MS);
    TRY(query_run(&q));
    *io_count += sqlite3_changes64(write_conn(w)->db);
    return 0;
}

static int64_t look_of(int64_t limit)
{
    int64_t look = limit * LOOK_FACTOR;
    return look < LOOK_LEAST ? LOOK_LEAST : look;
}

/* One stretch; at the end of the table the next call begins anew, and so does this one when it
 * began in the middle, so that a small table is always seen whole. */
static int sweep_sessions(struct store_write *w, const struct session_limits *limits, int64_t limit,
                          int64_t *io_count)
{
    static const struct sql end = {"SELECT coalesce(max(pk), 0) FROM (SELECT pk FROM session"
                                   " WHERE pk > ? ORDER BY pk LIMIT ?)"};
    int64_t *place = &w->reader.db->sweep_session_pk;
    for (int turn = 0; turn < 2; turn++) {
        struct stretch s = {.after = *place, .limit = limit - *io_count};
        bool any;
        int64_t before = *io_count;
        if (s.limit <= 0)
            return 0;
        TRY(stretch_end(w, &end, s.after, look_of(limit), &s.end, &any));
        if (any)
            TRY(delete_sessions(w, limits, &s, io_count));
        bool cut = *io_count - before >= s.limit; /* more may be left in this stretch */
        bool from_start = s.after == 0;
        *place = any ? (cut ? s.after : s.end) : 0;
        if (any || from_start)
            return 0;
    }
    return 0;
}

static int sweep_families(struct store_write *w, int64_t limit, int64_t *io_count)
{
    static const struct sql end = {"SELECT coalesce(max(pk), 0) FROM (SELECT pk FROM refresh_family"
                                   " WHERE pk > ? ORDER BY pk LIMIT ?)"};
    int64_t *place = &w->reader.db->sweep_family_pk;
    struct stretch s = {.after = *place, .limit = limit};
    bool any;
    TRY(stretch_end(w, &end, s.after, look_of(limit), &s.end, &any));
    if (any)
        TRY(delete_families(w, &s, io_count));
    *place = any ? s.end : 0;
    return 0;
}

/* After a leap it is not sure yet that the clock is right: what was spent is remembered for the same
 * while of real time, so that it stays spent when the clock turns out to be wrong and is set back
 * on purpose. */
static bool has_just_leapt(void)
{
    struct clock_state clock;
    clock_state(&clock);
    return clock.since_leap_ms < GRACE_MS;
}

/* What lives equally long in a realm, so that the oldest stand first. sql takes how many, and the moment
 * before which they were over. */
static int sweep_oldest(struct store_write *w, const struct sql *sql, int64_t limit,
                        int64_t before_ms, int64_t *io_count)
{
    QUERY(q);
    TRY(query_open(write_conn(w), sql, &q));
    query_i64(&q, limit);
    query_i64(&q, before_ms);
    TRY(query_run(&q));
    *io_count += sqlite3_changes64(write_conn(w)->db);
    return 0;
}

/* A device is told for a while that its code is over. What was pushed or granted and taken is gone
 * already. */
static int sweep_handles(struct store_write *w, int64_t limit, int64_t *io_count)
{
    static const struct sql codes = {
        "DELETE FROM auth_code WHERE pk IN"
        " (SELECT pk FROM auth_code ORDER BY pk LIMIT ?1) AND expires_ms < ?2"};
    static const struct sql pushed_requests = {
        "DELETE FROM pushed_request WHERE pk IN"
        " (SELECT pk FROM pushed_request ORDER BY pk LIMIT ?1) AND expires_ms < ?2"};
    static const struct sql device_codes = {
        "DELETE FROM device_code WHERE pk IN"
        " (SELECT pk FROM device_code ORDER BY pk LIMIT ?1) AND expires_ms < ?2"};
    static const struct sql action_tokens = {
        "DELETE FROM action_token WHERE hash IN (SELECT hash FROM action_token"
        " WHERE expires_ms < ?2 ORDER BY expires_ms LIMIT ?1)"};
    int64_t now_ms = w->now.wall_ms;
    TRY(sweep_oldest(w, &codes, limit, now_ms - GRACE_MS, io_count));
    TRY(sweep_oldest(w, &pushed_requests, limit, now_ms, io_count));
    TRY(sweep_oldest(w, &device_codes, limit, now_ms - GRACE_MS, io_count));
    return sweep_oldest(w, &action_tokens, limit, now_ms, io_count);
}

static int sweep_once(struct store_write *w, int64_t limit, int64_t *io_count)
{
    static const struct sql delete_rows = {
        "DELETE FROM once WHERE (kind, hash) IN"
        " (SELECT kind, hash FROM once WHERE expires_ms < ?2 ORDER BY expires_ms LIMIT ?1)"};
    if (has_just_leapt())
        return 0;
    QUERY(q);
    TRY(query_open(write_conn(w), &delete_rows, &q));
    query_i64(&q, limit);
    query_i64(&q, w->now.wall_ms - GRACE_MS);
    TRY(query_run(&q));
    *io_count += sqlite3_changes64(write_conn(w)->db);
    return 0;
}

int session_sweep(struct store_write *w, const struct session_limits *limits, size_t limit,
                  int64_t *ret_count)
{
    int64_t most = limit > 100000 ? 100000 : (int64_t)limit;
    int64_t sessions = 0;
    int64_t others = 0;
    TRY(sweep_sessions(w, limits, most, &sessions));
    TRY(sweep_families(w, most, &others));
    TRY(sweep_handles(w, most, &others));
    TRY(sweep_once(w, most, &others));
    *ret_count = sessions;
    return 0;
}
