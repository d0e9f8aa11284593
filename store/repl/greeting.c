#include "store/repl/greeting.h"

#include "core/base/clock.h"
#include "store/page_file.h"

#include "core/base/banned.h"

/* NULL when the two may talk at all. */
static const char *misfit(const struct node_state *own, const struct repl_hello *other)
{
    if (other->version != REPL_VERSION)
        return "the other node speaks another version of the protocol";
    if (other->page_bytes != PAGE_BYTES)
        return "the other node's databases have pages of another size";
    if (own->role == REPL_ALONE || other->role == REPL_ALONE)
        return "one of the nodes has no part in replication";
    if (!str_eq_c(other->cluster, own->cluster))
        return "the other node belongs to another cluster";
    if (str_eq_c(other->node, own->id))
        return "both nodes have the same id: one is a copy of the other";
    if (other->epoch > own->epoch && other->epoch - own->epoch > NODE_EPOCHS_AHEAD)
        return "the other node's epoch is beyond all that can have been";
    return NULL;
}

static enum greeting as_standby(const struct node_state *own, const struct repl_hello *other,
                                const char **ret_reason)
{
    if (other->role == REPL_STANDBY) {
        *ret_reason = "both nodes are standbys";
        return GREETING_REFUSE;
    }
    return other->epoch < own->epoch ? GREETING_FENCE : GREETING_FOLLOW;
}

static enum greeting as_primary(const struct node_state *own, const struct repl_hello *other,
                                const char **ret_reason)
{
    if (other->epoch > own->epoch)
        return GREETING_FENCED;
    if (other->role == REPL_STANDBY && !node_is_fenced(own))
        return GREETING_LEAD;
    if (other->role == REPL_PRIMARY && other->epoch < own->epoch)
        return GREETING_FENCE;
    *ret_reason = other->role == REPL_STANDBY ? "this primary is fenced"
                                              : "both nodes are primaries of the same epoch";
    return GREETING_REFUSE;
}

enum greeting greeting_judge(const struct node_state *own, const struct repl_hello *other,
                             const char **ret_reason)
{
    *ret_reason = misfit(own, other);
    if (*ret_reason)
        return GREETING_REFUSE;
    return own->role == REPL_STANDBY ? as_standby(own, other, ret_reason)
                                     : as_primary(own, other, ret_reason);
}

void greeting_hello(const struct node_state *state, struct str address,
                    struct repl_message *ret_message)
{
    *ret_message = (struct repl_message){
        .type = REPL_HELLO,
        .hello = {.version = REPL_VERSION,
                  .page_bytes = PAGE_BYTES,
                  .cluster = str_c(state->cluster),
                  .node = str_c(state->id),
                  .address = address,
                  .role = state->role,
                  /* A fenced primary keeps to its own: what it heard is the other's. */
                  .epoch = state->epoch,
                  .wall_ms = clock_now().wall_ms},
    };
}
