/* Whether a store is whole and agrees with a history. Finds, never ends the program: a control wants
 * it to find something. */
#ifndef GARITA_TESTS_TORTURE_CHECK_H
#define GARITA_TESTS_TORTURE_CHECK_H

#include "store/store_open.h"
#include "tests/torture/history.h"

#define NO_CUT SIZE_MAX

struct check {
    const char *root; /* of the world */
    const char *vfs;  /* to open with; NULL: the ordinary one */
    const struct history *history;
    size_t cut;          /* moment of the stop; NO_CUT: everything was begun before it */
    bool try_codes;      /* spent codes are also tried at the token endpoint */
    bool migrated;       /* the next version's migration must be whole */
    char complaint[400]; /* empty: all is well */
};

/* Everything below, on an open store:
 *   - every realm that is listed opens, its own settings equal the list, it has its keys;
 *   - PRAGMA integrity_check and foreign_key_check are silent, the audit chain verifies, there are as
 *     many events of people made and deleted as there are people;
 *   - the files in realms/ are those of the listed realms, none is missing, none too many;
 *   - every subject has a value that the history allows. */
bool check_store(struct check *check, struct store *store);
/* Opens, checks, closes. */
bool check_folder(struct check *check);

#endif
