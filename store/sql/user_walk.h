/* Walking people in the order of their user names along the indexes that stand in it: an attribute's
 * value, a whole e-mail, a first or last name, the user names themselves. Several are walked side by
 * side, each up to where the furthest is, so that what they have in common costs what the rarest passes.
 * The row judges the conditions that are left. */
#ifndef GARITA_STORE_SQL_USER_WALK_H
#define GARITA_STORE_SQL_USER_WALK_H

#include "store/sql/rows.h"
#include "store/sql/user_filter.h"
#include "store/tx.h"

/* The beginning of a first or last name stands in order by user name for each name in full: so many of
 * these are walked at once. */
#define USER_WALK_NAMES 16
#define USER_WALK_LINES 4

struct user_cursor {
    struct query q;
    struct str value, second; /* what the index is asked for */
    char *from;               /* what is bound as the lower end */
    size_t from_cap;
    struct str username; /* where it stands: valid until it moves */
    int64_t pk;
    bool over;
};

/* Cursors of one condition: any of them gives somebody. */
struct user_line {
    const struct sql *sql; /* one for each cursor */
    struct user_cursor *cursors;
    size_t count;
    size_t least; /* the cursor that stands first */
};

struct user_walk {
    struct store_read *r;
    struct arena *a;
    const struct user_values *v;
    struct user_line lines[USER_WALK_LINES];
    size_t count;
    struct query row;
    bool judges; /* the lines leave conditions to the row */
    bool first_in_order, last_in_order;
    bool begun;
    int64_t steps; /* what was passed, by what it costs */
};

/* Looks which conditions have lines. Close it in any case. */
MUST_CHECK int user_walk_open(struct store_read *r, struct arena *a, const struct user_values *v,
                              struct user_walk *w);
void user_walk_close(struct user_walk *w);
/* Whether a condition has a line. */
bool user_walk_has(const struct user_walk *w, enum user_parameter condition);

struct user_page {
    struct rows rows; /* struct user */
    size_t limit;
    size_t skip; /* so many at the beginning are still to be left out */
};
/* Goes on until the page is full, nobody is left (both: done), or so many steps were made. */
MUST_CHECK int user_walk_fill(struct user_walk *w, struct user_page *page, int64_t steps,
                              bool *ret_done);
/* How many there are, of a walk that leaves nothing to the row. */
MUST_CHECK int user_walk_count(struct user_walk *w, int64_t *ret_count);

#endif
