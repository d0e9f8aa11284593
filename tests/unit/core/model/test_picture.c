/* Kinds of pictures by their bytes, and what a drawing may hold (WE-08). */
#include "core/model/picture.h"
#include "tests/unit/core/check.h"

#define SVG "<svg xmlns=\"http://www.w3.org/2000/svg\""

static int check(struct str bytes, enum picture_kind *ret_kind)
{
    return picture_check(bytes, ret_kind);
}

static void test_kinds(void **state)
{
    (void)state;
    static const struct {
        struct str bytes;
        enum picture_kind kind;
        const char *type;
    } cases[] = {
        {STR_INIT("\x89PNG\r\n\x1a\n...."), PICTURE_PNG, "image/png"},
        {STR_INIT("\xff\xd8\xff\xe0...."), PICTURE_JPEG, "image/jpeg"},
        {STR_INIT("RIFF....WEBPVP8 "), PICTURE_WEBP, "image/webp"},
        {STR_INIT(SVG "/>"), PICTURE_SVG, "image/svg+xml"},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        enum picture_kind kind;
        assert_int_equal(check(cases[i].bytes, &kind), 0);
        assert_int_equal(kind, cases[i].kind);
        assert_true(str_eq_c(picture_type(kind), cases[i].type));
    }
}

static void test_none(void **state)
{
    (void)state;
    enum picture_kind kind;
    static const struct str cases[] = {STR_INIT(""),
                                       STR_INIT("GIF89a"),
                                       STR_INIT("<html>svg</html>"),
                                       STR_INIT("RIFF....WAVE"),
                                       STR_INIT("<sv"),
                                       STR_INIT("<svg>\xff</svg>")};
    for (size_t i = 0; i < ARRAY_LEN(cases); i++)
        assert_int_equal(check(cases[i], &kind), ERR_INVALID_SYNTAX);
    static char large[PICTURE_MAX_BYTES + 1] = "\x89PNG\r\n\x1a\n";
    assert_int_equal(check(str_of(large, PICTURE_MAX_BYTES), &kind), 0);
    assert_int_equal(check(str_of(large, sizeof(large)), &kind), ERR_TOO_LARGE);
}

static void test_drawings(void **state)
{
    (void)state;
    static const char *const good[] = {
        SVG "></svg>\n",
        "\xef\xbb\xbf<?xml version='1.0' encoding='UTF-8'?>\n<!-- a -- b -->" SVG
        " viewBox='0 0 8 8'><title>Perú</title><g id='a' fill='url(#b)'><path d='M0 0h8'/></g>"
        "<defs><linearGradient id='b'><stop offset='0' stop-color='#123'/></linearGradient></defs>"
        "<style>.a { fill: url( '#b' ) }</style><use href='#a'/></svg>",
        SVG " xmlns:xlink='http://www.w3.org/1999/xlink'><use xlink:href='#a'/>"
            "<image href='data:image/png;base64,AAAA'/></svg>",
        SVG
        " xmlns:inkscape='http://www.inkscape.org/namespaces/inkscape' inkscape:label='a &amp; b'>"
        "<inkscape:note/><g inkscape:x='1'/></svg>",
    };
    static const char *const bad[] = {
        SVG "><script>1</script></svg>",
        SVG "><SCRIPT/></svg>",
        SVG "><foreignObject/></svg>",
        SVG "><a href='https://a.pe'/></svg>",
        SVG "><animate attributeName='href'/></svg>",
        SVG " onload='a()'/>",
        SVG " ONLOAD='a()'/>",
        SVG "><image href='https://a.pe/a.png'/></svg>",
        SVG "><image href='data:image/svg+xml;base64,AAAA'/></svg>",
        SVG "><image href='&#104;ttps://a.pe'/></svg>",
        SVG " xmlns:x='http://www.w3.org/1999/xlink'><image x:href='https://a.pe'/></svg>",
        SVG " xmlns:h='http://www.w3.org/1999/xhtml'><h:script>1</h:script></svg>",
        SVG " xmlns:h='http://www.w3.org/1999/&#120;html'><h:script>1</h:script></svg>",
        SVG " xmlns:s='http://www.w3.org/2000/svg'><s:script>1</s:script></svg>",
        SVG "><svg:script/></svg>",
        SVG "><g style='fill:url(https://a.pe)'/></svg>",
        SVG "><g fill='URL (\"//a.pe\")'/></svg>",
        SVG "><style>@import 'a'</style></svg>",
        SVG "><style>a{b:u\\72l(https://a.pe)}</style></svg>",
        SVG "><style>&#64;import 'a'</style></svg>",
        SVG "><style>@im<!-- -->port 'a'</style></svg>",
        SVG "><style>a{b:ur<g/>l(https://a.pe)}</style></svg>",
        SVG "><svg:style>@im<!-- -->port 'a'</svg:style></svg>",
        SVG "><style><![CDATA[a]]></style></svg>",
        SVG " xml:base='https://a.pe'/>",
        SVG "><?xml-stylesheet href='a'?></svg>",
        "<?xml-stylesheet href='a'?>" SVG "/>",
        "<!DOCTYPE svg>" SVG "/>",
        "<svg xmlns='http://www.w3.org/1999/xhtml'><g/></svg>",
        "text " SVG "/>",
        "<g/>" SVG "/>",
        SVG "><g id='<script/>'/></svg>",
        SVG,
        SVG " a=b/>",
        SVG "><g a='</svg>",
        SVG "><!-- ",
        SVG "><",
        SVG "></svg",
    };
    enum picture_kind kind;
    for (size_t i = 0; i < ARRAY_LEN(good); i++)
        if (check(str_c(good[i]), &kind) != 0)
            fail_msg("refused: %s", good[i]);
    for (size_t i = 0; i < ARRAY_LEN(bad); i++)
        if (check(str_c(bad[i]), &kind) != ERR_FORBIDDEN)
            fail_msg("taken: %s", bad[i]);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_kinds),
        cmocka_unit_test(test_none),
        cmocka_unit_test(test_drawings),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
