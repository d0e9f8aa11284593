/* Room for what waits. */
#include "store/sql/waiting.h"

#include "core/base/banned.h"

/* Whose rows: of a source, or of a client where it is absent. */
struct whose {
    int64_t client_pk;
    struct str source;
};

static void bind(struct query *q, const struct whose *whose)
{
    if (str_absent(whose->source))
        query_i64(q, whose->client_pk);
    else
        query_blob(q, whose->source);
}

static int has_room(struct store_write *w, const struct waiting_bound *bound,
                    const struct whose *whose, int64_t most, bool *ret_room)
{
    QUERY(q);
    TRY(query_open(write_conn(w), &bound->count, &q));
    bind(&q, whose);
    query_i64(&q, most);
    TRY(query_one(&q));
    *ret_room = query_col_i64(&q, 0) < most;
    return 0;
}

static int remove_expired(struct store_write *w, const struct waiting_bound *bound,
                          const struct whose *whose)
{
    QUERY(q);
    TRY(query_open(write_conn(w), &bound->remove_expired, &q));
    bind(&q, whose);
    query_i64(&q, w->now.wall_ms);
    return query_run(&q);
}

static int make_room(struct store_write *w, const struct waiting_bound *bound,
                     const struct whose *whose, int64_t most)
{
    bool room;
    TRY(has_room(w, bound, whose, most, &room));
    if (room)
        return 0;
    TRY(remove_expired(w, bound, whose));
    TRY(has_room(w, bound, whose, most, &room));
    return room ? 0 : ERR_LIMIT_REACHED;
}

int waiting_make_room(struct store_write *w, const struct waiting *table, int64_t client_pk,
                      struct str source)
{
    const struct whose of_client = {.client_pk = client_pk};
    const struct whose of_source = {.source = source};
    if (str_absent(source))
        return make_room(w, &table->of_client, &of_client, table->most);
    TRY(make_room(w, &table->of_source, &of_source, table->most_of_source));
    return make_room(w, &table->of_client, &of_client, table->most_public);
}
