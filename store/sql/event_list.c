/* Reading the audit chain and proving that it is whole. */
#include "core/base/ct.h"
#include "core/port/events.h"
#include "store/sql/event_row.h"
#include "store/sql/rows.h"

#include "core/base/banned.h"

static struct str json_or_empty(struct str json)
{
    return str_absent(json) ? STR("{}") : json;
}

int event_row_read(struct query *q, struct arena *a, void *ret_item)
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
    };
    if (str_absent(ret_record->stream_id))
        return ERR_NO_MEMORY;
    return q->err;
}

int event_hash_of(struct store_read *r, int64_t seq, unsigned char ret_hash[32])
{
    static const struct sql select = {"SELECT hash FROM event WHERE seq = ?"};
    memset(ret_hash, 0, 32);
    if (seq == 0)
        return 0;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, seq);
    TRY(query_one(&q));
    struct str hash = query_col_view(&q, 0);
    if (hash.len != 32)
        return ERR_STORE_CORRUPT;
    memcpy(ret_hash, hash.ptr, 32);
    return 0;
}

/* --- Verifying --- */

#define CHUNK       256
#define CHUNK_BYTES ((size_t)64 << 20)

struct walk {
    int64_t seq; /* last one that is right */
    unsigned char hash[32];
    int64_t bad_seq;
    const char *reason;
};

static bool found_bad(struct walk *walk, int64_t seq, const char *reason)
{
    walk->bad_seq = seq;
    walk->reason = reason;
    return false;
}

static bool check_one(struct walk *walk, struct event_record *e)
{
    unsigned char hash[32];
    if (e->seq != walk->seq + 1)
        return found_bad(walk, walk->seq + 1, "an event is missing");
    e->prev_hash = str_of((const char *)walk->hash, sizeof(walk->hash));
    event_hash(e, hash);
    if (!str_eq(e->hash, str_of((const char *)hash, sizeof(hash))))
        return found_bad(walk, e->seq, "an event was changed");
    walk->seq = e->seq;
    memcpy(walk->hash, hash, sizeof(hash));
    return true;
}

static int check_seal(struct store_read *r, struct walk *walk)
{
    static const struct sql select = {"SELECT mac FROM event_seal WHERE seq = ?"};
    unsigned char mac[EVENT_SEAL_BYTES];
    bool row;
    if (walk->seq % EVENT_SEAL_EVERY != 0)
        return 0;
    TRY(event_seal_make(r->slot, walk->seq, walk->hash, mac));
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, walk->seq);
    TRY(query_next(&q, &row));
    if (!row)
        (void)found_bad(walk, walk->seq, "a seal of the chain is missing");
    else if (!ct_eq(query_col_view(&q, 0), str_of((const char *)mac, sizeof(mac))))
        (void)found_bad(walk, walk->seq, "the chain was written anew");
    return 0;
}

static int check_chunk(struct store_read *r, struct walk *walk, bool *ret_more)
{
    static const struct sql select = {EVENT_SELECT " WHERE e.seq > ? ORDER BY e.seq LIMIT ?"};
    CLEANUP(arena_free) struct arena a;
    struct rows rows = ROWS_OF(struct event_record);
    arena_init(&a, CHUNK_BYTES);
    {
        QUERY(q);
        TRY(query_open(r->conn, &select, &q));
        query_i64(&q, walk->seq);
        query_i64(&q, CHUNK);
        TRY(rows_read(&rows, &q, &a, event_row_read));
    }
    struct event_record *items = rows.items;
    for (size_t i = 0; i < rows.count && walk->bad_seq == 0; i++)
        if (check_one(walk, &items[i]))
            TRY(check_seal(r, walk));
    *ret_more = rows.count > 0 && walk->bad_seq == 0;
    return 0;
}

/* Rows before the first number, events whose texts are gone (the joins hide them), and seals of
 * events that are no longer there. */
static int check_ends(struct store_read *r, struct walk *walk)
{
    static const struct sql select = {
        "SELECT (SELECT count(*) FROM event), (SELECT coalesce(max(seq), 0) FROM event_seal),"
        " (SELECT coalesce(max(seq), 0) FROM event)"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(query_one(&q));
    if (query_col_i64(&q, 1) > walk->seq)
        (void)found_bad(walk, walk->seq + 1, "the end of the chain was cut off");
    else if (query_col_i64(&q, 0) != walk->seq || query_col_i64(&q, 2) != walk->seq)
        (void)found_bad(walk, walk->seq + 1, "an event is missing");
    return 0;
}

int event_verify(struct store_read *r, struct arena *a, struct event_verdict *ret_verdict)
{
    struct walk walk = {.seq = 0};
    bool more = true;
    while (more)
        TRY(check_chunk(r, &walk, &more));
    if (walk.bad_seq == 0)
        TRY(check_ends(r, &walk));
    struct event_verdict verdict = {
        .checked = walk.seq,
        .bad_seq = walk.bad_seq,
        .reason = walk.reason ? arena_str_c(a, walk.reason) : str_of(NULL, 0),
        .head_hash = arena_str(a, str_of((const char *)walk.hash, sizeof(walk.hash))),
    };
    if (str_absent(verdict.head_hash))
        return ERR_NO_MEMORY;
    *ret_verdict = verdict;
    return 0;
}
