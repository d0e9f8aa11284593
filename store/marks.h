/* Counters behind core/port/footing.h. A fixed number of them serves all rows of all realms, several
 * rows a counter: that costs a fresh look now and then, never a wrong answer. */
#ifndef GARITA_STORE_MARKS_H
#define GARITA_STORE_MARKS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include <sqlite3.h>

#define MARK_STRIPES 8192

enum mark_kind { MARK_USER, MARK_SESSION, MARK_CLIENT_SESSION, MARK_REVOKED, MARK_RIGHTS };

struct marks {
    atomic_uint_fast64_t counters[MARK_STRIPES];
};

/* What a transaction has changed so far; raised when it is committed. */
struct mark_set {
    uint64_t bits[MARK_STRIPES / 64];
    bool any;
    bool config;
    bool list;         /* the list of realms */
    bool only_touches; /* rows change their last access and nothing else */
};

/* Random values, so that nothing from before fits. */
void marks_init(struct marks *marks);
/* seed keeps realms apart. */
void mark_set_add(struct mark_set *set, uint64_t seed, enum mark_kind kind, uint64_t key);
void marks_raise(struct marks *marks, const struct mark_set *set);
/* For those who look again and again; good as long as marks is. */
const atomic_uint_fast64_t *marks_counter(struct marks *marks, uint64_t seed, enum mark_kind kind,
                                          uint64_t key);
uint64_t marks_value(struct marks *marks, uint64_t seed, enum mark_kind kind, uint64_t key);

/* Notes a changed row: fits sqlite3_update_hook; arg is a struct realm_db. */
void marks_row_changed(void *arg, int operation, const char *database, const char *table,
                       sqlite3_int64 rowid);

#endif
