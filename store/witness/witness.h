/* The third party that says which of two nodes reigns: a process of its own on a third machine, with a small
 * folder that holds its key and its ledger. It has no data of the nodes and none of their keys.
 *
 * What it answers is on its disk before (RP-02). Who may ask: two nodes, paired by tokens, over TLS with
 * pinned keys (RP-01). */
#ifndef GARITA_STORE_WITNESS_WITNESS_H
#define GARITA_STORE_WITNESS_WITNESS_H

#include "store/witness/ledger.h"

struct witness;

struct witness_config {
    const char *data_dir;
    const char *address; /* empty: all */
    uint16_t port;       /* 0: any that is free */
};

/* Makes the folder when it is missing, and holds it. ERR_CONFLICT for the data folder of a node, errors of
 * folder_open_bare, link_identity_load, ledger_text_read and link_listener_start, with a sentence. */
MUST_CHECK int witness_start(const struct witness_config *config, struct err_ctx *ctx,
                             struct witness **ret_witness);
uint16_t witness_port(const struct witness *w);
/* NULL is fine. */
void witness_stop(struct witness *w);

/* The ledger in a folder as it is on disk; empty when nobody was paired. The process may run. */
MUST_CHECK int witness_read(int data_dir_fd, struct ledger *ret_ledger, struct err_ctx *ctx);

#endif
