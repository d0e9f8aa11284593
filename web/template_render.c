/* Steps and values to HTML. Every value is escaped; there is no way around it (WE-07). */
#include "web/template_internal.h"

#include "core/base/banned.h"

/* The values that names are looked up in, innermost last. */
struct scope {
    const struct tpl_value *values[TPL_MAX_DEPTH * 2 + 1];
    size_t depth;
};

struct rendering {
    const struct messages *messages;
    struct str lang;
    const struct str_map *own; /* NULL: none */
    struct buf *out;
    struct scope scope;
};

void html_escape(struct buf *out, struct str text)
{
    size_t start = 0;
    for (size_t i = 0; i < text.len; i++) {
        const char *reference;
        switch (text.ptr[i]) {
        case '&': reference = "&amp;"; break;
        case '<': reference = "&lt;"; break;
        case '>': reference = "&gt;"; break;
        case '"': reference = "&quot;"; break;
        case '\'': reference = "&#39;"; break;
        case '`': reference = "&#96;"; break;
        default: continue;
        }
        buf_add(out, str_sub(text, start, i - start));
        buf_add_c(out, reference);
        start = i + 1;
    }
    buf_add(out, str_from(text, start));
}

static const struct tpl_value *member(const struct tpl_value *map, struct str name)
{
    if (!map || map->kind != TPL_MAP)
        return NULL;
    for (const struct tpl_value *v = map->first; v; v = v->next)
        if (str_eq(v->name, name))
            return v;
    return NULL;
}

/* The first part of "a.b" from the inside out, the rest within what it named. */
static const struct tpl_value *look_up(const struct scope *scope, struct str name)
{
    struct str rest = name, part;
    const struct tpl_value *v = NULL;
    if (str_eq(name, STR(".")))
        return scope->values[scope->depth - 1];
    if (!str_next(&rest, '.', &part))
        return NULL;
    for (size_t i = scope->depth; i > 0 && !v; i--)
        v = member(scope->values[i - 1], part);
    while (v && str_next(&rest, '.', &part))
        v = member(v, part);
    return v;
}

static bool is_true(const struct tpl_value *v)
{
    if (!v)
        return false;
    switch (v->kind) {
    case TPL_BOOL: return v->truth;
    case TPL_TEXT: return !str_empty(v->text);
    case TPL_LIST: return v->first != NULL;
    default: return true;
    }
}

static void write_value(const struct tpl_value *v, struct buf *out)
{
    if (v && v->kind == TPL_TEXT)
        html_escape(out, v->text);
    else if (v && v->kind == TPL_BOOL)
        buf_add_c(out, v->truth ? "true" : "false");
}

static void write_message(struct rendering *r, const struct tpl_step *s)
{
    struct str args[10], rest = s->args, name;
    size_t count = 0;
    while (count < ARRAY_LEN(args) && str_next_word(&rest, &name)) {
        const struct tpl_value *v = look_up(&r->scope, name);
        args[count++] = v && v->kind == TPL_TEXT ? v->text : STR("");
    }
    messages_html(r->messages, r->lang, r->own, s->text, args, count, r->out);
}

static int run(struct rendering *r, const struct tpl *t, size_t from, size_t to);

static int run_with(struct rendering *r, const struct tpl *t, size_t from, size_t to,
                    const struct tpl_value *value)
{
    if (r->scope.depth == ARRAY_LEN(r->scope.values))
        return ERR_TOO_DEEP;
    r->scope.values[r->scope.depth++] = value;
    int rc = run(r, t, from, to);
    r->scope.depth--;
    return rc;
}

static int run_section(struct rendering *r, const struct tpl *t, size_t at)
{
    const struct tpl_step *s = &t->steps[at];
    const struct tpl_value *v = look_up(&r->scope, s->text);
    if (s->op == OP_INVERTED)
        return is_true(v) ? 0 : run(r, t, at + 1, s->end);
    if (!is_true(v))
        return 0;
    if (v->kind != TPL_LIST)
        return run_with(r, t, at + 1, s->end, v);
    for (const struct tpl_value *item = v->first; item; item = item->next)
        TRY(run_with(r, t, at + 1, s->end, item));
    return 0;
}

static int run(struct rendering *r, const struct tpl *t, size_t from, size_t to)
{
    for (size_t i = from; i < to; i++) {
        const struct tpl_step *s = &t->steps[i];
        switch (s->op) {
        case OP_TEXT: buf_add(r->out, s->text); break;
        case OP_VALUE: write_value(look_up(&r->scope, s->text), r->out); break;
        case OP_MESSAGE: write_message(r, s); break;
        case OP_PARTIAL: TRY(run(r, s->partial, 0, s->partial->count)); break;
        default: TRY(run_section(r, t, i)); i = s->end - 1;
        }
        if (r->out->failed)
            return ERR_TOO_LARGE;
    }
    return 0;
}

int tpl_render(const struct tpl *t, const struct messages *m, struct str lang,
               const struct str_map *own, const struct tpl_value *root, struct buf *out)
{
    struct rendering r = {.messages = m, .lang = lang, .own = own, .out = out};
    if (!root)
        return ERR_NO_MEMORY;
    return run_with(&r, t, 0, t->count, root);
}

static struct tpl_value *value_new(struct arena *a, enum tpl_kind kind)
{
    struct tpl_value *v = ARENA_NEW(a, struct tpl_value);
    if (v)
        v->kind = kind;
    return v;
}

static void append(struct tpl_value *to, struct tpl_value *v)
{
    if (to->last)
        to->last->next = v;
    else
        to->first = v;
    to->last = v;
}

/* A member that exists gets the new value. */
static struct tpl_value *set_member(struct arena *a, struct tpl_value *map, const char *name,
                                    enum tpl_kind kind)
{
    if (!map)
        return NULL;
    for (struct tpl_value *v = map->first; v; v = v->next) {
        if (str_eq_c(v->name, name)) {
            *v = (struct tpl_value){.kind = kind, .name = v->name, .next = v->next};
            return v;
        }
    }
    struct tpl_value *v = value_new(a, kind);
    if (!v)
        return NULL;
    v->name = arena_str_c(a, name);
    append(map, v);
    return v;
}

struct tpl_value *tpl_map(struct arena *a)
{
    return value_new(a, TPL_MAP);
}

struct tpl_value *tpl_list(struct arena *a)
{
    return value_new(a, TPL_LIST);
}

void tpl_set(struct arena *a, struct tpl_value *map, const char *name, struct str text)
{
    struct tpl_value *v = set_member(a, map, name, TPL_TEXT);
    if (v)
        v->text = arena_str(a, text);
}

void tpl_set_c(struct arena *a, struct tpl_value *map, const char *name, const char *text)
{
    tpl_set(a, map, name, str_c(text));
}

void tpl_set_i64(struct arena *a, struct tpl_value *map, const char *name, int64_t value)
{
    tpl_set(a, map, name, arena_printf(a, "%lld", (long long)value));
}

void tpl_set_bool(struct arena *a, struct tpl_value *map, const char *name, bool truth)
{
    struct tpl_value *v = set_member(a, map, name, TPL_BOOL);
    if (v)
        v->truth = truth;
}

struct tpl_value *tpl_set_map(struct arena *a, struct tpl_value *map, const char *name)
{
    return set_member(a, map, name, TPL_MAP);
}

struct tpl_value *tpl_set_list(struct arena *a, struct tpl_value *map, const char *name)
{
    return set_member(a, map, name, TPL_LIST);
}

struct tpl_value *tpl_add_map(struct arena *a, struct tpl_value *list)
{
    struct tpl_value *v = list ? value_new(a, TPL_MAP) : NULL;
    if (v)
        append(list, v);
    return v;
}

void tpl_add_text(struct arena *a, struct tpl_value *list, struct str text)
{
    struct tpl_value *v = list ? value_new(a, TPL_TEXT) : NULL;
    if (!v)
        return;
    v->text = arena_str(a, text);
    append(list, v);
}
