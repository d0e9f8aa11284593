/* Signing the heads of all chains that grew, when the store is closed in good order. */
#include "store/tx.h"

#include "core/base/log.h"
#include "core/port/events.h"

#include "core/base/banned.h"

static int sign(struct slot *slot)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct now now = clock_now();
    bool is_signed;
    TRY(tx_write_begin(slot, NULL, &now, &w));
    TRY(event_sign_head(w, &is_signed));
    return store_commit_p(&w, DURABLE_LOCAL);
}

void store_sign_heads(struct store *store)
{
    if (tx_may_write(store) != 0)
        return;
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        if (slot->dead || !atomic_load(&slot->unsigned_events))
            continue;
        int err = sign(slot);
        if (err != 0)
            LOG_WARN("store", "the audit chain of realm %s is not signed at the end: %s",
                     slot->name, err_text(err));
    }
}
