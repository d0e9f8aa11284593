/* Reading a realm's configuration into a new picture. */
#include "store/view.h"

#include <stdlib.h>

#include "core/port/clients.h"
#include "core/port/issuers.h"
#include "store/fence.h"
#include "store/sql/realm_row.h"
#include "store/view_login.h"

#include "core/base/banned.h"

/* Beyond this many bytes of clients in memory, the picture is replaced by a fresh one. */
#define VIEW_MAX_BYTES ((size_t)64 << 20)

static struct realm_view *view_new(struct slot *slot)
{
    struct realm_view *view = calloc(1, sizeof(*view));
    if (!view)
        return NULL;
    atomic_init(&view->refs, 1);
    view->slot = slot;
    arena_init(&view->arena, VIEW_MAX_BYTES);
    (void)pthread_mutex_init(&view->lock, NULL);
    return view;
}

/* A file that was put in another one's place. */
static int check_place(struct slot *slot, const struct realm *realm)
{
    if (str_empty(slot->id) || str_eq(slot->id, realm->id))
        return 0;
    fence_raise(slot, ERR_STORE_CORRUPT,
                "its file holds another realm: put its own file there, or restore it from a backup",
                false);
    return ERR_STORE_CORRUPT;
}

int view_read_begin(struct realm_view *view, struct store_read **ret_read)
{
    if (!view->of_write)
        return tx_config_read_begin(view->slot, view, ret_read);
    *ret_read = view->of_write; /* ends with its write */
    return 0;
}

static int load(struct realm_view *view)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct realm_row row;
    TRY(view_read_begin(view, &r));
    TRY(realm_row_read(r, &view->arena, &row));
    TRY(check_place(view->slot, &row.realm));
    view->realm = row.realm;
    view->sealed_state_secret = row.sealed_state_secret;
    TRY(scope_list(r, &view->arena, &view->scopes));
    TRY(issuer_list(r, &view->arena, &view->issuers));
    TRY(view_load_login(view, r));
    return ring_load(r, &view->arena, &view->ring);
}

/* Keys that were opened for another picture need not be opened again. */
static void inherit(struct realm_view *view, struct realm_view *old)
{
    (void)pthread_mutex_lock(&old->lock);
    ring_inherit(&view->ring, &old->ring);
    (void)pthread_mutex_unlock(&old->lock);
}

int view_build(struct slot *slot, struct realm_view *old, struct realm_view **ret_view)
{
    struct realm_view *view = view_new(slot);
    if (!view)
        return ERR_NO_MEMORY;
    /* Before the read begins: a commit in between makes this picture an old one at once. */
    view->generation = atomic_load(&slot->generation);
    int err = load(view);
    if (err != 0) {
        realm_view_release(view);
        return err;
    }
    if (old)
        inherit(view, old);
    atomic_fetch_add(&slot->store->counters.view_builds, 1);
    *ret_view = view;
    return 0;
}

int realm_view_of_write(struct store_write *write, struct realm_view **ret_view)
{
    struct realm_view *view = view_new(write->reader.slot);
    if (!view)
        return ERR_NO_MEMORY;
    view->of_write = &write->reader;
    int err = load(view);
    if (err != 0) {
        realm_view_release(view);
        return err;
    }
    *ret_view = view;
    return 0;
}

int view_build_empty(struct slot *slot, const struct realm *realm, struct realm_view **ret_view)
{
    struct realm_view *view = view_new(slot);
    if (!view)
        return ERR_NO_MEMORY;
    view->realm = *realm; /* the caller's texts, for as long as the realm is being made */
    int err = view_first_login(view);
    if (err != 0) {
        realm_view_release(view);
        return err;
    }
    *ret_view = view;
    return 0;
}
