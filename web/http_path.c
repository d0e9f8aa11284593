/* From a request target to the one path that routing sees. What could be read as two different
 * paths is refused, so that no proxy in front and no table behind can disagree. */
#include "web/http_check.h"

#include "core/codec/form.h"

#include "core/base/banned.h"

/* ';' starts matrix parameters, which some servers cut off and some keep. */
static bool is_plain(struct str path)
{
    return str_find(path, ';') < 0 && str_find(path, '\\') < 0 &&
           str_find_str(path, STR("//")) < 0 && str_has_no_control(path);
}

/* An encoded slash or backslash would become a separator after the segments were told apart; an
 * encoded percent sign would invite a second decoding. */
static bool has_hidden_separator(struct str raw)
{
    for (size_t i = 0; i + 2 < raw.len; i++) {
        if (raw.ptr[i] != '%')
            continue;
        struct str escape = str_sub(raw, i, 3);
        if (str_ieq(escape, STR("%2f")) || str_ieq(escape, STR("%5c")) ||
            str_ieq(escape, STR("%25")))
            return true;
    }
    return false;
}

static bool has_dot_segment(struct str path)
{
    struct str rest = str_from(path, 1);
    struct str segment;
    while (str_next(&rest, '/', &segment))
        if (str_eq(segment, STR(".")) || str_eq(segment, STR("..")))
            return true;
    return false;
}

int http_path_decode(struct arena *a, struct str target, struct str *ret_path,
                     struct str *ret_query)
{
    ptrdiff_t mark = str_find(target, '?');
    struct str raw = mark < 0 ? target : str_sub(target, 0, (size_t)mark);
    struct str path;
    if (raw.len == 0 || raw.ptr[0] != '/' || has_hidden_separator(raw))
        return ERR_INVALID_SYNTAX;
    TRY(percent_decode(a, raw, &path));
    if (!is_plain(path) || has_dot_segment(path))
        return ERR_INVALID_SYNTAX;
    *ret_path = path;
    *ret_query = mark < 0 ? STR("") : str_from(target, (size_t)mark + 1);
    return 0;
}
