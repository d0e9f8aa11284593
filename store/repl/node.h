/* Who this node is among those that keep the same data: DATA/replication/node. A folder without it is
 * alone, and nothing of replication costs it anything.
 *
 * All of it is in one small file that is replaced as a whole and flushed before a change counts: role and
 * epoch are what keeps two nodes from both believing that they are the primary, as far as they can know.
 * Safe for any thread. */
#ifndef GARITA_STORE_REPL_NODE_H
#define GARITA_STORE_REPL_NODE_H

#include "core/base/arena.h"
#include "core/base/rng.h"
#include "store/repl/lease.h"

struct node;
struct store;

#define NODE_ADDRESS_MAX  300 /* HOST:PORT */
#define NODE_PIN_BYTES    32  /* SHA-256 of a SubjectPublicKeyInfo */
#define NODE_TIMELINE_MAX 64  /* the newest epochs */
#define NODE_EPOCHS_AHEAD                                                                          \
    100000                /* of another node's, at most: more promotions than that have not been */
#define NODE_TOKENS_MAX 4 /* that wait for a standby */

/* When an answer about a change leaves. */
enum repl_mode {
    REPL_ASYNC,      /* when the primary has it on disk */
    REPL_SYNC_FLUSH, /* when the standby has it, too */
    REPL_SYNC_APPLY  /* and whoever asks the standby sees it */
};
/* "async", "sync-flush", "sync-apply". */
const char *repl_mode_word(enum repl_mode mode);
/* ERR_INVALID_REQUEST. */
MUST_CHECK int repl_mode_of(struct str word, enum repl_mode *ret_mode);

/* A reign: which node began it, and when on its clock. */
struct node_epoch {
    uint64_t epoch;
    int64_t at_ms;
    char node[REPL_NODE_ID_LEN + 1];
};

/* As what a primary met the other node last. */
enum node_met { MET_STANDBY, MET_NOT_YET, MET_FENCED };

struct node_peer {
    char node[REPL_NODE_ID_LEN + 1]; /* empty: there is none */
    char address[NODE_ADDRESS_MAX + 1];
    unsigned char pin[NODE_PIN_BYTES];
    enum node_met met; /* in this reign */
};

/* Who decides who reigns when the two nodes cannot see each other. */
struct node_witness {
    char address[NODE_ADDRESS_MAX + 1]; /* empty: there is none */
    unsigned char pin[NODE_PIN_BYTES];
    /* Of a primary: the standby that the witness knows is counted on; empty: nobody, or that is not known.
     * Kept, so that a primary that starts while the witness is away has its lease from the standby. */
    char counted[REPL_NODE_ID_LEN + 1];
};

/* Who promoted a node over the API, in which words: for the event, which can be written only after. */
#define NODE_NAME_MAX 255
#define NODE_WHY_MAX  1024
struct node_word {
    char user[REPL_NODE_ID_LEN + 1]; /* id of the user, in master; empty: nobody did */
    char name[NODE_NAME_MAX + 1];
    char why[NODE_WHY_MAX + 1];
};

/* A pairing token that was given out: its secret is not kept. */
struct node_token {
    unsigned char hash[32];
    int64_t expires_ms;
};

struct node_state {
    enum repl_role role;
    char cluster[REPL_NODE_ID_LEN + 1]; /* these two are empty for REPL_ALONE */
    char id[REPL_NODE_ID_LEN + 1];
    uint64_t epoch;       /* of the history that this node holds */
    uint64_t newer_epoch; /* another node is known to reign in; 0: none */
    enum repl_mode mode;
    bool failed_over; /* this reign began without an operator */
    /* Of a standby that was a primary: its databases may still be of its own history, until it was in step once.
     * Nobody reads them, and it does not reign. */
    bool rewinds;
    struct node_word word;
    struct node_peer peer;
    struct node_witness witness;
    /* Of a standby: where its primary's witness is, as the primary says; empty: it has none, or did not say. */
    char primary_witness[NODE_ADDRESS_MAX + 1];
    struct node_epoch timeline[NODE_TIMELINE_MAX]; /* oldest first */
    size_t timeline_count;
    struct node_token tokens[NODE_TOKENS_MAX];
    size_t token_count;
};

/* A primary that knows of a newer one: it must not change anything. */
static inline bool node_is_fenced(const struct node_state *s)
{
    return s->role == REPL_PRIMARY && s->newer_epoch > s->epoch;
}
static inline bool node_has_peer(const struct node_state *s)
{
    return s->peer.node[0] != '\0';
}

static inline bool node_has_witness(const struct node_state *s)
{
    return s->witness.address[0] != '\0';
}

/* data_dir_fd stays the caller's and is kept in use until node_close. ERR_STORE_CORRUPT when the file says
 * what it must not, ERR_STORE_VERSION, ERR_CONFIG, ERR_IO, ERR_NO_MEMORY, with a sentence. */
MUST_CHECK int node_open(int data_dir_fd, struct node **ret_node, struct err_ctx *ctx);
/* NULL is fine. */
void node_close(struct node *node);
/* Of an open store; lives as long as it. */
struct node *store_node(struct store *store);
/* As given to node_open. */
int node_data_dir(const struct node *node);

/* Required as long as the node has a witness; lives as long as the node. */
struct lease *node_lease(struct node *node);

/* A copy as of now. */
void node_look(struct node *node, struct node_state *ret_state);

/* The state is changed by edit, brought to disk and then what others see, or stays as it was. Errors of
 * edit, ERR_STORE_FULL, ERR_STORE_READ_ONLY, ERR_IO. One change at a time. */
typedef int node_edit(void *arg, struct node_state *state);
MUST_CHECK int node_change(struct node *node, node_edit *edit, void *arg);
/* Called after each change, by whoever made it, with no lock held; before there are other threads. */
void node_on_change(struct node *node, void (*changed)(void *arg), void *arg);

/* What a change may be made of. */

/* The first node of a new cluster: primary of epoch 1. Nothing when it is in one already. */
void node_found(struct node_state *state, int64_t now_ms);
/* The next epoch begins here. ERR_CONFLICT unless the newest that this node knows is the expected one. */
MUST_CHECK int node_reign(struct node_state *state, uint64_t expected_epoch, int64_t now_ms);

/* The epoch after the newest that this node knows begins here, as the witness granted. */
MUST_CHECK int node_take_over(struct node_state *state, int64_t now_ms);
uint64_t node_newest_epoch(const struct node_state *state);

/* A line of the timeline, unless it has one of this epoch or a later one. */
void node_note_epoch(struct node_state *s, uint64_t epoch, struct str node, int64_t now_ms);

/* Another node said that this epoch is. A primary of an older one is fenced from then on; a standby goes
 * along. Writes only when it is news. */
MUST_CHECK int node_heard(struct node *node, uint64_t epoch, struct str other_node, int64_t now_ms);
/* *ret_news: as something else than before. */
MUST_CHECK int node_met_peer(struct node *node, enum node_met met, bool *ret_news);
/* The witness knows that this standby is counted on (lease_count_on); empty: it is about to be told something
 * else. Nothing is kept of a standby that is not the node's any more. Nobody hears of this change. */
MUST_CHECK int node_count_on(struct node *node, const char *standby);
MUST_CHECK int node_set_mode(struct node *node, enum repl_mode mode);
/* The primary says where its witness is; empty: it has none. ERR_INVALID_REQUEST for what is no address. */
MUST_CHECK int node_set_primary_witness(struct node *node, struct str address);

/* --- The text alone, for node.c and for fuzzing --- */

#define NODE_TEXT_MAX ((size_t)64 << 10)
MUST_CHECK int node_text_write(struct arena *a, const struct node_state *state,
                               struct str *ret_text);
/* ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_NO_MEMORY. */
MUST_CHECK int node_text_read(struct arena *a, struct str text, struct node_state *ret_state);

#endif
