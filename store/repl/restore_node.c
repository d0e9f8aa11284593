/* A whole node out of a backup into a new data folder. */
#include "store/repl/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/realm_list.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define VFS              "unix-excl"
#define LIST_ARENA_BYTES ((size_t)64 << 20)

static int write_key(const struct folder *folder, const struct secret *key)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    int dir = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return ERR_IO;
    TRY(whole_file_create(dir, STR("master.key"), &file));
    TRY(whole_file_write(&file, key->ptr, key->len));
    return whole_file_publish(&file);
}

static bool is_wanted(const struct restore_node *r, const struct backup_realm *realm)
{
    bool named = str_absent(r->only) || str_eq(realm->name, r->only);
    return str_eq_c(realm->name, REALM_MASTER) || (named && str_absent(realm->trouble));
}

static int fill_folder(const struct restore_node *r, const struct folder *folder,
                       struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, (size_t)64 << 10);
    TRY(write_key(folder, r->master_key));
    for (size_t i = 0; i < r->manifest->realm_count; i++) {
        const struct backup_realm *realm = &r->manifest->realms[i];
        struct restore_files files = {.source = r->source,
                                      .id = r->manifest->id,
                                      .realm = realm,
                                      .watch = r->watch,
                                      .folder = folder,
                                      .vfs = VFS};
        if (!is_wanted(r, realm))
            continue;
        arena_reset(&a);
        files.file = arena_cstr(&a, realm->file);
        if (!files.file)
            return ERR_NO_MEMORY;
        TRY(restore_files(&files, ctx));
    }
    return 0;
}

int restore_node(const struct restore_node *r, const char *dir, struct err_ctx *ctx)
{
    struct folder folder;
    if (mkdir(dir, 0700) != 0)
        return err_set(ctx, errno == EEXIST ? ERR_CONFLICT : ERR_IO, "%.200s: %s", dir,
                       errno == EEXIST ? "it is there already: name a new folder"
                                       : strerror(errno));
    TRY(folder_open(dir, &folder, ctx));
    int err = fill_folder(r, &folder, ctx);
    folder_close(&folder);
    return err;
}

/* --- The list of realms --- */

static int take_out(struct store *store, struct str file)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    struct now now = clock_now();
    TRY(tx_write_begin(store->master, NULL, &now, &w));
    TRY(realm_list_remove(w, file));
    return store_commit_p(&w, DURABLE_LOCAL);
}

int restore_settle(struct store *store)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row *rows;
    size_t count;
    arena_init(&a, LIST_ARENA_BYTES);
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(tx_config_read_begin(store->master, NULL, &r));
        TRY(realm_list_all(r, &a, &rows, &count));
    }
    for (size_t i = 0; i < count; i++)
        if (folder_db_bytes(&store->folder, rows[i].file) < 0)
            TRY(take_out(store, rows[i].file));
    return 0;
}
