/* Room on the disk. Below a reserve the server stops in good order instead of failing anywhere:
 *   below the reserve       what can wait is refused: changes of users, clients, settings, new realms
 *   below a quarter of it   what adds is refused too: logins, codes, refreshed tokens
 *   always                  what ends something goes on (logout, revocation, clean-up), until the disk
 *                           really has no room; what only reads goes on anyway
 * So the reserve is what logins and refreshes live on until somebody makes room. */
#ifndef GARITA_STORE_SPACE_H
#define GARITA_STORE_SPACE_H

#include "store/store.h"

enum space { SPACE_ENOUGH, SPACE_LOW, SPACE_VERY_LOW };

/* Asks the file system anew, and says so once when the answer changed. Called at the start and by the
 * keeper. */
void space_look(struct store *store);
/* 0, or ERR_STORE_FULL for a write of this need. What would be refused is looked at anew first, so that
 * all goes on as soon as there is room. */
MUST_CHECK int space_admit(struct store *store, enum store_need need);

#endif
