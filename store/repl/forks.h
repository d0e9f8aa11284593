/* Where each database stood when a reign began: what an old primary has beyond that, it never brought to the
 * node that took its place. DATA/replication/forks of the node that began to reign; its standby gets a copy
 * with the settings of the link. The newest reigns are kept, as far as there is room. */
#ifndef GARITA_STORE_REPL_FORKS_H
#define GARITA_STORE_REPL_FORKS_H

#include "core/base/buf.h"
#include "core/port/store.h"
#include "store/repl/commit.h"

#define FORKS_BYTES ((size_t)360 << 10) /* of all reigns: some thousand databases */

/* A line about the database that is read. ERR_NO_MEMORY and errors of reading. */
MUST_CHECK int forks_add(struct store_read *r, struct buf *lines);
/* The reign of that epoch begins with these lines; what was noted of it and of later ones goes. ERR_TOO_LARGE,
 * ERR_NO_MEMORY, errors of whole_file_publish. */
MUST_CHECK int forks_put(int data_dir_fd, uint64_t epoch, struct str lines);
/* A copy of another node's text. ERR_INVALID_REQUEST when it is none. */
MUST_CHECK int forks_store(int data_dir_fd, struct str text);
/* ERR_NOT_FOUND: no reign was noted. */
MUST_CHECK int forks_read(int data_dir_fd, struct arena *a, struct str *ret_text);

enum fork { FORK_UNKNOWN, FORK_WITHOUT, FORK_AT };
/* The reign that followed that epoch: whether it is known, and where this database stood when it began, if it
 * was there. */
enum fork forks_find(struct str text, uint64_t epoch, struct str file,
                     struct repl_position *ret_position);

#endif
