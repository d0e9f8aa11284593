/* Searching people. There is one index for each condition. The one that promises the fewest is asked
 * and the other conditions judge what it gives; where all promise many, walking by user name fills a
 * page sooner than sorting them. */
#include "core/port/users.h"

#include "store/sql/rows.h"
#include "store/sql/user_row.h"

#include "core/base/banned.h"

/* Parameters: each text as a range, low <= text < high. */
enum {
    SEARCH_LOW = 1, /* ?1 ?2 */
    USERNAME_LOW = 3,
    EMAIL_LOW = 5,
    FIRST_NAME_LOW = 7,
    LAST_NAME_LOW = 9,
    ATTRIBUTE = 11, /* ?11, its value ?12 */
    AFTER = 13,
    /* ?14 is a limit, ?15 an offset. */
};

/* What each index gives. Partial ones want their condition repeated. */
#define FROM_USERNAME                                                                              \
    "SELECT pk FROM user WHERE username >= max(?3, ?13) AND +username > ?13 AND username < ?4"
#define FROM_EMAIL "SELECT pk FROM user WHERE email >= ?5 AND email < ?6"
#define FROM_FIRST_NAME                                                                            \
    "SELECT pk FROM user WHERE first_name IS NOT NULL"                                             \
    " AND lower(first_name) >= ?7 AND lower(first_name) < ?8"
#define FROM_LAST_NAME                                                                             \
    "SELECT pk FROM user WHERE last_name IS NOT NULL"                                              \
    " AND lower(last_name) >= ?9 AND lower(last_name) < ?10"
#define FROM_ATTRIBUTE "SELECT user_pk FROM user_attribute WHERE name = ?11 AND value = ?12"
/* Each part of a search, at most ?14 of it: to count. */
#define FROM_SEARCH_SOME                                                                           \
    "SELECT * FROM (SELECT pk FROM user WHERE username >= ?1 AND username < ?2 LIMIT ?14)"         \
    " UNION ALL SELECT * FROM (SELECT pk FROM user WHERE email >= ?1 AND email < ?2 LIMIT ?14)"    \
    " UNION ALL SELECT * FROM (SELECT pk FROM user WHERE first_name IS NOT NULL"                   \
    " AND lower(first_name) >= ?1 AND lower(first_name) < ?2 LIMIT ?14)"                           \
    " UNION ALL SELECT * FROM (SELECT pk FROM user WHERE last_name IS NOT NULL"                    \
    " AND lower(last_name) >= ?1 AND lower(last_name) < ?2 LIMIT ?14)"
#define FROM_SEARCH                                                                                \
    "SELECT pk FROM user WHERE username >= ?1 AND username < ?2"                                   \
    " UNION SELECT pk FROM user WHERE email >= ?1 AND email < ?2"                                  \
    " UNION SELECT pk FROM user WHERE first_name IS NOT NULL"                                      \
    " AND lower(first_name) >= ?1 AND lower(first_name) < ?2"                                      \
    " UNION SELECT pk FROM user WHERE last_name IS NOT NULL"                                       \
    " AND lower(last_name) >= ?1 AND lower(last_name) < ?2"

/* All conditions but that on the user name. A plus sign in front of a column keeps SQLite from using
 * its index there. */
#define JUDGE                                                                                      \
    " AND service_account_client_id IS NULL"                                                       \
    " AND (?1 IS NULL OR (+username >= ?1 AND +username < ?2) OR (+email >= ?1 AND +email < ?2)"   \
    " OR (+lower(first_name) >= ?1 AND +lower(first_name) < ?2)"                                   \
    " OR (+lower(last_name) >= ?1 AND +lower(last_name) < ?2))"                                    \
    " AND (?5 IS NULL OR (+email >= ?5 AND +email < ?6))"                                          \
    " AND (?7 IS NULL OR (+lower(first_name) >= ?7 AND +lower(first_name) < ?8))"                  \
    " AND (?9 IS NULL OR (+lower(last_name) >= ?9 AND +lower(last_name) < ?10))"                   \
    " AND (?11 IS NULL OR EXISTS (SELECT 1 FROM user_attribute"                                    \
    " WHERE name = ?11 AND value = ?12 AND user_pk = pk))"
#define BY_USERNAME                                                                                \
    " FROM user WHERE username >= max(?3, ?13) AND +username > ?13 AND username < ?4" JUDGE
#define BY(from)                                                                                   \
    " FROM user WHERE pk IN (" from ") AND +username >= ?3 AND +username > ?13"                    \
    " AND +username < ?4" JUDGE
#define PAGE(by) "SELECT " USER_COLUMNS by " LIMIT ?14 OFFSET ?15"

struct way {
    int parameter; /* that must be given */
    struct sql some;
    struct sql page;
    struct sql all;
};

#define COUNT_SOME(from) "SELECT count(*) FROM (" from " LIMIT ?14)"
#define COUNT_ALL(by)    "SELECT count(*)" by

/* The walk by user name comes first: it is always possible. */
static const struct way ways[] = {
    {0,
     {COUNT_SOME(FROM_USERNAME)},
     {PAGE(BY_USERNAME " ORDER BY username")},
     {COUNT_ALL(BY_USERNAME)}},
#define WAY(parameter, some, from)                                                                 \
    {                                                                                              \
        parameter, {COUNT_SOME(some)}, {PAGE(BY(from) " ORDER BY +username")},                     \
        {                                                                                          \
            COUNT_ALL(BY(from))                                                                    \
        }                                                                                          \
    }
    WAY(ATTRIBUTE, FROM_ATTRIBUTE, FROM_ATTRIBUTE),
    WAY(EMAIL_LOW, FROM_EMAIL, FROM_EMAIL),
    WAY(LAST_NAME_LOW, FROM_LAST_NAME, FROM_LAST_NAME),
    WAY(FIRST_NAME_LOW, FROM_FIRST_NAME, FROM_FIRST_NAME),
    WAY(SEARCH_LOW, FROM_SEARCH_SOME, FROM_SEARCH),
#undef WAY
};

/* --- What is bound --- */

struct values {
    struct str texts[AFTER + 1]; /* absent: NULL */
};

/* Above every text that begins with low: the highest code point comes next. The next text after
 * low itself is low and a zero byte. */
static int set_range(struct arena *a, struct values *v, int low, struct str text, bool exact)
{
    if (str_empty(text))
        return 0;
    v->texts[low] = arena_lower(a, text);
    v->texts[low + 1] =
        ARENA_CONCAT(a, v->texts[low], exact ? str_of("", 1) : STR("\xf4\x8f\xbf\xbf"));
    return str_absent(v->texts[low]) || str_absent(v->texts[low + 1]) ? ERR_NO_MEMORY : 0;
}

static int set_values(struct arena *a, const struct user_filter *f, struct values *v)
{
    *v = (struct values){0};
    TRY(set_range(a, v, SEARCH_LOW, f->search, false));
    TRY(set_range(a, v, USERNAME_LOW, f->username, f->exact));
    TRY(set_range(a, v, EMAIL_LOW, f->email, f->exact));
    TRY(set_range(a, v, FIRST_NAME_LOW, f->first_name, f->exact));
    TRY(set_range(a, v, LAST_NAME_LOW, f->last_name, f->exact));
    v->texts[AFTER] = str_absent(f->after) ? STR("") : f->after;
    if (str_empty(f->attribute))
        return 0;
    v->texts[ATTRIBUTE] = f->attribute;
    v->texts[ATTRIBUTE + 1] = str_absent(f->value) ? STR("") : f->value;
    return 0;
}

/* Bytes of whatever value come after all texts: the end of an open range of user names. */
static void bind_username(struct query *q, const struct values *v)
{
    bool open = str_absent(v->texts[USERNAME_LOW]);
    query_str(q, open ? STR("") : v->texts[USERNAME_LOW]);
    if (open)
        query_blob(q, STR("\xff"));
    else
        query_str(q, v->texts[USERNAME_LOW + 1]);
}

static void bind(struct query *q, const struct values *v)
{
    query_str(q, v->texts[SEARCH_LOW]);
    query_str(q, v->texts[SEARCH_LOW + 1]);
    bind_username(q, v);
    for (int i = EMAIL_LOW; i <= AFTER; i++)
        query_str(q, v->texts[i]);
}

/* --- Choosing --- */

static int read_number(struct query *q, int64_t *ret_number)
{
    TRY(query_one(q));
    *ret_number = query_col_i64(q, 0);
    return 0;
}

/* With m matches among n people a walk passes n/m of them for each that it keeps, and sorting
 * touches all m: below the square root of limit * n sorting is the cheaper one. */
static int worth_sorting(struct store_read *r, int64_t limit, int64_t *ret_matches)
{
    static const struct sql select = {"SELECT coalesce(max(pk), 0) FROM user"};
    int64_t people, root = 1;
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    TRY(read_number(&q, &people));
    while (root < INT32_MAX && root * root / limit < people)
        root *= 2;
    *ret_matches = root;
    return 0;
}

/* At most most. */
static int count_some(struct store_read *r, const struct way *way, const struct values *v,
                      int64_t most, int64_t *ret_count)
{
    QUERY(q);
    TRY(query_open(r->conn, &way->some, &q));
    bind(&q, v);
    query_i64(&q, most);
    return read_number(&q, ret_count);
}

static int consider(struct store_read *r, const struct way *way, const struct values *v,
                    int64_t *io_fewest, const struct way **io_best)
{
    int64_t count;
    TRY(count_some(r, way, v, *io_fewest, &count));
    if (count < *io_fewest) {
        *io_fewest = count;
        *io_best = way;
    }
    return 0;
}

static int choose(struct store_read *r, const struct values *v, int64_t limit,
                  const struct way **ret_way)
{
    int64_t fewest = 0;
    *ret_way = &ways[0];
    for (size_t i = 1; i < ARRAY_LEN(ways); i++) {
        if (str_absent(v->texts[ways[i].parameter]))
            continue;
        if (fewest == 0)
            TRY(worth_sorting(r, limit, &fewest));
        TRY(consider(r, &ways[i], v, &fewest, ret_way));
    }
    /* A few names that begin alike are walked through in their order. */
    if (*ret_way != &ways[0] && !str_absent(v->texts[USERNAME_LOW]))
        TRY(consider(r, &ways[0], v, &fewest, ret_way));
    return 0;
}

/* --- Listing --- */

static int collect(struct query *q, struct arena *a, struct user **ret_items, size_t *ret_count)
{
    struct rows rows = ROWS_OF(struct user);
    TRY(rows_read(&rows, q, a, user_row_read));
    *ret_items = rows.items;
    *ret_count = rows.count;
    return 0;
}

int user_list(struct store_read *r, struct arena *a, const struct user_filter *filter, size_t limit,
              struct user **ret_items, size_t *ret_count)
{
    struct values v;
    const struct way *way;
    int64_t most = rows_at_most(limit);
    int64_t first = rows_at_most(filter->first);
    TRY(set_values(a, filter, &v));
    TRY(choose(r, &v, most + first + 1, &way));
    QUERY(q);
    TRY(query_open(r->conn, &way->page, &q));
    bind(&q, &v);
    query_i64(&q, most);
    query_i64(&q, first);
    return collect(&q, a, ret_items, ret_count);
}

int role_users(struct store_read *r, struct arena *a, int64_t role_pk, size_t first, size_t limit,
               struct user **ret_items, size_t *ret_count)
{
    static const struct sql select = {"SELECT " USER_COLUMNS
                                      " FROM user WHERE pk IN (SELECT user_pk FROM user_role"
                                      " WHERE role_pk = ?) ORDER BY username LIMIT ? OFFSET ?"};
    QUERY(q);
    TRY(query_open(r->conn, &select, &q));
    query_i64(&q, role_pk);
    query_i64(&q, rows_at_most(limit));
    query_i64(&q, rows_at_most(first));
    return collect(&q, a, ret_items, ret_count);
}

int user_list_count(struct store_read *r, struct arena *a, const struct user_filter *filter,
                    int64_t *ret_count)
{
    struct values v;
    const struct way *way;
    TRY(set_values(a, filter, &v));
    v.texts[AFTER] = STR("");
    TRY(choose(r, &v, INT32_MAX, &way));
    QUERY(q);
    TRY(query_open(r->conn, &way->all, &q));
    bind(&q, &v);
    return read_number(&q, ret_count);
}
