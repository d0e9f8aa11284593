/* Colours and logos of realms: only ours to write, always readable. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include "web/login/brand.h"

static void colours_are_six_or_three_digits(void **state)
{
    struct colour c = {1, 2, 3};
    (void)state;
    assert_int_equal(colour_parse(STR("#0b6b50"), &c), 0);
    assert_int_equal(c.r, 0x0b);
    assert_int_equal(c.g, 0x6b);
    assert_int_equal(c.b, 0x50);
    assert_int_equal(colour_parse(STR("#FaC"), &c), 0);
    assert_int_equal(c.r, 0xff);
    assert_int_equal(c.g, 0xaa);
    assert_int_equal(c.b, 0xcc);
    static const char *const bad[] = {"",         "#",   "#12345",  "#1234567",
                                      "0b6b50",   "red", "#0b6b5g", "#0b6b5;",
                                      "#0b6b50;", "#;}", "url(x)",  "# 12345"};
    for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
        c = (struct colour){1, 2, 3};
        assert_int_equal(colour_parse(str_c(bad[i]), &c), ERR_INVALID_SYNTAX);
        assert_int_equal(c.r, 1);
    }
}

static void contrast_follows_wcag(void **state)
{
    (void)state;
    struct colour black = {0, 0, 0}, white = {255, 255, 255}, grey = {0x76, 0x76, 0x76};
    assert_int_equal(colour_contrast(black, white), 2100);
    assert_int_equal(colour_contrast(white, white), 100);
    /* The well-known border case: #767676 on white is 4.54. */
    assert_in_range(colour_contrast(grey, white), 445, 463);
    assert_int_equal(colour_contrast(grey, white), colour_contrast(white, grey));
}

static void every_colour_becomes_readable(void **state)
{
    static const struct colour backgrounds[] = {
        {255, 255, 255}, {0, 0, 0}, {0x17, 0x1f, 0x1c}, {0x80, 0x80, 0x80}};
    (void)state;
    for (size_t b = 0; b < ARRAY_LEN(backgrounds); b++)
        for (int r = 0; r < 256; r += 51)
            for (int g = 0; g < 256; g += 51)
                for (int blue = 0; blue < 256; blue += 51) {
                    struct colour c = colour_readable((struct colour){r, g, blue}, backgrounds[b]);
                    assert_true(colour_contrast(c, backgrounds[b]) >= 450);
                }
    struct colour dark = {0x0b, 0x2b, 0x50},
                  same = colour_readable(dark, (struct colour){255, 255, 255});
    assert_int_equal(same.b, dark.b);
}

static struct realm realm_with(struct str_pair *pairs, size_t count)
{
    struct realm realm = {0};
    realm.attributes = (struct str_map){pairs, count};
    return realm;
}

static struct str css_of(struct arena *a, const struct realm *realm)
{
    struct buf out;
    struct str css;
    buf_init(&out, a, 4096);
    brand_css(&out, realm);
    assert_int_equal(buf_finish(&out, &css), 0);
    return css;
}

/* WE-07: what a realm's administrator writes never becomes style of its own. */
static void style_sheets_hold_our_digits_only(void **state)
{
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    struct str_pair evil[] = {
        {STR(REALM_ATTR_PRIMARY_COLOR), STR("#000;}body{background:url(https://evil.example)}")},
        {STR(REALM_ATTR_BACKGROUND_COLOR), STR("expression(1)")}};
    struct realm realm = realm_with(evil, 2);
    assert_false(brand_has_css(&realm));
    assert_true(str_empty(css_of(&a, &realm)));
    struct str_pair good[] = {{STR(REALM_ATTR_PRIMARY_COLOR), STR("#C8102E")},
                              {STR(REALM_ATTR_BACKGROUND_COLOR), STR("#fff8f0")}};
    realm = realm_with(good, 2);
    struct str css = css_of(&a, &realm);
    assert_true(brand_has_css(&realm));
    assert_true(str_find_str(css, STR("--brand:#c8102e;")) > 0);
    assert_true(str_find_str(css, STR("--on-brand:#ffffff;")) > 0);
    assert_true(str_find_str(css, STR("background:#fff8f0;")) > 0);
}

static void bright_brands_get_dark_text(void **state)
{
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 1 << 20);
    struct str_pair yellow[] = {{STR(REALM_ATTR_PRIMARY_COLOR), STR("#ffd200")}};
    struct realm realm = realm_with(yellow, 1);
    assert_true(str_find_str(css_of(&a, &realm), STR("--on-brand:#000000;")) > 0);
}

/* The realm's name stands beside the card, on the background, whatever that is. */
static void names_can_be_read_on_any_background(void **state)
{
    CLEANUP(arena_free) struct arena a;
    (void)state;
    arena_init(&a, 4 << 20);
    for (unsigned rgb = 0; rgb < 6 * 6 * 6; rgb++) {
        struct colour background = {(int)(rgb / 36 * 51), (int)(rgb / 6 % 6 * 51),
                                    (int)(rgb % 6 * 51)};
        struct str mark = STR("}.brand,.foot,.foot .langs *{color:");
        struct str text =
            arena_printf(&a, "#%02x%02x%02x", rgb / 36 * 51, rgb / 6 % 6 * 51, rgb % 6 * 51);
        struct str_pair pair[] = {{STR(REALM_ATTR_BACKGROUND_COLOR), text}};
        struct realm realm = realm_with(pair, 1);
        struct str css = css_of(&a, &realm);
        ptrdiff_t at = str_find_str(css, mark);
        struct colour beside;
        assert_true(at > 0);
        assert_int_equal(colour_parse(str_sub(css, (size_t)at + mark.len, 7), &beside), 0);
        assert_true(colour_contrast(beside, background) >= 450);
    }
}

/* OA-03: logos are https or ours. */
static void logos_are_https_or_ours(void **state)
{
    CLEANUP(arena_free) struct arena a;
    static const struct {
        const char *uri;
        const char *origin; /* NULL: refused */
    } cases[] = {
        {"https://cdn.example.pe/logo.png", "https://cdn.example.pe"},
        {"https://cdn.example.pe:8443/a", "https://cdn.example.pe:8443"},
        {"/static/logo.png", ""},
        {"http://cdn.example.pe/logo.png", NULL},
        {"//cdn.example.pe/logo.png", NULL},
        {"javascript:alert(1)", NULL},
        {"JaVaScRiPt:alert(1)", NULL},
        {"data:image/png;base64,AAAA", NULL},
        {"https://user@cdn.example.pe/x", NULL},
        {"https://cdn.example.pe/\"><script>", NULL},
        {" https://cdn.example.pe/x", NULL},
    };
    (void)state;
    arena_init(&a, 1 << 20);
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str_pair pair[] = {{STR(REALM_ATTR_LOGO_URI), str_c(cases[i].uri)}};
        struct realm realm = realm_with(pair, 1);
        assert_int_equal(str_absent(brand_logo(&realm)), cases[i].origin == NULL);
        struct str origin = brand_logo_origin(&a, &realm);
        assert_true(str_eq_c(origin, cases[i].origin ? cases[i].origin : ""));
    }
    struct str_pair tricky[] = {{STR(REALM_ATTR_LOGO_URI), STR("https://a;script-src*/x")}};
    struct realm realm = realm_with(tricky, 1);
    assert_true(str_absent(brand_logo_origin(&a, &realm)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(colours_are_six_or_three_digits),
        cmocka_unit_test(contrast_follows_wcag),
        cmocka_unit_test(every_colour_becomes_readable),
        cmocka_unit_test(style_sheets_hold_our_digits_only),
        cmocka_unit_test(bright_brands_get_dark_text),
        cmocka_unit_test(names_can_be_read_on_any_background),
        cmocka_unit_test(logos_are_https_or_ours),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
