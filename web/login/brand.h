/* Colours of a realm: read from its attributes, checked, made readable, written as a style sheet.
 * Nothing but six hexadecimal digits of ours ever reaches the style sheet. */
#ifndef GARITA_WEB_LOGIN_BRAND_H
#define GARITA_WEB_LOGIN_BRAND_H

#include "core/base/buf.h"
#include "core/model/realm.h"

struct colour {
    int r, g, b; /* 0..255 */
};

/* "#1a2b3c" or "#1ac" in either case, nothing else. ERR_INVALID_SYNTAX. */
MUST_CHECK int colour_parse(struct str text, struct colour *ret_colour);
/* Contrast of WCAG 2.2 (1..21), in hundredths. */
int colour_contrast(struct colour a, struct colour b);
/* The colour, moved towards black or white until it has 4.5:1 on the background (WCAG AA). */
struct colour colour_readable(struct colour c, struct colour background);

/* Appends the style sheet of the realm's colours; nothing when it has none (or malformed ones). */
void brand_css(struct buf *out, const struct realm *realm);
bool brand_has_css(const struct realm *realm);
/* The realm's logo when it is an https URL or an absolute path of this site, else absent. */
struct str brand_logo(const struct realm *realm);
/* Letters, digits, dots and hyphens: what may stand in a Content-Security-Policy, where URIs allow
 * more (";"). */
bool brand_host_is_plain(struct str host);
/* The source that img-src needs for the logo: its origin; absent for none or a path. */
struct str brand_logo_origin(struct arena *a, const struct realm *realm);

#endif
