/* The part that this node has while its role stays what it is: it leads a standby, follows a primary, or
 * waits until somebody rejoins it. Another role means another part: the server then starts anew within
 * its process (app.h). */
#ifndef GARITA_APPLIANCE_REPLICATION_PART_H
#define GARITA_APPLIANCE_REPLICATION_PART_H

#include <pthread.h>

#include "appliance/config.h"
#include "appliance/relaying.h"
#include "core/base/buf.h"
#include "core/codec/json.h"
#include "store/link/dialer.h"
#include "store/repl/peering.h"
#include "store/witness/warden.h"

struct replication_part {
    struct store *store;
    const struct config *config;
    const struct link_identity *identity;
    struct node *node;
    struct peering_host host;
    char address[NODE_ADDRESS_MAX + 1];
    struct link_dialer *dialer;
    struct warden *warden;     /* once the node has had a witness */
    struct relaying *relaying; /* NULL: neither leads nor follows */
    pthread_mutex_t web_lock;  /* of the next; comes before that of who has the part */
    struct web *web; /* that serves with what the primary gives; NULL: none does yet, or any more */
    bool unconfirmed; /* a primary that nobody could be asked about, and that needs no lease */
};

/* Of a node that is not alone. What is passed outlives the part. *ret_user is for the listener. Errors of
 * leader_new and follower_new, ERR_CONFIG. */
MUST_CHECK int replication_part_begin(struct replication_part *part, struct store *store,
                                      const struct config *config,
                                      const struct link_identity *identity, struct err_ctx *err);
struct link_user replication_part_user(struct replication_part *part);
/* Signs of life carry the lease: several while it lasts. */
struct link_times replication_part_times(const struct config *config);
/* Asks the witness, from when the node has one. asks_first: as warden_start. Does nothing when it does
 * already. ERR_CONFIG, ERR_NO_MEMORY. */
MUST_CHECK int replication_part_keep(struct replication_part *part, bool asks_first,
                                     struct err_ctx *err);
/* Dials the peer; once the listener is there. Does nothing when it dials already. */
MUST_CHECK int replication_part_dial(struct replication_part *part);
/* Once web answers: what the other node asks for is answered, the standby hears of settings and certificates, and
 * what the primary gives of these is used. ERR_NO_MEMORY. */
MUST_CHECK int replication_part_open(struct replication_part *part, struct web *web);
/* Before web stops; not under a lock that web_services.tls_changed takes. */
void replication_part_shut(struct replication_part *part);
/* A standby hears what both should have alike, and the certificates; of a part that leads none nothing. */
void replication_part_share(struct replication_part *part, const struct web *web);
/* No connection is left by then but the dialer's. */
void replication_part_end(struct replication_part *part);
void replication_part_metrics(struct replication_part *part, struct buf *b);
struct replication_lag;
void replication_part_lag(struct replication_part *part, struct replication_lag *ret_lag);
/* A member of the array: false when the node does not do its part. */
bool replication_part_report(struct replication_part *part, struct json_writer *checks);
/* The node's state changed, which may make another part due. */
void replication_part_look(struct replication_part *part, const struct node_state *state);

/* Before a primary serves: asks its peer whether a newer epoch reigns, which the node's state says
 * afterwards. Takes as long as the peer does not answer, up to replication-confirm. */
void replication_part_confirm(struct replication_part *part);

#endif
