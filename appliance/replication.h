/* The running part of replication: the port where the other node is awaited, the connection to it, and who
 * works over it. A node that is alone has none of these until a token is made. */
#ifndef GARITA_APPLIANCE_REPLICATION_H
#define GARITA_APPLIANCE_REPLICATION_H

#include "appliance/config.h"
#include "core/base/buf.h"
#include "core/codec/json.h"

struct replication;
struct store;

/* config outlives it. confirms: the process starts, and a primary first asks the other node whether it reigns
 * (replication_part_confirm); otherwise the role changed. ERR_CONFIG with the reason (the port is taken),
 * ERR_NO_MEMORY, errors of the node's key. */
MUST_CHECK int replication_start(struct store *store, const struct config *config, bool confirms,
                                 struct err_ctx *err, struct replication **ret_replication);
/* Once the node answers: when its role changed, that is told as an event and to the hooks. */
void replication_announce(struct replication *r);
/* The node's role is another one than at the start: store and all begin anew. The process gets SIGUSR1
 * when this becomes so after the start. */
bool replication_has_ended(struct replication *r);
void replication_metrics(struct replication *r, struct buf *b);
/* For the health of the node; false when something is not as it should be. */
bool replication_report(struct replication *r, struct json_writer *checks);
/* NULL is fine. */
void replication_stop(struct replication *r);

#endif
