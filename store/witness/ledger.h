/* What a witness knows, and what it answers: who reigns, in which epoch, what is counted on, and which two
 * nodes it believes. Decisions are functions of that, of the time and of what is asked; keeping it and
 * speaking are for others (witness.h).
 *
 * It never gives a reign while the lease of another may last, nor the same one to two nodes, and knows after
 * a new start all that it gave (RP-02). */
#ifndef GARITA_STORE_WITNESS_LEDGER_H
#define GARITA_STORE_WITNESS_LEDGER_H

#include "core/base/arena.h"
#include "store/repl/node.h"
#include "store/witness/words.h"

#define LEDGER_MEMBERS  2
#define LEDGER_TEXT_MAX ((size_t)8 << 10)

struct ledger_member {
    char node[REPL_NODE_ID_LEN + 1];
    unsigned char pin[NODE_PIN_BYTES];
    uint64_t turn; /* the newest; not kept: the connections of a process end with it */
};

/* All of it is on disk before anything is answered that rests on it. */
struct ledger {
    char cluster[REPL_NODE_ID_LEN + 1]; /* empty: nobody was paired */
    struct ledger_member members[LEDGER_MEMBERS];
    size_t member_count;
    uint64_t epoch;                     /* the newest */
    char holder[REPL_NODE_ID_LEN + 1];  /* who reigns in it; empty: not known */
    char standby[REPL_NODE_ID_LEN + 1]; /* that the holder counts on, and nobody else may claim;
                                         * empty: nobody, and whoever claims does it by hand */
    enum lease_stance stance;
    uint32_t lease_ms; /* the holder's */
};

bool ledger_equal(const struct ledger *a, const struct ledger *b);
/* NULL: nobody has this key. */
struct ledger_member *ledger_member(struct ledger *l, const unsigned char pin[NODE_PIN_BYTES]);

/* RENEW, CLAIM or LOOK by a member of this ledger. ledger becomes what it is to be, and until_ms, the moment until which
 * nobody else may be given the reign, too: a witness that starts sets it to one lease from then. */
void ledger_answer(struct ledger *ledger, int64_t *until_ms, int64_t now_ms,
                   struct ledger_member *member, const struct witness_request *request,
                   struct witness_answer *ret_answer);
/* JOIN of a node that has proved to have a token. The standby of before makes room for another. */
void ledger_join(struct ledger *ledger, const struct witness_request *request,
                 const unsigned char pin[NODE_PIN_BYTES], struct witness_answer *ret_answer);

/* Its file. */
MUST_CHECK int ledger_text_write(struct arena *a, const struct ledger *l, struct str *ret_text);
/* ERR_STORE_CORRUPT, ERR_STORE_VERSION, ERR_NO_MEMORY. */
MUST_CHECK int ledger_text_read(struct arena *a, struct str text, struct ledger *ret_ledger);

#endif
