/* Templates and messages: what comes out, and what cannot (WE-07). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "web/template.h"

static struct arena arena;

static int setup(void **state)
{
    (void)state;
    arena_init(&arena, 1 << 20);
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    arena_free(&arena);
    return 0;
}

static struct tpl_value *values(void)
{
    struct tpl_value *root = tpl_map(&arena);
    tpl_set_c(&arena, root, "name", "Ana");
    tpl_set_c(&arena, root, "empty", "");
    tpl_set_bool(&arena, root, "yes", true);
    tpl_set_bool(&arena, root, "no", false);
    tpl_set_i64(&arena, root, "count", 3);
    struct tpl_value *list = tpl_set_list(&arena, root, "items");
    for (int i = 1; i <= 2; i++) {
        struct tpl_value *item = tpl_add_map(&arena, list);
        tpl_set_i64(&arena, item, "number", i);
    }
    struct tpl_value *words = tpl_set_list(&arena, root, "words");
    tpl_add_text(&arena, words, STR("<a>"));
    tpl_add_text(&arena, words, STR("b"));
    struct tpl_value *user = tpl_set_map(&arena, root, "user");
    tpl_set_c(&arena, user, "name", "Eva");
    (void)tpl_set_list(&arena, root, "nothing");
    return root;
}

static const char *render(const char *source)
{
    static char text[4096];
    struct buf out;
    struct str s;
    buf_init(&out, &arena, sizeof(text));
    int rc = template_render_text(&arena, str_c(source), values(), &out);
    if (rc != 0)
        return err_name(rc);
    assert_int_equal(buf_finish(&out, &s), 0);
    (void)snprintf(text, sizeof(text), "%.*s", STR_ARG(s));
    return text;
}

static void values_and_sections(void **state)
{
    (void)state;
    assert_string_equal(render("a{{name}}b{{ name }}c{{missing}}d{{empty}}{{count}}"),
                        "aAnabAnacd3");
    assert_string_equal(render("{{#yes}}1{{/yes}}{{#no}}2{{/no}}{{^no}}3{{/no}}{{^yes}}4{{/yes}}"),
                        "13");
    assert_string_equal(render("{{#name}}x{{/name}}{{#empty}}y{{/empty}}{{^empty}}z{{/empty}}"),
                        "xz");
    assert_string_equal(render("{{#items}}[{{number}}{{name}}]{{/items}}"), "[1Ana][2Ana]");
    assert_string_equal(render("{{#words}}{{.}},{{/words}}"), "&lt;a&gt;,b,");
    assert_string_equal(render("{{#nothing}}x{{/nothing}}{{^nothing}}none{{/nothing}}"), "none");
    assert_string_equal(render("{{user.name}}{{#user}}{{name}}{{count}}{{/user}}{{user.x}}"),
                        "EvaEva3");
    assert_string_equal(render("{{! a comment }}x"), "x");
    assert_string_equal(render("{{#items}}{{#items}}{{number}}{{/items}}{{/items}}"), "1212");
    assert_string_equal(render("{ {name}} }}"), "{ {name}} }}");
}

static void we_07_everything_is_escaped(void **state)
{
    struct buf out;
    struct str s;
    struct tpl_value *root = tpl_map(&arena);
    (void)state;
    tpl_set_c(&arena, root, "v", "<script>alert(\"1\")</script>&'`");
    buf_init(&out, &arena, 4096);
    assert_int_equal(template_render_text(&arena, STR("<p title=\"{{v}}\">{{v}}"), root, &out), 0);
    assert_int_equal(buf_finish(&out, &s), 0);
    assert_true(
        str_eq(s, STR("<p title=\"&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;&#96;"
                      "\">&lt;script&gt;alert(&quot;1&quot;)&lt;/script&gt;&amp;&#39;&#96;")));
}

static void we_07_places_without_escaping_are_refused(void **state)
{
    static const char *const bad[] = {
        "{{{name}}}",
        "{{&name}}",
        "<p title={{name}}>",
        "<script>var a = \"{{name}}\"</script>",
        "<style>a{color:{{name}}}</style>",
        "<script nonce=\"{{name}}\">{{name}}</script>",
        "{{#a}}",
        "{{/a}}",
        "{{#a}}{{/b}}",
        "{{a",
        "{{}}",
        "{{a b}}",
        "{{#}}{{/}}",
        "{{>x}}",
        "{{t:x}}",
        "{{a\"b}}",
        "<a href=/x/{{name}}>",
        "<a {{name}}>",
        "<a href= {{name}}>",
        "<a x='>' {{name}}>",
        "<!-- {{name}} -->",
        "<SCRIPT>{{name}}",
    };
    (void)state;
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        assert_string_equal(render(bad[i]), "INVALID_SYNTAX");
    assert_string_equal(render("<!-- don't --><a x='{{name}}' y=\"'\">1 < 2 {{name}}"),
                        "<!-- don't --><a x='Ana' y=\"'\">1 < 2 Ana");
    assert_string_equal(render("<script>a < '\"</script>{{name}}"), "<script>a < '\"</script>Ana");
    assert_string_equal(render("<script nonce=\"{{name}}\"></script>{{name}}"),
                        "<script nonce=\"Ana\"></script>Ana");
}

static void depth_and_size_are_bounded(void **state)
{
    char text[400] = "";
    struct buf b, out;
    struct str source, s;
    (void)state;
    for (int i = 0; i < 20; i++)
        memcpy(text + i * 8, "{{#yes}}", 9);
    assert_string_equal(render(text), "INVALID_SYNTAX");
    buf_init(&b, &arena, 4096);
    for (int i = 0; i < 100; i++)
        buf_add(&b, STR("{{name}}"));
    assert_int_equal(buf_finish(&b, &source), 0);
    buf_init(&out, &arena, 100);
    assert_int_equal(template_render_text(&arena, source, values(), &out), ERR_TOO_LARGE);
    (void)s;
    assert_int_equal(template_render_text(&arena, STR("x"), NULL, &out), ERR_NO_MEMORY);
}

/* The house's own pages compile, and all languages have all messages. */
static void our_pages_are_sound(void **state)
{
    struct template_set *set = NULL;
    struct err_ctx err = {0};
    (void)state;
    if (template_set_new("static/login/", &err, &set) != 0)
        fail_msg("%s", err.detail);
    assert_true(template_exists(set, "login"));
    assert_false(template_exists(set, "nonsense"));
    const struct messages *m = template_messages(set);
    assert_true(messages_has_language(m, STR("es")));
    assert_true(messages_has_language(m, STR("en")));
    assert_true(messages_has_language(m, STR("pt")));
    template_set_free(set);
}

static struct str negotiate(const struct messages *m, const char *ui, const char *cookie,
                            const char *accept, const char *realm, const char *supported)
{
    struct language_wish wish = {.ui_locales = str_c(ui),
                                 .cookie = str_c(cookie),
                                 .accept_language = str_c(accept),
                                 .realm_default = str_c(realm),
                                 .supported = str_c(supported)};
    return messages_negotiate(m, &wish);
}

static void languages_are_negotiated(void **state)
{
    struct messages *m = NULL;
    struct err_ctx err = {0};
    (void)state;
    assert_int_equal(messages_new("static/login/", &err, &m), 0);
    assert_true(str_eq(negotiate(m, "fr es-PE", "pt", "en", "en", ""), STR("es")));
    assert_true(str_eq(negotiate(m, "", "pt", "en", "es", ""), STR("pt")));
    assert_true(str_eq(negotiate(m, "", "", "fr, pt-BR;q=0.8, es;q=0.9", "en", ""), STR("es")));
    assert_true(str_eq(negotiate(m, "", "", "fr", "pt", ""), STR("pt")));
    assert_true(str_eq(negotiate(m, "", "", "", "", ""), STR("en")));
    assert_true(str_eq(negotiate(m, "es", "", "pt", "en", "en pt"), STR("pt")));
    assert_true(str_eq(negotiate(m, "../../x -- -", "%", "*", "", ""), STR("en")));
    assert_true(str_absent(messages_get(m, STR("es"), STR("no.such.key"))));
    messages_free(m);
}

static void arguments_are_escaped_or_kept_on_a_line(void **state)
{
    struct messages *m = NULL;
    struct err_ctx err = {0};
    struct buf out;
    struct str s, args[] = {STR_INIT("<b>\r\nBcc: x")};
    (void)state;
    assert_int_equal(messages_new("static/login/", &err, &m), 0);
    buf_init(&out, &arena, 4096);
    messages_html(m, STR("en"), NULL, STR("{0}"), args, 1, &out);
    assert_int_equal(buf_finish(&out, &s), 0);
    assert_true(str_eq(s, STR("&lt;b&gt;\r\nBcc: x")));
    s = messages_text(m, &arena, STR("en"), NULL, STR("a {0} {1} {x}"), args, 1);
    assert_true(str_eq(s, STR("a <b>  Bcc: x  {x}"))); /* RE-05 */
    messages_free(m);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(values_and_sections),
        cmocka_unit_test(we_07_everything_is_escaped),
        cmocka_unit_test(we_07_places_without_escaping_are_refused),
        cmocka_unit_test(depth_and_size_are_bounded),
        cmocka_unit_test(our_pages_are_sound),
        cmocka_unit_test(languages_are_negotiated),
        cmocka_unit_test(arguments_are_escaped_or_kept_on_a_line),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
