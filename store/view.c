/* Views: who asks for a realm gets the current picture, counted. A commit that changed the
 * configuration raises the slot's generation; the next who asks builds a new picture while others
 * wait for it. Pictures that are used hold on to the old one until they let go. */
#include "store/view.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/base/log.h"
#include "core/port/client_policies.h"
#include "core/port/flows.h"
#include "core/port/issuers.h"
#include "core/port/logos.h"
#include "core/port/profiles.h"
#include "core/port/required_actions.h"
#include "store/fence.h"
#include "store/sql/realm_row.h"

#include "core/base/banned.h"

struct realm_view *view_ref(struct realm_view *view)
{
    atomic_fetch_add_explicit(&view->refs, 1, memory_order_relaxed);
    return view;
}

void realm_view_release(struct realm_view *view)
{
    if (!view || atomic_fetch_sub_explicit(&view->refs, 1, memory_order_acq_rel) != 1)
        return;
    ring_free(&view->ring);
    vault_free(&view->vault);
    (void)pthread_mutex_destroy(&view->lock);
    arena_free(&view->arena);
    free(view);
}

void realm_view_release_p(struct realm_view **view)
{
    realm_view_release(*view);
    *view = NULL;
}

/* The slot's picture when it is of now. */
static struct realm_view *current(struct slot *slot)
{
    struct realm_view *view = NULL;
    (void)pthread_mutex_lock(&slot->lock);
    if (slot->view && slot->view->generation == atomic_load(&slot->generation))
        view = view_ref(slot->view);
    (void)pthread_mutex_unlock(&slot->lock);
    if (view)
        atomic_store_explicit(&slot->view_used, clock_now().monotonic_ms, memory_order_relaxed);
    return view;
}

static void keep(struct slot *slot, struct realm_view *view)
{
    struct realm_view *old = NULL;
    (void)pthread_mutex_lock(&slot->lock);
    bool first = !slot->view;
    if (!slot->dead) {
        old = slot->view;
        slot->view = view_ref(view);
    }
    (void)pthread_mutex_unlock(&slot->lock);
    if (first)
        atomic_fetch_add(&slot->store->view_count, 1);
    realm_view_release(old);
}

/* Of the errors of a build, those that asking again will not change; a fence speaks for itself. */
static void flaw_of(const struct slot *slot, int err, const struct realm_view *view,
                    char flaw[FENCE_REASON_MAX])
{
    const struct auth_flow *flow = err == 0 ? flow_unreadable(&view->flows) : NULL;
    flaw[0] = '\0';
    if (flow)
        (void)snprintf(
            flaw, FENCE_REASON_MAX,
            "its authentication flow %.*s cannot be read and lets nobody in: bind another "
            "one and delete it, or restore the realm from a backup",
            (int)(flow->alias.len < 80 ? flow->alias.len : 80), flow->alias.ptr);
    else if ((err == ERR_STORE_CORRUPT || err == ERR_SEAL) && fence_err(slot) == 0)
        (void)snprintf(flaw, FENCE_REASON_MAX,
                       "its configuration cannot be read (%s): restore it from a backup",
                       err_text(err));
}

/* Told once, not at every build. */
static void note_flaw(struct slot *slot, int err, const struct realm_view *view)
{
    char flaw[FENCE_REASON_MAX], name[REALM_NAME_MAX + 1];
    flaw_of(slot, err, view, flaw);
    (void)pthread_mutex_lock(&slot->lock);
    bool news = strcmp(slot->flaw, flaw) != 0;
    memcpy(slot->flaw, flaw, sizeof(slot->flaw));
    (void)pthread_mutex_unlock(&slot->lock);
    slot_name(slot, name);
    if (news && flaw[0])
        log_write(LOG_LEVEL_ERROR, "store", NULL,
                  (const struct log_field[]){LOG_S("realm", str_c(name)), LOG_END}, "realm %s: %s",
                  name, flaw);
}

/* With slot->build. */
static int build_and_keep(struct slot *slot, struct realm_view **ret_view)
{
    struct realm_view *old = NULL;
    (void)pthread_mutex_lock(&slot->lock);
    if (slot->view)
        old = view_ref(slot->view);
    (void)pthread_mutex_unlock(&slot->lock);
    int err = view_build(slot, old, ret_view);
    realm_view_release(old);
    note_flaw(slot, err, err == 0 ? *ret_view : NULL);
    if (err == 0) {
        keep(slot, *ret_view);
        atomic_store(&slot->view_used, clock_now().monotonic_ms);
    }
    return err;
}

int view_of_slot(struct slot *slot, struct realm_view **ret_view)
{
    int err = fence_err(slot);
    struct realm_view *view = err == 0 ? current(slot) : NULL;
    if (err == 0 && !view) {
        (void)pthread_mutex_lock(&slot->build);
        view = current(slot); /* built while we waited */
        if (!view)
            err = build_and_keep(slot, &view);
        (void)pthread_mutex_unlock(&slot->build);
        store_drop_excess_views(slot->store, slot);
    }
    if (err == 0)
        *ret_view = view;
    return err;
}

void slot_view_drop(struct slot *slot)
{
    (void)pthread_mutex_lock(&slot->lock);
    struct realm_view *view = slot->view;
    slot->view = NULL;
    (void)pthread_mutex_unlock(&slot->lock);
    if (view)
        atomic_fetch_sub(&slot->store->view_count, 1);
    realm_view_release(view);
}

static struct slot *longest_unseen(struct store *store, const struct slot *spared)
{
    struct slot *oldest = NULL;
    (void)pthread_mutex_lock(&store->lock);
    for (struct slot *slot = store->slots; slot; slot = slot->next) {
        if (slot == spared || pthread_mutex_trylock(&slot->lock) != 0)
            continue;
        bool has_view = slot->view != NULL;
        (void)pthread_mutex_unlock(&slot->lock);
        if (has_view &&
            (!oldest || atomic_load(&slot->view_used) < atomic_load(&oldest->view_used)))
            oldest = slot;
    }
    (void)pthread_mutex_unlock(&store->lock);
    return oldest;
}

void store_drop_excess_views(struct store *store, const struct slot *spared)
{
    while (atomic_load(&store->view_count) > store->view_limit) {
        struct slot *slot = longest_unseen(store, spared);
        if (!slot)
            return;
        slot_view_drop(slot);
    }
}

int realm_view_acquire(struct store *store, struct str name, struct realm_view **ret_view)
{
    struct slot *slot;
    if (atomic_load(&store->rewinds))
        return ERR_STORE_BUSY;
    TRY(slot_find(store, name, &slot));
    return view_of_slot(slot, ret_view);
}

int realm_view_refresh(struct realm_view **view)
{
    struct realm_view *fresh;
    TRY(view_of_slot((*view)->slot, &fresh));
    realm_view_release(*view);
    *view = fresh;
    return 0;
}

const struct realm *realm_view_realm(const struct realm_view *view)
{
    return &view->realm;
}

const struct realm_keys *realm_view_keys(const struct realm_view *view)
{
    return &view->ring.keys;
}

struct store *realm_view_store(const struct realm_view *view)
{
    return view->slot->store;
}

const struct client_scopes *realm_view_scopes(const struct realm_view *view)
{
    return &view->scopes;
}

const struct trusted_issuers *realm_view_issuers(const struct realm_view *view)
{
    return &view->issuers;
}

struct str realm_view_logo_version(const struct realm_view *view)
{
    return view->logo_version;
}

const struct profile *realm_view_profile(const struct realm_view *view)
{
    return &view->profile;
}

const struct auth_flows *realm_view_flows(const struct realm_view *view)
{
    return &view->flows;
}

const struct client_policies *realm_view_client_policies(const struct realm_view *view)
{
    return &view->policies;
}

const struct required_actions *realm_view_required_actions(const struct realm_view *view)
{
    return &view->actions;
}
