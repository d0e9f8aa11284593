/* Templates to steps, once at start. What could put a value where escaping does not help (scripts,
 * styles, attributes without quotes) is refused here. */
#include "web/template_internal.h"

#include <stdlib.h>

#include "core/base/asset.h"

#include "core/base/banned.h"

#define SET_MAX_BYTES ((size_t)4 << 20)
#define MAX_TEMPLATES 256
#define NAME_MAX      128

struct template_set {
    struct arena arena;
    struct messages *messages;
    struct tpl *templates;
    size_t count;
};

static int fault(const struct tpl *t, int line, struct err_ctx *err, const char *what,
                 struct str which)
{
    return err_set(err, ERR_INVALID_SYNTAX, "%s:%d: %s %.*s", t->path, line, what, STR_ARG(which));
}

static struct tpl_step *step_add(struct arena *a, struct tpl *t, enum tpl_op op, struct str text,
                                 int line)
{
    if (t->count == t->cap) {
        size_t cap = t->cap ? t->cap * 2 : 16;
        struct tpl_step *grown = arena_grow(a, t->steps, t->count, cap, sizeof(*grown));
        if (!grown)
            return NULL;
        t->steps = grown;
        t->cap = cap;
    }
    struct tpl_step *s = &t->steps[t->count++];
    *s = (struct tpl_step){.op = op, .text = text, .line = line};
    return s;
}

static bool is_name(struct str s)
{
    for (size_t i = 0; i < s.len; i++) {
        char c = s.ptr[i];
        bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!plain && !strchr("._-/", c))
            return false;
    }
    return s.len > 0;
}

struct open_sections {
    size_t steps[TPL_MAX_DEPTH];
    size_t depth;
};

static int close_section(struct tpl *t, struct str name, int line, struct open_sections *open,
                         struct err_ctx *err)
{
    if (open->depth == 0)
        return fault(t, line, err, "nothing is open for", name);
    struct tpl_step *s = &t->steps[open->steps[--open->depth]];
    if (!str_eq(s->text, name))
        return fault(t, line, err, "closes another section:", name);
    s->end = t->count;
    return 0;
}

static int add_message(struct arena *a, struct tpl *t, struct str tag, int line,
                       struct err_ctx *err)
{
    struct str rest = str_from(tag, 2), key;
    if (!str_next_word(&rest, &key) || !is_name(key))
        return fault(t, line, err, "malformed message", tag);
    struct tpl_step *s = step_add(a, t, OP_MESSAGE, key, line);
    if (!s)
        return ERR_NO_MEMORY;
    s->args = str_absent(rest) ? STR("") : rest;
    return 0;
}

static int add_named(struct arena *a, struct tpl *t, char sigil, struct str name, int line,
                     struct open_sections *open, struct err_ctx *err)
{
    enum tpl_op op = sigil == '#'   ? OP_SECTION
                     : sigil == '^' ? OP_INVERTED
                     : sigil == '>' ? OP_PARTIAL
                                    : OP_VALUE;
    if (!is_name(name))
        return fault(t, line, err, "malformed tag", name);
    if (op == OP_SECTION || op == OP_INVERTED) {
        if (open->depth == TPL_MAX_DEPTH)
            return fault(t, line, err, "nested too deeply:", name);
        open->steps[open->depth++] = t->count;
    }
    return step_add(a, t, op, name, line) ? 0 : ERR_NO_MEMORY;
}

static int add_tag(struct arena *a, struct tpl *t, struct str before, struct str tag, int line,
                   struct open_sections *open, struct err_ctx *err)
{
    tag = str_trim(tag);
    char sigil = tag.len ? tag.ptr[0] : '\0';
    struct str rest = str_trim(str_from(tag, 1));
    if (sigil == '!')
        return 0;
    if (sigil == '/')
        return close_section(t, rest, line, open, err);
    if (sigil == '#' || sigil == '^' || sigil == '>')
        return add_named(a, t, sigil, rest, line, open, err);
    /* "{{{" and "&" mean raw output elsewhere; there is none here. */
    if (!tpl_value_may_stand(before))
        return fault(t, line, err, "no value may stand here:", tag);
    if (str_starts(tag, STR("t:")))
        return add_message(a, t, tag, line, err);
    return add_named(a, t, '\0', tag, line, open, err);
}

static int count_lines(struct str text)
{
    int lines = 0;
    for (size_t i = 0; i < text.len; i++)
        lines += text.ptr[i] == '\n';
    return lines;
}

int tpl_compile(struct arena *a, struct tpl *t, struct err_ctx *err)
{
    struct open_sections open = {0};
    size_t at = 0;
    int line = 1;
    for (;;) {
        struct str rest = str_from(t->source, at);
        ptrdiff_t start = str_find_str(rest, STR("{{"));
        struct str text = start < 0 ? rest : str_sub(rest, 0, (size_t)start);
        if (text.len && !step_add(a, t, OP_TEXT, text, line))
            return ERR_NO_MEMORY;
        line += count_lines(text);
        if (start < 0)
            break;
        struct str tag = str_from(rest, (size_t)start + 2);
        ptrdiff_t end = str_find_str(tag, STR("}}"));
        if (end < 0)
            return fault(t, line, err, "tag without end", STR(""));
        tag = str_sub(tag, 0, (size_t)end);
        struct str before = str_sub(t->source, 0, at + (size_t)start);
        TRY(add_tag(a, t, before, tag, line, &open, err));
        line += count_lines(tag);
        at += (size_t)start + 4 + (size_t)end;
    }
    if (open.depth)
        return fault(t, line, err, "section without end",
                     t->steps[open.steps[open.depth - 1]].text);
    return 0;
}

static struct tpl *find(const struct template_set *set, struct str name)
{
    for (size_t i = 0; i < set->count; i++)
        if (str_eq(set->templates[i].name, name))
            return &set->templates[i];
    return NULL;
}

static int load(struct template_set *set, const struct asset *asset, struct str name,
                struct err_ctx *err)
{
    if (set->count == MAX_TEMPLATES)
        return err_set(err, ERR_INVALID_SYNTAX, "too many templates");
    struct tpl *t = &set->templates[set->count++];
    t->name = name;
    t->path = asset->path;
    t->source = str_of((const char *)asset->data, asset->size);
    return tpl_compile(&set->arena, t, err);
}

static int load_all(struct template_set *set, const char *folder, struct err_ctx *err)
{
    size_t count;
    const struct asset *assets = asset_all(&count);
    for (size_t i = 0; i < count; i++) {
        struct str path = str_c(assets[i].path);
        if (!str_starts(path, str_c(folder)) || !str_ends(path, STR(".html")))
            continue;
        struct str name = str_from(path, strlen(folder));
        TRY(load(set, &assets[i], str_sub(name, 0, name.len - 5), err));
    }
    return 0;
}

static int link_step(const struct template_set *set, const struct tpl *t, struct tpl_step *s,
                     struct err_ctx *err)
{
    if (s->op == OP_PARTIAL) {
        s->partial = find(set, s->text);
        if (!s->partial)
            return fault(t, s->line, err, "no such template:", s->text);
    }
    if (s->op == OP_MESSAGE && str_absent(messages_get(set->messages, STR("en"), s->text)))
        return fault(t, s->line, err, "no such message:", s->text);
    return 0;
}

static int check_depth(const struct tpl *t, int depth, struct err_ctx *err)
{
    if (depth == TPL_MAX_DEPTH)
        return fault(t, 1, err, "includes itself or too deeply:", t->name);
    for (size_t i = 0; i < t->count; i++)
        if (t->steps[i].op == OP_PARTIAL)
            TRY(check_depth(t->steps[i].partial, depth + 1, err));
    return 0;
}

static int link_all(struct template_set *set, struct err_ctx *err)
{
    for (size_t i = 0; i < set->count; i++)
        for (size_t j = 0; j < set->templates[i].count; j++)
            TRY(link_step(set, &set->templates[i], &set->templates[i].steps[j], err));
    for (size_t i = 0; i < set->count; i++)
        TRY(check_depth(&set->templates[i], 0, err));
    return 0;
}

static int fill(struct template_set *set, const char *folder, struct err_ctx *err)
{
    set->templates = ARENA_ARRAY(&set->arena, MAX_TEMPLATES, struct tpl);
    if (!set->templates)
        return ERR_NO_MEMORY;
    TRY(messages_new(folder, err, &set->messages));
    TRY(load_all(set, folder, err));
    return link_all(set, err);
}

int template_set_new(const char *folder, struct err_ctx *err, struct template_set **ret_set)
{
    struct template_set *set = calloc(1, sizeof(*set));
    if (!set)
        return ERR_NO_MEMORY;
    arena_init(&set->arena, SET_MAX_BYTES);
    int rc = fill(set, folder, err);
    if (rc != 0) {
        template_set_free(set);
        return rc;
    }
    *ret_set = set;
    return 0;
}

void template_set_free(struct template_set *set)
{
    if (!set)
        return;
    messages_free(set->messages);
    arena_free(&set->arena);
    free(set);
}

const struct messages *template_messages(const struct template_set *set)
{
    return set->messages;
}

bool template_exists(const struct template_set *set, const char *name)
{
    return find(set, str_c(name)) != NULL;
}

int template_render(const struct template_set *set, const char *name, struct str lang,
                    const struct str_map *own, const struct tpl_value *root, struct buf *out)
{
    const struct tpl *t = find(set, str_c(name));
    return t ? tpl_render(t, set->messages, lang, own, root, out) : ERR_NOT_FOUND;
}

int template_render_text(struct arena *a, struct str source, const struct tpl_value *root,
                         struct buf *out)
{
    struct tpl t = {.name = STR("text"), .source = source, .path = "text"};
    TRY(tpl_compile(a, &t, NULL));
    for (size_t i = 0; i < t.count; i++)
        if (t.steps[i].op == OP_PARTIAL || t.steps[i].op == OP_MESSAGE)
            return ERR_INVALID_SYNTAX;
    return tpl_render(&t, NULL, STR("en"), NULL, root, out);
}
