/* What a standby says of itself. */
#include "store/repl/node.h"
#include "store/store.h"

#include "core/base/banned.h"

bool store_is_standby(const struct store *store)
{
    return store->config.standby;
}

int store_fresh(const struct store *store)
{
    int64_t stale_at_ms = atomic_load(&store->stale_at_ms);
    bool stale = stale_at_ms != 0 && clock_now().monotonic_ms >= stale_at_ms;
    return stale ? ERR_STANDBY_STALE : 0;
}

struct str store_primary_address(struct store *store, struct arena *a)
{
    struct node_state state;
    node_look(store->node, &state);
    bool known = store->config.standby && state.peer.address[0] != '\0';
    return known ? arena_str_c(a, state.peer.address) : str_of(NULL, 0);
}
