/* Behind core/port/endings.h: what a transaction ended is noted while it runs, looked up before it is
 * committed, and told after. For files below store/ only. */
#ifndef GARITA_STORE_ENDINGS_H
#define GARITA_STORE_ENDINGS_H

#include <pthread.h>
#include <stdatomic.h>

#include "core/port/endings.h"

#define ENDINGS_KEPT  1024 /* of a realm that is watched; about 350 KiB */
#define ENDINGS_NOTED 256  /* of one transaction; more is everything of the realm */

/* Of a realm, for as long as the process lives. */
struct endings {
    pthread_mutex_t lock; /* taken last, and left while nothing else is */
    struct ending *ring;  /* ENDINGS_KEPT; made by the first watch */
    uint64_t count;       /* in all so far */
    struct ending_watch *watches;
    size_t watch_count;
    atomic_bool watched;
};

/* What a transaction has ended so far, by row; jti by text, in the transaction's arena. */
struct ending_notes {
    struct {
        enum ending_kind kind;
        int64_t pk;
        struct str text;
    } items[ENDINGS_NOTED];
    size_t count;
    bool too_many;
    size_t realm_updates;
    bool only_not_before; /* all that they change */
    int64_t not_before_s;
};

void endings_init(struct endings *endings);
void endings_free(struct endings *endings);
/* The realm is gone. */
void endings_close(struct endings *endings);

/* notes may be NULL: nobody watches. */
void endings_note(struct ending_notes *notes, enum ending_kind kind, int64_t pk, struct str text);

struct store_write;
/* At the begin: notes are taken if somebody watches. */
void endings_begin(struct store_write *w);
/* Right before the commit, when the rows as they were can still be read. Never fails: what cannot be
 * looked up is told as everything. */
void endings_look_up(struct store_write *w);
/* Right after it. changed: the commit ended or changed anything at all. */
void endings_tell(struct store_write *w, bool changed);

/* sql/ending.c: the names by which tokens know these rows. ERR_NOT_FOUND when the row was not there
 * before. */
MUST_CHECK int ending_read(struct store_read *r, struct arena *a, int64_t pk,
                           struct ending *io_ending);

#endif
