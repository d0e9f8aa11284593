/* Searching people. There is one index for each condition. Those that stand in the order of user names
 * are walked (user_walk.h). Of the others the one that gives the fewest is asked, and what it gives is
 * sorted, unless walking fills the page sooner: nobody knows beforehand, so both get their turns, each
 * time longer ones, and the page costs a small multiple of the better way. */
#include "core/port/users.h"

#include "store/long_reads.h"
#include "store/sql/rows.h"
#include "store/sql/user_filter.h"
#include "store/sql/user_row.h"
#include "store/sql/user_walk.h"

#include "core/base/banned.h"

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
#define FROM_OTHER_NAMES_SOME(from_email)                                                          \
    SOME(from_email)                                                                               \
    " UNION ALL " SOME(FROM(FIRST_NAME_IN("?1", "?2"))) " UNION ALL " SOME(                        \
        FROM(LAST_NAME_IN("?1", "?2")))
#define FROM_SEARCH_SOME                                                                           \
    SOME(FROM(USERNAME_IN("?1", "?2")))                                                            \
    " UNION ALL " FROM_OTHER_NAMES_SOME(FROM(EMAIL_IN("?1", "?2")))

/* Whom a beginning finds by the e-mail and not by the user name: the e-mail does not begin with the user
 * name, or the user name is a part of what was typed and ends before it. */
#define BY_EMAIL_APART                                                                             \
    " FROM user INDEXED BY user_email_apart WHERE substr(email, 1, length(username)) <> username"  \
    " AND " EMAIL_IN("?1", "?2")
#define BY_USERNAME_WITHIN                                                                         \
    " FROM (WITH RECURSIVE opening (n) AS (SELECT 1 UNION ALL"                                     \
    " SELECT n + 1 FROM opening WHERE n < length(?1) - 1) SELECT n FROM opening)"                  \
    " CROSS JOIN user ON username = substr(?1, 1, n) WHERE +email >= ?1 AND +email < ?2"

/* All conditions but that on the user name; ?19 is a limit, ?20 an offset. */
#define JUDGE                                                                                      \
    JUDGE_ROW " AND (?14 IS NULL OR EXISTS (SELECT 1 FROM user_attribute a"                        \
              " WHERE a.name = ?14 AND a.value = ?15 AND a.username = user.username))"
#define BY_USERNAME                                                                                \
    " FROM user WHERE " USERNAME_IN("max(?6, ?16)", "?7") " AND +username > ?16" JUDGE
#define BY_TABLE                                                                                   \
    " FROM user NOT INDEXED WHERE pk > 0 AND +username >= ?6 AND +username > ?16"                  \
    " AND +username < ?7" JUDGE
#define BY(from)                                                                                   \
    " FROM user WHERE pk IN (" from                                                                \
    ") AND +username >= ?6 AND +username > ?16 AND +username < ?7" JUDGE
#define PAGE(by) "SELECT " USER_COLUMNS by " LIMIT ?19 OFFSET ?20"

/* A condition that stands alone needs nothing but its index, which holds the user names: rows are
 * read of the page only. */
#define NAMES(condition)       "SELECT username FROM user WHERE " condition IS_PERSON
#define IN_ORDER               " ORDER BY +username LIMIT ?19 + ?20"
#define NAMES_AFTER(condition) NAMES(condition " AND +username > ?16") IN_ORDER
#define NAMES_OF_SEARCH_AFTER                                                                             \
    "SELECT * FROM (" NAMES(USERNAME_IN(                                                                  \
        "max(?1, ?16)",                                                                                   \
        "?2") " AND +username > ?16") " ORDER BY username LIMIT ?19 + ?20)"                               \
                                      " UNION SELECT * FROM (SELECT username" BY_EMAIL_APART              \
                                          IS_PERSON " AND +username > ?16" IN_ORDER                       \
                                      ") UNION SELECT username" BY_USERNAME_WITHIN IS_PERSON              \
                                      " AND +username > ?16"                                              \
                                      " UNION SELECT * FROM (" NAMES_AFTER(FIRST_NAME_IN(                 \
                                          "?1",                                                           \
                                          "?2")) ") UNION SELECT * FROM (" NAMES_AFTER(LAST_NAME_IN("?1", \
                                                                                                    "?2")) ")"
#define PAGE_OF(names)                                                                             \
    "SELECT " USER_COLUMNS " FROM user WHERE username IN (SELECT * FROM (" names                   \
    ") ORDER BY 1 LIMIT ?19 OFFSET ?20) ORDER BY username"
/* All values are bound to each statement: it names the last of them. */
#define COUNT_OF(names) "SELECT count(*) FROM (" names ") WHERE ?18 IS NULL"
/* Those whom the user name finds, without gathering them, and of the others each once. Service accounts
 * are few, and have an index. */
#define NOT_BY_USERNAME IS_PERSON " AND NOT (+username >= ?1 AND +username < ?2)"
#define COUNT_OF_SEARCH                                                                            \
    "SELECT (SELECT count(*) FROM user WHERE " USERNAME_IN(                                        \
        "?1",                                                                                      \
        "?2") " AND pk NOT IN (SELECT pk FROM user WHERE service_account_client_id IS NOT NULL))"  \
              " + (SELECT count(*) FROM (SELECT username" BY_EMAIL_APART NOT_BY_USERNAME           \
              " UNION SELECT username" BY_USERNAME_WITHIN NOT_BY_USERNAME                          \
              " UNION SELECT username FROM user WHERE " FIRST_NAME_IN("?1", "?2") NOT_BY_USERNAME  \
        " UNION SELECT username FROM user WHERE " LAST_NAME_IN("?1", "?2") NOT_BY_USERNAME         \
        ")) WHERE ?18 IS NULL"

struct statements {
    struct sql some; /* how many the index gives */
    struct sql page;
    struct sql all;
};
struct way {
    enum user_parameter parameter; /* that must be given */
    struct statements among;       /* other conditions */
    struct statements alone;
};

#define COUNT_SOME(from) "SELECT count(*) FROM (" from " LIMIT ?19)"
#define COUNT_ALL(by)    "SELECT count(*)" by

static const struct statements by_username = {{COUNT_SOME(FROM_USERNAME)},
                                              {PAGE(BY_USERNAME " ORDER BY username")},
                                              {COUNT_ALL(BY_USERNAME)}};
/* Everybody, as they lie in the file. */
static const struct statements by_table = {.page = {PAGE(BY_TABLE " ORDER BY +username")},
                                           .all = {COUNT_ALL(BY_TABLE)}};
static const struct way ways[] = {
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
    {ATTRIBUTE,
     AMONG(FROM_ATTRIBUTE, FROM_ATTRIBUTE),
     {{COUNT_SOME(FROM_ATTRIBUTE)},
      {PAGE(BY(FROM_ATTRIBUTE) " ORDER BY +username")},
      {COUNT_OF(FROM_ATTRIBUTE)}}},
    WAY(EMAIL_LOW, EMAIL_IN("?8", "?9")),
    WAY(LAST_NAME_LOW, LAST_NAME_IN("?12", "?13")),
    WAY(FIRST_NAME_LOW, FIRST_NAME_IN("?10", "?11")),
#undef WAY
};
static const struct way by_search = {
    .parameter = SEARCH,
    .among = AMONG(FROM_SEARCH_SOME, FROM_SEARCH),
    .alone = {{COUNT_SOME(FROM_OTHER_NAMES_SOME("SELECT pk" BY_EMAIL_APART))},
              {PAGE_OF(NAMES_OF_SEARCH_AFTER)},
              {COUNT_OF_SEARCH}},
};
#undef AMONG

/* --- Choosing --- */

struct choice {
    struct store_read *r;
    struct arena *a;
    struct user_values *v;
    const struct statements *best; /* NULL: no index promises few enough */
    int64_t fewest;
    bool any; /* there is an index to ask */
};

static int read_number(struct query *q, int64_t *ret_number)
{
    TRY(query_one(q));
    *ret_number = query_col_i64(q, 0);
    return 0;
}

/* Takes it when it promises fewer than the best until now. */
static int consider(struct choice *c, const struct statements *statements,
                    const struct user_values *v)
{
    int64_t count;
    QUERY(q);
    TRY(query_open(c->r->conn, &statements->some, &q));
    user_values_bind(&q, v);
    query_i64(&q, c->fewest);
    TRY(read_number(&q, &count));
    c->any = true;
    if (count >= c->fewest)
        return 0;
    c->fewest = count;
    c->best = statements;
    if (v != c->v)
        *c->v = *v;
    return 0;
}

/* Only what the search finds by its beginning, and nothing else is asked. */
static bool is_beginning_alone(const struct user_values *v)
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
    const struct user_values given = *c->v;
    struct str phrase = name_search_beginning(&s->phrase);
    if (!str_absent(s->phrase.text) && str_empty(phrase))
        return 0;
    for (size_t i = 0; i < s->count; i++) {
        const struct name_search_word *word = &given.search.words[i];
        struct user_values v = given;
        struct str beginning = name_search_beginning(word);
        if (str_empty(beginning))
            continue;
        TRY(user_values_set_range(c->a, &v, BEGINNING_LOW, beginning, word->whole));
        TRY(user_values_set_range(c->a, &v, PHRASE_LOW, phrase, false));
        TRY(consider(c, is_beginning_alone(&v) ? &by_search.alone : &by_search.among, &v));
    }
    return 0;
}

/* The way that gives fewer than limit, and the fewest of all. walk has those that need no sorting;
 * without it they are considered as well. */
static int choose(struct choice *c, int64_t limit, const struct user_walk *walk)
{
    c->fewest = limit;
    c->best = NULL;
    c->any = false;
    for (size_t i = 0; i < ARRAY_LEN(ways); i++) {
        enum user_parameter p = ways[i].parameter;
        if (user_values_has(c->v, p) && !(walk && user_walk_has(walk, p)))
            TRY(consider(c, c->v->conditions == 1 ? &ways[i].alone : &ways[i].among, c->v));
    }
    return consider_search(c);
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

struct listing {
    struct choice c;
    size_t limit, first;
    struct user **ret_items;
    size_t *ret_count;
};

static int list_by(struct listing *l, const struct statements *statements)
{
    QUERY(q);
    TRY(query_open(l->c.r->conn, &statements->page, &q));
    user_values_bind(&q, l->c.v);
    query_i64(&q, rows_at_most(l->limit));
    query_i64(&q, rows_at_most(l->first));
    return collect(&q, l->c.a, l->ret_items, l->ret_count);
}

/* In turns: of what an index may give to be sorted, and of steps of the walk. */
#define FIRST_TURN     128
#define TURNS_GROW     8
#define STEPS_FOR_EACH 4
/* From here on a search is a long one: few of them at a time, whoever asks, so that they hold neither
 * the processors nor all readers of a realm. */
#define LONG_TURN      ((int64_t)FIRST_TURN * 8 * 8 * 8 * 8)

/* NULL: it is no long one yet. */
static int enter_long(struct store_read *r, struct long_reads **ret_entered)
{
    TRY(long_read_enter(&r->slot->long_reads));
    *ret_entered = &r->slot->long_reads;
    return 0;
}

static void leave_long(struct long_reads *const *entered)
{
    if (*entered)
        long_read_leave(*entered);
}

/* One turn of both ways; done when either made the page. */
static int take_turn(struct listing *l, struct user_walk *w, struct user_page *page, int64_t turn,
                     bool *ret_done)
{
    TRY(choose(&l->c, turn, w));
    *ret_done = true;
    if (l->c.best)
        return list_by(l, l->c.best);
    if (turn == LONG_TURN && w->judges)
        return list_by(l, &by_table);
    TRY(user_walk_fill(w, page, turn == LONG_TURN ? INT64_MAX / 2 : turn * STEPS_FOR_EACH,
                       ret_done));
    *l->ret_items = page->rows.items;
    *l->ret_count = page->rows.count;
    return 0;
}

static int take_turns(struct listing *l, struct user_walk *w, struct user_page *page,
                      struct long_reads **io_entered)
{
    bool done = false;
    for (int64_t turn = FIRST_TURN; !done; turn *= TURNS_GROW) {
        if (turn == LONG_TURN)
            TRY(enter_long(l->c.r, io_entered));
        TRY(take_turn(l, w, page, turn, &done));
    }
    return 0;
}

static int list_walking(struct listing *l)
{
    CLEANUP(user_walk_close) struct user_walk w = {.count = 0};
    CLEANUP(leave_long) struct long_reads *entered = NULL;
    struct user_page page = {ROWS_OF(struct user), l->limit, l->first};
    TRY(user_walk_open(l->c.r, l->c.a, l->c.v, &w));
    return take_turns(l, &w, &page, &entered);
}

static bool only_names_users(const struct user_values *v)
{
    return v->conditions == (user_values_has(v, USERNAME_LOW) ? 1 : 0);
}

int user_list(struct store_read *r, struct arena *a, const struct user_filter *filter, size_t limit,
              struct user **ret_items, size_t *ret_count)
{
    struct user_values v;
    struct listing l = {{.r = r, .a = a, .v = &v}, limit, filter->first, ret_items, ret_count};
    TRY(user_values_set(a, filter, &v));
    return only_names_users(&v) ? list_by(&l, &by_username) : list_walking(&l);
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

/* --- Counting --- */

/* Where the best index gives a good part of everybody, they are counted as they lie in the file. */
#define PART_OF_ALL 8

static int choose_to_count(struct choice *c)
{
    int64_t people;
    TRY(user_count(c->r, &people));
    TRY(choose(c, people / PART_OF_ALL + 1, NULL));
    if (user_values_has(c->v, USERNAME_LOW))
        TRY(consider(c, &by_username, c->v));
    return 0;
}

static int count_by(struct choice *c, const struct statements *statements, int64_t *ret_count)
{
    QUERY(q);
    TRY(query_open(c->r->conn, &statements->all, &q));
    user_values_bind(&q, c->v);
    return read_number(&q, ret_count);
}

static int count_alone(struct choice *c, int64_t *ret_count)
{
    for (size_t i = 0; i < ARRAY_LEN(ways); i++)
        if (user_values_has(c->v, ways[i].parameter))
            return count_by(c, &ways[i].alone, ret_count);
    return ERR_NOT_FOUND;
}

static int count_walking(struct choice *c, bool *ret_done, int64_t *ret_count)
{
    CLEANUP(user_walk_close) struct user_walk w = {.count = 0};
    TRY(user_walk_open(c->r, c->a, c->v, &w));
    *ret_done = !w.judges;
    return w.judges ? 0 : user_walk_count(&w, ret_count);
}

static int count_matches(struct choice *c, int64_t *ret_count)
{
    CLEANUP(leave_long) struct long_reads *entered = NULL;
    bool done = false;
    if (c->v->conditions == 1) {
        int rc = count_alone(c, ret_count);
        if (rc != ERR_NOT_FOUND)
            return rc;
    }
    TRY(count_walking(c, &done, ret_count));
    if (done)
        return 0;
    TRY(choose_to_count(c));
    if (!c->best || c->fewest > LONG_TURN)
        TRY(enter_long(c->r, &entered));
    return count_by(c, c->best ? c->best : &by_table, ret_count);
}

int user_list_count(struct store_read *r, struct arena *a, const struct user_filter *filter,
                    int64_t *ret_count)
{
    struct user_values v;
    struct choice c = {.r = r, .a = a, .v = &v};
    TRY(user_values_set(a, filter, &v));
    if (v.conditions == 0)
        return user_count(r, ret_count);
    v.texts[AFTER] = STR("");
    return count_matches(&c, ret_count);
}
