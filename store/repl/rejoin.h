/* An old primary becomes a standby of the one that reigns now. Its databases may hold changes that the new
 * primary has not: they are kept as they are, in DATA/replication/diverged-EPOCH, which is laid out as a data
 * folder without its key (diverged.h). Then it rewinds: its own databases stay, the new primary sends what
 * differs, and until all is in step nobody reads them (struct node_state). Or all of it comes anew. Files of archived
 * events are moved there, and those that are the new primary's, too, come back from there (kept_archive.h). */
#ifndef GARITA_STORE_REPL_REJOIN_H
#define GARITA_STORE_REPL_REJOIN_H

#include "store/repl/node.h"

#define REJOIN_ASIDE_MAX 64

struct rejoin_wish {
    int64_t wait_ms; /* for the peer to say that it reigns; 0: it is known to, and not asked */
    bool
        anew; /* the databases are moved aside instead of copied, which takes no room; all come whole */
};

/* Asks the peer first, also when the node knows already that it is fenced. Nothing of its own is replaced
 * before what is kept is on disk. Broken off, it is to be called again. aside: name of the folder, within the
 * data folder. ERR_CONFLICT when the node is no old primary, ERR_TIMEOUT and others when the peer does not say
 * that it reigns, ERR_STORE_FULL, errors of folder_open, ERR_IO; with a sentence. One that was broken off while it
 * moved the databases aside goes on moving, whatever the wish. */
MUST_CHECK int rejoin_folder(const char *data_dir, const struct rejoin_wish *wish,
                             char aside[REJOIN_ASIDE_MAX], struct err_ctx *ctx);

#endif
