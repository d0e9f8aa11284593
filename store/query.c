/* Binding values to a statement, stepping it, reading its columns. */
#include "store/conn.h"

#include "core/base/rng.h"
#include "core/codec/base64.h"

#include "core/base/banned.h"

#define UUID_BYTES 16

static void note(struct query *q, int rc)
{
    if (rc != SQLITE_OK && q->err == 0)
        q->err = conn_err(q->conn, rc);
}

void query_i64(struct query *q, int64_t value)
{
    note(q, sqlite3_bind_int64(q->stmt, ++q->bound, value));
}

void query_ref(struct query *q, int64_t pk)
{
    if (pk != 0)
        query_i64(q, pk);
    else
        q->bound++; /* unbound is NULL */
}

void query_str(struct query *q, struct str text)
{
    q->bound++;
    if (!str_absent(text))
        note(q, sqlite3_bind_text64(q->stmt, q->bound, text.ptr, text.len, SQLITE_STATIC,
                                    SQLITE_UTF8));
}

void query_blob(struct query *q, struct str bytes)
{
    q->bound++;
    if (!str_absent(bytes))
        note(q, sqlite3_bind_blob64(q->stmt, q->bound, bytes.ptr, bytes.len, SQLITE_STATIC));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

static bool is_dash_place(size_t i)
{
    return i == 8 || i == 13 || i == 18 || i == 23;
}

/* Only the spelling that query_col_id gives back: lower case, dashes in place. */
static bool uuid_bytes(struct str id, unsigned char out[UUID_BYTES])
{
    size_t digits = 0;
    if (id.len != UUID_TEXT_LEN)
        return false;
    for (size_t i = 0; i < id.len; i++) {
        if (is_dash_place(i)) {
            if (id.ptr[i] != '-')
                return false;
            continue;
        }
        int digit = hex_digit(id.ptr[i]);
        if (digit < 0)
            return false;
        int high = digits % 2 == 0 ? 0 : out[digits / 2] << 4;
        out[digits / 2] = (unsigned char)(high | digit);
        digits++;
    }
    return true;
}

void query_id(struct query *q, struct str id)
{
    unsigned char bytes[UUID_BYTES];
    if (str_absent(id) || !uuid_bytes(id, bytes)) {
        query_str(q, id);
        return;
    }
    note(q, sqlite3_bind_blob(q->stmt, ++q->bound, bytes, UUID_BYTES, SQLITE_TRANSIENT));
}

int query_next(struct query *q, bool *ret_row)
{
    if (q->err != 0)
        return q->err;
    int rc = sqlite3_step(q->stmt);
    if (rc != SQLITE_ROW && rc != SQLITE_DONE)
        return q->err = conn_err(q->conn, rc);
    *ret_row = rc == SQLITE_ROW;
    return 0;
}

int query_one(struct query *q)
{
    bool row = false;
    TRY(query_next(q, &row));
    return row ? 0 : ERR_NOT_FOUND;
}

void query_rewind(struct query *q, int bound)
{
    (void)sqlite3_reset(q->stmt);
    q->bound = bound;
}

int query_run(struct query *q)
{
    bool row = false;
    do
        TRY(query_next(q, &row));
    while (row);
    return 0;
}

int query_run_one(struct query *q)
{
    TRY(query_run(q));
    return sqlite3_changes64(q->conn->db) > 0 ? 0 : ERR_NOT_FOUND;
}

int64_t query_col_i64(struct query *q, int column)
{
    return sqlite3_column_int64(q->stmt, column);
}

struct str query_col_view(struct query *q, int column)
{
    int type = sqlite3_column_type(q->stmt, column);
    if (type == SQLITE_NULL)
        return str_of(NULL, 0);
    const void *p = type == SQLITE_BLOB ? sqlite3_column_blob(q->stmt, column)
                                        : (const void *)sqlite3_column_text(q->stmt, column);
    size_t len = (size_t)sqlite3_column_bytes(q->stmt, column);
    return str_of(p ? p : "", p ? len : 0);
}

struct str query_col_str(struct query *q, int column, struct arena *a)
{
    struct str view = query_col_view(q, column);
    struct str copy = arena_str(a, view);
    if (!str_absent(view) && str_absent(copy) && q->err == 0)
        q->err = ERR_NO_MEMORY;
    return copy;
}

struct str query_col_id(struct query *q, int column, struct arena *a)
{
    struct str view = query_col_view(q, column);
    if (sqlite3_column_type(q->stmt, column) != SQLITE_BLOB || view.len != UUID_BYTES)
        return query_col_str(q, column, a);
    char *text = arena_alloc(a, UUID_TEXT_LEN + 1);
    if (!text) {
        q->err = q->err ? q->err : ERR_NO_MEMORY;
        return str_of(NULL, 0);
    }
    char digits[2 * UUID_BYTES];
    size_t digit = 0;
    hex_write(digits, view.ptr, UUID_BYTES);
    for (size_t i = 0; i < UUID_TEXT_LEN; i++)
        text[i] = is_dash_place(i) ? '-' : digits[digit++];
    return str_of(text, UUID_TEXT_LEN);
}
