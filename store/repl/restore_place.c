/* A realm out of a backup into the place of the one that serves. */
#include "store/repl/restore.h"

#include "core/base/log.h"
#include "store/sql/once.h"
#include "store/view.h"

#include "core/base/banned.h"

struct changing {
    struct store *store;
    const struct restore_in_place *r;
    const struct now *now;
    struct err_ctx *ctx;
    struct realm_view *old;   /* NULL: there is none, or it cannot be read */
    struct store_write *held; /* the old one's turn: nobody writes there any more */
    bool carried;
};

static void let_go(void *arg)
{
    struct changing *c = arg;
    store_rollback_p(&c->held);
    realm_view_release_p(&c->old);
}

static int bring(struct slot *slot, void *arg)
{
    const struct changing *c = arg;
    const struct restore_files files = {.source = c->r->source,
                                        .id = c->r->id,
                                        .realm = c->r->realm,
                                        .replay = c->r->replay,
                                        .watch = c->r->watch,
                                        .folder = &slot->store->folder,
                                        .file = slot->file,
                                        .vfs = slot->store->config.vfs};
    return restore_files(&files, c->ctx);
}

/* The old one is held from here on, so that nothing is spent in it that the new one does not know. */
static void hold_old(struct changing *c)
{
    int err = realm_view_acquire(c->store, c->r->realm->name, &c->old);
    if (err == 0)
        err = tx_write_begin(c->old->slot, c->old, c->now, &c->held);
    if (err != 0 && err != ERR_NOT_FOUND)
        LOG_WARN("backup", "realm %.*s is replaced unread: %s", STR_ARG(c->r->realm->name),
                 err_text(err));
}

static int carry(const struct changing *c, struct store_write *w)
{
    struct store_read *old = store_write_reader(c->held);
    TRY(once_copy(old, w));
    return c->r->carry ? c->r->carry(old, w) : 0;
}

static int make_void(struct store_write *w, struct realm_view *view, void *arg)
{
    struct changing *c = arg;
    hold_old(c);
    if (c->held)
        TRY(carry(c, w));
    c->carried = c->held != NULL;
    return c->r->fill(w, view, c->r->arg);
}

int restore_in_place(struct store *store, const struct restore_in_place *r, const struct now *now,
                     bool *ret_carried, struct err_ctx *ctx)
{
    struct changing c = {.store = store, .r = r, .now = now, .ctx = ctx};
    const struct realm realm = {.id = r->realm->id, .name = r->realm->name};
    const struct realm_placing placing = {bring, make_void, let_go, &c};
    *ret_carried = false;
    int err = realm_put_in_place(store, &realm, now, &placing);
    *ret_carried = err == 0 && c.carried;
    let_go(&c);
    return err;
}
