/* The standby's side of replication: takes what the primary sends, puts it into the databases of a store
 * that was opened as a standby, and tells the primary when it is on disk. Knows nothing of sockets.
 *
 * What comes is collected by the thread that brings it and put in place by a thread of the follower's own:
 * commits of a database in their order, several of them before one flush. Answers that the store keeps
 * are over as soon as the commit that ends them is in place (RP-02), before it is acknowledged.
 *
 * A commit that does not follow what the database holds is put aside and the primary is told where the
 * database stands (AT): it sends what is missing, or the database whole. At any moment the process may
 * be killed: each database then stands at one of the commits that came, and says at which. */
#ifndef GARITA_STORE_REPL_FOLLOWER_H
#define GARITA_STORE_REPL_FOLLOWER_H

#include "store/repl/message.h"
#include "store/store_open.h"

struct follower;

struct follower_config {
    struct str cluster; /* its id */
    /* Without news for so long, or so far behind, answers about tokens are refused (store_fresh); 0: they are
     * not. */
    int64_t max_stale_ms;
    /* SETTINGS came; by the thread that brings messages. The texts are valid during the call. May be
     * NULL. */
    void (*settings)(void *arg, const struct repl_settings *settings);
    void *arg;
};

/* The store is a standby (store_config.standby) and outlives the follower. ERR_NO_MEMORY. */
MUST_CHECK int follower_new(struct store *store, const struct follower_config *config,
                            struct follower **ret_follower);
/* Not attached any more. What came whole is put in place first. NULL is fine. */
void follower_free(struct follower *follower);
/* Of a store; NULL: it follows nobody. */
struct follower *follower_of(struct store *store);

/* The primary is there, after HELLO: where each database stands is sent (AT, AT_END). out is used
 * until follower_detach, by several threads. Errors of out.send, ERR_IO, ERR_STORE_FAILED. */
MUST_CHECK int follower_attach(struct follower *follower, const struct repl_out *out);
/* What a connection brings, in its order. Waits while FOLLOWER_WAITING_MAX bytes are to be put in
 * place: so the primary hears of it when the disk is slow. Any error is the connection's end:
 * ERR_INVALID_REQUEST for what makes no sense, ERR_STORE_FULL, ERR_STORE_FAILED, ERR_NO_MEMORY, ERR_IO. */
MUST_CHECK int follower_message(struct follower *follower, const struct repl_message *message);
/* After its return out is not used any more. What did not come whole is forgotten, but for a file of archived
 * events: the next connection goes on with it. */
void follower_detach(struct follower *follower);

/* For who is about to reign: from its return on nothing more is put in place, and what came before is, as far
 * as it could be; what is looked at then stays as it is. A connection that brings something ends. ERR_TIMEOUT,
 * then it follows as before. */
MUST_CHECK int follower_halt(struct follower *follower, int64_t within_ms);
/* It follows again, where it was halted. */
void follower_resume(struct follower *follower);

/* Waits until what came before is in place, for so long at most. */
void follower_catch_up(struct follower *follower, int64_t within_ms);

/* Names of the settings that this node and the primary should have alike and have not, for who asks for the
 * state; empty: none. Those that do not fit are left out. */
#define FOLLOWER_UNLIKE_MAX 256
void follower_note_unlike(struct follower *follower, struct str names);

#define FOLLOWER_WAITING_MAX ((size_t)64 << 20)

struct follower_state {
    bool attached;
    int64_t heard_ms;     /* when the primary was last heard, on the wall clock; 0: never */
    int64_t applied_ms;   /* the primary's wall clock at the last commit in place; 0: none */
    int64_t stale_ms;     /* how long ago all was here that the primary had; negative: never yet */
    uint64_t commits;     /* put in place since the start */
    uint64_t snapshots;   /* likewise */
    uint64_t resyncs;     /* times that a commit did not follow */
    size_t waiting_bytes; /* came and are not in place yet */
    size_t databases;     /* that are here */
    char unlike[FOLLOWER_UNLIKE_MAX]; /* follower_note_unlike */
    int trouble;                      /* why nothing is put in place any more, or 0 */
};
void follower_state(struct follower *follower, struct follower_state *ret_state);

#endif
