/* The primary's side of replication: keeps the commits of late, sends them to the standby in order,
 * brings databases to it that it lacks, and holds answers back until it has what they say.
 *
 * It knows no sockets: the link hands it the standby's messages and takes what goes there
 * (struct repl_out). One standby at a time. All functions may be called on any thread; none but
 * leader_free waits for the net. */
#ifndef GARITA_STORE_REPL_LEADER_H
#define GARITA_STORE_REPL_LEADER_H

#include "core/base/buf.h"
#include "core/codec/json.h"
#include "store/repl/node.h"

struct leader;

/* In SETTINGS, of the primary: where its reigns began comes in as many pieces as it takes (store/repl/forks.h). */
#define REPL_SETTING_MODE         "mode"
#define REPL_SETTING_WITNESS      "witness" /* HOST:PORT; empty: it has none */
#define REPL_SETTING_FORKS        "forks"
/* Of whoever uses the leader, which carries them and knows no more of them: settings that both nodes should have
 * alike, by their names, and certificates, sealed, in as many pieces as it takes. A standby of a version that does
 * not know a name passes over it. */
#define REPL_SETTING_CERTIFICATES "certificates"

struct leader_config {
    struct str cluster; /* its id */
    uint64_t epoch;     /* of new commits */
    enum repl_mode mode;
    /* Without a standby that keeps up: refuse changes instead of answering without it. */
    bool stop_without_standby;
    int64_t confirm_ms;           /* how long an answer waits for the standby; 0: 5,000 */
    size_t kept_bytes;            /* of commits, for a standby that was away; 0: 64 MiB */
    int64_t snapshot_pages_per_s; /* 0: as fast as the standby takes them */
};

/* From its return on all commits are kept and, in a synchronous mode, answers wait. ERR_NO_MEMORY,
 * ERR_TOO_LARGE when there are too many sinks, ERR_CONFLICT when there is a leader. */
MUST_CHECK int leader_new(struct store *store, const struct leader_config *config,
                          struct leader **ret_leader);
/* Lets go who waits. Before the store is closed. NULL is fine. */
void leader_free(struct leader *leader);
/* Of a store; NULL: it leads nobody. */
struct leader *leader_of(struct store *store);
void leader_set_mode(struct leader *leader, enum repl_mode mode);
/* The standby hears that the node has another witness, or none. */
void leader_witness_changed(struct leader *leader);
/* What the standby hears of this node's settings besides, now and at each connection, in place of what was said
 * before. Copied. ERR_INVALID_REQUEST, ERR_TOO_LARGE for what is no SETTINGS, ERR_NO_MEMORY. */
MUST_CHECK int leader_share(struct leader *leader, const struct repl_settings *settings);
/* Whether there is a standby, connected or not: then events that were archived leave a database only when
 * the file is at the standby, too. */
void leader_expect_standby(struct leader *leader, bool expects);

/* A standby connected, both HELLOs were exchanged and fit. It says AT next. out is used until
 * leader_detach has returned. ERR_CONFLICT when there is one. */
MUST_CHECK int leader_attach(struct leader *leader, const struct repl_out *out);
/* What the standby said: AT, AT_END, ACK, HASHES, ARCHIVE_ACK. Others, and what does not fit the
 * order: ERR_INVALID_REQUEST. ERR_IO: the stream to it broke off in the middle of something. In both
 * cases the link is closed. */
MUST_CHECK int leader_message(struct leader *leader, const struct repl_message *m);
/* True when the link is of no use any more and must be closed; to be asked about once a second. */
bool leader_broken(struct leader *leader);
void leader_detach(struct leader *leader);

/* What a witness may count on from now on, when it counted on told before. LEASE_COVERED: answers waited
 * since lease_tell(LEASE_COVERED), and all that was answered before is at the standby. LEASE_ASYNC:
 * it follows, and may lack the last moments. */
enum lease_stance leader_stance(struct leader *leader, enum lease_stance told);
/* Answers may leave alone, or not any more. */
void leader_lease_changed(struct leader *leader);

/* Compares all pages of all databases with the standby's, and brings over what differs. Begins; how it
 * ended is in leader_state. ERR_NOT_FOUND without a standby. */
MUST_CHECK int leader_verify(struct leader *leader);

struct leader_state {
    enum repl_mode mode;
    bool attached;
    bool in_step;  /* every database of the standby follows */
    bool all_sent; /* and what was committed is on its way */
    bool degraded; /* a synchronous mode whose answers do not wait at present */
    size_t databases, following;
    uint64_t behind_bytes, behind_commits; /* kept and not acknowledged */
    int64_t behind_ms;                     /* age of the oldest of these */
    uint64_t sent_commits, sent_bytes, snapshots, differences;
    uint64_t archives,
        sent_archive_bytes;  /* files of archived events that are there; sent of them */
    size_t archives_wanted;  /* databases whose files are not all there */
    uint64_t pages_differed; /* found by comparing what should have been equal */
    int64_t verified_ms;     /* when the last comparison of all ended, wall clock; 0: never */
};
void leader_state(struct leader *leader, struct leader_state *ret_state);
/* In the text format of Prometheus. */
void leader_metrics(struct leader *leader, struct buf *b);

#endif
