/* The running part of replication: the port where the other node is awaited, the connection to it, and who
 * works over it. A node that is alone has none of these until a token is made. */
#ifndef GARITA_APPLIANCE_REPLICATION_H
#define GARITA_APPLIANCE_REPLICATION_H

#include "appliance/config.h"
#include "core/base/buf.h"
#include "core/codec/json.h"

struct replication;
struct store;

/* config outlives it. ERR_CONFIG with the reason (the port is taken), ERR_NO_MEMORY, errors of the node's
 * key. */
MUST_CHECK int replication_start(struct store *store, const struct config *config,
                                 struct err_ctx *err, struct replication **ret_replication);
/* NULL is fine. */
void replication_stop(struct replication *r);

#endif
