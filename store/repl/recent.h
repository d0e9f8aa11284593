/* The commits of late, of all databases, in memory up to a number of bytes: what is sent now, and what
 * a standby that was away for a moment still needs. The oldest go first, whoever may need them. No locks
 * of its own. */
#ifndef GARITA_STORE_REPL_RECENT_H
#define GARITA_STORE_REPL_RECENT_H

#include "store/repl/commit.h"

/* A commit with all that it points to, in one piece of memory. */
struct kept {
    struct kept *next;         /* of all */
    struct kept *next_of_file; /* of its database */
    struct recent_file *file;
    struct repl_commit commit;
    int64_t monotonic_ms; /* when it was kept */
    size_t bytes;
    bool acknowledged;
};

/* Of one database: part of who keeps the rest about it. */
struct recent_file {
    struct kept *first, *last;
};

struct recent {
    struct kept *first, *last;
    size_t bytes, bytes_max;
    size_t behind_count, behind_bytes; /* of those not acknowledged */
};

void recent_init(struct recent *recent, size_t bytes_max);
void recent_free(struct recent *recent);
/* A copy of a commit with pages; it counts only once it is added. NULL without memory. */
struct kept *kept_copy(const struct repl_commit *commit);
/* Owns kept from here on; it may be gone when this returns. dropped is
 * called for each that goes, before it does. */
typedef void recent_dropped(void *arg, const struct kept *kept);
void recent_add(struct recent *recent, struct recent_file *file, struct kept *kept,
                recent_dropped *dropped, void *arg);
void recent_acknowledge(struct recent *recent, struct kept *kept);

/* By epoch and number. */
int position_compare(const struct repl_position *a, const struct repl_position *b);
bool position_same(const struct repl_position *a, const struct repl_position *b);
static inline bool position_known(const struct repl_position *p)
{
    return p->mark != 0;
}

#endif
