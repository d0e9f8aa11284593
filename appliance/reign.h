/* Whether this primary takes changes, as the hooks of the operator hear it where a witness decides: `promote`
 * when it does, `demote` when its lease is over, as long as it is the primary. */
#ifndef GARITA_APPLIANCE_REIGN_H
#define GARITA_APPLIANCE_REIGN_H

#include "appliance/config.h"
#include "store/repl/node.h"

struct reign;

enum reign_told {
    REIGN_UNTOLD, /* neither hook ran since the process or the role began */
    REIGN_ON,     /* the node takes changes, and who needs to know does */
    REIGN_OVER
};

/* Watches until reign_stop. node and config outlive it. ERR_NO_MEMORY. */
MUST_CHECK int reign_start(const struct config *config, struct node *node, enum reign_told told,
                           struct reign **ret_reign);
/* NULL is fine. */
void reign_stop(struct reign *reign);

#endif
