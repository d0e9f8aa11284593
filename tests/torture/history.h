/* What was asked of a store and what was answered, to hold against what is there afterwards.
 *
 * A subject is something with a value at each moment ("user ana": absent, or a name; "code xyz":
 * live or spent). A change is one attempt to give it another value. The change is acknowledged
 * (DONE), answered with an error after which nothing may have changed (REFUSED), or left open: under
 * way when the machine stopped, or answered with an error that promises nothing (UNKNOWN). After
 * the stop the value must be that of the last acknowledged change or of an open one after it.
 *
 * Lies in memory that survives the death of a child. Safe from many threads; the changes of one
 * subject come one after another. */
#ifndef GARITA_TESTS_TORTURE_HISTORY_H
#define GARITA_TESTS_TORTURE_HISTORY_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SUBJECT_BYTES 72
#define VALUE_BYTES   80

#define VALUE_ABSENT "absent"
/* A value that only the answer would have told: anything but one that the subject had before. */
#define VALUE_NEW    "?"

enum outcome { CHANGE_UNDER_WAY, CHANGE_DONE, CHANGE_REFUSED, CHANGE_UNKNOWN };

struct change {
    atomic_bool written; /* a child may die in the middle of it */
    char subject[SUBJECT_BYTES];
    char value[VALUE_BYTES];
    char answer[VALUE_BYTES]; /* counts once it is DONE: the value that was told; empty: as above */
    uint32_t hash;            /* of the subject */
    size_t begun, ended;
    atomic_int outcome;
};

struct history;

/* NULL never: running out of memory ends the test. */
struct history *history_open(void);
void history_close(struct history *history);
void history_clear(struct history *history);
/* What gives the moments; the default counts. Give disk_position to compare with cuts. */
void history_set_clock(struct history *history, size_t (*clock)(void));
/* Control: says that a change is acknowledged when it begins. */
void history_acknowledge_early(struct history *history, bool early);

/* The moment now. */
size_t history_now(struct history *history);
struct change *history_begin(struct history *history, const char *subject, const char *value);
/* value: what the answer told, NULL when it was known before. */
void history_end(struct history *history, struct change *change, enum outcome outcome,
                 const char *value);
/* Changes, and acknowledged ones among them. */
size_t history_count(const struct history *history, size_t *ret_acknowledged);

/* The next subject that was begun before cut, from *io_at (start with 0); false at the end. Each
 * comes once. */
bool history_next_subject(const struct history *history, size_t cut, size_t *io_at,
                          const char **ret_subject);
/* Whether a subject may have this value after a stop at cut. */
bool history_allows(const struct history *history, size_t cut, const char *subject,
                    const char *value);
/* For complaints: the last acknowledged value; NULL when there is none. */
const char *history_last_done(const struct history *history, size_t cut, const char *subject);

#endif
