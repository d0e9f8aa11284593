/* Lines of indexes in the order of user names, and what they have in common. */
#include "store/sql/user_walk.h"

#include "store/sql/user_row.h"

#include "core/base/banned.h"

/* A cursor that is behind is moved so many times before it is put down anew, which costs as much. */
#define MOVES     8
/* What things cost, in moves along an index. */
#define COST_SEEK 4
#define COST_ROW  16

static const struct str none = {NULL, 0};

/* --- Statements --- */

/* ?1 is the user name to begin at, ?2 what the index is asked for, in two parts for attributes. */
#define NAMES_WITH(condition)                                                                      \
    {                                                                                              \
        "SELECT username, pk FROM user WHERE " condition " AND username >= ?1" IS_PERSON           \
        " ORDER BY username"                                                                       \
    }
#define FOUR(sql) sql, sql, sql, sql
#define ONE_FOR_EACH(sql)                                                                          \
    {                                                                                              \
        FOUR(sql), FOUR(sql), FOUR(sql), FOUR(sql)                                                 \
    }

static const struct sql by_username = {
    "SELECT username, pk FROM user WHERE username >= ?1 ORDER BY username"};
static const struct sql by_attribute = {
    "SELECT username, user_pk FROM user_attribute WHERE name = ?2 AND value = ?3"
    " AND username >= ?1 ORDER BY username"};
static const struct sql by_email = NAMES_WITH("email = ?2");
static const struct sql by_first_name[] = ONE_FOR_EACH(NAMES_WITH("first_fold = ?2"));
static const struct sql by_last_name[] = ONE_FOR_EACH(NAMES_WITH("last_fold = ?2"));
_Static_assert(sizeof(by_last_name) / sizeof(*by_last_name) == USER_WALK_NAMES, "one for each");

static const struct sql row_of = {"SELECT " USER_COLUMNS " FROM user WHERE pk = ?19"};
static const struct sql row_judged = {
    "SELECT " USER_COLUMNS " FROM user WHERE pk = ?19 AND +username >= ?6 AND +username > ?16"
    " AND +username < ?7" JUDGE_ROW};

static const struct sql next_first_name = {
    "SELECT first_fold FROM user WHERE first_fold >= ?1 AND first_fold < ?2"
    " ORDER BY first_fold LIMIT 1"};
static const struct sql next_last_name = {
    "SELECT last_fold FROM user WHERE last_fold >= ?1 AND last_fold < ?2"
    " ORDER BY last_fold LIMIT 1"};

/* --- One cursor --- */

/* The text must outlive what it was read from. */
static int keep_from(struct user_walk *w, struct user_cursor *c, struct str from)
{
    if (from.len > c->from_cap) {
        size_t cap = 2 * from.len + 64;
        c->from = arena_alloc(w->a, cap);
        if (!c->from)
            return ERR_NO_MEMORY;
        c->from_cap = cap;
    }
    if (from.len > 0)
        memcpy(c->from, from.ptr, from.len);
    return 0;
}

static int cursor_move(struct user_walk *w, struct user_cursor *c)
{
    bool row;
    w->steps++;
    TRY(query_next(&c->q, &row));
    c->over = !row;
    if (!row)
        return 0;
    c->username = query_col_view(&c->q, 0);
    c->pk = query_col_i64(&c->q, 1);
    return 0;
}

static int cursor_put_down(struct user_walk *w, struct user_cursor *c, struct str from)
{
    TRY(keep_from(w, c, from));
    query_rewind(&c->q, 0);
    query_str(&c->q, str_of(c->from ? c->from : "", from.len));
    query_str(&c->q, c->value);
    query_str(&c->q, c->second);
    w->steps += COST_SEEK;
    return cursor_move(w, c);
}

/* To the first at or after a name. */
static int cursor_advance(struct user_walk *w, struct user_cursor *c, struct str to)
{
    for (int i = 0; i < MOVES && !c->over && str_cmp(c->username, to) < 0; i++)
        TRY(cursor_move(w, c));
    return !c->over && str_cmp(c->username, to) < 0 ? cursor_put_down(w, c, to) : 0;
}

/* --- A line --- */

static struct user_cursor *foremost(const struct user_line *line)
{
    return &line->cursors[line->least];
}

static void line_find_least(struct user_line *line)
{
    line->least = 0;
    for (size_t i = 1; i < line->count; i++) {
        const struct user_cursor *c = &line->cursors[i];
        const struct user_cursor *least = foremost(line);
        if (!c->over && (least->over || str_cmp(c->username, least->username) < 0))
            line->least = i;
    }
}

static int line_advance(struct user_walk *w, struct user_line *line, struct str to)
{
    for (size_t i = 0; i < line->count; i++)
        TRY(cursor_advance(w, &line->cursors[i], to));
    line_find_least(line);
    return 0;
}

static int add_line(struct user_walk *w, const struct sql *sql, const struct str *values,
                    size_t count, struct str second)
{
    struct user_line *line = &w->lines[w->count];
    line->cursors = ARENA_ARRAY(w->a, count, struct user_cursor);
    if (!line->cursors)
        return ERR_NO_MEMORY;
    line->sql = sql;
    w->count++;
    for (; line->count < count; line->count++) {
        struct user_cursor *c = &line->cursors[line->count];
        c->value = values[line->count];
        c->second = second;
        TRY(query_open(w->r->conn, &sql[line->count], &c->q));
    }
    return 0;
}

/* --- Which lines there are --- */

/* The names that are in the range; too many: more than fit. */
static int names_in_range(struct user_walk *w, const struct sql *next, enum user_parameter low,
                          struct str ret_names[USER_WALK_NAMES + 1], size_t *ret_count)
{
    struct str from = w->v->texts[low];
    bool row = true;
    QUERY(q);
    TRY(query_open(w->r->conn, next, &q));
    for (*ret_count = 0; *ret_count <= USER_WALK_NAMES; (*ret_count)++) {
        query_rewind(&q, 0);
        query_str(&q, from);
        query_str(&q, w->v->texts[low + 1]);
        TRY(query_next(&q, &row));
        if (!row)
            break;
        ret_names[*ret_count] = query_col_str(&q, 0, w->a);
        from = ARENA_CONCAT(w->a, ret_names[*ret_count], str_of("", 1));
        if (str_absent(from))
            return ERR_NO_MEMORY;
    }
    return 0;
}

static int add_names(struct user_walk *w, enum user_parameter low, const struct sql *next,
                     const struct sql *sql, bool *ret_in_order)
{
    struct str names[USER_WALK_NAMES + 1];
    size_t count = 1;
    names[0] = w->v->texts[low];
    *ret_in_order = false;
    if (!user_values_has(w->v, low))
        return 0;
    if (!w->v->exact)
        TRY(names_in_range(w, next, low, names, &count));
    *ret_in_order = count <= USER_WALK_NAMES;
    if (!*ret_in_order)
        return 0;
    /* A line without a cursor would find everybody: where nobody has such a name, it finds nobody. */
    if (count == 0)
        names[count++] = w->v->texts[low];
    return add_line(w, sql, names, count, none);
}

static int add_lines(struct user_walk *w)
{
    const struct user_values *v = w->v;
    if (user_values_has(v, ATTRIBUTE))
        TRY(add_line(w, &by_attribute, &v->texts[ATTRIBUTE], 1, v->texts[ATTRIBUTE + 1]));
    if (v->exact && user_values_has(v, EMAIL_LOW))
        TRY(add_line(w, &by_email, &v->texts[EMAIL_LOW], 1, none));
    TRY(add_names(w, LAST_NAME_LOW, &next_last_name, by_last_name, &w->last_in_order));
    return add_names(w, FIRST_NAME_LOW, &next_first_name, by_first_name, &w->first_in_order);
}

bool user_walk_has(const struct user_walk *w, enum user_parameter condition)
{
    switch (condition) {
    case ATTRIBUTE: return true;
    case EMAIL_LOW: return w->v->exact;
    case LAST_NAME_LOW: return w->last_in_order;
    case FIRST_NAME_LOW: return w->first_in_order;
    default: return false;
    }
}

static bool leaves_conditions(const struct user_walk *w)
{
    static const enum user_parameter conditions[] = {SEARCH, EMAIL_LOW, LAST_NAME_LOW,
                                                     FIRST_NAME_LOW};
    if (w->v->enabled != FLAG_ANY || w->v->email_verified != FLAG_ANY)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(conditions); i++)
        if (user_values_has(w->v, conditions[i]) && !user_walk_has(w, conditions[i]))
            return true;
    return false;
}

int user_walk_open(struct store_read *r, struct arena *a, const struct user_values *v,
                   struct user_walk *w)
{
    *w = (struct user_walk){.r = r, .a = a, .v = v};
    TRY(add_lines(w));
    /* The user names themselves have service accounts among them. */
    w->judges = w->count == 0 || leaves_conditions(w);
    if (w->count == 0)
        TRY(add_line(w, &by_username, &none, 1, none));
    TRY(query_open(r->conn, w->judges ? &row_judged : &row_of, &w->row));
    return 0;
}

void user_walk_close(struct user_walk *w)
{
    query_close(&w->row);
    for (size_t i = 0; i < w->count; i++)
        for (size_t k = 0; k < w->lines[i].count; k++)
            query_close(&w->lines[i].cursors[k].q);
    w->count = 0;
}

/* --- Walking --- */

/* The first name that is asked for: of the range, and after the page before. */
static int begin(struct user_walk *w)
{
    const struct str *t = w->v->texts;
    struct str from = user_values_has(w->v, USERNAME_LOW) ? t[USERNAME_LOW] : STR("");
    if (str_cmp(t[AFTER], from) >= 0 && !str_empty(t[AFTER])) {
        from = ARENA_CONCAT(w->a, t[AFTER], str_of("", 1));
        if (str_absent(from))
            return ERR_NO_MEMORY;
    }
    for (size_t i = 0; i < w->count; i++) {
        struct user_line *line = &w->lines[i];
        for (size_t k = 0; k < line->count; k++)
            TRY(cursor_put_down(w, &line->cursors[k], from));
        line_find_least(line);
    }
    w->begun = true;
    return 0;
}

static const struct user_line *furthest(const struct user_walk *w, bool *ret_over)
{
    const struct user_line *found = &w->lines[0];
    *ret_over = foremost(found)->over;
    for (size_t i = 1; i < w->count && !*ret_over; i++) {
        const struct user_line *line = &w->lines[i];
        *ret_over = foremost(line)->over;
        if (!*ret_over && str_cmp(foremost(line)->username, foremost(found)->username) > 0)
            found = line;
    }
    return found;
}

/* All lines to the next name that they have in common. */
static int agree(struct user_walk *w, bool *ret_over)
{
    bool moved = true;
    while (moved) {
        const struct user_line *ahead = furthest(w, ret_over);
        moved = false;
        for (size_t i = 0; i < w->count && !*ret_over; i++) {
            struct user_line *line = &w->lines[i];
            struct str to = foremost(ahead)->username;
            if (line == ahead || str_eq(foremost(line)->username, to))
                continue;
            TRY(line_advance(w, line, to));
            moved = true;
        }
        if (*ret_over)
            return 0;
    }
    return 0;
}

static int next(struct user_walk *w, bool *ret_over)
{
    struct user_line *line = &w->lines[0];
    if (w->begun) {
        TRY(cursor_move(w, foremost(line)));
        line_find_least(line);
    } else
        TRY(begin(w));
    TRY(agree(w, ret_over));
    struct str high = w->v->texts[USERNAME_LOW + 1];
    if (!*ret_over && !str_absent(high))
        *ret_over = str_cmp(foremost(line)->username, high) >= 0;
    return 0;
}

/* Whether the row agrees; it stays open. */
static int ask_row(struct user_walk *w, bool *ret_agrees)
{
    struct query *q = &w->row;
    w->steps += COST_ROW;
    if (q->bound == 0)
        user_values_bind(q, w->v);
    else
        query_rewind(q, AFTER + 2);
    query_i64(q, foremost(&w->lines[0])->pk);
    return query_next(q, ret_agrees);
}

static int take(struct user_walk *w, struct user_page *page)
{
    bool agrees = true;
    if (w->judges)
        TRY(ask_row(w, &agrees));
    if (!agrees)
        return 0;
    if (page->skip > 0) {
        page->skip--;
        return 0;
    }
    if (!w->judges)
        TRY(ask_row(w, &agrees));
    if (!agrees)
        return ERR_STORE_CORRUPT; /* an index has somebody who is not there */
    struct user *user = rows_add(&page->rows, w->a);
    return user ? user_row_read(&w->row, w->a, user) : ERR_NO_MEMORY;
}

int user_walk_fill(struct user_walk *w, struct user_page *page, int64_t steps, bool *ret_done)
{
    int64_t end = w->steps + steps;
    bool over = false;
    while (page->rows.count < page->limit && !over && w->steps < end) {
        TRY(next(w, &over));
        if (!over)
            TRY(take(w, page));
    }
    *ret_done = over || page->rows.count == page->limit;
    return 0;
}

int user_walk_count(struct user_walk *w, int64_t *ret_count)
{
    bool over = false;
    for (*ret_count = 0;; (*ret_count)++) {
        TRY(next(w, &over));
        if (over)
            return 0;
    }
}
