/* Walking along an audit chain, event by event, and telling the first thing that is wrong with it.
 * The store walks along its rows and archives with it, the verifier along an exported file. */
#ifndef GARITA_CORE_AUDIT_CHAIN_H
#define GARITA_CORE_AUDIT_CHAIN_H

#include "core/audit/event.h"

#define CHAIN_ID_MAX 64

/* Every so many events the head is signed with the event itself, whatever the schedule says: an
 * event of the second format with such a number and no head is one too few. */
#define AUDIT_HEAD_EVERY 64

struct chain {
    const struct audit_keys *keys;
    struct str realm_id; /* all statements speak of it; absent: whatever the first one says */
    bool started;        /* seq and hash are those of an event */
    int64_t first_seq;   /* where the walk began; 0: nothing seen */
    int64_t seq;         /* of the last event that is right */
    unsigned char hash[AUDIT_HASH_BYTES];
    int64_t checked;
    bool boxes_seen;    /* an event of the second format: none of the first comes after it */
    bool removal_seen;  /* a signed statement says why it does not begin with 1 */
    int64_t signed_seq; /* of the last signed head that was right; 0: none */
    int64_t signed_ms;
    int64_t bad_seq; /* 0: all is right so far */
    char bad_id[CHAIN_ID_MAX + 1];
    const char *reason;
    char realm_memory[CHAIN_ID_MAX + 1];
};

/* Begins before the first event. The keys live as long as the walk. */
void chain_init(struct chain *c, const struct audit_keys *keys, struct str realm_id);
/* Begins after an event that is taken for right: its place and hash. */
void chain_start_after(struct chain *c, int64_t seq, const unsigned char hash[AUDIT_HASH_BYTES]);
/* The next event, with the statements that stand at it. A walk that was not started begins with
 * whatever event comes first. False, now and for every further call, when something is wrong. */
bool chain_add(struct chain *c, const struct event_record *e);
/* A segment's statement or a removal: the chain stands at its end, or (a removal at the start)
 * begins there. */
bool chain_add_statement(struct chain *c, const struct statement *s);
/* Notes what is wrong at an event; id may be absent. Returns false. */
bool chain_fail(struct chain *c, int64_t seq, struct str id, const char *reason);

#endif
