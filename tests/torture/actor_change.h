/* What the files of an actor's steps share. */
#ifndef GARITA_TESTS_TORTURE_ACTOR_CHANGE_H
#define GARITA_TESTS_TORTURE_ACTOR_CHANGE_H

#include "core/port/store.h"
#include "tests/torture/actor.h"

/* The name of the n-th thing of a kind that this actor made. */
void actor_subject(const struct actor *a, const char *kind, unsigned number,
                   char subject[SUBJECT_BYTES]);

typedef int actor_change_fn(struct actor *a, struct store_write *w, struct str name,
                            const char *value);
/* One transaction of the realm around f, told to the history. */
MUST_CHECK int actor_change(struct actor *a, const char *subject, const char *value,
                            actor_change_fn *f);

/* Begins the change of "realm NAME". */
struct change *actor_begin_realm(struct actor *a, const char *name, const char *value);
/* What may be there after an error of a single transaction. */
enum outcome actor_outcome_of(int err);
/* For what takes several transactions: an error in the middle leaves it open. */
enum outcome actor_outcome_of_several(int err);

#endif
