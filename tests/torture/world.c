/* Making the data folder through core's use cases. RSA keys, which take tenths of a second, are made
 * once per program and dealt out again. */
#include "tests/torture/world.h"

#include <errno.h>
#include <ftw.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/admin/bootstrap.h"
#include "core/admin/clients.h"
#include "core/admin/realms.h"
#include "core/admin/users.h"
#include "core/auth/password_change.h"
#include "core/base/asset.h"
#include "core/base/log.h"
#include "core/crypto/pk.h"
#include "core/port/limits.h"
#include "tests/torture/actor.h"
#include "tests/torture/disk.h"
#include "tests/torture/fault_vfs.h"

static char scratch[128];
static char sso_cookie[64];
static struct disk_image *seed;

void world_must(int err, const char *what, const char *file, int line)
{
    if (err == 0)
        return;
    (void)fprintf(stderr, "%s:%d: %s: %s (%s)\n", file, line, what, err_name(err), err_text(err));
    exit(1);
}

/* --- Put in place by the linker --- */

int __real_pk_generate(enum pk_type type, int rsa_bits, struct pk_key **ret_key);
int __wrap_pk_generate(enum pk_type type, int rsa_bits, struct pk_key **ret_key);
const struct asset *__real_asset_all(size_t *ret_count);
const struct asset *__wrap_asset_all(size_t *ret_count);
int __real_store_commit(struct store_write *write, enum durability durability);
int __wrap_store_commit(struct store_write *write, enum durability durability);
int __real_store_commit_p(struct store_write **write, enum durability durability);
int __wrap_store_commit_p(struct store_write **write, enum durability durability);

#define RSA_KEYS 2

static pthread_mutex_t rsa_lock = PTHREAD_MUTEX_INITIALIZER;
static struct pk_key *rsa_keys[RSA_KEYS];
static unsigned rsa_next;

int __wrap_pk_generate(enum pk_type type, int rsa_bits, struct pk_key **ret_key)
{
    int err = 0;
    if (type != PK_RSA)
        return __real_pk_generate(type, rsa_bits, ret_key);
    (void)pthread_mutex_lock(&rsa_lock);
    struct pk_key **place = &rsa_keys[rsa_next++ % RSA_KEYS];
    if (!*place)
        err = __real_pk_generate(type, rsa_bits, place);
    if (err == 0)
        *ret_key = pk_key_ref(*place);
    (void)pthread_mutex_unlock(&rsa_lock);
    return err;
}

int __wrap_hashing_run(hashing_work *work, void *arg);

/* At once: the threads that hash for others are not there in a child. */
int __wrap_hashing_run(hashing_work *work, void *arg)
{
    work(arg);
    return 0;
}

static atomic_bool next_version;

void world_next_version(bool next)
{
    atomic_store(&next_version, next);
}

static const char next_migration[] =
    "ALTER TABLE user ADD COLUMN torture_name TEXT;"
    "UPDATE user SET torture_name = upper(username);"
    "CREATE INDEX user_torture ON user (torture_name);"
    "CREATE TABLE torture (pk INTEGER PRIMARY KEY, name TEXT NOT NULL, hash BLOB) STRICT;"
    "INSERT INTO torture SELECT seq, (SELECT text FROM event_text WHERE pk = type), hash FROM event;"
    "CREATE INDEX torture_hash ON torture (hash);"
    "PRAGMA user_version = 9001;";

const struct asset *__wrap_asset_all(size_t *ret_count)
{
    static struct asset longer[256];
    static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
    const struct asset *all = __real_asset_all(ret_count);
    if (!atomic_load(&next_version))
        return all;
    (void)pthread_mutex_lock(&lock);
    if (*ret_count >= ARRAY_LEN(longer))
        abort();
    memcpy(longer, all, *ret_count * sizeof(*all));
    longer[(*ret_count)++] =
        (struct asset){"store/migrations/9001_torture.sql", (const unsigned char *)next_migration,
                       sizeof(next_migration) - 1, "0"};
    (void)pthread_mutex_unlock(&lock);
    return longer;
}

static atomic_bool skips_flush;

void world_skip_flush(bool skip)
{
    atomic_store(&skips_flush, skip);
}

int __wrap_store_commit(struct store_write *write, enum durability durability)
{
    return __real_store_commit(write, atomic_load(&skips_flush) ? DURABLE_NONE : durability);
}

int __wrap_store_commit_p(struct store_write **write, enum durability durability)
{
    struct store_write *w = *write;
    *write = NULL;
    return __wrap_store_commit(w, durability);
}

/* --- Folders --- */

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *where)
{
    (void)st;
    (void)type;
    (void)where;
    return remove(path);
}

static void remove_tree(const char *path)
{
    if (nftw(path, remove_one, 16, FTW_DEPTH | FTW_PHYS) != 0 && errno != ENOENT) {
        perror(path);
        exit(1);
    }
}

void world_empty(const char *name, char root[WORLD_PATH_MAX])
{
    (void)snprintf(root, WORLD_PATH_MAX, "%s/%s", scratch, name);
    remove_tree(root);
    if (mkdir(root, 0700) != 0) {
        perror(root);
        exit(1);
    }
}

void world_copy(const char *name, char root[WORLD_PATH_MAX])
{
    world_empty(name, root);
    disk_image_write(seed, root);
}

void world_database(const char *root, const char *file, char path[WORLD_PATH_MAX])
{
    int len = snprintf(path, WORLD_PATH_MAX, "%s/data/realms/%s.db", root, file);
    if (len < 0 || len >= WORLD_PATH_MAX)
        abort();
}

int world_open(const char *root, const char *vfs, struct store **ret_store)
{
    char data[WORLD_PATH_MAX + 8];
    struct store_config config = {.data_dir = data,
                                  .vfs = vfs,
                                  .wait_ms = 20000,
                                  .checkpoint_pages = 20,
                                  .readers_per_realm = 4};
    (void)snprintf(data, sizeof(data), "%s/data", root);
    return store_open(&config, ret_store);
}

/* --- The seed --- */

static void add_client(struct actor *a)
{
    struct client web;
    struct str uris[] = {STR(WORLD_CALLBACK)};
    struct store_write *w;
    MUST(admin_client_defaults(&a->ctx, STR(WORLD_CLIENT), &web));
    web.public_client = true;
    web.direct_access_grants_enabled = true;
    MUST(client_attribute_set(&web, &a->arena, CLIENT_ATTR_DEVICE, STR("true")));
    web.redirect_uris = (struct strs){uris, 1};
    MUST(store_write_begin(a->ctx.view, &a->now, &w));
    MUST(admin_client_insert(&a->ctx, w, &web));
    MUST(store_commit(w, DURABLE_LOCAL));
    MUST(realm_view_refresh(&a->ctx.view));
}

static void add_person(struct actor *a)
{
    struct password_change change;
    struct user user = {0};
    struct store_write *w;
    fields_default(&user_fields, &user);
    user.username = STR(WORLD_USER);
    user.first_name = STR("Ana");
    user.last_name = STR("Quispe");
    user.email = STR("ana@example.pe");
    MUST(admin_user_prepare(&a->ctx, &user));
    MUST(store_write_begin(a->ctx.view, &a->now, &w));
    MUST(admin_user_insert(&a->ctx, w, &user));
    MUST(store_commit(w, DURABLE_LOCAL));
    MUST(password_change_prepare(&a->ctx, &user, STR(WORLD_PASSWORD), &change, NULL));
    MUST(store_write_begin(a->ctx.view, &a->now, &w));
    MUST(password_change_store(&a->ctx, w, &change, false, 0, EVENT_CredentialsReset));
    MUST(store_commit(w, DURABLE_LOCAL));
}

static void make_realms(struct actor *a)
{
    MUST(actor_make_realm(a, REALM_MASTER));
    MUST(actor_make_realm(a, WORLD_REALM));
    MUST(actor_enter(a, WORLD_REALM));
    add_client(a);
    add_person(a);
    actor_leave(a);
}

static void keep_seed(const char *root)
{
    const struct disk_state as_it_is = {.cut = 0};
    struct disk *disk = disk_new(root);
    seed = disk_image_new(disk, &as_it_is);
    disk_free(disk);
}

static void make_seed(void)
{
    char root[WORLD_PATH_MAX];
    struct store *store;
    struct history *history = history_open();
    struct actor *a = actor_new(history, "seed");
    world_empty("seed", root);
    MUST(world_open(root, NULL, &store));
    actor_use(a, store);
    make_realms(a);
    MUST(actor_login(a, WORLD_PASSWORD));
    (void)snprintf(sso_cookie, sizeof(sso_cookie), "%s", a->sso_cookie);
    actor_free(a);
    store_close(store);
    history_close(history);
    keep_seed(root);
}

const char *world_sso_cookie(void)
{
    return sso_cookie;
}

void world_start(void)
{
    const char *base = getenv("GARITA_TORTURE_DIR");
    if (!base)
        base = access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp";
    (void)snprintf(scratch, sizeof(scratch), "%s/garita-torture-XXXXXX", base);
    if (!mkdtemp(scratch)) {
        perror(scratch);
        exit(1);
    }
    log_setup(LOG_LEVEL_ERROR + 1, 2, false); /* failures are what this is about */
    fault_vfs_register();
    make_seed();
}

void world_end(void)
{
    for (size_t i = 0; i < RSA_KEYS; i++)
        pk_key_free(&rsa_keys[i]);
    disk_image_free(seed);
    remove_tree(scratch);
}
