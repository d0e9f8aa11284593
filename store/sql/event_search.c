/* Searching the audit chain. Its order is that of its numbers. There is an index for each condition,
 * and within it entries stand in that order too, so a page costs what it passes: the index of the
 * rarest condition is walked and the others judge. */
#include "core/codec/json.h"
#include "core/port/events.h"

#include "store/sql/doc.h"
#include "store/sql/event_row.h"

#include "core/base/banned.h"

/* ?1 < seq < ?2, ?3 <= time <= ?4, types ?5, client ?6, user ?7, limit ?8, offset ?9. Types are their
 * numbers in a JSON list. */
#define WINDOW                                                                                                \
    " WHERE e.seq > ?1 AND e.seq < ?2 AND e.time_ms >= ?3 AND e.time_ms <= ?4"                                \
    " AND (?5 IS NULL OR +e.type IN (SELECT value FROM json_each(?5))) AND (?6 IS NULL OR +e.client_id = ?6)" \
    " AND (?7 IS NULL OR +e.user_id = ?7)"
#define PAGE(index, condition, order)                                                              \
    EVENT_SELECT_BY(index)                                                                         \
    WINDOW condition " ORDER BY e.seq" order " LIMIT ?8 OFFSET ?9"

enum condition {
    CONDITION_NONE,
    CONDITION_USER,
    CONDITION_TYPE,
    CONDITION_TYPES, /* several: what the index gives must be sorted, so only when it gives few */
    CONDITION_CLIENT,
    CONDITIONS
};

struct way {
    struct sql oldest, newest;
    struct sql some;  /* how many in the window, at most ?8 */
    struct sql count; /* how many that fulfil all conditions, likewise */
};

#define COUNT(index, condition)                                                                    \
    "SELECT count(*) FROM (SELECT 1 FROM event e " index WINDOW condition " LIMIT ?8)"
#define WAY(index, condition)                                                                      \
    {                                                                                              \
        {PAGE("INDEXED BY " index, condition, "")},                                                \
            {PAGE("INDEXED BY " index, condition, " DESC")},                                       \
            {"SELECT count(*) FROM (SELECT 1 FROM event e INDEXED BY " index                       \
             " WHERE e.seq > ?1 AND e.seq < ?2" condition " LIMIT ?8)"},                           \
            {COUNT("INDEXED BY " index, condition)},                                               \
    }

static const struct way ways[CONDITIONS] = {
    [CONDITION_NONE] = {{PAGE("NOT INDEXED", "", "")},
                        {PAGE("NOT INDEXED", "", " DESC")},
                        {NULL},
                        {COUNT("NOT INDEXED", "")}},
    [CONDITION_USER] = WAY("event_user", " AND e.user_id = ?7"),
    [CONDITION_TYPE] = WAY("event_type", " AND e.type = (SELECT value FROM json_each(?5))"),
    [CONDITION_TYPES] = WAY("event_type", " AND e.type IN (SELECT value FROM json_each(?5))"),
    [CONDITION_CLIENT] = WAY("event_client", " AND e.client_id = ?6"),
};

/* EVENT_FILTER_TYPES_MAX numbers. */
#define TYPES_JSON_MAX_BYTES ((size_t)4 << 10)

/* Beyond so many the next condition is not asked how many it has. */
#define MANY 4096

struct window {
    int64_t above, below; /* numbers, both outside */
    int64_t from_ms, to_ms;
    int64_t client;     /* 0: any */
    size_t type_count;  /* 0: any */
    struct str types;   /* JSON; absent: any */
    struct str user_id; /* absent: any */
};

static bool wants(const struct window *s, enum condition condition)
{
    switch (condition) {
    case CONDITION_USER: return !str_absent(s->user_id);
    case CONDITION_TYPE: return s->type_count == 1;
    case CONDITION_TYPES: return s->type_count > 1;
    case CONDITION_CLIENT: return s->client != 0;
    default: return false;
    }
}

static void bind(struct query *q, const struct window *s, int64_t limit)
{
    query_i64(q, s->above);
    query_i64(q, s->below);
    query_i64(q, s->from_ms);
    query_i64(q, s->to_ms);
    query_str(q, s->types);
    query_ref(q, s->client);
    query_id(q, s->user_id);
    query_i64(q, limit);
}

/* --- From moments to numbers --- */

static int there_are_steps(struct store_read *r, bool *ret_steps)
{
    static const struct sql select = {"SELECT 1 FROM event_step LIMIT 1"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    return query_next(&q, ret_steps);
}

static int number_at(struct store_read *r, const struct sql *select, int64_t time_ms,
                     int64_t *io_seq)
{
    bool row;
    QUERY(q);
    TRY(query_open(r->conn, select, &q));
    query_i64(&q, time_ms);
    TRY(query_next(&q, &row));
    if (row)
        *io_seq = query_col_i64(&q, 0);
    return 0;
}

/* No event is more than EVENT_STEP_MS older than one before it. So one that is older than from_ms by
 * more than that stands before all that are wanted, and one younger than to_ms by more than that
 * stands after them. While clocks were put back farther, only the rows' own times judge. */
static int narrow(struct store_read *r, struct window *s)
{
    static const struct sql before = {"SELECT seq FROM event INDEXED BY event_time"
                                      " WHERE time_ms < ? ORDER BY time_ms DESC LIMIT 1"};
    static const struct sql after = {"SELECT seq FROM event INDEXED BY event_time"
                                     " WHERE time_ms > ? ORDER BY time_ms LIMIT 1"};
    int64_t above = 0;
    int64_t below = INT64_MAX;
    bool steps;
    TRY(there_are_steps(r, &steps));
    if (steps)
        return 0;
    if (s->from_ms > EVENT_STEP_MS)
        TRY(number_at(r, &before, s->from_ms - EVENT_STEP_MS, &above));
    if (s->to_ms < INT64_MAX - EVENT_STEP_MS)
        TRY(number_at(r, &after, s->to_ms + EVENT_STEP_MS, &below));
    s->above = above > s->above ? above : s->above;
    s->below = below < s->below ? below : s->below;
    return 0;
}

/* --- Choosing --- */

/* The number of a text that is asked for; false when no event has it. */
static int resolve(struct store_read *r, struct str text, int64_t *ret_number, bool *io_possible)
{
    *ret_number = 0;
    if (str_empty(text))
        return 0;
    int err = event_text_find(r->conn, text, ret_number);
    if (err == ERR_NOT_FOUND)
        *io_possible = false;
    return err == ERR_NOT_FOUND ? 0 : err;
}

/* Types that no event has are left out; when that leaves none, there is nothing to find. */
static int resolve_types(struct store_read *r, struct arena *a, const struct strs *types,
                         struct window *io_window, bool *io_possible)
{
    struct buf b;
    struct json_writer w;
    if (types->count == 0)
        return 0;
    buf_init(&b, a, TYPES_JSON_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < types->count; i++) {
        int64_t number;
        bool known = true;
        TRY(resolve(r, types->items[i], &number, &known));
        if (!known)
            continue;
        jw_i64(&w, number);
        io_window->type_count++;
    }
    jw_end_array(&w);
    if (io_window->type_count == 0)
        *io_possible = false;
    return jw_finish(&w, &io_window->types);
}

static int prepare(struct store_read *r, struct arena *a, const struct event_search *search,
                   struct window *ret_window, bool *ret_possible)
{
    const struct event_filter *f = search->filter;
    bool up = !f->newest_first;
    struct window s = {
        .above = up && f->after_seq > search->archived ? f->after_seq : search->archived,
        .below = f->newest_first && f->after_seq > 0 ? f->after_seq : INT64_MAX,
        .from_ms = f->from_ms,
        .to_ms = f->to_ms ? f->to_ms : INT64_MAX,
        .user_id = str_empty(f->user_id) ? str_of(NULL, 0) : f->user_id,
    };
    *ret_possible = true;
    TRY(resolve_types(r, a, &f->types, &s, ret_possible));
    TRY(resolve(r, f->client_id, &s.client, ret_possible));
    TRY(narrow(r, &s));
    *ret_window = s;
    return 0;
}

static int count_some(struct store_read *r, const struct way *way, const struct window *s,
                      int64_t most, int64_t *ret_count)
{
    QUERY(q);
    TRY(query_open(r->conn, &way->some, &q));
    bind(&q, s, most);
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return 0;
}

static int choose(struct store_read *r, const struct window *s, const struct way **ret_way)
{
    int64_t fewest = MANY;
    int wanted = 0;
    *ret_way = &ways[CONDITION_NONE];
    for (int i = CONDITION_USER; i < CONDITIONS; i++)
        wanted += wants(s, (enum condition)i);
    for (int i = CONDITION_USER; i < CONDITIONS; i++) {
        int64_t count = 0;
        if (!wants(s, (enum condition)i))
            continue;
        bool sorts = i == CONDITION_TYPES;
        if (wanted > 1 || sorts)
            TRY(count_some(r, &ways[i], s, fewest, &count));
        if (count < fewest || (!sorts && *ret_way == &ways[CONDITION_NONE]))
            *ret_way = &ways[i];
        fewest = count < fewest ? count : fewest;
    }
    return 0;
}

/* --- Listing --- */

int event_search(struct store_read *r, struct arena *a, const struct event_search *search,
                 size_t limit, size_t skip, struct rows *io_rows)
{
    const struct way *way;
    struct window s;
    bool possible;
    TRY(prepare(r, a, search, &s, &possible));
    if (!possible)
        return 0;
    TRY(choose(r, &s, &way));
    QUERY(q);
    TRY(query_open(r->conn, search->filter->newest_first ? &way->newest : &way->oldest, &q));
    bind(&q, &s, rows_at_most(limit));
    query_i64(&q, rows_at_most(skip));
    return rows_read_with(io_rows, &q, a, event_row_read, r);
}

int event_search_count(struct store_read *r, struct arena *a, const struct event_search *search,
                       size_t most, size_t *ret_count)
{
    const struct way *way;
    struct window s;
    bool possible;
    *ret_count = 0;
    TRY(prepare(r, a, search, &s, &possible));
    if (!possible)
        return 0;
    TRY(choose(r, &s, &way));
    QUERY(q);
    TRY(query_open(r->conn, &way->count, &q));
    bind(&q, &s, rows_at_most(most));
    TRY(query_one(&q));
    *ret_count = (size_t)query_col_i64(&q, 0);
    return 0;
}

int event_types_json(struct arena *a, const struct strs *types, struct str *ret_json)
{
    *ret_json = str_of(NULL, 0);
    return types->count == 0 ? 0 : doc_write_strs(types, a, ret_json);
}
