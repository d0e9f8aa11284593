/* Kinds of pictures, and what a drawing may hold. */
#include "core/model/picture.h"

#include "core/base/banned.h"

static const struct {
    struct str type, file;
} kinds[] = {
    [PICTURE_PNG] = {STR_INIT("image/png"), STR_INIT("logo.png")},
    [PICTURE_JPEG] = {STR_INIT("image/jpeg"), STR_INIT("logo.jpg")},
    [PICTURE_WEBP] = {STR_INIT("image/webp"), STR_INIT("logo.webp")},
    [PICTURE_SVG] = {STR_INIT("image/svg+xml"), STR_INIT("logo.svg")},
};

struct str picture_type(enum picture_kind kind)
{
    return kinds[kind].type;
}

struct str picture_file(enum picture_kind kind)
{
    return kinds[kind].file;
}

/* --- Drawings --- */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\r' || c == '\n';
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

static bool begins(struct str text, const char *word)
{
    struct str w = str_c(word);
    for (size_t i = 0; i < w.len; i++)
        if (i >= text.len || lower(text.ptr[i]) != w.ptr[i])
            return false;
    return true;
}

/* What draws. An element that is not here is refused: nobody knows what browsers will make of it. */
static const char *const drawing[] = {
    "svg",           "g",        "path",        "rect",           "circle",      "ellipse",
    "line",          "polyline", "polygon",     "text",           "tspan",       "textpath",
    "defs",          "symbol",   "use",         "title",          "desc",        "metadata",
    "style",         "clippath", "mask",        "lineargradient", "stop",        "radialgradient",
    "pattern",       "marker",   "filter",      "fegaussianblur", "feoffset",    "feblend",
    "fecolormatrix", "feflood",  "fecomposite", "femerge",        "femergenode", "switch",
    "image",
};

static bool is_name(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_' || c == ':' || c == '.';
}

static struct str cut_name(struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && is_name(rest->ptr[len]))
        len++;
    struct str name = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return name;
}

static void skip_blanks(struct str *rest)
{
    while (rest->len > 0 && is_blank(rest->ptr[0]))
        *rest = str_from(*rest, 1);
}

/* Programs that draw keep notes in names of their own ("inkscape:label", "sodipodi:namedview"). Those show nothing. */
static bool is_foreign(struct str name)
{
    return str_find(name, ':') > 0 && !begins(name, "svg:") && !begins(name, "xhtml:") &&
           !begins(name, "html:");
}

static bool is_drawing(struct str element)
{
    if (is_foreign(element))
        return true;
    if (begins(element, "svg:"))
        element = str_from(element, 4);
    for (size_t i = 0; i < sizeof(drawing) / sizeof(*drawing); i++)
        if (element.len == str_c(drawing[i]).len && begins(element, drawing[i]))
            return true;
    return false;
}

static bool has_word(struct str text, const char *word)
{
    for (size_t i = 0; i < text.len; i++)
        if (begins(str_from(text, i), word))
            return true;
    return false;
}

/* An address in a style: of the drawing itself alone. A backslash would spell the word in another way. */
static bool style_stays(struct str text)
{
    if (str_find(text, '\\') >= 0 || has_word(text, "@import") || has_word(text, "expression") ||
        has_word(text, "image-set") || has_word(text, "javascript:"))
        return false;
    for (size_t i = 0; i < text.len; i++) {
        struct str rest = str_from(text, i);
        if (!begins(rest, "url"))
            continue;
        rest = str_from(rest, 3);
        skip_blanks(&rest);
        if (!begins(rest, "("))
            continue;
        rest = str_from(rest, 1);
        while (rest.len > 0 && (is_blank(rest.ptr[0]) || rest.ptr[0] == '"' || rest.ptr[0] == '\''))
            rest = str_from(rest, 1);
        if (!begins(rest, "#"))
            return false;
    }
    return true;
}

#define SVG_NAMES "http://www.w3.org/2000/svg"

/* What a prefix stands for. Under another prefix than the usual one an element that runs would pass for the note of
 * a program. */
static bool names_stay(struct str prefix, struct str value)
{
    static const struct str harmless[] = {
        STR_INIT("http://www.w3.org/1999/xlink"),
        STR_INIT("http://www.w3.org/1999/02/22-rdf-syntax-ns#"),
    };
    if (str_find(value, '&') >= 0)
        return false;
    if (str_eq(prefix, STR("xmlns")) || str_eq(prefix, STR("xmlns:svg")))
        return str_eq(value, STR(SVG_NAMES));
    for (size_t i = 0; i < sizeof(harmless) / sizeof(*harmless); i++)
        if (str_eq(value, harmless[i]))
            return true;
    return !has_word(value, "w3.org");
}

/* A part of the drawing, or a picture that is inside. */
static bool link_stays(struct str value)
{
    return begins(value, "#") || begins(value, "data:image/png;base64,") ||
           begins(value, "data:image/jpeg;base64,");
}

static struct str local_part(struct str name)
{
    ptrdiff_t colon = str_find(name, ':');
    return colon < 0 ? name : str_from(name, (size_t)colon + 1);
}

static bool attribute_stays(struct str name, struct str value)
{
    struct str local = local_part(name);
    if (begins(name, "xmlns"))
        return names_stay(name, value);
    if (str_find(value, '<') >= 0 || begins(local, "on") || begins(local, "base") ||
        begins(local, "src"))
        return false;
    /* A character that is spelled by its number could spell all that is refused. */
    if (str_find(value, '&') >= 0)
        return is_foreign(name) && !begins(local, "href");
    return begins(local, "href") ? link_stays(value) : is_foreign(name) || style_stays(value);
}

/* name="value", up to the end of the tag; whether something follows that is inside. */
static bool attributes_stay(struct str *rest, bool *ret_open)
{
    for (;;) {
        skip_blanks(rest);
        if (rest->len == 0)
            return false;
        if (begins(*rest, "/>") || begins(*rest, ">")) {
            *ret_open = rest->ptr[0] == '>';
            *rest = str_from(*rest, rest->ptr[0] == '/' ? 2 : 1);
            return true;
        }
        struct str name = cut_name(rest);
        skip_blanks(rest);
        if (name.len == 0 || !begins(*rest, "="))
            return false;
        *rest = str_from(*rest, 1);
        skip_blanks(rest);
        if (rest->len == 0 || (rest->ptr[0] != '"' && rest->ptr[0] != '\''))
            return false;
        ptrdiff_t end = str_find(str_from(*rest, 1), rest->ptr[0]);
        if (end < 0 || !attribute_stays(name, str_sub(*rest, 1, (size_t)end)))
            return false;
        *rest = str_from(*rest, (size_t)end + 2);
    }
}

static bool skip_to(struct str *rest, const char *end)
{
    ptrdiff_t at = str_find_str(*rest, str_c(end));
    if (at < 0)
        return false;
    *rest = str_from(*rest, (size_t)at + str_c(end).len);
    return true;
}

/* Of a style all is looked at as one text: what stands between its parts would part a word that browsers put
 * together again, and a character by its number could spell it. */
static bool skip_style(struct str *rest)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != '<')
        len++;
    struct str text = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    return str_find(text, '&') < 0 && style_stays(text) &&
           (begins(*rest, "</style") || begins(*rest, "</svg:style"));
}

static bool is_style(struct str element)
{
    struct str local = local_part(element);
    return local.len == strlen("style") && begins(local, "style");
}

/* At a "<". No declarations (entities), no instructions (style sheets of elsewhere) but the first, no CDATA. */
static bool tag_stays(struct str *rest, bool *io_seen)
{
    if (begins(*rest, "<!--"))
        return skip_to(rest, "-->");
    if (begins(*rest, "<?xml ") && !*io_seen)
        return skip_to(rest, "?>");
    bool closes = begins(*rest, "</"), open = false;
    *rest = str_from(*rest, closes ? 2 : 1);
    struct str name = cut_name(rest);
    if (name.len == 0 || !is_drawing(name) || (!*io_seen && !begins(name, "svg")))
        return false;
    *io_seen = true;
    if (!closes)
        return attributes_stay(rest, &open) && (!open || !is_style(name) || skip_style(rest));
    skip_blanks(rest);
    if (!begins(*rest, ">"))
        return false;
    *rest = str_from(*rest, 1);
    return true;
}

/* Whatever stands between tags may be a style. */
static bool text_stays(struct str *rest, bool seen)
{
    size_t len = 0;
    while (len < rest->len && rest->ptr[len] != '<')
        len++;
    struct str text = str_sub(*rest, 0, len);
    *rest = str_from(*rest, len);
    if (seen)
        return style_stays(text);
    skip_blanks(&text);
    return text.len == 0;
}

static bool drawing_stays(struct str rest, bool *ret_seen)
{
    *ret_seen = false;
    if (begins(rest, "\xef\xbb\xbf"))
        rest = str_from(rest, 3);
    while (rest.len > 0) {
        if (!text_stays(&rest, *ret_seen))
            return false;
        if (rest.len > 0 && !tag_stays(&rest, ret_seen))
            return false;
    }
    return *ret_seen;
}

static bool looks_drawn(struct str bytes)
{
    return has_word(str_sub(bytes, 0, bytes.len < 4096 ? bytes.len : 4096), "<svg") &&
           str_find(bytes, '\0') < 0 && str_is_utf8(bytes);
}

/* --- All kinds --- */

int picture_check(struct str bytes, enum picture_kind *ret_kind)
{
    bool seen;
    if (bytes.len > PICTURE_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (str_starts(bytes, str_of("\x89PNG\r\n\x1a\n", 8)))
        *ret_kind = PICTURE_PNG;
    else if (str_starts(bytes, str_of("\xff\xd8\xff", 3)))
        *ret_kind = PICTURE_JPEG;
    else if (bytes.len > 12 && str_starts(bytes, STR("RIFF")) &&
             str_starts(str_from(bytes, 8), STR("WEBP")))
        *ret_kind = PICTURE_WEBP;
    else if (!looks_drawn(bytes))
        return ERR_INVALID_SYNTAX;
    else {
        *ret_kind = PICTURE_SVG;
        return drawing_stays(bytes, &seen) ? 0 : ERR_FORBIDDEN;
    }
    return 0;
}
