#include "store/repl/gate.h"

#include "store/repl/node.h"
#include "store/store.h"

#include "core/base/banned.h"

#define CLEAR_LOOK_MS 1

void gate_init(struct gate *g)
{
    atomic_init(&g->gate, NULL);
    atomic_init(&g->inside, 0);
    atomic_init(&g->shut, false);
}

int repl_gate_set(struct store *store, const struct repl_gate *gate)
{
    const struct repl_gate *none = NULL;
    return atomic_compare_exchange_strong(&store->gate.gate, &none, gate) ? 0 : ERR_CONFLICT;
}

void repl_gate_clear(struct store *store)
{
    atomic_store(&store->gate.gate, NULL);
    while (atomic_load(&store->gate.inside) > 0)
        (void)sqlite3_sleep(CLEAR_LOOK_MS);
}

/* NULL, or the gate, which stays until it is left. */
static const struct repl_gate *enter(struct gate *g)
{
    if (!atomic_load(&g->gate))
        return NULL;
    atomic_fetch_add(&g->inside, 1);
    const struct repl_gate *gate = atomic_load(&g->gate);
    if (!gate)
        atomic_fetch_sub(&g->inside, 1);
    return gate;
}

static void leave(struct gate *g)
{
    atomic_fetch_sub(&g->inside, 1);
}

void repl_gate_shut(struct store *store)
{
    atomic_store(&store->gate.shut, true);
}

int gate_admit_own(struct store *store)
{
    return atomic_load(&store->gate.shut) ? ERR_STORE_STANDBY : 0;
}

int gate_admit(struct store *store)
{
    TRY(gate_admit_own(store));
    if (!lease_is_held(node_lease(store->node)))
        return ERR_NO_LEASE; /* also in a folder whose server does not run: another node may reign */
    const struct repl_gate *gate = enter(&store->gate);
    if (!gate)
        return 0;
    int err = gate->admit(gate->arg);
    leave(&store->gate);
    return err;
}

bool gate_keeps_archives(struct slot *slot)
{
    struct gate *g = &slot->store->gate;
    const struct repl_gate *gate = enter(g);
    if (!gate)
        return true;
    bool kept = gate->keeps_archives(gate->arg, str_c(slot->file));
    leave(g);
    return kept;
}

void gate_position(const struct realm_db *db, struct repl_position *ret_position)
{
    const struct capture *c = &db->capture;
    *ret_position = c->state == POSITION_KEPT ? c->after : (struct repl_position){0};
}

int gate_wait(struct slot *slot, const struct repl_position *position)
{
    struct gate *g = &slot->store->gate;
    const struct repl_gate *gate = enter(g);
    if (!gate)
        return 0;
    int err = gate->wait(gate->arg, str_c(slot->file), position);
    leave(g);
    /* Who was let go because another node reigns knows nothing of what that one has. */
    return err == 0 && atomic_load(&g->shut) ? ERR_UNCONFIRMED : err;
}
