/* Lines with a sign in front: + made, ~ changed, - removed, ! somebody else's. Values are JSON, so that
 * stored text cannot drive a terminal. */
#include "appliance/apply/show.h"

#include <stdio.h>

#include "core/base/banned.h"

#define VALUE_MAX_BYTES ((size_t)16 << 20)
#define VALUE_SHOWN     200

static const struct look {
    const char *action, *sign, *colour, *note;
} looks[] = {
    {"create", "+", "\033[32m", ""},
    {"update", "~", "\033[33m", ""},
    {"adopt", "~", "\033[36m", " (adopted)"},
    {"delete", "-", "\033[31m", ""},
    {"foreign", "!", "\033[35m", " (not ours: --adopt takes it over)"},
    {"keep", "!", "\033[35m", " (stays: something that is not ours is below it)"},
};

static struct look look_of(struct str action)
{
    for (size_t i = 0; i < ARRAY_LEN(looks); i++)
        if (str_eq_c(action, looks[i].action))
            return looks[i];
    return (struct look){"", "?", "", ""};
}

/* JSON text without what is not printable: the writer escapes C0, this takes DEL and C1. */
static void add_visible(struct buf *b, struct str text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        bool c1 = c == 0xc2 && i + 1 < text.len && (unsigned char)text.ptr[i + 1] < 0xa0;
        buf_add_byte(b, c < 0x20 || c == 0x7f || c1 ? '?' : (char)c);
        i += c1;
    }
}

/* Cut between characters. */
static struct str cut(struct str text)
{
    size_t len = VALUE_SHOWN;
    if (text.len <= len)
        return text;
    while (len > 0 && ((unsigned char)text.ptr[len] & 0xc0) == 0x80)
        len--;
    return str_sub(text, 0, len);
}

static void add_value(struct buf *b, const struct json_value *value)
{
    struct buf text;
    struct json_writer w;
    struct str json;
    buf_init(&text, NULL, VALUE_MAX_BYTES);
    jw_init(&w, &text);
    jw_value(&w, value);
    if (jw_finish(&w, &json) == 0) {
        add_visible(b, cut(json));
        if (json.len > VALUE_SHOWN)
            buf_add_c(b, "...");
    }
    buf_free(&text);
}

static void add_member(struct buf *b, const struct json_value *member)
{
    const struct json_value *before = json_get(member, "before");
    buf_printf(b, "      %.*s: ", STR_ARG(json_get_str(member, "member")));
    if (json_bool_or(member, "secret", false)) {
        buf_add_c(b, "(secret)\n");
        return;
    }
    if (before) {
        add_value(b, before);
        buf_add_c(b, " -> ");
    }
    add_value(b, json_get(member, "after"));
    buf_add_byte(b, '\n');
}

static void add_row(struct buf *b, const struct json_value *row, const struct show *show)
{
    const struct look look = look_of(json_get_str(row, "action"));
    const struct json_value *member;
    buf_printf(b, "%s  %s %.*s ", show->coloured ? look.colour : "", look.sign,
               STR_ARG(json_get_str(row, "kind")));
    add_visible(b, json_get_str(row, "name"));
    buf_printf(b, "%s%s\n", look.note, show->coloured ? "\033[0m" : "");
    if (!show->members)
        return;
    for (struct json_iter it = json_iter(json_get(row, "members")); json_next(&it, NULL, &member);)
        add_member(b, member);
}

static void add_ignored(struct buf *b, const struct json_value *ignored)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(ignored); json_next(&it, NULL, &item);) {
        buf_printf(b, "  ? %.*s ", STR_ARG(json_get_str(item, "kind")));
        add_visible(b, json_get_str(item, "name"));
        buf_add_c(b, ": ");
        add_visible(b, json_get_str(item, "member"));
        buf_add_c(b, " is not known here and was left out\n");
    }
}

static void add_summary(struct buf *b, const struct json_value *summary, bool planned)
{
    static const struct {
        const char *member, *done, *planned;
    } parts[] = {{"create", "made", "to make"},       {"update", "changed", "to change"},
                 {"adopt", "adopted", "to adopt"},    {"delete", "removed", "to remove"},
                 {"foreign", "not ours", "not ours"}, {"keep", "kept", "kept"},
                 {"same", "as it was", "as it is"}};
    bool first = true;
    buf_add_c(b, "  ");
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        int64_t count = json_i64_or(summary, parts[i].member, 0);
        if (count == 0)
            continue;
        buf_printf(b, "%s%lld %s", first ? "" : ", ", (long long)count,
                   planned ? parts[i].planned : parts[i].done);
        first = false;
    }
    buf_add_c(b, first ? "nothing\n" : "\n");
}

void show_plan(struct buf *b, const struct json_value *result, const struct show *show)
{
    const struct json_value *row;
    add_visible(b, json_get_str(result, "realm"));
    buf_add_byte(b, '\n');
    for (struct json_iter it = json_iter(json_get(result, "changes")); json_next(&it, NULL, &row);)
        add_row(b, row, show);
    add_ignored(b, json_get(result, "ignored"));
    add_summary(b, json_get(result, "summary"), show->planned);
}
