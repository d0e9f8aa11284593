/* Patterns as programs: all states that a text can lead to are followed at once, each at most once a
 * character, so that no pattern takes longer than its states times the text. */
#include "core/codec/pattern.h"

#include "core/codec/pattern_internal.h"
#include "core/codec/unicode.h"

#include "core/base/banned.h"

enum op { OP_SET, OP_SPLIT, OP_JUMP, OP_BEGIN, OP_END, OP_MATCH };

struct step {
    enum op op;
    const struct pattern_set *set;
    size_t to, or_to; /* of OP_JUMP and OP_SPLIT */
};

struct pattern {
    struct step *steps;
    size_t count;
};

/* --- Compiling --- */

/* What is empty takes no step: repeats of repeats of nothing end here. */
#define VISITS_MAX (16 * PATTERN_MAX_STATES)

#define STEPS_FIRST 16

struct compiler {
    struct arena *arena;
    struct pattern *pattern;
    size_t room; /* for steps */
    size_t visits;
};

static int grow(struct compiler *c)
{
    struct pattern *p = c->pattern;
    size_t room = c->room == 0 ? STEPS_FIRST : 2 * c->room;
    struct step *steps = arena_grow(c->arena, p->steps, p->count, room, sizeof(struct step));
    if (!steps)
        return ERR_NO_MEMORY;
    p->steps = steps;
    c->room = room;
    return 0;
}

static int add_step(struct compiler *c, enum op op, size_t *ret_index)
{
    struct pattern *p = c->pattern;
    if (p->count == PATTERN_MAX_STATES)
        return ERR_TOO_LARGE;
    if (p->count == c->room)
        TRY(grow(c));
    p->steps[p->count].op = op;
    *ret_index = p->count++;
    return 0;
}

static int emit(struct compiler *c, const struct pattern_node *node);

static int emit_choice(struct compiler *c, const struct pattern_node *child)
{
    struct pattern *p = c->pattern;
    size_t split, jump;
    if (!child->next)
        return emit(c, child);
    TRY(add_step(c, OP_SPLIT, &split));
    p->steps[split].to = p->count;
    TRY(emit(c, child));
    TRY(add_step(c, OP_JUMP, &jump));
    p->steps[split].or_to = p->count;
    TRY(emit_choice(c, child->next));
    p->steps[jump].to = p->count;
    return 0;
}

/* Any number of times: split, child, back to the split. */
static int emit_star(struct compiler *c, const struct pattern_node *child)
{
    struct pattern *p = c->pattern;
    size_t split, jump;
    TRY(add_step(c, OP_SPLIT, &split));
    p->steps[split].to = p->count;
    TRY(emit(c, child));
    TRY(add_step(c, OP_JUMP, &jump));
    p->steps[jump].to = split;
    p->steps[split].or_to = p->count;
    return 0;
}

/* Once or not at all, as often as is left; each no leads to the end. */
static int emit_options(struct compiler *c, const struct pattern_node *child, int times)
{
    struct pattern *p = c->pattern;
    size_t first = p->count, split;
    for (int i = 0; i < times; i++) {
        TRY(add_step(c, OP_SPLIT, &split));
        p->steps[split].to = p->count;
        p->steps[split].or_to = SIZE_MAX;
        TRY(emit(c, child));
    }
    for (size_t i = first; i < p->count; i++)
        if (p->steps[i].op == OP_SPLIT && p->steps[i].or_to == SIZE_MAX)
            p->steps[i].or_to = p->count;
    return 0;
}

static int emit_repeat(struct compiler *c, const struct pattern_node *node)
{
    for (int i = 0; i < node->min; i++)
        TRY(emit(c, node->child));
    return node->max == PATTERN_UNBOUNDED ? emit_star(c, node->child)
                                          : emit_options(c, node->child, node->max - node->min);
}

static int emit_sequence(struct compiler *c, const struct pattern_node *child)
{
    for (; child; child = child->next)
        TRY(emit(c, child));
    return 0;
}

static int emit(struct compiler *c, const struct pattern_node *node)
{
    size_t at;
    if (++c->visits > VISITS_MAX)
        return ERR_TOO_LARGE;
    switch (node->kind) {
    case NODE_SET:
        TRY(add_step(c, OP_SET, &at));
        c->pattern->steps[at].set = &node->set;
        return 0;
    case NODE_BEGIN: return add_step(c, OP_BEGIN, &at);
    case NODE_END: return add_step(c, OP_END, &at);
    case NODE_SEQUENCE: return emit_sequence(c, node->child);
    case NODE_CHOICE: return emit_choice(c, node->child);
    case NODE_REPEAT: return emit_repeat(c, node);
    }
    return ERR_INTERNAL;
}

int pattern_compile(struct arena *a, struct str text, const struct pattern **ret_pattern,
                    const char **ret_why)
{
    struct pattern_node *tree;
    struct compiler c = {.arena = a};
    size_t end;
    TRY(pattern_parse(a, text, &tree, ret_why));
    c.pattern = ARENA_NEW(a, struct pattern);
    if (!c.pattern)
        return ERR_NO_MEMORY;
    int rc = emit(&c, tree);
    if (rc == 0)
        rc = add_step(&c, OP_MATCH, &end);
    if (rc == ERR_TOO_LARGE && ret_why)
        *ret_why = "the pattern is too large";
    TRY(rc);
    *ret_pattern = c.pattern;
    return 0;
}

/* --- Matching --- */

/* The states after so many characters; each stands here once. */
struct states {
    size_t *items;
    size_t count;
};

struct run {
    const struct pattern *pattern;
    struct states now, next;
    size_t *stack;
    size_t *seen; /* the round in which a state was reached last */
    size_t round; /* characters taken, and one */
    bool at_end;
};

static void push(struct run *run, size_t *io_depth, size_t at)
{
    if (run->seen[at] == run->round)
        return;
    run->seen[at] = run->round;
    run->stack[(*io_depth)++] = at;
}

/* Follows what takes no character; every state enters the stack at most once a round. */
static void reach(struct run *run, struct states *states, size_t from)
{
    size_t depth = 0;
    push(run, &depth, from);
    while (depth > 0) {
        size_t at = run->stack[--depth];
        const struct step *step = &run->pattern->steps[at];
        switch (step->op) {
        case OP_JUMP: push(run, &depth, step->to); break;
        case OP_SPLIT:
            push(run, &depth, step->to);
            push(run, &depth, step->or_to);
            break;
        case OP_BEGIN:
            if (run->round == 1)
                push(run, &depth, at + 1);
            break;
        case OP_END:
            if (run->at_end)
                push(run, &depth, at + 1);
            break;
        case OP_SET:
        case OP_MATCH: states->items[states->count++] = at; break;
        }
    }
}

static int run_init(struct arena *a, const struct pattern *pattern, struct run *ret_run)
{
    struct run run = {.pattern = pattern, .round = 1};
    run.now.items = ARENA_ARRAY(a, pattern->count, size_t);
    run.next.items = ARENA_ARRAY(a, pattern->count, size_t);
    run.stack = ARENA_ARRAY(a, pattern->count, size_t);
    run.seen = ARENA_ARRAY(a, pattern->count, size_t);
    if (!run.now.items || !run.next.items || !run.stack || !run.seen)
        return ERR_NO_MEMORY;
    *ret_run = run;
    return 0;
}

static void take_character(struct run *run, uint32_t code_point)
{
    const struct step *steps = run->pattern->steps;
    run->round++;
    run->next.count = 0;
    for (size_t i = 0; i < run->now.count; i++) {
        size_t at = run->now.items[i];
        if (steps[at].op == OP_SET && pattern_set_has(steps[at].set, code_point))
            reach(run, &run->next, at + 1);
    }
    struct states spent = run->now;
    run->now = run->next;
    run->next = spent;
}

int pattern_matches(struct arena *a, const struct pattern *pattern, struct str text,
                    bool *ret_matches)
{
    struct run run;
    struct str rest = text;
    if (!str_is_utf8(text))
        return ERR_INVALID_UTF8;
    TRY(run_init(a, pattern, &run));
    run.at_end = str_empty(rest);
    reach(&run, &run.now, 0);
    while (rest.len > 0 && run.now.count > 0) {
        uint32_t code_point = unicode_next(&rest);
        run.at_end = str_empty(rest);
        take_character(&run, code_point);
    }
    *ret_matches = false;
    for (size_t i = 0; i < run.now.count && rest.len == 0; i++)
        *ret_matches |= pattern->steps[run.now.items[i]].op == OP_MATCH;
    return 0;
}
