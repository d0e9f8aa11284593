/* Searches for people against a plain reading of the same people (AD-12): conditions alone and together,
 * the beginning and the whole of names, letters of both cases and of several spellings, pages by number
 * and by name and beyond the end, counts; before and after people change. */
#include "tests/unit/store/store_support.h"

#include "core/codec/unicode.h"
#include "store/tx.h"

enum { PEOPLE = 420, SEARCHES = 1500, PAGE_MOST = 12 };

struct person {
    struct user user;
    struct str first_fold, last_fold;
    bool gone;
};

static struct person people[PEOPLE];
static uint32_t seed;

static uint32_t below(uint32_t n)
{
    seed = seed * 1664525 + 1013904223;
    return (seed >> 8) % n;
}

/* --- The people --- */

static const char *const first_names[] = {"Rosa",  "ROSA",    "José", "JOSE\xcc\x81",
                                          "Ñusta", "rosalía", "",     "Ana"};
static const char *const last_names[] = {"Quispe", "QUISPE", "Quiroz", "Quintana",
                                         "Núñez",  "Díaz",   ""};

/* More names that begin alike than are walked side by side. */
static struct str last_name(void)
{
    if (below(3) == 0)
        return arena_printf(&arena, "Mamani %u", below(40));
    return str_c(last_names[below(ARRAY_LEN(last_names))]);
}

static void add_value(struct user *user, const char *name, struct str value)
{
    struct strs values = {0};
    ok(strs_add(&values, &arena, value));
    if (below(4) == 0)
        ok(strs_add(&values, &arena, STR("also")));
    ok(attrs_set(&user->attributes, &arena, str_c(name), values));
}

static struct str fold(struct str text)
{
    struct str folded = STR("");
    if (!str_empty(text))
        ok(unicode_fold(&arena, text, &folded));
    return folded;
}

static void set_all(struct person *person, int i)
{
    struct user *user = &person->user;
    user->email =
        below(5) == 0 ? STR("") : arena_printf(&arena, "%s%d@x.pe", below(2) ? "mail" : "ma", i);
    user->first_name = str_c(first_names[below(ARRAY_LEN(first_names))]);
    user->last_name = last_name();
    person->first_fold = fold(user->first_name);
    person->last_fold = fold(user->last_name);
    user->enabled = below(8) != 0;
    user->email_verified = below(2) != 0;
    user->attributes = (struct attrs){0};
    add_value(user, "dept", arena_printf(&arena, "d%u", below(3)));
    if (below(3) != 0)
        add_value(user, "city", arena_printf(&arena, "c%u", below(60)));
}

static void fill(struct realm_view *view)
{
    struct store_write *w = begin_write(view);
    seed = 11;
    for (int i = 0; i < PEOPLE; i++) {
        struct str name = arena_printf(&arena, "%s%u-%d", below(2) ? "user" : "u", below(900), i);
        struct user *user = &people[i].user;
        *user = user_named(arena_cstr(&arena, name));
        people[i].gone = false;
        set_all(&people[i], i);
        /* Nobody may find these. */
        if (i % 20 == 0)
            user->service_account_client_id = uuid_new(&arena);
        ok(user_insert(w, user));
    }
    commit(w);
}

/* Names, attributes and accounts of some change, some go. */
static void change(struct realm_view *view)
{
    struct store_write *w = begin_write(view);
    for (int i = 0; i < PEOPLE; i++) {
        struct user *user = &people[i].user;
        if (i % 3 == 0)
            set_all(&people[i], PEOPLE + i);
        if (i % 4 == 0)
            user->username = arena_printf(&arena, "was%d", i);
        people[i].gone = i % 7 == 0;
        if (people[i].gone)
            ok(user_delete(w, user->pk));
        else
            ok(user_update(w, user));
    }
    commit(w);
}

/* --- Read plainly --- */

static bool agrees(struct str name, struct str asked, bool exact)
{
    return str_empty(asked) || (exact ? str_eq(name, asked) : str_starts(name, asked));
}

static bool has_value(const struct user *user, struct str name, struct str value)
{
    const struct strs *values = attrs_get(&user->attributes, name);
    return values && strs_has(values, value);
}

/* Of searches the plainest: one word that some name begins with. */
static bool searched(const struct person *p, struct str search)
{
    return str_empty(search) || str_starts(p->user.username, search) ||
           str_starts(p->user.email, search) || str_starts(p->first_fold, search) ||
           str_starts(p->last_fold, search);
}

static bool flag_agrees(enum user_flag flag, bool is)
{
    return flag == FLAG_ANY || is == (flag == FLAG_ON);
}

static bool matches(const struct person *p, const struct user_filter *f)
{
    const struct user *u = &p->user;
    return !p->gone && str_empty(u->service_account_client_id) &&
           agrees(u->username, f->username, f->exact) && agrees(u->email, f->email, f->exact) &&
           agrees(p->first_fold, f->first_name, f->exact) &&
           agrees(p->last_fold, f->last_name, f->exact) && searched(p, f->search) &&
           flag_agrees(f->enabled, u->enabled) &&
           flag_agrees(f->email_verified, u->email_verified) &&
           (str_empty(f->attribute) || has_value(u, f->attribute, f->value));
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(((const struct person *)a)->user.username,
                   ((const struct person *)b)->user.username);
}

/* --- The same of both --- */

static void compare(struct store_read *r, const struct user_filter *asked, size_t limit)
{
    CLEANUP(arena_free) struct arena a;
    struct user_filter folded = *asked;
    const struct user_filter *f = &folded;
    struct user *items;
    size_t count, seen = 0, listed = 0;
    int64_t all, total = 0;
    arena_init(&a, (size_t)8 << 20);
    ok(user_list(r, &a, asked, limit, &items, &count));
    ok(user_list_count(r, &a, asked, &all));
    folded.email = fold(asked->email);
    folded.first_name = fold(asked->first_name);
    folded.last_name = fold(asked->last_name);
    for (size_t i = 0; i < PEOPLE; i++) {
        if (!matches(&people[i], f))
            continue;
        total++;
        if (!str_empty(f->after) && str_cmp(people[i].user.username, f->after) <= 0)
            continue;
        if (seen++ < f->first || listed == limit)
            continue;
        assert_true(listed < count);
        assert_str(items[listed].username, arena_cstr(&arena, people[i].user.username));
        assert_true(str_eq(items[listed].id, people[i].user.id));
        assert_true(str_eq(items[listed].last_name, people[i].user.last_name));
        listed++;
    }
    assert_int_equal(count, listed);
    assert_int_equal(all, total);
}

static struct str beginning_of(struct str text)
{
    struct str folded = fold(text);
    size_t len = folded.len ? 1 + below((uint32_t)folded.len) : 0;
    while (len < folded.len && ((unsigned char)folded.ptr[len] & 0xc0) == 0x80)
        len++;
    return str_sub(folded, 0, len);
}

static struct str asked_of(const struct user_filter *f, struct str text)
{
    return f->exact ? text : beginning_of(text);
}

/* What somebody has, so that most searches find somebody. */
static struct user_filter some_filter(void)
{
    const struct user *u = &people[below(PEOPLE)].user;
    struct user_filter f = {.exact = below(3) == 0};
    if (below(4) == 0)
        f.username = asked_of(&f, u->username);
    if (below(4) == 0)
        f.email = asked_of(&f, u->email);
    if (below(3) == 0)
        f.first_name = asked_of(&f, u->first_name);
    if (below(3) == 0)
        f.last_name = asked_of(&f, u->last_name);
    if (below(3) == 0) {
        f.attribute = below(2) ? STR("dept") : STR("city");
        f.value = below(5) == 0 ? STR("also") : arena_printf(&arena, "d%u", below(4));
    }
    if (below(5) == 0 && str_find(u->last_name, ' ') < 0)
        f.search = beginning_of(below(2) ? u->username : u->last_name);
    f.enabled = below(6) == 0 ? FLAG_OFF : FLAG_ANY;
    f.email_verified = below(8) == 0 ? FLAG_ON : FLAG_ANY;
    f.after = below(4) == 0 ? people[below(PEOPLE)].user.username : str_of(NULL, 0);
    f.first = below(3) == 0 ? below(9) : below(20) == 0 ? PEOPLE : 0;
    return f;
}

static void compare_many(struct realm_view *view)
{
    struct store_read *r = begin_read(view);
    qsort(people, PEOPLE, sizeof(*people), by_name);
    for (int i = 0; i < SEARCHES; i++) {
        const struct user_filter f = some_filter();
        compare(r, &f, 1 + below(PAGE_MOST));
    }
    compare(r, &(struct user_filter){.attribute = STR("dept"), .value = STR("d1")}, PEOPLE);
    compare(r, &(struct user_filter){.attribute = STR("dept"), .value = STR("D1")}, PEOPLE);
    compare(r, &(struct user_filter){.last_name = STR("mamani")}, PEOPLE);
    compare(r, &(struct user_filter){.first_name = STR("JOSÉ"), .exact = true}, PEOPLE);
    compare(r, &(struct user_filter){.email = STR("MA"), .first = 3}, 9);
    store_read_end(r);
}

static void test_ad_12_same_as_read_plainly(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill(view);
    compare_many(view);
    change(view);
    compare_many(view);
    realm_view_release(view);
}

/* --- Many people --- */

/* Every third has the city, every hundredth the name; only the last one by name has the e-mail. */
static void fill_many(struct realm_view *view)
{
    static const struct sql insert = {
        "INSERT INTO user (id, username, email, email_verified, enabled, created_ms, not_before_s,"
        " first_name, first_fold, last_name, last_fold, doc)"
        " WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 19999)"
        " SELECT 'id-' || i, 'u' || (100000 + i * 7919 % 20000), NULL, 0, i % 2, 0, 0,"
        " 'Ana', 'ana', CASE WHEN i % 100 = 0 THEN 'Quispe' END,"
        " CASE WHEN i % 100 = 0 THEN 'quispe' END,"
        " CASE WHEN i % 3 = 0 THEN '{\"attributes\":{\"city\":[\"Lima\"]}}' END FROM n"};
    struct user last = user_named("z-last");
    struct store_write *w = begin_write(view);
    {
        QUERY(q);
        ok(query_open(write_conn(w), &insert, &q));
        ok(query_run(&q));
    }
    last.email = STR("someone@far.pe");
    ok(user_insert(w, &last));
    commit(w);
}

static void expect(struct store_read *r, struct user_filter f, int64_t total, const char *first)
{
    struct user *items;
    size_t count;
    int64_t all;
    ok(user_list(r, &arena, &f, 5, &items, &count));
    ok(user_list_count(r, &arena, &f, &all));
    assert_int_equal(all, total);
    assert_int_equal(count, total < 5 ? total : 5);
    if (first)
        assert_str(items[0].username, first);
    for (size_t i = 1; i < count; i++)
        assert_true(str_cmp(items[i - 1].username, items[i].username) < 0);
}

/* Those that no index helps with, and those that pass many for few. */
static void test_long_searches(void **state)
{
    (void)state;
    struct realm_view *view = view_of("peru");
    fill_many(view);
    struct store_read *r = begin_read(view);
    expect(r, (struct user_filter){.search = STR("*far*")}, 1, "z-last");
    expect(r, (struct user_filter){.search = STR("*nobody*")}, 0, NULL);
    expect(r, (struct user_filter){.search = STR("*na*")}, 20000, "u100000");
    expect(r, (struct user_filter){.search = STR("ana"), .email_verified = FLAG_ON}, 0, NULL);
    expect(r, (struct user_filter){.first_name = STR("a"), .enabled = FLAG_ON}, 10000, NULL);
    expect(r,
           (struct user_filter){
               .attribute = STR("city"), .value = STR("Lima"), .last_name = STR("qui")},
           67, "u100000");
    expect(r,
           (struct user_filter){.attribute = STR("city"),
                                .value = STR("Lima"),
                                .first_name = STR("an"),
                                .username = STR("u11"),
                                .last_name = STR("quispe"),
                                .exact = false},
           33, NULL);
    store_read_end(r);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ad_12_same_as_read_plainly, start_test, end_test),
        cmocka_unit_test_setup_teardown(test_long_searches, start_test, end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
