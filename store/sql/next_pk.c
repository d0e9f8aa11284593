/* Keys for rows that come and go: never the same twice while this process lives, as a request may
 * hold the key of a row that another one deletes. */
#include "store/tx.h"

#include "core/base/banned.h"

static int max_pk(struct conn *conn, const struct sql *sql, int64_t *ret_pk)
{
    QUERY(q);
    TRY(query_open(conn, sql, &q));
    TRY(query_one(&q));
    *ret_pk = query_col_i64(&q, 0);
    return 0;
}

int write_next_pk(struct store_write *w, enum pk_kind kind, int64_t *ret_pk)
{
    static const struct sql highest[PK_KINDS] = {
        [PK_SESSION] = {"SELECT coalesce(max(pk), 0) FROM session"},
        [PK_CLIENT_SESSION] = {"SELECT coalesce(max(pk), 0) FROM client_session"},
        [PK_AUTH_CODE] = {"SELECT coalesce(max(pk), 0) FROM auth_code"},
        [PK_REFRESH_FAMILY] = {"SELECT coalesce(max(pk), 0) FROM refresh_family"},
        [PK_PUSHED_REQUEST] = {"SELECT coalesce(max(pk), 0) FROM pushed_request"},
        [PK_DEVICE_CODE] = {"SELECT coalesce(max(pk), 0) FROM device_code"},
    };
    int64_t *next = &w->reader.db->next_pk[kind];
    if (*next == 0) {
        TRY(max_pk(w->reader.conn, &highest[kind], next));
        ++*next;
    }
    *ret_pk = (*next)++;
    return 0;
}
