/* The gate of struct repl_gate, as transactions pass it. Costs a look at a pointer when there is none. */
#ifndef GARITA_STORE_REPL_GATE_H
#define GARITA_STORE_REPL_GATE_H

#include <stdatomic.h>
#include <stdbool.h>

#include "store/repl/commit.h"

/* The store's. */
struct gate {
    _Atomic(const struct repl_gate *) gate;
    atomic_size_t inside;
    atomic_bool shut;
};

struct slot;
struct realm_db;

void gate_init(struct gate *g);
/* 0, or why nothing may be changed. */
MUST_CHECK int gate_admit(struct store *store);
/* For what nobody waits for: only whether another node reigns. */
MUST_CHECK int gate_admit_own(struct store *store);
/* Whether files of archived events are where they must be before the events go. */
bool gate_keeps_archives(struct slot *slot);
/* Under the realm's turn, after COMMIT: what a wait for this commit is about. */
void gate_position(const struct realm_db *db, struct repl_position *ret_position);
/* Zeros: all that is committed in the slot's database. */
MUST_CHECK int gate_wait(struct slot *slot, const struct repl_position *position);

#endif
