/* Between the files of flows: reading all of a realm's, and changing one record with its event. */
#ifndef GARITA_CORE_ADMIN_FLOW_STORE_H
#define GARITA_CORE_ADMIN_FLOW_STORE_H

#include "core/admin/flows.h"

/* A change under way: the flows as they are in its transaction. */
struct flow_change {
    const struct auth_ctx *ctx;
    struct store_write *w;
    struct auth_flows flows;
};

/* Reads the flows; those that every realm begins with are stored first, where they are not yet. */
MUST_CHECK int flow_change_begin(const struct auth_ctx *ctx, struct store_write *w,
                                 struct flow_change *ret_change);
/* Reads them again and looks whether what is bound to the realm still leads somewhere: a flow that is
 * in use takes no step in that does not exist here. */
MUST_CHECK int flow_change_end(struct flow_change *change);

/* before NULL: a new one; after NULL: it goes. Nothing is written and no event is appended when
 * nothing differs. ERR_CONFLICT for an alias that is taken. */
MUST_CHECK int flow_store(const struct flow_change *change, const struct auth_flow *before,
                          const struct auth_flow *after);
MUST_CHECK int flow_store_execution(const struct flow_change *change,
                                    const struct flow_execution *before,
                                    const struct flow_execution *after);
MUST_CHECK int flow_store_config(const struct flow_change *change, const struct flow_config *before,
                                 const struct flow_config *after);

/* flows.c: names and kind. */
MUST_CHECK int flow_check(const struct auth_ctx *ctx, const struct auth_flow *flow);
/* A checked flow that is new. Sets the id when it has none. */
MUST_CHECK int flow_insert(const struct flow_change *change, struct auth_flow *io_flow);
/* An execution with its settings and the flow that it stands for; depth is its own, from 1. */
MUST_CHECK int flow_remove_execution(const struct flow_change *change,
                                     const struct flow_execution *execution, int depth);

/* ERR_NOT_FOUND in Keycloak's words. */
MUST_CHECK int flow_of(const struct flow_change *change, struct str id,
                       const struct auth_flow **ret_flow);
MUST_CHECK int flow_of_alias(const struct flow_change *change, struct str alias,
                             const struct auth_flow **ret_flow);
/* Only deleting is left to one that cannot be read: ERR_CONFLICT. */
MUST_CHECK int flow_check_readable(const struct flow_change *change, const struct auth_flow *flow);
MUST_CHECK int flow_execution_of(const struct flow_change *change, struct str id,
                                 const struct flow_execution **ret_execution);
MUST_CHECK int flow_config_of(const struct flow_change *change, struct str id,
                              const struct flow_config **ret_config);

#endif
