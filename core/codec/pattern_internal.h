/* Between the files of patterns: the tree that parsing makes, and sets of characters. */
#ifndef GARITA_CORE_CODEC_PATTERN_INTERNAL_H
#define GARITA_CORE_CODEC_PATTERN_INTERNAL_H

#include "core/base/arena.h"
#include "core/base/err.h"

struct pattern_range {
    uint32_t first, last;
};

/* Characters of a table, or of general categories; or all others. */
struct set_item {
    const struct pattern_range *ranges;
    size_t count;
    const char *categories; /* "L Nl"; NULL: the ranges */
    bool negated;
};

struct pattern_set {
    struct set_item *items;
    size_t count;
    bool negated;
};

bool pattern_set_has(const struct pattern_set *set, uint32_t code_point);
/* The class that is called so: "d", "W", "s", ... after a backslash. false when there is none. */
bool pattern_class_named(char letter, struct set_item *ret_item);
/* The one between the braces of \p{...}. false when there is none. */
bool pattern_property_named(struct str name, struct set_item *ret_item);
/* What '.' stands for. */
struct set_item pattern_any(void);

enum pattern_node_kind {
    NODE_SET,
    NODE_BEGIN,
    NODE_END,
    NODE_SEQUENCE, /* children in order; none: the empty text */
    NODE_CHOICE,   /* one of the children */
    NODE_REPEAT    /* the child, min to max times */
};

#define PATTERN_UNBOUNDED (-1)

struct pattern_node {
    enum pattern_node_kind kind;
    struct pattern_set set;
    struct pattern_node *child, *next;
    int min, max;
};

/* Errors as pattern_compile. */
MUST_CHECK int pattern_parse(struct arena *a, struct str text, struct pattern_node **ret_node,
                             const char **ret_why);

#endif
