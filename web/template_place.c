/* Where in the page a tag of a template stands: values are escaped for text and for attributes in
 * quotes, so they may stand nowhere else. */
#include "web/template_internal.h"

#include "core/base/banned.h"

enum place { IN_TEXT, IN_TAG, IN_QUOTES, IN_APOSTROPHES, IN_RAW };

static bool starts_tag(struct str rest)
{
    char c = rest.len > 1 ? rest.ptr[1] : '\0';
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '/' || c == '!';
}

/* Scripts and styles go on to their end tag, whatever stands in between. */
static struct str raw_end(struct str tag)
{
    if (str_ieq(str_sub(tag, 0, 7), STR("<script")))
        return STR("</script");
    if (str_ieq(str_sub(tag, 0, 6), STR("<style")))
        return STR("</style");
    return STR("");
}

struct walk {
    enum place place;
    struct str tag; /* from its '<' on */
    struct str until;
};

static enum place step_in_tag(struct walk *w, char c)
{
    if (c == '"')
        return IN_QUOTES;
    if (c == '\'')
        return IN_APOSTROPHES;
    if (c != '>')
        return IN_TAG;
    w->until = raw_end(w->tag);
    return str_empty(w->until) ? IN_TEXT : IN_RAW;
}

/* The number of bytes that the step took. */
static size_t step(struct walk *w, struct str rest)
{
    char c = rest.ptr[0];
    switch (w->place) {
    case IN_TEXT:
        if (str_starts(rest, STR("<!--"))) {
            w->until = STR("-->");
            w->place = IN_RAW;
        } else if (c == '<' && starts_tag(rest)) {
            w->tag = rest;
            w->place = IN_TAG;
        }
        return 1;
    case IN_TAG: w->place = step_in_tag(w, c); return 1;
    case IN_QUOTES: w->place = c == '"' ? IN_TAG : IN_QUOTES; return 1;
    case IN_APOSTROPHES: w->place = c == '\'' ? IN_TAG : IN_APOSTROPHES; return 1;
    default:
        if (!str_ieq(str_sub(rest, 0, w->until.len), w->until))
            return 1;
        w->place = str_eq(w->until, STR("-->")) ? IN_TEXT : IN_TAG;
        w->tag = rest;
        return w->until.len;
    }
}

bool tpl_value_may_stand(struct str before)
{
    struct walk w = {.place = IN_TEXT};
    while (!str_empty(before))
        before = str_from(before, step(&w, before));
    return w.place == IN_TEXT || w.place == IN_QUOTES || w.place == IN_APOSTROPHES;
}
