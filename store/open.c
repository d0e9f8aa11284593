/* Opening and closing a store: folder, lock, master key, master database, what a crash left. */
#include "store/store.h"

#include <stdlib.h>
#include <sys/stat.h>

#include "core/base/log.h"
#include "core/base/rng.h"
#include "core/crypto/init.h"
#include "core/crypto/kdf.h"
#include "store/archive/folder.h"
#include "store/cache/cache.h"
#include "store/fence.h"
#include "store/realm_list.h"
#include "store/repl/backup.h"
#include "store/repl/node.h"
#include "store/space.h"
#include "store/sql/store_info.h"
#include "store/timekeeper.h"

#include "core/base/banned.h"

#define DEFAULT_OPEN_REALMS      64
#define DEFAULT_READERS          8
#define DEFAULT_VIEWS            256
#define DEFAULT_WAIT_MS          10000
#define DEFAULT_CHECKPOINT_PAGES 4000
#define SCRATCH_BYTES            ((size_t)16 << 20)

static size_t or_default(size_t value, size_t fallback)
{
    return value ? value : fallback;
}

static int take_config(struct store *store, const struct store_config *config)
{
    store->config = *config;
    store->config.data_dir = NULL;
    store->config.read_only |= config->is_copy;
    store->config.ctx = NULL;
    store->config.sink = NULL; /* it has its place among the others */
    store->config.vfs = strdup(config->vfs ? config->vfs : "unix-excl");
    store->config.master_key_path =
        config->master_key_path ? strdup(config->master_key_path) : NULL;
    store->config.backup_dir = config->backup_dir ? strdup(config->backup_dir) : NULL;
    store->open_limit = or_default(config->max_open_realms, DEFAULT_OPEN_REALMS);
    store->reader_limit = or_default(config->readers_per_realm, DEFAULT_READERS);
    store->view_limit = or_default(config->max_views, DEFAULT_VIEWS);
    if (store->config.wait_ms <= 0)
        store->config.wait_ms = DEFAULT_WAIT_MS;
    if (store->config.checkpoint_pages <= 0)
        store->config.checkpoint_pages = DEFAULT_CHECKPOINT_PAGES;
    bool copied = store->config.vfs &&
                  (store->config.master_key_path || !config->master_key_path) &&
                  (store->config.backup_dir || !config->backup_dir);
    return copied ? 0 : ERR_NO_MEMORY;
}

/* The mark by which a wrong master key is told: it says nothing about the key. */
static int key_mark(const struct store *store, struct str id, unsigned char mark[KDF_KEY_BYTES])
{
    return kdf_derive(secret_view(&store->master_key), "master-key-mark", id, mark);
}

static int mark_key(struct store *store)
{
    struct now now = clock_now();
    char id[UUID_TEXT_LEN + 1];
    unsigned char mark[KDF_KEY_BYTES];
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    uuid_v4(id);
    TRY(key_mark(store, str_c(id), mark));
    TRY(tx_write_begin(store->master, NULL, &now, &w));
    TRY(store_info_insert(w, str_c(id), str_of((const char *)mark, sizeof(mark))));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int check_key(struct store *store, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct str id, stored;
    unsigned char mark[KDF_KEY_BYTES];
    arena_init(&a, SCRATCH_BYTES);
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(tx_config_read_begin(store->master, NULL, &r));
        int err = store_info_read(r, &a, &id, &stored);
        if (err != 0 && err != ERR_NOT_FOUND)
            return err;
        if (err == ERR_NOT_FOUND)
            id = str_of(NULL, 0);
    }
    if (str_absent(id))
        return store->config.standby ? 0 : mark_key(store);
    TRY(key_mark(store, id, mark));
    if (!str_eq(stored, str_of((const char *)mark, sizeof(mark))))
        return err_set(ctx, ERR_SEAL,
                       "this is not the master key of this data folder: put back its own");
    return 0;
}

/* A realm that was being made or deleted is removed; one whose settings were being changed is
 * settled. */
static int tidy_row(struct store *store, const struct list_row *row)
{
    struct slot *slot;
    LOG_INFO("store", "realm %.*s was left unfinished (%d): tidying up", STR_ARG(row->name),
             (int)row->state);
    if (row->state == LIST_BEING_CHANGED) {
        TRY(slot_find(store, row->name, &slot));
        int err = realm_list_settle(slot);
        return fence_err(slot) != 0 ? 0 : err; /* it stays unsettled, and shut */
    }
    TRY(archive_remove_all(&store->folder, row->file));
    TRY(folder_db_remove(&store->folder, row->file));
    struct now now = clock_now();
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(tx_write_begin(store->master, NULL, &now, &w));
    TRY(realm_list_remove(w, row->file));
    return store_commit_p(&w, DURABLE_LOCAL);
}

static int remove_doomed(void *arg, struct str name)
{
    const struct store *store = arg;
    if (!str_ends(name, STR(".db" DOOM_SUFFIX)))
        return 0;
    struct str file = str_sub(name, 0, name.len - strlen(".db" DOOM_SUFFIX));
    if (str_eq_c(file, REALM_MASTER))
        return 0;
    int err = archive_remove_all(&store->folder, file);
    if (err == 0)
        err = folder_db_remove(&store->folder, file);
    if (err != 0)
        LOG_WARN("store", "realms/%.*s.db, of a deleted realm, is removed at the next start: %s",
                 STR_ARG(file), err_text(err));
    return 0;
}

/* What a standby was to delete and could not before it ended (follower_work.c): its list may have forgotten
 * the realm. */
static int remove_all_doomed(struct store *store)
{
    return store->config.read_only ? 0 : folder_each(&store->folder, remove_doomed, store);
}

static int tidy_up(struct store *store)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row *rows;
    size_t count;
    arena_init(&a, SCRATCH_BYTES);
    {
        CLEANUP(store_read_end_p) struct store_read *r = NULL;
        TRY(tx_config_read_begin(store->master, NULL, &r));
        TRY(realm_list_unfinished(r, &a, &rows, &count));
    }
    for (size_t i = 0; i < count; i++)
        TRY(tidy_row(store, &rows[i]));
    return 0;
}

/* The master realm's id, once it has one. */
static int learn_master_id(struct store *store)
{
    CLEANUP(arena_free) struct arena a;
    struct list_row row;
    arena_init(&a, SCRATCH_BYTES);
    int err = realm_list_find(store, &a, STR(REALM_MASTER), &row);
    if (err == 0)
        err = slot_set_id(store->master, row.id);
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int read_master(struct store *store, struct err_ctx *ctx)
{
    TRY(timekeeper_resume(store));
    TRY(check_key(store, ctx));
    TRY(learn_master_id(store));
    return fence_load(store);
}

/* On a standby there is nothing to read when the list of realms is still to come. */
static int read_followed_master(struct store *store, struct err_ctx *ctx)
{
    struct realm_db *db;
    if (folder_db_bytes(&store->folder, STR(REALM_MASTER)) <= 0)
        return 0;
    TRY(slot_db_acquire_to_follow(store->master, &db));
    bool readable = atomic_load(&db->unreadable) == 0;
    slot_db_release(store->master, db);
    return readable ? read_master(store, ctx) : 0;
}

static int open_master(struct store *store, struct err_ctx *ctx)
{
    TRY(slot_table_init(store));
    TRY(slot_new(store, STR(REALM_MASTER), STR(""), STR(REALM_MASTER), &store->master));
    store->master->may_create = !store->config.standby;
    slot_publish(store->master);
    if (store->config.standby)
        return read_followed_master(store, ctx);
    TRY(read_master(store, ctx));
    return store->config.read_only ? 0 : tidy_up(store);
}

static int count_other(void *arg, struct str name)
{
    size_t *count = arg;
    *count += str_ends(name, STR(".db")) && !str_eq(name, STR(REALM_MASTER ".db"));
    return 0;
}

/* A folder that has or had realms has had a master: a new one would forget them. */
static int check_fresh(const struct folder *folder, struct err_ctx *ctx)
{
    size_t others = 0;
    TRY(folder_each(folder, count_other, &others));
    if (others == 0)
        return folder_check_unused(folder, ctx);
    return err_set(
        ctx, ERR_STORE_CORRUPT,
        "realms/master.db is missing or empty while other realms are there: put it back, "
        "or restore it from a backup");
}

/* Without room the server still starts, and the next start tries again. */
static void mark_founded(const struct store *store)
{
    int err = tx_may_write(store) != 0 ? 0 : folder_mark_founded(&store->folder);
    if (err != 0)
        LOG_WARN("store", "the data folder cannot be marked as one that has realms: %s",
                 err_text(err));
}

/* A folder that follows another one takes no changes of its own, nor does one whose reign is over. */
static int take_role(struct store *store, struct err_ctx *ctx)
{
    struct node_state state;
    TRY(node_open(store->folder.fd, &store->node, ctx));
    node_look(store->node, &state);
    store->config.standby |= state.role == REPL_STANDBY || node_is_fenced(&state);
    atomic_store(&store->rewinds, state.role == REPL_STANDBY && state.rewinds);
    return 0;
}

static int load_key(struct store *store, const char *path, struct err_ctx *ctx)
{
    bool fresh = folder_db_bytes(&store->folder, STR(REALM_MASTER)) <= 0;
    if (fresh && !store->config.standby)
        TRY(check_fresh(&store->folder, ctx));
    return master_key_load(&store->folder, path, fresh && tx_may_write(store) == 0,
                           &store->master_key, ctx);
}

static int open_parts(struct store *store, const struct store_config *config)
{
    TRY(crypto_init());
    TRY(take_config(store, config));
    TRY(folder_open(config->data_dir, &store->folder, config->ctx));
    TRY(take_role(store, config->ctx));
    TRY(load_key(store, config->master_key_path, config->ctx));
    space_look(store);
    TRY(remove_all_doomed(store));
    TRY(open_master(store, config->ctx));
    mark_founded(store);
    if (!store->config.is_copy)
        strays_tell(store);
    TRY(cache_open(store)); /* a folder that is refused stays as it is */
    timekeeper_round(store);
    if (store->config.backup_dir)
        backup_recall(store);
    return keeper_start(store);
}

static void tell_failed_start(const struct store *store, int err, struct err_ctx *ctx)
{
    const char *reason = store->master ? store->master->fence_reason : "";
    if (ctx && ctx->detail[0] == '\0')
        (void)err_set(ctx, err, "%s", reason[0] ? reason : err_text(err));
}

int store_open(const struct store_config *config, struct store **ret_store)
{
    struct store *store = calloc(1, sizeof(*store));
    if (!store)
        return ERR_NO_MEMORY;
    /* Databases, logs and keys are for nobody else, whoever makes them. */
    (void)umask(077);
    store->folder = (struct folder){.fd = -1, .realms_fd = -1, .lock_fd = -1};
    (void)pthread_mutex_init(&store->lock, NULL);
    (void)pthread_mutex_init(&store->time.lock, NULL);
    marks_init(&store->marks);
    repl_sinks_init(&store->sinks, config->sink);
    gate_init(&store->gate);
    int err = open_parts(store, config);
    if (err != 0) {
        tell_failed_start(store, err, config->ctx);
        store->hands_off = true;
        store_close(store);
        return err;
    }
    *ret_store = store;
    return 0;
}

static void free_text(const char *text)
{
    union {
        const char *in;
        char *out;
    } owned = {text};
    free(owned.out);
}

void store_close(struct store *store)
{
    if (!store)
        return;
    bool opened = store->keeper_runs;
    keeper_stop(store);
    store_sign_heads(store);
    if (opened)
        timekeeper_close(store);
    cache_close(store);
    while (store->slots) {
        struct slot *slot = store->slots;
        store->slots = slot->next;
        slot_free(slot);
    }
    free(store->hash);
    secret_free(&store->master_key);
    node_close(store->node);
    folder_close(&store->folder); /* the lock goes last */
    (void)pthread_mutex_destroy(&store->lock);
    (void)pthread_mutex_destroy(&store->time.lock);
    repl_sinks_free(&store->sinks);
    free_text(store->config.vfs);
    free_text(store->config.master_key_path);
    free_text(store->config.backup_dir);
    free(store);
}

const char *store_backup_dir(const struct store *store)
{
    return store->config.backup_dir;
}
