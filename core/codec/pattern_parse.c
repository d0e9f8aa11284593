/* Patterns as text to their tree. */
#include "core/codec/pattern.h"
#include "core/codec/pattern_internal.h"
#include "core/codec/unicode.h"

#include "core/base/banned.h"

#define DEPTH_MAX      16
#define REPEAT_MAX     1000
#define SET_ITEMS_MAX  128
#define CODE_POINT_MAX 0x10ffff

struct parser {
    struct arena *arena;
    struct str rest;
    int depth;
    const char *why;
};

static int wrong(struct parser *p, const char *why)
{
    p->why = why;
    return ERR_INVALID_SYNTAX;
}

static bool next_is(const struct parser *p, char c)
{
    return p->rest.len > 0 && p->rest.ptr[0] == c;
}

static bool take(struct parser *p, char c)
{
    if (!next_is(p, c))
        return false;
    p->rest = str_from(p->rest, 1);
    return true;
}

static struct pattern_node *node_new(struct parser *p, enum pattern_node_kind kind)
{
    struct pattern_node *node = ARENA_NEW(p->arena, struct pattern_node);
    if (node)
        node->kind = kind;
    return node;
}

/* --- Sets --- */

static int set_add(struct parser *p, struct pattern_set *set, const struct set_item *item)
{
    if (set->count == SET_ITEMS_MAX)
        return ERR_TOO_LARGE;
    if (!set->items)
        set->items = ARENA_ARRAY(p->arena, SET_ITEMS_MAX, struct set_item);
    if (!set->items)
        return ERR_NO_MEMORY;
    set->items[set->count++] = *item;
    return 0;
}

static int set_add_range(struct parser *p, struct pattern_set *set, uint32_t first, uint32_t last)
{
    struct pattern_range *range = ARENA_NEW(p->arena, struct pattern_range);
    if (!range)
        return ERR_NO_MEMORY;
    if (first > last)
        return wrong(p, "a range ends before it begins");
    *range = (struct pattern_range){first, last};
    struct set_item item = {.ranges = range, .count = 1};
    return set_add(p, set, &item);
}

static int take_property(struct parser *p, bool negated, struct set_item *ret_item)
{
    ptrdiff_t end = str_find(p->rest, '}');
    struct str name;
    if (next_is(p, '{') && end > 0) {
        name = str_sub(p->rest, 1, (size_t)end - 1);
        p->rest = str_from(p->rest, (size_t)end + 1);
    } else {
        name = str_sub(p->rest, 0, 1);
        p->rest = str_from(p->rest, 1);
    }
    if (!pattern_property_named(name, ret_item))
        return wrong(p, "there is no such property of characters");
    ret_item->negated = negated;
    return 0;
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    return c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
}

static int take_hex(struct parser *p, size_t digits, uint32_t *ret_code_point)
{
    uint32_t value = 0;
    for (size_t i = 0; i < digits; i++) {
        int digit = p->rest.len > 0 ? hex_digit(p->rest.ptr[0]) : -1;
        if (digit < 0)
            return wrong(p, "hexadecimal digits are expected");
        value = value << 4 | (uint32_t)digit;
        p->rest = str_from(p->rest, 1);
    }
    if (value > CODE_POINT_MAX)
        return wrong(p, "there is no such character");
    *ret_code_point = value;
    return 0;
}

/* After a backslash: a class, or one character. */
static int take_escape(struct parser *p, struct set_item *ret_class, bool *ret_is_class,
                       uint32_t *ret_code_point)
{
    static const char controls[] = "t\tn\nr\rf\f";
    if (p->rest.len == 0)
        return wrong(p, "a backslash ends the pattern");
    char c = p->rest.ptr[0];
    *ret_is_class = pattern_class_named(c, ret_class) || c == 'p' || c == 'P';
    if (*ret_is_class || c == 'x' || c == 'u')
        p->rest = str_from(p->rest, 1);
    if (c == 'p' || c == 'P')
        return take_property(p, c == 'P', ret_class);
    if (*ret_is_class)
        return 0;
    if (c == 'x' || c == 'u')
        return take_hex(p, c == 'x' ? 2 : 4, ret_code_point);
    for (size_t i = 0; i < sizeof(controls) - 1; i += 2)
        if (c == controls[i]) {
            p->rest = str_from(p->rest, 1);
            *ret_code_point = (unsigned char)controls[i + 1];
            return 0;
        }
    if ((c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'))
        return wrong(p, "this escape is not supported");
    *ret_code_point = unicode_next(&p->rest);
    return 0;
}

static int take_member(struct parser *p, struct set_item *ret_class, bool *ret_is_class,
                       uint32_t *ret_code_point)
{
    *ret_is_class = false;
    if (p->rest.len == 0)
        return wrong(p, "a class has no end");
    if (take(p, '\\'))
        return take_escape(p, ret_class, ret_is_class, ret_code_point);
    if (next_is(p, '[') || str_starts(p->rest, STR("&&")))
        return wrong(p, "classes within classes and intersections are not supported");
    *ret_code_point = unicode_next(&p->rest);
    return 0;
}

static bool range_follows(const struct parser *p)
{
    return p->rest.len > 1 && p->rest.ptr[0] == '-' && p->rest.ptr[1] != ']';
}

static int take_members(struct parser *p, struct pattern_set *set)
{
    struct set_item class;
    uint32_t first, last;
    bool is_class;
    TRY(take_member(p, &class, &is_class, &first));
    if (is_class)
        return set_add(p, set, &class);
    last = first;
    if (range_follows(p)) {
        p->rest = str_from(p->rest, 1);
        TRY(take_member(p, &class, &is_class, &last));
        if (is_class)
            return wrong(p, "a range ends with a class");
    }
    return set_add_range(p, set, first, last);
}

static int take_class(struct parser *p, struct pattern_node **ret_node)
{
    struct pattern_node *node = node_new(p, NODE_SET);
    if (!node)
        return ERR_NO_MEMORY;
    node->set.negated = take(p, '^');
    do
        TRY(take_members(p, &node->set));
    while (!take(p, ']'));
    *ret_node = node;
    return 0;
}

/* --- Groups and what is repeated --- */

static int take_choice(struct parser *p, struct pattern_node **ret_node);

static int take_group(struct parser *p, struct pattern_node **ret_node)
{
    if (take(p, '?') && !take(p, ':'))
        return wrong(p, "flags, named groups and looking around are not supported");
    if (++p->depth > DEPTH_MAX)
        return ERR_TOO_DEEP;
    TRY(take_choice(p, ret_node));
    p->depth--;
    return take(p, ')') ? 0 : wrong(p, "a group has no end");
}

static int take_character(struct parser *p, struct pattern_node **ret_node)
{
    struct pattern_node *node = node_new(p, NODE_SET);
    struct set_item class;
    uint32_t code_point = 0;
    bool is_class = false;
    if (!node)
        return ERR_NO_MEMORY;
    *ret_node = node;
    if (take(p, '.')) {
        class = pattern_any();
        is_class = true;
    } else if (take(p, '\\')) {
        TRY(take_escape(p, &class, &is_class, &code_point));
    } else {
        code_point = unicode_next(&p->rest);
    }
    return is_class ? set_add(p, &node->set, &class)
                    : set_add_range(p, &node->set, code_point, code_point);
}

static int take_edge(struct parser *p, enum pattern_node_kind kind, struct pattern_node **ret_node)
{
    *ret_node = node_new(p, kind);
    return *ret_node ? 0 : ERR_NO_MEMORY;
}

static int take_atom(struct parser *p, struct pattern_node **ret_node)
{
    if (next_is(p, '*') || next_is(p, '+') || next_is(p, '?') || next_is(p, '{'))
        return wrong(p, "there is nothing to repeat");
    if (take(p, '('))
        return take_group(p, ret_node);
    if (take(p, '['))
        return take_class(p, ret_node);
    if (take(p, '^'))
        return take_edge(p, NODE_BEGIN, ret_node);
    if (take(p, '$'))
        return take_edge(p, NODE_END, ret_node);
    return take_character(p, ret_node);
}

static int take_number(struct parser *p, int *ret_number)
{
    int number = 0;
    size_t digits = 0;
    for (; p->rest.len > 0 && p->rest.ptr[0] >= '0' && p->rest.ptr[0] <= '9'; digits++) {
        number = number * 10 + (p->rest.ptr[0] - '0');
        if (number > REPEAT_MAX)
            return wrong(p, "a repeat is beyond 1000");
        p->rest = str_from(p->rest, 1);
    }
    *ret_number = number;
    return digits > 0 ? 0 : wrong(p, "a number is expected between braces");
}

static int take_bounds(struct parser *p, int *ret_min, int *ret_max)
{
    TRY(take_number(p, ret_min));
    *ret_max = *ret_min;
    if (take(p, ',')) {
        *ret_max = PATTERN_UNBOUNDED;
        if (!next_is(p, '}'))
            TRY(take_number(p, ret_max));
    }
    if (!take(p, '}'))
        return wrong(p, "a repeat has no end");
    if (*ret_max != PATTERN_UNBOUNDED && *ret_max < *ret_min)
        return wrong(p, "a repeat ends before it begins");
    return 0;
}

/* false: no quantifier stands here. */
static int take_quantifier(struct parser *p, bool *ret_there, int *ret_min, int *ret_max)
{
    *ret_there = true;
    *ret_min = 0;
    *ret_max = PATTERN_UNBOUNDED;
    if (take(p, '*'))
        return 0;
    if (take(p, '+')) {
        *ret_min = 1;
        return 0;
    }
    if (take(p, '?')) {
        *ret_max = 1;
        return 0;
    }
    *ret_there = take(p, '{');
    return *ret_there ? take_bounds(p, ret_min, ret_max) : 0;
}

static int take_repeated(struct parser *p, struct pattern_node **ret_node)
{
    struct pattern_node *atom, *repeat;
    bool there;
    int min, max;
    TRY(take_atom(p, &atom));
    TRY(take_quantifier(p, &there, &min, &max));
    *ret_node = atom;
    if (!there)
        return 0;
    if (atom->kind == NODE_BEGIN || atom->kind == NODE_END)
        return wrong(p, "there is nothing to repeat");
    (void)take(p, '?'); /* reluctant: fits the same texts */
    if (next_is(p, '+'))
        return wrong(p, "possessive quantifiers are not supported");
    repeat = node_new(p, NODE_REPEAT);
    if (!repeat)
        return ERR_NO_MEMORY;
    repeat->child = atom;
    repeat->min = min;
    repeat->max = max;
    *ret_node = repeat;
    return 0;
}

static int take_sequence(struct parser *p, struct pattern_node **ret_node)
{
    struct pattern_node *sequence = node_new(p, NODE_SEQUENCE);
    if (!sequence)
        return ERR_NO_MEMORY;
    struct pattern_node **end = &sequence->child;
    while (p->rest.len > 0 && !next_is(p, '|') && !next_is(p, ')')) {
        TRY(take_repeated(p, end));
        end = &(*end)->next;
    }
    *ret_node = sequence;
    return 0;
}

static int take_choice(struct parser *p, struct pattern_node **ret_node)
{
    struct pattern_node *choice = node_new(p, NODE_CHOICE);
    if (!choice)
        return ERR_NO_MEMORY;
    struct pattern_node **end = &choice->child;
    do {
        TRY(take_sequence(p, end));
        end = &(*end)->next;
    } while (take(p, '|'));
    *ret_node = choice;
    return 0;
}

int pattern_parse(struct arena *a, struct str text, struct pattern_node **ret_node,
                  const char **ret_why)
{
    struct parser p = {.arena = a, .rest = text, .why = "the pattern is too large"};
    if (text.len > PATTERN_MAX_BYTES)
        return ERR_TOO_LARGE;
    if (!str_is_utf8(text))
        return ERR_INVALID_UTF8;
    int rc = take_choice(&p, ret_node);
    if (rc == 0 && p.rest.len > 0)
        rc = wrong(&p, "a group ends that did not begin");
    if (rc != 0 && ret_why)
        *ret_why = p.why;
    return rc;
}
