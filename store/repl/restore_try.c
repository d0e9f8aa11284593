/* A restore that nobody asked for: the only proof that a backup is one. */
#include "store/repl/restore.h"

#include <stdio.h>

#include "core/port/events.h"
#include "core/port/users.h"
#include "store/repl/tree.h"
#include "store/space.h"
#include "store/store.h"

#include "core/base/banned.h"

#define TRIAL             "trial"
#define LOOK_ARENA_BYTES  ((size_t)512 << 20)
#define REALM_ARENA_BYTES ((size_t)256 << 20)

struct trial {
    struct store *store;
    struct store *copy;
    struct backup_manifest manifest;
    struct restore_trial result;
    struct err_ctx *ctx;
};

static int refuse(const struct trial *t, const struct backup_realm *realm, const char *why)
{
    return err_set(t->ctx, ERR_BACKUP, "backup %.*s restored on trial: realm %.*s %s",
                   (int)BACKUP_ID_LEN, t->manifest.id.ptr,
                   (int)(realm->name.len < 64 ? realm->name.len : 64), realm->name.ptr, why);
}

static int compare(struct trial *t, const struct backup_realm *realm, struct realm_view *view,
                   struct arena *a)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct event_verdict verdict;
    int64_t people;
    TRY(store_read_begin(view, &r));
    TRY(user_count(r, &people));
    TRY(event_verify(r, a, &verdict));
    if (people != realm->people)
        return refuse(t, realm, "has another number of people");
    if (verdict.bad_seq != 0 || verdict.head_seq != realm->events)
        return refuse(t, realm, "has an audit chain that does not hold");
    t->result.realms++;
    t->result.people += people;
    t->result.events += verdict.checked;
    return 0;
}

static int prove_realm(struct trial *t, const struct backup_realm *realm)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    arena_init(&a, REALM_ARENA_BYTES);
    TRY(realm_view_acquire(t->copy, realm->name, &view));
    return compare(t, realm, view, &a);
}

static int prove_all(struct trial *t, const struct backup_watch *watch)
{
    for (size_t i = 0; i < t->manifest.realm_count; i++) {
        const struct backup_realm *realm = &t->manifest.realms[i];
        if (!str_absent(realm->trouble))
            continue;
        int err = prove_realm(t, realm);
        if (err != 0 && err != ERR_BACKUP && err != ERR_NO_MEMORY)
            return refuse(t, realm, err_text(err));
        TRY(err);
        if (watch && !watch->step(watch->arg, realm->name, realm->pages, realm->pages))
            return ERR_CANCELLED;
    }
    return 0;
}

static int prove(struct trial *t, const char *dir, const struct backup_watch *watch)
{
    struct err_ctx why = {0};
    const struct store_config config = {
        .data_dir = dir, .is_copy = true, .cache_memory_bytes = -1, .ctx = &why};
    int err = store_open(&config, &t->copy);
    if (err != 0)
        return err_set(t->ctx, ERR_BACKUP, "backup %.*s restored on trial: %.180s",
                       (int)BACKUP_ID_LEN, t->manifest.id.ptr, why.detail);
    err = prove_all(t, watch);
    store_close(t->copy);
    return err;
}

/* What it will take, and the reserve beside it. */
static int check_room(const struct trial *t)
{
    int64_t bytes = 0;
    for (size_t i = 0; i < t->manifest.realm_count; i++)
        bytes += t->manifest.realms[i].pages * t->manifest.realms[i].page_bytes;
    if (bytes < atomic_load(&t->store->free_bytes) / 2)
        return 0;
    return err_set(t->ctx, ERR_BACKUP,
                   "the backup was not restored on trial: that takes %lld MiB beside the data",
                   (long long)(bytes >> 20));
}

static int try_in(struct trial *t, const struct backup_source *source, const char *dir,
                  struct arena *a, const struct backup_watch *watch)
{
    struct restore_part *parts;
    TRY(restore_parts(a, source, &t->manifest, &parts));
    const struct restore_node node = {.parts = parts,
                                      .part_count = t->manifest.realm_count,
                                      .master_key = &t->store->master_key,
                                      .watch = watch};
    TRY(restore_node(&node, dir, t->ctx));
    return prove(t, dir, watch);
}

int restore_try(struct store *store, const struct backup_source *source, struct str id,
                const struct backup_watch *watch, struct restore_trial *ret_trial,
                struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct trial t = {.store = store, .ctx = ctx};
    char dir[FOLDER_PATH_MAX];
    arena_init(&a, LOOK_ARENA_BYTES);
    TRY(backup_look(source, id, &a, &t.manifest));
    if (snprintf(dir, sizeof(dir), "%s/" TRIAL, store->folder.path) >= (int)sizeof(dir))
        return ERR_TOO_LARGE;
    TRY(tree_remove(store->folder.fd, TRIAL)); /* of one that was cut short */
    TRY(check_room(&t));
    int err = try_in(&t, source, dir, &a, watch);
    if (tree_remove(store->folder.fd, TRIAL) != 0 && err == 0)
        err = ERR_IO;
    if (err == 0) {
        atomic_store(&store->backup.proved_ms, clock_now().wall_ms);
        *ret_trial = t.result;
    }
    return err;
}
