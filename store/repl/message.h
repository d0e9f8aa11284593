/* What primary and standby say to each other, as bytes and back. Only the connection is trusted (mutual
 * TLS, pinned keys): every length, count and order is checked here and by who takes a message.
 *
 *   standby                        primary
 *   HELLO                     ->
 *                             <-   HELLO, or FENCED, or REFUSED, and the end
 *   AT for each database, AT_END ->
 *                             <-   SETTINGS
 *                             <-   SNAPSHOT, PAGES..., SNAPSHOT_END   for what has no common history
 *                             <-   COMMIT, PAGES...                   and from there on
 *   ACK                       ->
 *                             <-   GONE
 *                             <-   ARCHIVE                            a file is offered
 *   ARCHIVE_ACK               ->                                      this much of it is there
 *                             <-   BYTES..., ARCHIVE_END              the rest
 *   ARCHIVE_ACK               ->                                      all of it
 *   ASK, PIECE...             ->                                      a request that is the primary's to answer
 *                             <-   ANSWER, PIECE...
 *   HEARTBEAT                 <->  HEARTBEAT
 *
 * Pages follow the message that announced their count. A COMMIT and its pages come without anything between;
 * between the pages of a SNAPSHOT, commits of other databases and all else may come, and pages that are no
 * commit's are the snapshot's. One snapshot and one file of an archive are on their way at most. On the wire a message is its length (four bytes), its type
 * (one) and its members in the order in which they stand here; numbers are big-endian, a text is a length
 * of two bytes and its bytes. */
#ifndef GARITA_STORE_REPL_MESSAGE_H
#define GARITA_STORE_REPL_MESSAGE_H

#include "core/base/buf.h"
#include "store/repl/commit.h"

#define REPL_VERSION         3
#define REPL_MESSAGE_MAX     (512u << 10) /* bytes of a message without its length */
#define REPL_LENGTH_BYTES    4
#define REPL_MESSAGE_PAGES   128              /* of a PAGES */
#define REPL_MESSAGE_CHANGES REPL_CHANGES_MAX /* of a COMMIT */
#define REPL_MESSAGE_BYTES   (256u << 10)     /* of a BYTES */
#define REPL_NODE_ID_LEN     36               /* a UUID */
#define REPL_DATABASES_MAX   100000
#define REPL_LEASE_MOST_MS   60000

enum repl_message_type {
    REPL_HELLO = 1,
    REPL_FENCED,
    REPL_REFUSED,
    REPL_AT,
    REPL_AT_END,
    REPL_SETTINGS,
    REPL_SNAPSHOT,
    REPL_SNAPSHOT_END,
    REPL_COMMIT,
    REPL_PAGES,
    REPL_ACK,
    REPL_GONE,
    REPL_ARCHIVE,
    REPL_BYTES,
    REPL_ARCHIVE_END,
    REPL_ARCHIVE_ACK,
    REPL_HASHES,
    REPL_HEARTBEAT,
    REPL_ASK,
    REPL_ANSWER,
    REPL_PIECE,
    REPL_TYPES
};

enum repl_role { REPL_ALONE, REPL_PRIMARY, REPL_STANDBY };

/* Who speaks, from where in the history of the cluster. The first message each way. */
struct repl_hello {
    uint32_t version, page_bytes;
    struct str cluster, node; /* UUIDs */
    struct str address;       /* HOST:PORT under which this node listens for its peer */
    enum repl_role role;
    uint64_t epoch; /* the newest that this node knows */
    int64_t wall_ms;
};

/* FENCED: a newer epoch reigns. REFUSED: the connection is of no use. */
struct repl_refusal {
    uint64_t epoch;
    struct str text;
};

/* AT: where a database of the standby stands. ACK: this is on the standby's disk and seen by its
 * readers. */
struct repl_at {
    struct str file;
    struct repl_position position;
};

/* What must be the same on both: names of params.def and their values, and files of the data folder
 * (certificates) with a name that begins with "file:". One text each, one message for all. */
struct repl_settings {
    struct str names[64], values[64];
    size_t count;
};

/* A database whole, as of position. With hashes asked for before (HASHES), only pages that differ come. */
struct repl_snapshot {
    struct str realm, file;
    struct repl_position position;
    uint32_t page_count, count; /* count: of pages that come */
    bool difference;
};

/* COMMIT: count PAGES-pages follow, as in struct repl_commit. */
struct repl_commit_head {
    struct str realm, file;
    struct repl_position before, after;
    int64_t time_ms;
    uint32_t page_count, count;
    uint8_t changed; /* REPL_CHANGED_* */
    struct repl_change changes[REPL_MESSAGE_CHANGES];
    size_t change_count;
};

struct repl_pages {
    struct repl_page pages[REPL_MESSAGE_PAGES]; /* images point into the message */
    size_t count;
};

/* A file of archived audit events, never changed once it is there. The standby answers with ARCHIVE_ACK
 * how much of it is there, and gets what is missing. Once all of it is on the standby's disk the events
 * may leave the database. */
struct repl_archive {
    struct str file; /* of the realm's database */
    struct str name; /* of the archive */
    uint64_t bytes;
    uint64_t there;         /* of these, at the standby: from 0 on, without a gap */
    unsigned char hash[32]; /* BLAKE2b of all */
    bool removed;           /* its time is over: it goes, nothing follows */
};

/* For finding what differs. From the primary, without hashes: the question what the standby has of this
 * database now, after all that was sent before. From the standby: hashes of pages from first on, keyed
 * with the cluster's id (page_hash.h), in order and without a gap until page_count; a database that it
 * has not has page_count 0. */
struct repl_hashes {
    struct str file;
    uint32_t first, page_count; /* page_count: of the database */
    struct str hashes;          /* eight bytes each */
};

struct repl_heartbeat {
    uint64_t epoch;
    int64_t wall_ms;
    uint64_t sent_bytes; /* of commits, by the primary, since this connection began */
    /* Of how old the standby is: when it says this, on a clock that is its alone, and by the primary, which
     * answers at once, the same. 0: neither. complete: by the primary, all that it had then was sent before. */
    int64_t said_ms;
    bool complete;
    /* Of a lease (lease.h), on clocks that are the primary's alone: when it asks for a promise, and what the
     * standby promises it, as an answer to the question of that moment. 0: neither. */
    int64_t asked_ms, promised_ms;
    uint32_t lease_ms; /* for how long */
};

/* A request that came to the standby and is passed on: its bytes follow as PIECEs, none longer than
 * REPL_MESSAGE_BYTES, those of different requests in any order. */
struct repl_ask {
    uint64_t id;       /* of this connection; the answer repeats it */
    uint32_t bytes;    /* to follow, 1 to REPL_ASK_BYTES_MAX */
    struct str client; /* address of who asks */
    struct str origin,
        own_origin; /* under which the standby was reached: of people, and of this port */
    bool secure;    /* over TLS */
    uint8_t door;   /* which of the standby's ports: enum listener of web */
};
#define REPL_ASK_BYTES_MAX    ((uint32_t)1 << 20)
#define REPL_ANSWER_BYTES_MAX ((uint32_t)8 << 20)

struct repl_answer {
    uint64_t id;
    uint32_t bytes; /* to follow; 0: the primary did nothing, as it has no time for it */
    bool ends;      /* the client's connection ends with it */
};

struct repl_piece {
    uint64_t id;
    struct str bytes;
};

struct repl_message {
    enum repl_message_type type;
    union {
        struct repl_hello hello;
        struct repl_refusal refusal;
        struct repl_at at;
        struct repl_settings settings;
        struct repl_snapshot snapshot;
        struct repl_commit_head commit;
        struct repl_pages pages;
        struct repl_archive archive;
        struct str bytes;
        struct str file; /* GONE, SNAPSHOT_END, ARCHIVE_END */
        struct repl_hashes hashes;
        struct repl_heartbeat heartbeat;
        struct repl_ask ask;
        struct repl_answer answer;
        struct repl_piece piece;
    };
};

/* Appends length, type and content. ERR_NO_MEMORY, ERR_TOO_LARGE, ERR_INVALID_REQUEST for what could not
 * be read back; after the latter two out is as before. */
MUST_CHECK int repl_encode(struct buf *out, const struct repl_message *m);
/* One message without its length. Texts and images point into bytes. ERR_INVALID_REQUEST. Names of files
 * lead out of no folder; a HELLO of another version has nothing but that version. */
MUST_CHECK int repl_decode(struct str bytes, struct repl_message *ret_message);

/* The peer of a connection, for those who speak to it. send copies what it needs and waits for nothing.
 * ERR_OVERLOADED: the peer takes less than is sent, and REPL_WAITING_MAX bytes wait; ERR_IO: it is
 * gone. */
struct repl_out {
    int (*send)(void *arg, const struct repl_message *m);
    size_t (*waiting)(void *arg); /* bytes that are not sent yet */
    void *arg;
};
#define REPL_WAITING_MAX ((size_t)64 << 20)

#endif
