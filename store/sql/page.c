/* The database itself: tables, pages, structure. */
#include "store/sql/page.h"

#include "core/base/banned.h"

int page_tables(struct conn *conn, int64_t *ret_tables, int64_t *ret_known)
{
    static const struct sql select = {
        "SELECT count(*), sum(type = 'table' AND name IN ('realm', 'user', 'event'))"
        " FROM sqlite_schema"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    TRY(query_one(&q));
    *ret_tables = query_col_i64(&q, 0);
    *ret_known = query_col_i64(&q, 1);
    return q.err;
}

int page_realms(struct conn *conn, int64_t *ret_count)
{
    static const struct sql select = {"SELECT count(*) FROM realm"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

int page_count(struct conn *conn, int64_t *ret_count)
{
    static const struct sql select = {"PRAGMA page_count"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    TRY(query_one(&q));
    *ret_count = query_col_i64(&q, 0);
    return q.err;
}

int page_touch(struct conn *conn, int64_t number)
{
    static const struct sql select = {"SELECT length(data) FROM sqlite_dbpage WHERE pgno = ?"};
    bool row;
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    query_i64(&q, number);
    return query_next(&q, &row);
}

int page_bytes(struct conn *conn, int64_t *ret_bytes)
{
    static const struct sql select = {"PRAGMA page_size"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    TRY(query_one(&q));
    *ret_bytes = query_col_i64(&q, 0);
    return q.err;
}

int page_read(struct conn *conn, int64_t number, unsigned char *out, size_t bytes)
{
    static const struct sql select = {"SELECT data FROM sqlite_dbpage WHERE pgno = ?"};
    QUERY(q);
    TRY(query_open(conn, &select, &q));
    query_i64(&q, number);
    TRY(query_one(&q));
    struct str page = query_col_view(&q, 0);
    if (page.len != bytes)
        return ERR_STORE_CORRUPT;
    memcpy(out, page.ptr, bytes);
    return 0;
}

static int finding_of(struct conn *conn, const struct sql *check, struct arena *a,
                      struct str *ret_finding)
{
    QUERY(q);
    TRY(query_open(conn, check, &q));
    TRY(query_one(&q));
    *ret_finding = query_col_str(&q, 0, a);
    return q.err;
}

int page_structure(struct conn *conn, struct arena *a, struct str *ret_finding)
{
    static const struct sql check = {"PRAGMA quick_check(1)"};
    return finding_of(conn, &check, a, ret_finding);
}

int page_integrity(struct conn *conn, struct arena *a, struct str *ret_finding)
{
    static const struct sql check = {"PRAGMA integrity_check(1)"};
    return finding_of(conn, &check, a, ret_finding);
}
