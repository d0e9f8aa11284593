/* An old primary becomes a standby of the one that reigns now. Its databases may hold changes that the new
 * primary has not: they are moved aside as they are, into DATA/replication/diverged-EPOCH, which is laid out
 * as a data folder without its key, and all of it comes anew from the new primary. */
#ifndef GARITA_STORE_REPL_REJOIN_H
#define GARITA_STORE_REPL_REJOIN_H

#include "store/repl/node.h"

#define REJOIN_ASIDE_MAX 64

/* Asks the peer first when the node does not know yet that it is fenced. Broken off, it is to be called
 * again. aside: name of the folder, within the data folder. ERR_CONFLICT when the node is no old primary,
 * ERR_TIMEOUT and others when the peer does not say that it reigns, errors of folder_open, ERR_IO; with
 * a sentence. */
MUST_CHECK int rejoin_folder(const char *data_dir, int64_t wait_ms, char aside[REJOIN_ASIDE_MAX],
                             struct err_ctx *ctx);
/* The same where the peer is known to reign: it is not asked. */
MUST_CHECK int rejoin_fenced_folder(const char *data_dir, char aside[REJOIN_ASIDE_MAX],
                                    struct err_ctx *ctx);

#endif
