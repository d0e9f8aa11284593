/* Signed heads of the chain. */
#include "core/port/events.h"
#include "store/keystore/audit_key.h"
#include "store/sql/event_row.h"

#include "core/base/banned.h"

struct last_head {
    int64_t seq;
    unsigned char hash[AUDIT_HASH_BYTES];
};

static int find_last(struct store_write *w, struct last_head *ret_last)
{
    static const struct sql select = {"SELECT seq, hash FROM event_head ORDER BY seq DESC LIMIT 1"};
    struct last_head last = {0};
    bool row;
    QUERY(q);
    TRY(query_open(write_conn(w), &select, &q));
    TRY(query_next(&q, &row));
    if (row) {
        struct str hash = query_col_view(&q, 1);
        if (hash.len != sizeof(last.hash))
            return ERR_STORE_CORRUPT;
        last.seq = query_col_i64(&q, 0);
        memcpy(last.hash, hash.ptr, hash.len);
    }
    *ret_last = last;
    return 0;
}

static int insert(struct store_write *w, const struct statement *s)
{
    static const struct sql insert_row = {
        "INSERT INTO event_head (seq, first_seq, prev_hash, hash, time_ms, kid, signature)"
        " VALUES (?, ?, ?, ?, ?, ?, ?)"};
    QUERY(q);
    TRY(query_open(write_conn(w), &insert_row, &q));
    query_i64(&q, s->last_seq);
    query_i64(&q, s->first_seq);
    query_blob(&q, s->prev_hash);
    query_blob(&q, s->last_hash);
    query_i64(&q, s->time_ms);
    query_str(&q, s->kid);
    query_blob(&q, s->signature);
    return query_run(&q);
}

int event_sign_head(struct store_write *w, bool *ret_signed)
{
    struct last_head last;
    *ret_signed = false;
    TRY(event_learn_head(w));
    TRY(find_last(w, &last));
    if (w->head.seq <= last.seq)
        return 0;
    struct statement s = {.kind = STATEMENT_HEAD,
                          .realm_id = w->reader.slot->id,
                          .first_seq = last.seq + 1,
                          .prev_hash = str_of((const char *)last.hash, sizeof(last.hash)),
                          .last_seq = w->head.seq,
                          .last_hash = str_of((const char *)w->head.hash, sizeof(w->head.hash)),
                          .time_ms = w->now.wall_ms};
    TRY(audit_sign(w, &s));
    TRY(insert(w, &s));
    w->signed_seq = s.last_seq;
    *ret_signed = true;
    return 0;
}

int event_sign_due(struct store_read *r, int64_t age_ms, int64_t now_ms, bool *ret_due)
{
    static const struct sql select = {
        "SELECT (SELECT coalesce(max(seq), 0) FROM event),"
        " coalesce(max(seq), 0), coalesce(max(time_ms), 0) FROM event_head"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    int64_t age = now_ms - query_col_i64(&q, 2);
    /* A clock that stepped back must not put it off. */
    *ret_due = query_col_i64(&q, 0) > query_col_i64(&q, 1) && (age < 0 || age >= age_ms);
    return 0;
}
