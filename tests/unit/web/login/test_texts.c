/* The words of the pages: complete in every language, and every key that code or templates name is
 * there. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "core/base/arena.h"
#include "core/base/asset.h"
#include "core/base/err.h"
#include "web/messages.h"
#include "web/template.h"

static const char *const LANGUAGES[] = {"en", "es", "pt"};

static struct str file_of(const char *path)
{
    const struct asset *file = asset_find(path);
    assert_non_null(file);
    return str_of((const char *)file->data, file->size);
}

static struct str messages_file(struct arena *a, const char *lang)
{
    struct str path = arena_printf(a, "static/login/messages/%s.properties", lang);
    assert_false(str_absent(path));
    return file_of(path.ptr);
}

/* The value of a key in a file of messages; absent when it has none. Counts how often it stands. */
static struct str lookup(struct str file, struct str key, size_t *ret_times)
{
    struct str line, found = {NULL, 0};
    *ret_times = 0;
    while (str_next(&file, '\n', &line)) {
        ptrdiff_t eq = str_find(line, '=');
        if (eq > 0 && line.ptr[0] != '#' && str_eq(str_sub(line, 0, (size_t)eq), key)) {
            found = str_from(line, (size_t)eq + 1);
            (*ret_times)++;
        }
    }
    return found;
}

static void assert_key(struct arena *a, struct str key)
{
    for (size_t i = 0; i < ARRAY_LEN(LANGUAGES); i++) {
        size_t times;
        struct str text = lookup(messages_file(a, LANGUAGES[i]), key, &times);
        if (str_empty(text) || times != 1)
            fail_msg("%s: '%.*s' stands %zu times", LANGUAGES[i], STR_ARG(key), times);
    }
}

/* The same keys, once each, with the same arguments. */
static void languages_have_the_same_keys(void **state)
{
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(LANGUAGES); i++) {
        struct str file = messages_file(&a, LANGUAGES[i]), line;
        size_t keys = 0, times;
        assert_true(str_is_utf8(file));
        while (str_next(&file, '\n', &line)) {
            ptrdiff_t eq = str_find(line, '=');
            if (eq <= 0 || line.ptr[0] == '#')
                continue;
            struct str key = str_sub(line, 0, (size_t)eq);
            assert_key(&a, key);
            for (size_t other = 0; other < ARRAY_LEN(LANGUAGES); other++) {
                struct str text = lookup(messages_file(&a, LANGUAGES[other]), key, &times);
                assert_int_equal(str_find_str(line, STR("{0}")) >= 0,
                                 str_find_str(text, STR("{0}")) >= 0);
            }
            keys++;
        }
        assert_true(keys > 100);
    }
}

static bool is_template(const struct asset *file)
{
    return str_starts(str_c(file->path), STR("static/login/")) &&
           str_ends(str_c(file->path), STR(".html"));
}

static void keys_of_templates_exist(void **state)
{
    CLEANUP(arena_free) struct arena a;
    size_t count, used = 0;
    const struct asset *all = asset_all(&count);
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < count; i++) {
        if (!is_template(&all[i]))
            continue;
        struct str rest = str_of((const char *)all[i].data, all[i].size);
        for (ptrdiff_t at; (at = str_find_str(rest, STR("{{t:"))) >= 0; used++) {
            rest = str_from(rest, (size_t)at + 4);
            ptrdiff_t end = str_find_str(rest, STR("}}"));
            assert_true(end > 0);
            struct str tag = str_sub(rest, 0, (size_t)end), key;
            assert_true(str_next_word(&tag, &key));
            assert_key(&a, key);
        }
    }
    assert_true(used > 30);
}

/* Each error that can reach a page has words of its own, and no two pages the same. */
static void errors_have_distinct_words(void **state)
{
    static const char *const pages[] = {
#define F(name, status, oauth, description, told, page) page,
#include "web/fail.def"
#undef F
        "cookie",
    };
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 4 << 20);
    for (size_t l = 0; l < ARRAY_LEN(LANGUAGES); l++) {
        struct str file = messages_file(&a, LANGUAGES[l]);
        for (size_t i = 0; i < ARRAY_LEN(pages); i++) {
            size_t times;
            struct str mine = lookup(file, arena_printf(&a, "error.%s.text", pages[i]), &times);
            assert_key(&a, arena_printf(&a, "error.%s.title", pages[i]));
            assert_false(str_empty(mine));
            for (size_t k = 0; k < i; k++) {
                struct str other =
                    lookup(file, arena_printf(&a, "error.%s.text", pages[k]), &times);
                assert_int_equal(str_eq(mine, other), str_eq_c(str_c(pages[i]), pages[k]));
            }
        }
    }
}

/* Words that handlers name in C. */
static void keys_of_handlers_exist(void **state)
{
    static const char *const keys[] = {"login.error.credentials",
                                       "setup.closed.heading",
                                       "setup.closed.text",
                                       "setup.rules",
                                       "setup.done.heading",
                                       "setup.done.text",
                                       "setup.error.username",
                                       "setup.error.taken",
                                       "missingPasswordMessage",
                                       "notMatchPasswordMessage",
                                       "invalidPasswordMessage",
                                       "invalidPasswordMinLengthMessage",
                                       "invalidPasswordMaxLengthMessage",
                                       "invalidPasswordMinDigitsMessage",
                                       "invalidPasswordMinUpperCaseCharsMessage",
                                       "invalidPasswordMinLowerCaseCharsMessage",
                                       "invalidPasswordMinSpecialCharsMessage",
                                       "invalidPasswordNotUsernameMessage",
                                       "invalidPasswordNotContainsUsernameMessage",
                                       "invalidPasswordNotEmailMessage",
                                       "invalidPasswordHistoryMessage",
                                       "profileScopeConsentText",
                                       "emailScopeConsentText",
                                       "addressScopeConsentText",
                                       "phoneScopeConsentText",
                                       "rolesScopeConsentText",
                                       "offlineAccessScopeConsentText",
                                       "client_account",
                                       "client_account-console",
                                       "client_admin-cli",
                                       "client_security-admin-console",
                                       "language.name"};
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(keys); i++)
        assert_key(&a, str_c(keys[i]));
}

/* The engine takes all templates as they are. */
static void templates_compile(void **state)
{
    static const char *const pages[] = {
        "login",   "consent",       "update-password", "logout-confirm", "logged-out",
        "info",    "error",         "expired",         "form-post",      "setup",
        "welcome", "frame-session", "frame-cookies"};
    struct template_set *set = NULL;
    struct err_ctx err = {0};
    (void)state;
    int rc = template_set_new("static/login/", &err, &set);
    if (rc != 0)
        fail_msg("%s", err.detail);
    for (size_t i = 0; i < ARRAY_LEN(pages); i++)
        assert_true(template_exists(set, pages[i]));
    for (size_t i = 0; i < ARRAY_LEN(LANGUAGES); i++)
        assert_true(messages_has_language(template_messages(set), str_c(LANGUAGES[i])));
    template_set_free(set);
}

static void the_style_sheet_stays_small(void **state)
{
    (void)state;
    assert_true(file_of("static/login/assets/login.css").len < 8192);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(languages_have_the_same_keys),
        cmocka_unit_test(keys_of_templates_exist),
        cmocka_unit_test(errors_have_distinct_words),
        cmocka_unit_test(keys_of_handlers_exist),
        cmocka_unit_test(templates_compile),
        cmocka_unit_test(the_style_sheet_stays_small),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
