/* The rules of UTS #39 over generated tables (name_table.h). */
#include "core/model/name.h"

#include "core/codec/unicode.h"
#include "core/model/name_table.h"

#include "core/base/banned.h"

#define SKELETON_MAX_BYTES ((size_t)64 << 10)

/* The last entry at or before the code point; entries rise. */
static const struct name_range *range_of(uint32_t c)
{
    size_t low = 0, high = name_range_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_ranges[middle].first <= c)
            low = middle + 1;
        else
            high = middle;
    }
    const struct name_range *range = low > 0 ? &name_ranges[low - 1] : NULL;
    return range && c - range->first < range->count ? range : NULL;
}

static bool is_ascii_letter(uint32_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

/* No script at all: the character is not allowed. */
static uint64_t scripts_of(uint32_t c)
{
    if (c < 0x80)
        return is_ascii_letter(c) ? NAME_SCRIPT_LATIN : NAME_SCRIPT_ANY;
    const struct name_range *range = range_of(c);
    return range ? name_script_sets[range->scripts] : 0;
}

static int refuse_character(uint32_t c, struct err_ctx *ctx)
{
    return err_field(ctx, ERR_INVALID_REQUEST, "username",
                     "a user name may not hold the character U+%04X", (unsigned)c);
}

int name_check(struct str name, struct err_ctx *ctx)
{
    const uint64_t mixtures = NAME_SCRIPT_JAPANESE | NAME_SCRIPT_HAN_BOPOMOFO | NAME_SCRIPT_KOREAN;
    uint64_t all = NAME_SCRIPT_ANY, without_latin = NAME_SCRIPT_ANY;
    struct str rest = name;
    while (rest.len > 0) {
        bool first = rest.len == name.len;
        uint32_t c = unicode_next(&rest);
        uint64_t scripts = scripts_of(c);
        if (scripts == 0 || (first && unicode_is_mark(c)))
            return refuse_character(c, ctx);
        all &= scripts;
        if (!(scripts & NAME_SCRIPT_LATIN))
            without_latin &= scripts;
    }
    if (all != 0 || (without_latin & mixtures) != 0)
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, "username",
                     "a user name may not mix letters of different scripts");
}

static const struct name_confusable *confusable_of(uint32_t c)
{
    size_t low = 0, high = name_confusable_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (name_confusables[middle].code_point == c)
            return &name_confusables[middle];
        if (name_confusables[middle].code_point < c)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

int name_skeleton(struct arena *a, struct str name, struct str *ret_skeleton)
{
    struct str rest, mapped;
    struct buf b;
    TRY(unicode_decompose(a, name, &rest));
    buf_init(&b, a, SKELETON_MAX_BYTES);
    while (rest.len > 0) {
        struct str from = rest;
        const struct name_confusable *like = confusable_of(unicode_next(&rest));
        if (like)
            buf_add_bytes(&b, &name_prototypes[like->at], like->bytes);
        else
            buf_add(&b, str_sub(from, 0, from.len - rest.len));
    }
    TRY(buf_finish(&b, &mapped));
    return unicode_decompose(a, mapped, ret_skeleton);
}
