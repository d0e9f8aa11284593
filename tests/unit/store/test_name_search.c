/* Searches for people as they are typed (core/model/name_search.h), asked of the store and read plainly:
 * both find the same, in the same order (AD-12). */
#include "tests/unit/store/store_support.h"

#include "core/codec/unicode.h"

static const char *const syllables[] = {"ma", "mar", "ría",  "ÑA", "qu",
                                        "is", "pe",  "José", "a",  "x"};

static struct str some_name(uint32_t *seed, bool blanks)
{
    struct str name = STR("");
    *seed = *seed * 1664525 + 1013904223;
    for (uint32_t n = 1 + (*seed >> 8) % 3, bits = *seed >> 12; n > 0; n--, bits /= 16)
        name = ARENA_CONCAT(&arena, name, str_c(syllables[bits % 10]),
                            blanks && bits % 3 == 0 ? STR(" ") : STR(""));
    return str_trim(name);
}

struct names {
    struct str username, folded[4];
};

static int by_username(const void *a, const void *b)
{
    return str_cmp(((const struct names *)a)->username, ((const struct names *)b)->username);
}

static struct str folded(struct str text)
{
    struct str fold;
    ok(unicode_fold(&arena, text, &fold));
    return fold;
}

static void fill_names(struct realm_view *view, struct names *people, size_t count)
{
    struct store_write *w = begin_write(view);
    uint32_t seed = 7;
    for (size_t i = 0; i < count; i++) {
        struct str name = folded(
            ARENA_CONCAT(&arena, some_name(&seed, false), arena_printf(&arena, "%d", (int)i)));
        struct user user = user_named(arena_cstr(&arena, name));
        if (i % 3)
            user.email = folded(ARENA_CONCAT(&arena, i % 3 == 1 ? some_name(&seed, false) : name,
                                             STR("@x"), arena_printf(&arena, "%d", (int)i)));
        user.first_name = i % 4 ? some_name(&seed, true) : STR("");
        user.last_name = some_name(&seed, true);
        ok(user_insert(w, &user));
        people[i] = (struct names){
            name, {name, user.email, folded(user.first_name), folded(user.last_name)}};
    }
    commit(w);
    qsort(people, count, sizeof(*people), by_username);
}

/* Stars by trying every run of characters. */
static bool matches_stars(struct str pattern, struct str name)
{
    if (str_empty(pattern))
        return true;
    if (pattern.ptr[0] != '*')
        return !str_empty(name) && pattern.ptr[0] == name.ptr[0] &&
               matches_stars(str_from(pattern, 1), str_from(name, 1));
    for (size_t i = 0; i <= name.len; i++)
        if (matches_stars(str_from(pattern, 1), str_from(name, i)))
            return true;
    return false;
}

static bool word_is_in(struct str word, const struct names *p)
{
    bool quoted = word.len >= 2 && word.ptr[0] == '"' && str_ends(word, STR("\""));
    for (size_t i = 0; i < 4; i++) {
        struct str name = p->folded[i];
        if (str_empty(name))
            continue;
        if (quoted ? str_eq(name, str_sub(word, 1, word.len - 2)) : matches_stars(word, name))
            return true;
    }
    return false;
}

static bool is_found(struct str search, const struct names *p)
{
    struct str word, rest = search;
    bool all = true;
    while (all && str_next_word(&rest, &word))
        all = word_is_in(word, p);
    return all || (str_find(search, '"') < 0 && word_is_in(search, p));
}

static void check_search(struct store_read *r, struct str search, const struct names *people,
                         size_t count)
{
    const struct user_filter f = {.search = search, .first = 2};
    struct user *items;
    size_t found, matches = 0;
    int64_t all;
    ok(user_list(r, &arena, &f, 5, &items, &found));
    ok(user_list_count(r, &arena, &f, &all));
    for (size_t i = 0; i < count; i++) {
        if (!is_found(folded(search), &people[i]))
            continue;
        if (matches >= 2 && matches < 7)
            assert_true(matches - 2 < found &&
                        str_eq(items[matches - 2].username, people[i].username));
        matches++;
    }
    assert_int_equal(all, matches);
    assert_int_equal(found, matches < 2 ? 0 : matches > 7 ? 5 : matches - 2);
}

static void test_ad_12_searches_find_what_they_say(void **state)
{
    (void)state;
    enum { PEOPLE = 400 };
    static struct names people[PEOPLE];
    static const char *const forms[][2] = {{"", ""},   {"", "*"},    {"*", ""},
                                           {"*", "*"}, {"\"", "\""}, {"m*", ""}};
    struct realm_view *view = view_of("peru");
    uint32_t seed = 99;
    fill_names(view, people, PEOPLE);
    struct store_read *r = begin_read(view);
    for (int i = 0; i < 600; i++) {
        struct str search = some_name(&seed, false);
        const char *const *form = forms[i % 6];
        const struct names *somebody = &people[(i * 7) % PEOPLE];
        search = i % 5 == 0 ? somebody->folded[3]
                 : i % 11 == 0 && !str_absent(somebody->folded[1])
                     ? str_sub(somebody->folded[1], 0, somebody->folded[1].len - (size_t)(i % 4))
                     : ARENA_CONCAT(&arena, str_c(form[0]), search, str_c(form[1]));
        if (i % 7 == 0)
            search = ARENA_CONCAT(&arena, search, STR(" "), some_name(&seed, false));
        check_search(r, search, people, PEOPLE);
    }
    store_read_end(r);
    realm_view_release(view);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(test_ad_12_searches_find_what_they_say, start_test,
                                        end_test),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
