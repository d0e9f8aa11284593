/* WE-13: which names may be given, and which look the same. */
#include "tests/unit/core/check.h"

#include "core/model/name.h"
#include "core/model/user.h"

static struct str canonical(const char *text)
{
    struct str name;
    OK(username_canonical(&test_arena, str_c(text), &name, NULL));
    return name;
}

static void names_of_living_languages_WE_13(void **state)
{
    static const char *const good[] = {
        "maria",       "maria.quispe-2@example.pe",
        "o'higgins",   "josé ñandú",
        "Łukasz",      "đorđe",
        "ana_ção",     "Ṭāriq",
        "иван.петров", "ελένη",
        "հայկ",        "משה",
        "محمد",        "नरेन्द्र",
        "สมชาย",       "ნინო",
        "አበበ",         "山田太郎",
        "やまだ",      "ヤマダ",
        "山田はなこ2", "山田taro",
        "taroヤマダ",  "김민준",
        "金kim민준",   "ㄅㄆ李",
        "李ㄅli",      "иван1",
        "0",           "a b",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(good); i++) {
        struct err_ctx err = {0};
        if (name_check(canonical(good[i]), &err) != 0)
            fail_msg("refused: %s (%s)", good[i], err.detail);
    }
}

static void mixtures_and_oddities_are_refused_WE_13(void **state)
{
    static const char *const bad[] = {
        "p\u0430ypal",      /* Cyrillic a */
        "\u0440aypal",      /* Cyrillic er */
        "иванov",           /* Latin end */
        "ad\u03bfmin",      /* Greek omicron */
        "adm\u0269n\u03b1", /* Latin iota, Greek alpha */
        "ab\u0561",         /* Armenian */
        "αбв",              /* Greek and Cyrillic */
        "やま김",           /* Japanese and Korean */
        "ㄅヤ",             /* Bopomofo and Katakana */
        "иван山",           /* Cyrillic and Han */
        "abنcd",            /* Arabic inside */
        "maria\u2764",      /* a heart */
        "\U0001f600",       /* a face */
        "maria\u0378",      /* unassigned */
        "\ue000",           /* private use */
        "\u0301a",          /* a mark without a letter */
        "ᏣᎳᎩ",              /* of limited use (UAX #31, table 7) */
        "𐌰𐌱",               /* historic */
        "a\u0338b\u20dd",   /* an enclosing circle */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        struct err_ctx err = {0};
        if (name_check(canonical(bad[i]), &err) != ERR_INVALID_REQUEST)
            fail_msg("accepted: %s", bad[i]);
        assert_string_equal(err.field, "username");
        assert_true(err.detail[0] != '\0');
    }
}

/* The bidirectional, the zero-width and the control characters never get as far as the rules. */
static void invisible_characters_are_refused_WE_13(void **state)
{
    static const char *const bad[] = {"ma\u202eria", "ma\u2066ria", "ma\u200bria",   "ma\u200dria",
                                      "ma\ufeffria", "ma\u00adria", "ma\u061cria",   "ma\u2060ria",
                                      "ma\nria",     "ma\x7fria",   "ma\xc2\x85ria", "maria\ufe0f",
                                      "\u115fa",     "\u3164a",     "a\U000e0fff",   "ma\u034fria"};
    struct str name;
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        FAILS(username_canonical(&test_arena, str_c(bad[i]), &name, NULL), ERR_INVALID_REQUEST);
}

static struct str skeleton(const char *text)
{
    struct str like;
    OK(name_skeleton(&test_arena, canonical(text), &like));
    return like;
}

static void look_alikes_have_one_skeleton_WE_13(void **state)
{
    static const char *const same[][2] = {
        {"раура1", "paypal"},  /* Cyrillic and a digit */
        {"ѕсоре", "scope"},    /* Cyrillic */
        {"АСА", "aca"},        /* Cyrillic */
        {"σοσ", "ooo"},        /* Greek */
        {"հօսո", "houn"},      /* Armenian */
        {"工口", "エロ"},      /* Han and Katakana */
        {"modern", "rnodern"}, /* Latin: who is told about it is another question */
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(same); i++)
        SAME_S(skeleton(same[i][0]), skeleton(same[i][1]));
    SAME(skeleton("user01"), "userOl");
    SAME_S(canonical("ｐａｙｐａｌ"), STR("paypal")); /* wide letters are the same letters */
}

static void names_that_differ_have_different_skeletons_WE_13(void **state)
{
    static const char *const names[] = {"maria", "marla", "mario", "jose", "josé",   "josè",
                                        "nino",  "niño",  "иван",  "ivan", "lukasz", "łukasz"};
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        for (size_t j = 0; j < i; j++)
            assert_false(str_eq(skeleton(names[i]), skeleton(names[j])));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(names_of_living_languages_WE_13),
        TEST(mixtures_and_oddities_are_refused_WE_13),
        TEST(invisible_characters_are_refused_WE_13),
        TEST(look_alikes_have_one_skeleton_WE_13),
        TEST(names_that_differ_have_different_skeletons_WE_13),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
