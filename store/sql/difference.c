#include "store/sql/difference.h"

#include "core/codec/base64.h"
#include "core/crypto/digest.h"

#include "core/base/banned.h"

#define SCRATCH_BYTES ((size_t)1 << 20) /* ids and hashes of one row */
#define ID_BYTES      16

static const struct {
    const char *name, *shown;
    size_t key_columns;
    struct sql select;
} tables[] = {
#define T(name, key_columns, order, shown)                                                         \
    {#name, shown, key_columns, {"SELECT * FROM " #name " ORDER BY " order}},
#include "store/sql/difference_tables.def"
#undef T
};

static const char *const left_out[] = {
    "event",          "event_text", "event_head", "event_segment", "event_step",
    "user_attribute", "tally",      "repl_pos",   "store_info",    "store_clock",
};

const char *difference_table(size_t index)
{
    return index < ARRAY_LEN(tables) ? tables[index].name : NULL;
}

const char *difference_left_out(size_t index)
{
    return index < ARRAY_LEN(left_out) ? left_out[index] : NULL;
}

/* --- Two rows --- */

struct side {
    struct query q;
    bool there, row; /* there: the database is */
};

struct walk {
    size_t table;
    struct side kept, now;
    struct arena scratch;
    struct cell_pair cells[DIFFERENCE_CELLS_MAX];
    bool is_shown[DIFFERENCE_CELLS_MAX];
    size_t columns;
};

static int step(struct side *side)
{
    side->row = false;
    return side->there ? query_next(&side->q, &side->row) : 0;
}

static int compare_bytes(struct str a, struct str b)
{
    size_t len = a.len < b.len ? a.len : b.len;
    int order = len > 0 ? memcmp(a.ptr, b.ptr, len) : 0;
    if (order != 0 || a.len == b.len)
        return order;
    return a.len < b.len ? -1 : 1;
}

/* In which values of different types stand: nothing, numbers, texts, bytes. */
static int rank(int type)
{
    switch (type) {
    case SQLITE_NULL: return 0;
    case SQLITE_INTEGER: return 1;
    case SQLITE_TEXT: return 2;
    default: return 3;
    }
}

/* As SQLite orders them. */
static int compare(struct walk *w, size_t column)
{
    int c = (int)column;
    int a = rank(sqlite3_column_type(w->kept.q.stmt, c));
    int b = rank(sqlite3_column_type(w->now.q.stmt, c));
    if (a != b || a == 0)
        return a - b;
    if (a == 1) {
        int64_t x = query_col_i64(&w->kept.q, c), y = query_col_i64(&w->now.q, c);
        return x < y ? -1 : x > y;
    }
    return compare_bytes(query_col_view(&w->kept.q, c), query_col_view(&w->now.q, c));
}

/* Below 0: the key of the kept row comes first, and is in that database alone. */
static int compare_keys(struct walk *w)
{
    if (!w->kept.row || !w->now.row)
        return w->kept.row ? -1 : 1;
    int order = 0;
    for (size_t i = 0; i < tables[w->table].key_columns && order == 0; i++)
        order = compare(w, i);
    return order;
}

/* --- What of them is shown --- */

static bool is_settings(const char *column)
{
    return str_eq_c(STR("doc"), column) || str_eq_c(STR("attributes"), column) ||
           str_eq_c(STR("config"), column);
}

static int show_bytes(struct walk *w, struct str bytes, struct cell *ret_cell)
{
    unsigned char hash[BLAKE2B_BYTES];
    blake2b_256_of(bytes, hash);
    ret_cell->kind = CELL_BYTES;
    ret_cell->number = (int64_t)bytes.len;
    ret_cell->text =
        hex_encode(&w->scratch, str_of((const char *)hash, (size_t)DIFFERENCE_HASH_LEN / 2));
    return str_absent(ret_cell->text) ? ERR_NO_MEMORY : 0;
}

static int show_blob(struct walk *w, struct query *q, int column, struct cell *ret_cell)
{
    struct str bytes = query_col_view(q, column);
    if (bytes.len != ID_BYTES)
        return show_bytes(w, bytes, ret_cell);
    ret_cell->kind = CELL_ID;
    ret_cell->text = query_col_id(q, column, &w->scratch);
    return q->err;
}

static int show(struct walk *w, struct side *side, size_t column, struct cell *ret_cell)
{
    int c = (int)column, type = side->row ? sqlite3_column_type(side->q.stmt, c) : SQLITE_NULL;
    *ret_cell = (struct cell){.kind = CELL_NULL};
    if (type == SQLITE_NULL)
        return 0;
    ret_cell->kind = CELL_SECRET;
    if (!w->is_shown[column])
        return 0;
    if (type == SQLITE_BLOB)
        return show_blob(w, &side->q, c, ret_cell);
    if (type == SQLITE_INTEGER) {
        ret_cell->kind = CELL_NUMBER;
        ret_cell->number = query_col_i64(&side->q, c);
    } else if (type == SQLITE_TEXT) {
        ret_cell->kind = is_settings(w->cells[column].column) ? CELL_JSON : CELL_TEXT;
        ret_cell->text = query_col_view(&side->q, c);
    }
    return 0;
}

/* --- The walk --- */

static int tell(struct walk *w, enum row_change change, difference_take *take, void *arg)
{
    const struct side none = {0};
    struct side *kept = &w->kept, *now = &w->now, absent = none;
    bool differs = change != ROW_CHANGED;
    arena_reset(&w->scratch);
    for (size_t i = 0; i < w->columns; i++) {
        w->cells[i].differs = change == ROW_CHANGED && compare(w, i) != 0;
        differs = differs || w->cells[i].differs;
    }
    if (!differs)
        return 0;
    for (size_t i = 0; i < w->columns; i++) {
        TRY(show(w, change == ROW_NOW_ALONE ? &absent : kept, i, &w->cells[i].kept));
        TRY(show(w, change == ROW_KEPT_ALONE ? &absent : now, i, &w->cells[i].now));
    }
    const struct row_difference row = {tables[w->table].name, change, w->cells, w->columns};
    return take(arg, &row);
}

static int walk_on(struct walk *w, difference_take *take, void *arg)
{
    TRY(step(&w->kept));
    TRY(step(&w->now));
    while (w->kept.row || w->now.row) {
        int order = compare_keys(w);
        TRY(tell(w,
                 order < 0   ? ROW_KEPT_ALONE
                 : order > 0 ? ROW_NOW_ALONE
                             : ROW_CHANGED,
                 take, arg));
        if (order <= 0)
            TRY(step(&w->kept));
        if (order >= 0)
            TRY(step(&w->now));
    }
    return 0;
}

static bool is_word_of(struct str word, const char *words)
{
    struct str rest = str_c(words), next;
    while (str_next(&rest, ' ', &next))
        if (str_eq(word, next))
            return true;
    return false;
}

static int take_columns(struct walk *w)
{
    int count = sqlite3_column_count(w->kept.q.stmt);
    if (count > DIFFERENCE_CELLS_MAX ||
        (w->now.there && sqlite3_column_count(w->now.q.stmt) != count))
        return ERR_STORE_VERSION;
    for (int i = 0; i < count; i++) {
        const char *name = sqlite3_column_name(w->kept.q.stmt, i);
        if (!name)
            return ERR_NO_MEMORY;
        if (w->now.there && !str_eq_c(str_c(name), sqlite3_column_name(w->now.q.stmt, i)))
            return ERR_STORE_VERSION;
        w->cells[i].column = name;
        w->cells[i].is_key = (size_t)i < tables[w->table].key_columns;
        w->is_shown[i] = is_word_of(str_c(name), tables[w->table].shown);
    }
    w->columns = (size_t)count;
    return 0;
}

static bool has_table(struct conn *conn, const char *name)
{
    return sqlite3_table_column_metadata(conn->db, "main", name, NULL, NULL, NULL, NULL, NULL,
                                         NULL) == SQLITE_OK;
}

static int open_side(struct conn *conn, size_t table, struct side *side)
{
    side->there = conn && has_table(conn, tables[table].name);
    return side->there ? query_open(conn, &tables[table].select, &side->q) : 0;
}

int difference_of_table(struct conn *kept, struct conn *now, size_t table, difference_take *take,
                        void *arg)
{
    struct walk w = {.table = table};
    arena_init(&w.scratch, SCRATCH_BYTES);
    int err = open_side(kept, table, &w.kept);
    if (err == 0 && w.kept.there) {
        err = open_side(now, table, &w.now);
        if (err == 0)
            err = take_columns(&w);
        if (err == 0)
            err = walk_on(&w, take, arg);
    }
    query_close(&w.kept.q);
    query_close(&w.now.q);
    arena_free(&w.scratch);
    return err;
}
