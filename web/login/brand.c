/* Colours and logo of a realm. */
#include "web/login/brand.h"

#include "core/codec/uri.h"

#include "core/base/banned.h"

#define CONTRAST_AA 450
static const struct colour BLACK = {0, 0, 0};
static const struct colour WHITE = {255, 255, 255};
/* --card of login.css, light and dark: links and focus rings stand on it. */
static const struct colour CARD_LIGHT = {255, 255, 255};
static const struct colour CARD_DARK = {0x17, 0x1f, 0x1c};

int colour_parse(struct str text, struct colour *ret_colour)
{
    unsigned char v[3];
    char six[6];
    if ((text.len != 4 && text.len != 7) || text.ptr[0] != '#')
        return ERR_INVALID_SYNTAX;
    for (size_t i = 0; i < 6; i++)
        six[i] = text.ptr[1 + (text.len == 4 ? i / 2 : i)];
    for (size_t i = 0; i < 6; i++) {
        char c = six[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0)
            return ERR_INVALID_SYNTAX;
        v[i / 2] = (unsigned char)(i % 2 ? v[i / 2] * 16 + digit : digit);
    }
    *ret_colour = (struct colour){v[0], v[1], v[2]};
    return 0;
}

/* Linear light of an sRGB channel in millionths: a polynomial that stays within 0.3 % of the curve
 * of WCAG, so that no maths library is needed. */
static int64_t linear_millionths(int channel)
{
    int64_t c = (int64_t)channel * 1000000 / 255;
    int64_t square = c * c / 1000000;
    int64_t cube = square * c / 1000000;
    return (12523 * c + 682171 * square + 305306 * cube) / 1000000;
}

static int64_t luminance_millionths(struct colour c)
{
    return (2126 * linear_millionths(c.r) + 7152 * linear_millionths(c.g) +
            722 * linear_millionths(c.b)) /
           10000;
}

int colour_contrast(struct colour a, struct colour b)
{
    int64_t la = luminance_millionths(a) + 50000;
    int64_t lb = luminance_millionths(b) + 50000;
    return (int)(la > lb ? la * 100 / lb : lb * 100 / la);
}

static struct colour mix(struct colour c, struct colour towards, int percent)
{
    return (struct colour){c.r + (towards.r - c.r) * percent / 100,
                           c.g + (towards.g - c.g) * percent / 100,
                           c.b + (towards.b - c.b) * percent / 100};
}

struct colour colour_readable(struct colour c, struct colour background)
{
    bool on_dark = colour_contrast(background, WHITE) > colour_contrast(background, BLACK);
    for (int percent = 0; percent < 100; percent += 5) {
        struct colour tried = mix(c, on_dark ? WHITE : BLACK, percent);
        if (colour_contrast(tried, background) >= CONTRAST_AA)
            return tried;
    }
    return on_dark ? WHITE : BLACK;
}

static struct str realm_attribute(const struct realm *realm, const char *name)
{
    return str_map_get(&realm->attributes, str_c(name));
}

static bool realm_colour(const struct realm *realm, const char *name, struct colour *ret_colour)
{
    return colour_parse(realm_attribute(realm, name), ret_colour) == 0;
}

static void css_colour(struct buf *out, const char *name, struct colour c)
{
    buf_printf(out, "%s:#%02x%02x%02x;", name, (unsigned)c.r & 0xff, (unsigned)c.g & 0xff,
               (unsigned)c.b & 0xff);
}

bool brand_has_css(const struct realm *realm)
{
    struct colour c;
    return realm_colour(realm, REALM_ATTR_PRIMARY_COLOR, &c) ||
           realm_colour(realm, REALM_ATTR_BACKGROUND_COLOR, &c);
}

static void css_primary(struct buf *out, struct colour primary)
{
    bool dark_text = colour_contrast(primary, WHITE) < CONTRAST_AA &&
                     colour_contrast(primary, BLACK) >= CONTRAST_AA;
    buf_add_c(out, ":root{");
    css_colour(out, "--brand", primary);
    css_colour(out, "--brand-strong", mix(primary, dark_text ? WHITE : BLACK, 18));
    css_colour(out, "--on-brand", dark_text ? BLACK : WHITE);
    css_colour(out, "--link", colour_readable(primary, CARD_LIGHT));
    buf_add_c(out, "}\n@media (prefers-color-scheme:dark){:root{");
    css_colour(out, "--link", colour_readable(primary, CARD_DARK));
    buf_add_c(out, "}}\n");
}

void brand_css(struct buf *out, const struct realm *realm)
{
    struct colour c;
    if (realm_colour(realm, REALM_ATTR_PRIMARY_COLOR, &c))
        css_primary(out, c);
    /* The dark scheme keeps its own background: people chose it for their eyes. Text beside the
     * card (realm's name, languages) must stay readable on the background. */
    if (realm_colour(realm, REALM_ATTR_BACKGROUND_COLOR, &c)) {
        bool light = colour_contrast(c, BLACK) >= colour_contrast(c, WHITE);
        struct colour beside = light ? BLACK : WHITE;
        buf_add_c(out, "@media (prefers-color-scheme:light){body{");
        css_colour(out, "background", c);
        buf_add_c(out, "}.brand,.foot,.foot .langs *{");
        css_colour(out, "color", colour_readable(mix(beside, c, 10), c));
        buf_add_c(out, "}}\n");
    }
}

struct str brand_logo(const struct realm *realm)
{
    struct str none = {NULL, 0};
    struct str logo = realm_attribute(realm, REALM_ATTR_LOGO_URI);
    struct uri u;
    if (str_absent(logo) || uri_parse_reference(logo, &u) != 0)
        return none;
    /* https only (OA-03), or a path of this site; "//host" would be another one. */
    if (str_absent(u.scheme))
        return !u.has_authority && str_starts(logo, STR("/")) ? logo : none;
    return uri_is_https(&u) && uri_is_web(&u) ? logo : none;
}

bool brand_host_is_plain(struct str host)
{
    for (size_t i = 0; i < host.len; i++) {
        char c = host.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        if (!letter && !(c >= '0' && c <= '9') && c != '.' && c != '-')
            return false;
    }
    return !str_empty(host);
}

struct str brand_logo_origin(struct arena *a, const struct realm *realm)
{
    struct str origin = {NULL, 0};
    struct str logo = brand_logo(realm);
    struct uri u;
    if (str_absent(logo) || uri_parse(logo, &u) != 0 || !brand_host_is_plain(u.host) ||
        uri_origin(a, &u, &origin) != 0)
        return (struct str){NULL, 0};
    return origin;
}
