/* Going through all realms, as jobs do, without leaving a trace: a thousand of them would otherwise
 * push out of memory what requests use, and keep what nobody uses from being closed. */
#include "store/store.h"

#include "core/base/banned.h"

int store_visit_begin(struct store *store, struct str name, struct store_visit *ret_visit)
{
    struct slot *slot;
    TRY(slot_find(store, name, &slot));
    *ret_visit = (struct store_visit){
        .slot = slot,
        .db_used = atomic_load(&slot->db_used),
        .view_used = atomic_load(&slot->view_used),
    };
    (void)pthread_mutex_lock(&slot->lock);
    ret_visit->db_was_open = slot->db != NULL;
    ret_visit->view_was_kept = slot->view != NULL;
    (void)pthread_mutex_unlock(&slot->lock);
    return 0;
}

/* A request that came meanwhile loses a moment of its realm's freshness, and nothing else. */
void store_visit_end(const struct store_visit *visit)
{
    struct slot *slot = visit->slot;
    atomic_store(&slot->db_used, visit->db_used);
    atomic_store(&slot->view_used, visit->view_used);
    if (!visit->view_was_kept)
        slot_view_drop(slot);
    if (!visit->db_was_open && !slot->is_master)
        (void)slot_db_close_idle(slot);
}
