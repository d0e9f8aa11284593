/* Searching people. There is one index for each condition. The one that promises the fewest is asked
 * and the other conditions judge what it gives; where all promise many, walking by user name fills a
 * page sooner than sorting them. */
#include "core/port/users.h"

#include "core/codec/unicode.h"
#include "core/model/name_search.h"
#include "store/sql/rows.h"
#include "store/sql/user_row.h"

#include "core/base/banned.h"

/* Parameters: each text as a range, low <= text < high. */
enum {
    BEGINNING_LOW = 1, /* ?1 ?2: what the names of a search begin with, by its rarest word */
    PHRASE_LOW = 3,    /* ?3 ?4: or begin with, by all its words together */
    SEARCH = 5,        /* the search itself */
    USERNAME_LOW = 6,
    EMAIL_LOW = 8,
    FIRST_NAME_LOW = 10,
    LAST_NAME_LOW = 12,
    ATTRIBUTE = 14, /* ?14, its value ?15 */
    AFTER = 16,
    /* ?17 and ?18: whether enabled, whether the e-mail is verified. ?19 is a limit, ?20 an offset. */
};

/* What each index gives. Partial ones want their condition repeated. */
#define USERNAME_IN(low, high)   "username >= " low " AND username < " high
#define EMAIL_IN(low, high)      "email >= " low " AND email < " high
#define FIRST_NAME_IN(low, high) "first_fold >= " low " AND first_fold < " high
#define LAST_NAME_IN(low, high)  "last_fold >= " low " AND last_fold < " high
#define FROM(condition)          "SELECT pk FROM user WHERE " condition
#define FROM_USERNAME            FROM(USERNAME_IN("max(?6, ?16)", "?7") " AND +username > ?16")
#define FROM_ATTRIBUTE           "SELECT user_pk FROM user_attribute WHERE name = ?14 AND value = ?15"
#define FROM_NAMES(low, high)                                                                      \
    FROM(USERNAME_IN(low, high))                                                                   \
    " UNION " FROM(EMAIL_IN(low, high)) " UNION " FROM(FIRST_NAME_IN(low, high)) " UNION " FROM(   \
        LAST_NAME_IN(low, high))
#define FROM_SEARCH FROM_NAMES("?1", "?2") " UNION " FROM_NAMES("?3", "?4")
/* Each part of a search, at most ?19 of it: to count. */
#define SOME(from)  "SELECT * FROM (" from " LIMIT ?19)"
#define FROM_OTHER_NAMES_SOME                                                                      \
    SOME(FROM(EMAIL_IN("?1", "?2")))                                                               \
    " UNION ALL " SOME(FROM(FIRST_NAME_IN("?1", "?2"))) " UNION ALL " SOME(                        \
        FROM(LAST_NAME_IN("?1", "?2")))
#define FROM_SEARCH_SOME SOME(FROM(USERNAME_IN("?1", "?2"))) " UNION ALL " FROM_OTHER_NAMES_SOME

/* All conditions but that on the user name. A plus sign in front of a column keeps SQLite from using
 * its index there. */
#define IS_PERSON " AND service_account_client_id IS NULL"
#define JUDGE                                                                                      \
    IS_PERSON                                                                                      \
    " AND (?5 IS NULL OR name_finds(?5, username, email, first_fold, last_fold))"                  \
    " AND (?8 IS NULL OR (+email >= ?8 AND +email < ?9))"                                          \
    " AND (?10 IS NULL OR (+first_fold >= ?10 AND +first_fold < ?11))"                             \
    " AND (?12 IS NULL OR (+last_fold >= ?12 AND +last_fold < ?13))"                               \
    " AND (?14 IS NULL OR EXISTS (SELECT 1 FROM user_attribute"                                    \
    " WHERE name = ?14 AND value = ?15 AND user_pk = pk))"                                         \
    " AND (?17 IS NULL OR enabled = ?17) AND (?18 IS NULL OR email_verified = ?18)"
#define BY_USERNAME                                                                                \
    " FROM user WHERE " USERNAME_IN("max(?6, ?16)", "?7") " AND +username > ?16" JUDGE
#define BY(from)                                                                                   \
    " FROM user WHERE pk IN (" from                                                                \
    ") AND +username >= ?6 AND +username > ?16 AND +username < ?7" JUDGE
#define PAGE(by) "SELECT " USER_COLUMNS by " LIMIT ?19 OFFSET ?20"

/* A condition that stands alone needs nothing but its index, which holds the user names: rows are
 * read of the page only. */
#define NAMES(condition) "SELECT username FROM user WHERE " condition IS_PERSON
#define NAMES_AFTER(condition)                                                                     \
    NAMES(condition " AND +username > ?16") " ORDER BY +username LIMIT ?19 + ?20"
#define NAMES_OF_SEARCH_AFTER                                                                        \
    "SELECT * FROM (" NAMES(USERNAME_IN(                                                             \
        "max(?1, ?16)",                                                                              \
        "?2") " AND +username > ?16") " ORDER BY username LIMIT ?19 + ?20)"                          \
                                      " UNION SELECT * FROM (" NAMES_AFTER(EMAIL_IN(                 \
                                          "?1",                                                      \
                                          "?2")) ")"                                                 \
                                                 " UNION SELECT * FROM (" NAMES_AFTER(FIRST_NAME_IN( \
                                                     "?1",                                           \
                                                     "?2")) ")"                                      \
                                                            " UNION SELECT * FROM (" NAMES_AFTER(    \
                                                                LAST_NAME_IN("?1", "?2")) ")"
#define PAGE_OF(names)                                                                             \
    "SELECT " USER_COLUMNS " FROM user WHERE username IN (SELECT * FROM (" names                   \
    ") ORDER BY 1 LIMIT ?19 OFFSET ?20) ORDER BY username"
/* All values are bound to each statement: it names the last of them. */
#define COUNT_OF(names) "SELECT count(*) FROM (" names ") WHERE ?18 IS NULL"
/* Service accounts are few, and have an index. */
#define NAMES_OF_SEARCH                                                                            \
    "SELECT username FROM user WHERE " USERNAME_IN(                                                \
        "?1",                                                                                      \
        "?2") " AND pk NOT IN (SELECT pk FROM user WHERE service_account_client_id IS NOT NULL)"   \
              " UNION " NAMES(EMAIL_IN("?1", "?2")) " UNION " NAMES(                               \
                  FIRST_NAME_IN("?1", "?2")) " UNION " NAMES(LAST_NAME_IN("?1", "?2"))

struct statements {
    struct sql some; /* how many the index gives */
    struct sql page;
    struct sql all;
};
struct way {
    int parameter;           /* that must be given */
    struct statements among; /* other conditions */
    struct statements alone;
};

#define COUNT_SOME(from) "SELECT count(*) FROM (" from " LIMIT ?19)"
#define COUNT_ALL(by)    "SELECT count(*)" by

/* The walk by user name comes first: it is always possible. */
static const struct way ways[] = {
    {.among = {{COUNT_SOME(FROM_USERNAME)},
               {PAGE(BY_USERNAME " ORDER BY username")},
               {COUNT_ALL(BY_USERNAME)}}},
#define AMONG(some, from)                                                                          \
    {                                                                                              \
        {COUNT_SOME(some)}, {PAGE(BY(from) " ORDER BY +username")},                                \
        {                                                                                          \
            COUNT_ALL(BY(from))                                                                    \
        }                                                                                          \
    }
#define WAY(parameter, condition)                                                                  \
    {                                                                                              \
        parameter, AMONG(FROM(condition), FROM(condition)),                                        \
        {                                                                                          \
            {COUNT_SOME(FROM(condition))}, {PAGE_OF(NAMES_AFTER(condition))},                      \
            {                                                                                      \
                COUNT_OF(NAMES(condition))                                                         \
            }                                                                                      \
        }                                                                                          \
    }
    {.parameter = ATTRIBUTE,
     .among = AMONG(FROM_ATTRIBUTE, FROM_ATTRIBUTE),
     .alone = AMONG(FROM_ATTRIBUTE, FROM_ATTRIBUTE)},
    WAY(EMAIL_LOW, EMAIL_IN("?8", "?9")),
    WAY(LAST_NAME_LOW, LAST_NAME_IN("?12", "?13")),
    WAY(FIRST_NAME_LOW, FIRST_NAME_IN("?10", "?11")),
#undef WAY
};
static const struct way by_search = {
    .parameter = SEARCH,
    .among = AMONG(FROM_SEARCH_SOME, FROM_SEARCH),
    .alone = {{COUNT_SOME(FROM_OTHER_NAMES_SOME)},
              {PAGE_OF(NAMES_OF_SEARCH_AFTER)},
              {COUNT_OF(NAMES_OF_SEARCH)}},
};
#undef AMONG

/* --- What is bound --- */

struct values {
    struct str texts[AFTER + 1]; /* absent: NULL */
    struct name_search search;
    enum user_flag enabled, email_verified;
    size_t conditions;
};

/* Above every text that begins with low: the highest code point comes next. The next text after
 * low itself is low and a zero byte. */
static int set_range(struct arena *a, struct values *v, int low, struct str text, bool exact)
{
    if (str_empty(text))
        return 0;
    v->texts[low] = text;
    v->texts[low + 1] = ARENA_CONCAT(a, text, exact ? str_of("", 1) : STR("\xf4\x8f\xbf\xbf"));
    return str_absent(v->texts[low + 1]) ? ERR_NO_MEMORY : 0;
}

static int set_lower(struct arena *a, struct values *v, int low, struct str text, bool exact)
{
    v->conditions += !str_empty(text);
    return str_empty(text) ? 0 : set_range(a, v, low, arena_lower(a, text), exact);
}

static int set_folded(struct arena *a, struct values *v, int low, struct str text, bool exact)
{
    struct str fold = STR("");
    v->conditions += !str_empty(text);
    if (!str_empty(text))
        TRY(unicode_fold(a, text, &fold));
    return set_range(a, v, low, fold, exact);
}

static int set_search(struct arena *a, struct values *v, struct str text)
{
    if (str_empty(text))
        return 0;
    TRY(name_search_read(a, text, &v->search));
    if (v->search.count == 0)
        return 0;
    v->texts[SEARCH] = v->search.text;
    v->conditions++;
    return 0;
}

static int set_values(struct arena *a, const struct user_filter *f, struct values *v)
{
    *v = (struct values){.enabled = f->enabled, .email_verified = f->email_verified};
    v->conditions = (size_t)(f->enabled != FLAG_ANY) + (f->email_verified != FLAG_ANY) +
                    !str_empty(f->attribute);
    TRY(set_search(a, v, f->search));
    TRY(set_lower(a, v, USERNAME_LOW, f->username, f->exact));
    TRY(set_lower(a, v, EMAIL_LOW, f->email, f->exact));
    TRY(set_folded(a, v, FIRST_NAME_LOW, f->first_name, f->exact));
    TRY(set_folded(a, v, LAST_NAME_LOW, f->last_name, f->exact));
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

static void bind_flag(struct query *q, enum user_flag flag)
{
    if (flag == FLAG_ANY)
        query_str(q, str_of(NULL, 0));
    else
        query_i64(q, flag == FLAG_ON);
}

static void bind(struct query *q, const struct values *v)
{
    for (int i = BEGINNING_LOW; i < USERNAME_LOW; i++)
        query_str(q, v->texts[i]);
    bind_username(q, v);
    for (int i = EMAIL_LOW; i <= AFTER; i++)
        query_str(q, v->texts[i]);
    bind_flag(q, v->enabled);
    bind_flag(q, v->email_verified);
}

/* --- Choosing --- */

struct choice {
    struct store_read *r;
    struct arena *a;
    struct values *v;
    const struct statements *best;
    int64_t fewest;
};

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

/* Takes it when it promises fewer than the best until now. */
static int consider(struct choice *c, const struct statements *statements, const struct values *v)
{
    int64_t count;
    QUERY(q);
    TRY(query_open(c->r->conn, &statements->some, &q));
    bind(&q, v);
    query_i64(&q, c->fewest);
    TRY(read_number(&q, &count));
    if (count >= c->fewest)
        return 0;
    c->fewest = count;
    c->best = statements;
    if (v != c->v)
        *c->v = *v;
    return 0;
}

/* Only what the search finds by its beginning, and nothing else is asked. */
static bool is_beginning_alone(const struct values *v)
{
    const struct name_search_word *word = &v->search.words[0];
    size_t len = name_search_beginning(word).len;
    return v->conditions == 1 && v->search.count == 1 &&
           (len == word->text.len || len + 1 == word->text.len);
}

/* Whom a search finds begins with each of its words, or with all of them together. */
static int consider_search(struct choice *c)
{
    const struct name_search *s = &c->v->search;
    const struct values given = *c->v;
    struct str phrase = name_search_beginning(&s->phrase);
    if (!str_absent(s->phrase.text) && str_empty(phrase))
        return 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct name_search_word *word = &given.search.words[i];
        struct values v = given;
        struct str beginning = name_search_beginning(word);
        if (str_empty(beginning))
            continue;
        TRY(set_range(c->a, &v, BEGINNING_LOW, beginning, word->whole));
        TRY(set_range(c->a, &v, PHRASE_LOW, phrase, false));
        TRY(consider(c, is_beginning_alone(&v) ? &by_search.alone : &by_search.among, &v));
    }
    return 0;
}

static int choose(struct store_read *r, struct arena *a, struct values *v, int64_t limit,
                  const struct statements **ret_best)
{
    struct choice c = {.r = r, .a = a, .v = v, .best = &ways[0].among};
    TRY(worth_sorting(r, limit, &c.fewest));
    for (size_t i = 1; i < ARRAY_LEN(ways); i++)
        if (!str_absent(v->texts[ways[i].parameter]))
            TRY(consider(&c, v->conditions == 1 ? &ways[i].alone : &ways[i].among, v));
    TRY(consider_search(&c));
    /* A few names that begin alike are walked through in their order. */
    if (c.best != &ways[0].among && !str_absent(v->texts[USERNAME_LOW]))
        TRY(consider(&c, &ways[0].among, v));
    *ret_best = c.best;
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
    const struct statements *best;
    int64_t most = rows_at_most(limit);
    int64_t first = rows_at_most(filter->first);
    TRY(set_values(a, filter, &v));
    TRY(choose(r, a, &v, most + first + 1, &best));
    QUERY(q);
    TRY(query_open(r->conn, &best->page, &q));
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
    const struct statements *best;
    TRY(set_values(a, filter, &v));
    if (v.conditions == 0)
        return user_count(r, ret_count);
    v.texts[AFTER] = STR("");
    TRY(choose(r, a, &v, INT32_MAX, &best));
    QUERY(q);
    TRY(query_open(r->conn, &best->all, &q));
    bind(&q, &v);
    return read_number(&q, ret_count);
}
