/* Whether the files of an open database still lie where their names are. A process that holds a file open
 * goes on writing into it after somebody moved, replaced or removed it: everything would seem well, and be
 * gone at the next start. Who puts an older copy of a file into its place while the server runs would get
 * both. So this is looked at before each change, before a file is opened for one reader more, and once a
 * second. */
#ifndef GARITA_STORE_PLACE_H
#define GARITA_STORE_PLACE_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/attr.h"

struct realm_db;

struct place {
    bool known;
    struct {
        uint64_t device, number;
    } database, log;
};

/* Right after the database was opened, with its log. */
void place_learn(struct realm_db *db);
/* 0, or the fence's error: the realm is fenced off, and its files stay as they are. */
MUST_CHECK int place_check(struct realm_db *db);
/* The same with the writer's turn, when it is known how much of the log there must be. */
MUST_CHECK int place_check_with_turn(struct realm_db *db);

#endif
