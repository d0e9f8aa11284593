/* DATA/replication: the node's file, its key for the link, and what a rejoining node keeps aside. */
#ifndef GARITA_STORE_REPL_NODE_FOLDER_H
#define GARITA_STORE_REPL_NODE_FOLDER_H

#include "core/base/err.h"

#define NODE_FOLDER "replication"
#define NODE_FILE   "node" /* in it; node.h */

/* The caller closes what is opened. ERR_NOT_FOUND when there is none; as file_err (store/plain_file.h). */
MUST_CHECK int node_folder_open(int data_dir_fd, int *ret_fd);
/* Makes it when it is missing; its name is on disk then. */
MUST_CHECK int node_folder_make(int data_dir_fd, int *ret_fd);

#endif
