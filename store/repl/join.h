/* A new data folder becomes that of a standby: its key is made, the primary is asked, and what it gives is
 * put down. All of it or nothing: the folder is a standby's once the node's file is there, which comes last,
 * and what an attempt left behind that was cut short is taken away by the next one. */
#ifndef GARITA_STORE_REPL_JOIN_H
#define GARITA_STORE_REPL_JOIN_H

#include "store/link/pairing.h"

struct join_wish {
    struct str from; /* HOST:PORT of the primary */
    const struct pairing_token *token;
    struct str address;          /* as in struct pairing_wish */
    const char *master_key_path; /* where the key is elsewhere and must be the same; NULL */
    int64_t wait_ms;             /* for the primary */
};

/* Texts of the gift are in the arena. ERR_CONFLICT for a folder that is in use, ERR_UNAUTHENTICATED when
 * another node answers than the one that the token names, errors of folder_open, link_connect and
 * pairing_ask; with a sentence. */
MUST_CHECK int join_folder(const char *data_dir, const struct join_wish *wish, struct arena *a,
                           struct pairing_gift *ret_gift, struct err_ctx *ctx);

/* Names of settings that are files of the data folder, and where they go: the certificates that the
 * primary made for itself. */
struct join_file {
    const char *setting; /* "file:tls.crt" */
    const char *folder, *name;
};
extern const struct join_file join_files[];
extern const size_t join_file_count;

#endif
