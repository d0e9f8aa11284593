/* Taking folders of our own away, with what is in them. */
#ifndef GARITA_STORE_REPL_TREE_H
#define GARITA_STORE_REPL_TREE_H

#include "core/base/err.h"

#define TREE_DEPTH_MAX 4

/* What it returns, when it is not 0, ends the round. */
typedef int tree_visit(void *arg, const char *name);
/* Every name in a folder but "." and "..". */
MUST_CHECK int tree_each(int dir_fd, tree_visit *visit, void *arg);

/* Follows no link. Missing is fine. ERR_TOO_DEEP, ERR_IO. */
MUST_CHECK int tree_remove(int parent_fd, const char *name);

#endif
