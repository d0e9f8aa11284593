/* Pairs of attribute and value. */
#include "core/model/pairs.h"

#include "core/base/banned.h"

/* A word or a text in quotes; the end of it is cut off *rest. */
static bool take_part(struct str *rest, char end, struct str *ret_part)
{
    bool quoted = str_starts(*rest, STR("\""));
    struct str text = quoted ? str_from(*rest, 1) : *rest;
    ptrdiff_t at = str_find(text, quoted ? '"' : end);
    size_t len = at < 0 ? text.len : (size_t)at;
    *ret_part = str_sub(text, 0, len);
    text = str_from(text, len + (quoted && at >= 0));
    if (str_empty(text)) {
        *rest = text;
        return !quoted || at >= 0;
    }
    *rest = str_from(text, 1);
    return text.ptr[0] == end;
}

int pairs_parse(struct arena *a, struct str text, struct str_map *ret_pairs)
{
    struct str rest = str_trim(text), name, value;
    struct str_map pairs = {0};
    for (size_t count = 0; !str_empty(rest); rest = str_trim(rest), count++) {
        if (!take_part(&rest, ':', &name) || str_empty(name) || str_empty(rest) ||
            !take_part(&rest, ' ', &value))
            return ERR_INVALID_SYNTAX;
        if (count == PAIRS_MAX)
            return ERR_TOO_LARGE;
        TRY(str_map_set(&pairs, a, name, value));
    }
    *ret_pairs = pairs;
    return 0;
}
