/* The running part of replication: the port where the other node is awaited, the connection to it, and who
 * works over it. A node that is alone has none of these until a token is made. */
#ifndef GARITA_APPLIANCE_REPLICATION_H
#define GARITA_APPLIANCE_REPLICATION_H

#include "appliance/config.h"
#include "core/base/buf.h"
#include "core/codec/json.h"

struct replication;
struct store;
struct web;
struct web_relayed;

/* config outlives it. confirms: the process starts, and a primary first asks the other node whether it reigns
 * (replication_part_confirm); otherwise the role changed. ERR_CONFIG with the reason (the port is taken),
 * ERR_NO_MEMORY, errors of the node's key. */
MUST_CHECK int replication_start(struct store *store, const struct config *config, bool confirms,
                                 struct err_ctx *err, struct replication **ret_replication);
/* Once the node answers: when its role changed, that is told as an event and to the hooks. */
void replication_announce(struct replication *r);
/* What a standby passes on is answered from now on. After the start of web. ERR_NO_MEMORY. */
MUST_CHECK int replication_open(struct replication *r, struct web *web);
/* The standby hears of this primary's settings and certificates as they are now. What fails is logged. */
void replication_share(struct replication *r);
/* Before web stops. NULL is fine. */
void replication_shut(struct replication *r);
/* As web_services.pass_on. */
MUST_CHECK int replication_pass_on(struct replication *r, const struct web_relayed *relayed,
                                   struct buf *ret_answer, bool *ret_ends);
/* The node's role is another one than at the start: store and all begin anew. The process gets SIGUSR1
 * when this becomes so after the start. */
bool replication_has_ended(struct replication *r);
void replication_metrics(struct replication *r, struct buf *b);
/* How far the standby is behind, as the primary knows; the standby itself knows the time alone. */
struct replication_lag {
    int64_t ms, bytes, commits;
};
void replication_lag(struct replication *r, struct replication_lag *ret_lag);
/* For the health of the node; false when something is not as it should be. */
bool replication_report(struct replication *r, struct json_writer *checks);
/* NULL is fine. */
void replication_stop(struct replication *r);

#endif
