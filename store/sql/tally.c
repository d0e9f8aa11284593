/* Triggers of the schema keep the figures. */
#include "core/port/tally.h"

#include "store/tx.h"

#include "core/base/banned.h"

int tally_read(struct store_read *r, enum tally_kind kind, int64_t *ret_count)
{
    static const char *const kinds[TALLY_KINDS] = {
        [TALLY_USER] = "user", [TALLY_CLIENT] = "client", [TALLY_GROUP] = "group"};
    static const struct sql select = {"SELECT count FROM tally WHERE kind = ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_str(&q, str_c(kinds[kind]));
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}
