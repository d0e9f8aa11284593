/* A whole node out of a backup into a new data folder. */
#include "store/repl/restore.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/archive/folder.h"
#include "store/realm_list.h"
#include "store/sql/realm_row.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define VFS               "unix-excl"
#define LIST_ARENA_BYTES  ((size_t)64 << 20)
#define REALM_ARENA_BYTES ((size_t)4 << 20)

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

int restore_parts(struct arena *a, const struct backup_source *source,
                  const struct backup_manifest *m, struct restore_part **ret_parts)
{
    struct restore_part *parts = ARENA_ARRAY(a, m->realm_count + 1, struct restore_part);
    if (!parts)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < m->realm_count; i++)
        parts[i] = (struct restore_part){.source = source, .id = m->id, .realm = &m->realms[i]};
    *ret_parts = parts;
    return 0;
}

static bool is_wanted(const struct restore_node *r, const struct backup_realm *realm)
{
    bool named = str_absent(r->only) || str_eq(realm->name, r->only);
    return str_eq_c(realm->name, REALM_MASTER) || (named && str_absent(realm->trouble));
}

static int fill_part(const struct restore_node *r, const struct restore_part *part,
                     const struct folder *folder, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct restore_files files = {.source = part->source,
                                  .id = part->id,
                                  .realm = part->realm,
                                  .replay = part->replay,
                                  .watch = r->watch,
                                  .folder = folder,
                                  .vfs = VFS};
    arena_init(&a, (size_t)4 << 10);
    files.file = arena_cstr(&a, part->realm->file);
    return files.file ? restore_files(&files, ctx) : ERR_NO_MEMORY;
}

static int fill_folder(const struct restore_node *r, const struct folder *folder,
                       struct err_ctx *ctx)
{
    TRY(write_key(folder, r->master_key));
    for (size_t i = 0; i < r->part_count; i++)
        if (is_wanted(r, r->parts[i].realm))
            TRY(fill_part(r, &r->parts[i], folder, ctx));
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

struct listed {
    const struct store *store;
    const struct list_row *rows;
    size_t count;
};

/* Realms that were gone by then, or had given their place to another one. */
static int remove_unlisted(void *arg, struct str name)
{
    const struct listed *l = arg;
    struct str file = str_sub(name, 0, name.len - strlen(".db"));
    if (!str_ends(name, STR(".db")))
        return 0;
    for (size_t i = 0; i < l->count; i++)
        if (str_eq(l->rows[i].file, file))
            return 0;
    TRY(archive_remove_all(&l->store->folder, file));
    return folder_db_remove(&l->store->folder, file);
}

int restore_file_of(struct store *store, struct str realm, struct arena *a, struct str *ret_file)
{
    struct list_row row;
    TRY(realm_list_find(store, a, realm, &row));
    *ret_file = row.file;
    return 0;
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
    struct listed listed = {store, rows, count};
    return folder_each(&store->folder, remove_unlisted, &listed);
}

/* Whether the list says of it what it says itself. */
static int agrees(struct slot *slot, const struct list_row *row, struct arena *a, bool *ret_agrees)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct realm_row there;
    TRY(tx_config_read_begin(slot, NULL, &r));
    TRY(realm_row_read(r, a, &there));
    *ret_agrees = str_eq(there.realm.name, row->name) && there.realm.enabled == row->enabled &&
                  str_eq(there.realm.display_name, row->display_name);
    return 0;
}

static int settle_name(struct store *store, const struct list_row *row, bool *ret_settled)
{
    CLEANUP(arena_free) struct arena a;
    struct store_visit visit;
    bool same = true;
    arena_init(&a, REALM_ARENA_BYTES);
    TRY(store_visit_begin(store, row->name, &visit));
    int err = agrees(visit.slot, row, &a, &same);
    if (err == 0 && !same)
        err = realm_list_settle(visit.slot);
    store_visit_end(&visit);
    *ret_settled = err == 0 && !same;
    return err;
}

static int settle_names(struct store *store, bool *ret_any, int *ret_left)
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
    *ret_left = 0;
    for (size_t i = 0; i < count; i++) {
        bool settled = false;
        if (rows[i].state != LIST_READY || str_eq_c(rows[i].file, REALM_MASTER))
            continue;
        int err = settle_name(store, &rows[i], &settled);
        if (err == ERR_CONFLICT)
            *ret_left = err;
        else
            TRY(err);
        *ret_any |= settled;
    }
    return 0;
}

/* A name may be free only when another one was settled. */
int restore_settle_names(struct store *store)
{
    bool any = true;
    int left = ERR_CONFLICT;
    while (any && left != 0) {
        any = false;
        TRY(settle_names(store, &any, &left));
    }
    return left;
}
