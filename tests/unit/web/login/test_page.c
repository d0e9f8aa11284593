/* What all pages share: names, languages, colours, policies. */
#include "tests/unit/web/login/page_fixture.h"

#include "web/login/page.h"

static void send_error(struct fixture *f)
{
    struct page p;
    page_begin(&p, &f->req, NULL);
    page_language_links(&p, STR("token=t&"));
    page_send(&p, &f->res, 200, "error");
}

/* Where a form may lead: redirects of the client, further https hops, nothing else. */
static void forms_lead_to_the_clients_addresses(void **state)
{
    static const struct {
        const char *uris[3];
        const char *sources;
    } cases[] = {
        {{NULL}, "https:"},
        {{"https://app.example.pe/cb", "https://b.example/*"}, "https:"},
        {{"http://localhost:3000/cb", "http://localhost:4000/x"}, "https: http://localhost:*"},
        {{"http://127.0.0.1/cb", "com.example.app:/cb"},
         "https: http://127.0.0.1:* com.example.app:"},
        {{"http://[::1]:8000/cb"}, "https: http:"},
        {{"/relative"}, "https:"},
        {{"http://a;script-src/cb"}, "https:"},
    };
    struct fixture *f = *state;
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        struct str uris[3];
        struct client client = {0};
        fixture_reset(f);
        for (size_t n = 0; n < 3 && cases[i].uris[n]; n++)
            uris[client.redirect_uris.count++] = str_c(cases[i].uris[n]);
        client.redirect_uris.items = uris;
        struct str sources = page_form_sources(
            &f->arena, &client,
            (struct own_urls){STR("https://id.example.pe"), STR("https://id.example.pe")});
        if (!str_eq_c(sources, cases[i].sources))
            fail_msg("%zu: %.*s", i, STR_ARG(sources));
    }
    assert_true(str_eq_c(
        page_form_sources(&f->arena, NULL, (struct own_urls){STR("https://x"), STR("https://x")}),
        "https:"));
}

/* WE-07: names of realms are text. */
static void names_of_realms_are_text(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    f->view.realm.display_name = STR("\"'><img src=x onerror=alert(1)>{{7*7}}");
    send_error(f);
    assert_int_equal(f->res.status, 200);
    assert_true(fixture_body(f, "&lt;img src=x"));
    assert_false(fixture_body(f, "<img src=x"));
}

static void a_realm_without_a_name_shows_its_key(void **state)
{
    struct fixture *f = *state;
    fixture_reset(f);
    assert_true(str_eq_c(page_realm_title(&f->req), "peru"));
    f->req.realm = NULL;
    assert_true(str_eq_c(page_realm_title(&f->req), "Garita"));
}

static void texts_of_configuration_may_name_messages(void **state)
{
    struct fixture *f = *state;
    struct page p;
    fixture_reset(f);
    page_begin(&p, &f->req, NULL);
    assert_true(str_eq_c(page_text(&p, STR("${client_account}")), "My account"));
    assert_true(str_eq_c(page_text(&p, STR("${unknown}")), "unknown"));
    assert_true(str_eq_c(page_text(&p, STR("Plain ${text}")), "Plain ${text}"));
    assert_true(str_eq_c(page_text(&p, STR("${}")), ""));
    assert_true(str_absent(page_text(&p, STR(""))));
    struct client client = {.client_id = STR("portal"), .name = STR("")};
    assert_true(str_eq_c(page_client_name(&p, &client), "portal"));
    client.name = STR("Portal");
    assert_true(str_eq_c(page_client_name(&p, &client), "Portal"));
    assert_true(str_absent(page_client_name(&p, NULL)));
}

static void realms_choose_their_languages(void **state)
{
    struct str two[] = {STR_INIT("es"), STR_INIT("pt")};
    struct fixture *f = *state;
    fixture_reset(f);
    send_error(f);
    assert_true(fixture_body(f, "href=\"?token=t&amp;kc_locale=es\""));
    assert_true(fixture_body(f, "aria-current=\"true\">English"));
    fixture_reset(f);
    f->view.realm.supported_locales = (struct strs){two, 2};
    f->view.realm.default_locale = STR("pt");
    f->req.raw_query = STR("kc_locale=en");
    send_error(f);
    assert_true(fixture_body(f, "<html lang=\"pt\">"));
    assert_false(fixture_body(f, ">English<"));
    fixture_reset(f);
    f->view.realm.internationalization_enabled = false;
    f->view.realm.default_locale = STR("es");
    send_error(f);
    assert_true(fixture_body(f, "<html lang=\"es\">"));
    assert_false(fixture_body(f, "kc_locale"));
}

static void what_was_chosen_in_this_login_goes_first(void **state)
{
    struct fixture *f = *state;
    struct page p;
    struct page_wish wish = {.ui_locales = STR("fr pt-BR es")};
    fixture_reset(f);
    page_begin(&p, &f->req, &wish);
    assert_true(str_eq_c(p.lang, "pt"));
    wish.chosen = STR("es");
    page_begin(&p, &f->req, &wish);
    assert_true(str_eq_c(p.lang, "es"));
    wish.chosen = STR("xx");
    page_begin(&p, &f->req, &wish);
    assert_true(str_eq_c(p.lang, "pt"));
}

static void brands_come_by_link_and_policy(void **state)
{
    struct str_pair brand[] = {
        {STR_INIT(REALM_ATTR_LOGO_URI), STR_INIT("https://cdn.example.pe/logo.svg")},
        {STR_INIT(REALM_ATTR_PRIMARY_COLOR), STR_INIT("#c8102e")}};
    struct fixture *f = *state;
    fixture_reset(f);
    send_error(f);
    assert_false(fixture_body(f, "theme.css"));
    assert_true(fixture_header(f, "img-src 'self';"));
    fixture_reset(f);
    f->view.logo_version = STR("0123456789abcdef");
    send_error(f);
    assert_true(fixture_body(f, "src=\"/auth/resources/peru/logo?v=0123456789abcdef\""));
    assert_true(fixture_header(f, "img-src 'self';"));
    fixture_reset(f);
    f->view.logo_version = STR("0123456789abcdef"); /* the address goes before it */
    f->view.realm.attributes = (struct str_map){brand, 2};
    send_error(f);
    assert_true(fixture_body(f, "href=\"/auth/resources/peru/theme.css?v="));
    assert_true(fixture_body(f, "src=\"https://cdn.example.pe/logo.svg\""));
    assert_true(fixture_header(f, "img-src 'self' https://cdn.example.pe;"));
    assert_false(fixture_body(f, "style="));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(forms_lead_to_the_clients_addresses),
        cmocka_unit_test(names_of_realms_are_text),
        cmocka_unit_test(a_realm_without_a_name_shows_its_key),
        cmocka_unit_test(texts_of_configuration_may_name_messages),
        cmocka_unit_test(realms_choose_their_languages),
        cmocka_unit_test(what_was_chosen_in_this_login_goes_first),
        cmocka_unit_test(brands_come_by_link_and_policy),
    };
    return cmocka_run_group_tests(tests, fixture_setup, fixture_teardown);
}
