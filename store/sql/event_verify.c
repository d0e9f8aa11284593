/* Proving that the audit chain is whole: archives first, then what is in the database. */
#include "core/port/events.h"
#include "store/archive/segment.h"
#include "store/keystore/audit_key.h"
#include "store/sql/event_row.h"

#include "core/base/banned.h"

#define CHUNK       256
#define CHUNK_BYTES ((size_t)256 << 20)

struct proof {
    struct store_read *r;
    struct chain chain;
    int64_t from_seq, to_seq; /* of the events that are asked for */
    int64_t archived;
    bool with_start, with_end;
};

/* --- The stretch that is asked for --- */

/* Clocks step back: every event of the time lies between the lowest and the highest number. */
static int stretch_of(struct proof *p, int64_t from_ms, int64_t to_ms)
{
    static const struct sql select = {
        "SELECT coalesce((SELECT min(seq) FROM event WHERE time_ms >= ?1), 9223372036854775807),"
        " coalesce((SELECT max(seq) FROM event WHERE time_ms <= ?2), 0)"};
    p->from_seq = 1;
    p->to_seq = INT64_MAX;
    QUERY(q);
    TRY(query_open(p->r->conn, &select, &q));
    query_i64(&q, from_ms);
    query_i64(&q, to_ms);
    TRY(query_one(&q));
    if (from_ms > 0)
        p->from_seq = query_col_i64(&q, 0);
    if (to_ms > 0)
        p->to_seq = query_col_i64(&q, 1);
    p->with_start = from_ms <= 0;
    p->with_end = to_ms <= 0;
    return 0;
}

/* --- Archives --- */

static int add_to_chain(void *arg, const struct event_record *e)
{
    struct chain *chain = arg;
    return chain_add(chain, e) ? 0 : ERR_STORE_CORRUPT;
}

static int walk_segment(struct proof *p, const struct event_segment *segment)
{
    const struct statement *s = &segment->statement;
    struct chain *c = &p->chain;
    struct str none = {NULL, 0};
    if (!c->started && s->prev_hash.len == AUDIT_HASH_BYTES)
        chain_start_after(c, s->first_seq - 1, (const unsigned char *)s->prev_hash.ptr);
    int err = segment_walk(p->r, segment, add_to_chain, c);
    if (err == 0)
        (void)chain_add_statement(c, s);
    else if (err == ERR_AUDIT_ARCHIVE)
        (void)chain_fail(c, c->seq + 1, none, p->r->archive_trouble);
    /* A record that does not fit stopped the walk, and the chain says why. */
    return err == ERR_AUDIT_ARCHIVE || c->bad_seq != 0 ? 0 : err;
}

/* The segments that hold events of the time, and all between them and the database when it holds
 * some too: a chain has no gaps. */
static size_t first_asked(const struct event_segment *items, size_t count, int64_t from_ms)
{
    size_t i = 0;
    while (i < count && (items[i].removed || items[i].statement.to_ms < from_ms))
        i++;
    return i;
}

static size_t end_asked(const struct proof *p, const struct event_segment *items, size_t count,
                        int64_t to_ms)
{
    size_t i = count;
    while (i > 0 && p->to_seq <= p->archived && items[i - 1].statement.from_ms > to_ms)
        i--;
    return i;
}

/* Before the first event. */
static const unsigned char zeros[AUDIT_HASH_BYTES];

static int walk_archives(struct proof *p, struct arena *a, int64_t from_ms, int64_t to_ms)
{
    struct event_segment *items;
    size_t count;
    TRY(event_segment_list(p->r, a, &items, &count));
    if (count > 0)
        p->archived = items[count - 1].statement.last_seq;
    size_t first = first_asked(items, count, from_ms);
    size_t left = first_asked(items, count, INT64_MIN);
    if (p->with_start && left > 0)
        (void)chain_add_statement(&p->chain, &items[left - 1].removal);
    else if (p->with_start)
        chain_start_after(&p->chain, 0, zeros);
    for (size_t i = first; i < end_asked(p, items, count, to_ms) && p->chain.bad_seq == 0; i++)
        TRY(walk_segment(p, &items[i]));
    return 0;
}

/* --- The database --- */

/* Where the walk along the rows begins: after the archives, or in the middle. */
static int start_rows(struct proof *p)
{
    unsigned char hash[AUDIT_HASH_BYTES];
    int64_t after = p->from_seq > p->archived + 1 ? p->from_seq - 1 : p->archived;
    if (p->chain.started || p->from_seq == INT64_MAX)
        return 0;
    int err = event_hash_of(p->r, after, hash);
    if (err == ERR_NOT_FOUND) {
        (void)chain_fail(&p->chain, after, str_of(NULL, 0), "an event is missing");
        return 0;
    }
    TRY(err);
    chain_start_after(&p->chain, after, hash);
    return 0;
}

static int walk_rows(struct proof *p)
{
    bool more = p->chain.started && p->chain.bad_seq == 0;
    while (more) {
        CLEANUP(arena_free) struct arena a;
        struct event_record *items;
        size_t count;
        arena_init(&a, CHUNK_BYTES);
        TRY(event_rows(p->r, &a, p->chain.seq, p->to_seq, CHUNK, &items, &count));
        for (size_t i = 0; i < count; i++) {
            unsigned char before[AUDIT_HASH_BYTES];
            memcpy(before, p->chain.hash, sizeof(before));
            items[i].prev_hash = str_of((const char *)before, sizeof(before));
            if (!chain_add(&p->chain, &items[i]))
                break;
        }
        more = count > 0 && p->chain.bad_seq == 0;
    }
    return 0;
}

/* Events whose texts are gone (the joins hide them), and heads of events that are no longer there. */
static int check_ends(struct proof *p)
{
    static const struct sql select = {
        "SELECT (SELECT count(*) FROM event WHERE seq > ?1), (SELECT coalesce(max(seq), 0) FROM event),"
        " (SELECT coalesce(max(seq), 0) FROM event_head), (SELECT coalesce(min(seq), 1) FROM event)"};
    struct chain *c = &p->chain;
    struct str none = {NULL, 0};
    QUERY(q);
    TRY(query_open(p->r->conn, &select, &q));
    query_i64(&q, p->archived);
    TRY(query_one(&q));
    int64_t count = query_col_i64(&q, 0), last = query_col_i64(&q, 1);
    if (query_col_i64(&q, 2) > c->seq)
        (void)chain_fail(c, c->seq + 1, none, "the end of the chain was cut off");
    else if (query_col_i64(&q, 3) < 1)
        (void)chain_fail(c, 1, none, "an event stands before the first one");
    else if ((count > 0 && last != c->seq) || (p->with_start && count != c->seq - p->archived))
        (void)chain_fail(c, c->seq + 1, none, "an event is missing");
    return 0;
}

static int prove(struct proof *p, struct arena *a, int64_t from_ms, int64_t to_ms)
{
    TRY(stretch_of(p, from_ms, to_ms));
    TRY(walk_archives(p, a, from_ms, to_ms));
    if (p->chain.bad_seq == 0)
        TRY(start_rows(p));
    TRY(walk_rows(p));
    /* Without events of that time there is no end to look at. */
    if (p->chain.bad_seq == 0 && p->with_end && (p->with_start || p->chain.started))
        TRY(check_ends(p));
    return 0;
}

static int conclude(const struct chain *c, struct arena *a, struct event_verdict *ret_verdict)
{
    struct event_verdict verdict = {
        .checked = c->checked,
        .first_seq = c->first_seq,
        .bad_seq = c->bad_seq,
        .bad_id = c->bad_id[0] ? arena_str_c(a, c->bad_id) : str_of(NULL, 0),
        .reason = c->reason ? arena_str_c(a, c->reason) : str_of(NULL, 0),
        .head_seq = c->seq,
        .head_hash = arena_str(a, str_of((const char *)c->hash, sizeof(c->hash))),
        .signed_seq = c->signed_seq,
        .signed_ms = c->signed_ms,
    };
    if (str_absent(verdict.head_hash))
        return ERR_NO_MEMORY;
    *ret_verdict = verdict;
    return 0;
}

int event_verify(struct store_read *r, struct arena *a, struct event_verdict *ret_verdict)
{
    return event_verify_between(r, a, 0, 0, ret_verdict);
}

int event_verify_between(struct store_read *r, struct arena *a, int64_t from_ms, int64_t to_ms,
                         struct event_verdict *ret_verdict)
{
    CLEANUP(audit_keys_free) struct audit_keys keys = {NULL, 0};
    struct proof proof = {.r = r};
    TRY(audit_keys_load(r, a, &keys));
    chain_init(&proof.chain, &keys, r->slot->id);
    TRY(prove(&proof, a, from_ms, to_ms));
    return conclude(&proof.chain, a, ret_verdict);
}
