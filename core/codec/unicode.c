/* Unicode normalization through utf8proc, into arenas. */
#include "core/codec/unicode.h"

#include <utf8proc.h>

#include "core/base/err.h"

#include "core/base/banned.h"

#define DECOMPOSED  (UTF8PROC_STABLE | UTF8PROC_DECOMPOSE)
#define FOLDED      (UTF8PROC_STABLE | UTF8PROC_COMPOSE | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD)
/* Composing can make a letter that folds further; nothing takes more rounds. */
#define FOLD_ROUNDS 4

static int code_of(utf8proc_ssize_t rc)
{
    return rc == UTF8PROC_ERROR_NOMEM ? ERR_NO_MEMORY : ERR_INVALID_UTF8;
}

static int transform(struct arena *a, struct str text, utf8proc_option_t options,
                     struct str *ret_text)
{
    const utf8proc_uint8_t *bytes = (const utf8proc_uint8_t *)text.ptr;
    utf8proc_ssize_t len = (utf8proc_ssize_t)text.len;
    utf8proc_ssize_t count = utf8proc_decompose(bytes, len, NULL, 0, options);
    if (count < 0)
        return code_of(count);
    /* The result is written over the code points, with a NUL after it. */
    utf8proc_int32_t *points = ARENA_ARRAY(a, (size_t)count + 1, utf8proc_int32_t);
    if (!points)
        return ERR_NO_MEMORY;
    count = utf8proc_decompose(bytes, len, points, count, options);
    if (count >= 0)
        count = utf8proc_reencode(points, count, options);
    if (count < 0)
        return code_of(count);
    *ret_text = str_of((const char *)points, (size_t)count);
    return 0;
}

int unicode_fold(struct arena *a, struct str text, struct str *ret_text)
{
    struct str before = text, folded;
    for (int i = 0; i < FOLD_ROUNDS; i++) {
        TRY(transform(a, before, (utf8proc_option_t)FOLDED, &folded));
        if (str_eq(folded, before))
            break;
        before = folded;
    }
    *ret_text = folded;
    return 0;
}

int unicode_decompose(struct arena *a, struct str text, struct str *ret_text)
{
    return transform(a, text, (utf8proc_option_t)DECOMPOSED, ret_text);
}

bool unicode_is_ascii(struct str text)
{
    for (size_t i = 0; i < text.len; i++)
        if ((unsigned char)text.ptr[i] >= 0x80)
            return false;
    return true;
}

uint32_t unicode_next(struct str *io_rest)
{
    utf8proc_int32_t point = 0;
    utf8proc_ssize_t n = utf8proc_iterate((const utf8proc_uint8_t *)io_rest->ptr,
                                          (utf8proc_ssize_t)io_rest->len, &point);
    *io_rest = str_from(*io_rest, n > 0 ? (size_t)n : 1);
    return n > 0 ? (uint32_t)point : 0xfffd;
}

bool unicode_is_mark(uint32_t code_point)
{
    utf8proc_category_t category = utf8proc_category((utf8proc_int32_t)code_point);
    return category == UTF8PROC_CATEGORY_MN || category == UTF8PROC_CATEGORY_MC ||
           category == UTF8PROC_CATEGORY_ME;
}

const char *unicode_category(uint32_t code_point)
{
    return utf8proc_category_string((utf8proc_int32_t)code_point);
}

bool unicode_is_space(uint32_t code_point)
{
    return utf8proc_category((utf8proc_int32_t)code_point) == UTF8PROC_CATEGORY_ZS;
}

static bool is_blank(uint32_t c)
{
    return c == '\t' || unicode_is_space(c);
}

static struct str without_leading(struct str text)
{
    struct str rest = text;
    while (rest.len > 0 && is_blank(unicode_next(&rest)))
        text = rest;
    return text;
}

/* Whether the text ends with a blank, of so many bytes. Broken UTF-8 is none. */
static bool ends_blank(struct str text, size_t *ret_bytes)
{
    for (size_t bytes = 1; bytes <= 3 && bytes <= text.len; bytes++) {
        struct str last = str_from(text, text.len - bytes);
        *ret_bytes = bytes;
        if (is_blank(unicode_next(&last)) && last.len == 0)
            return true;
    }
    return false;
}

struct str unicode_trim(struct str text)
{
    size_t bytes;
    text = without_leading(text);
    while (ends_blank(text, &bytes))
        text.len -= bytes;
    return text;
}
