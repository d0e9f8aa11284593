/* Room for what waits. */
#include "store/sql/waiting.h"

#include "core/base/banned.h"

static int has_room(struct store_write *w, const struct waiting *table, int64_t client_pk,
                    bool *ret_room)
{
    QUERY(q);
    TRY(query_open(write_conn(w), &table->count, &q));
    query_i64(&q, client_pk);
    query_i64(&q, table->most);
    TRY(query_one(&q));
    *ret_room = query_col_i64(&q, 0) < table->most;
    return 0;
}

static int remove_expired(struct store_write *w, const struct waiting *table, int64_t client_pk)
{
    QUERY(q);
    TRY(query_open(write_conn(w), &table->remove_expired, &q));
    query_i64(&q, client_pk);
    query_i64(&q, w->now.wall_ms);
    return query_run(&q);
}

int waiting_make_room(struct store_write *w, const struct waiting *table, int64_t client_pk)
{
    bool room;
    TRY(has_room(w, table, client_pk, &room));
    if (room)
        return 0;
    TRY(remove_expired(w, table, client_pk));
    TRY(has_room(w, table, client_pk, &room));
    return room ? 0 : ERR_LIMIT_REACHED;
}
