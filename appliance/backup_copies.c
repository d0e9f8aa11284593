/* A copy is whole when its list of what it holds is there, which goes last: so a look tells whether there is
 * anything to do, also after a start. */
#include "appliance/backup_copies.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "appliance/backup_event.h"
#include "appliance/file.h"
#include "appliance/routine.h"
#include "core/base/log.h"
#include "core/base/secret.h"
#include "store/offsite/s3.h"
#include "store/page_file.h"
#include "store/plain_file.h"
#include "store/repl/backup.h"
#include "store/repl/backup_folder.h"
#include "store/repl/manifest.h"
#include "store/repl/tree.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define FIRST_MS    10000
#define LOOK_MS     60000
#define RETRY_MS    3600000
#define ARENA_BYTES ((size_t)256 << 10)

struct backup_copies {
    struct store *store;
    struct s3_target target;
    struct arena arena; /* of the secret; zeroed at the end */
    struct routine routine;
    char copied[BACKUP_ID_LEN + 1]; /* known to be there */
};

/* One backup that is being copied. */
struct copying {
    struct backup_copies *copies;
    const char *id;
    int dir_fd;
    struct err_ctx err;
};

static bool goes_on(void *arg)
{
    struct backup_copies *c = arg;
    return routine_pause(&c->routine, 0);
}

static int copy_file(struct copying *c, const char *name)
{
    CLEANUP(arena_free) struct arena a;
    int fd;
    arena_init(&a, ARENA_BYTES);
    struct str object = ARENA_CONCAT(&a, str_c(c->id), STR("/"), str_c(name));
    if (str_absent(object))
        return ERR_NO_MEMORY;
    TRY(plain_file_open(c->dir_fd, name, O_RDONLY, &fd));
    int err = s3_put(&c->copies->target, object, fd, &c->err);
    (void)close(fd);
    return err;
}

static int copy_next(void *arg, const char *name)
{
    return strcmp(name, MANIFEST_NAME) == 0 ? 0 : copy_file(arg, name);
}

static int copy_all(struct copying *c)
{
    TRY(tree_each(c->dir_fd, copy_next, c));
    return copy_file(c, MANIFEST_NAME);
}

static int is_there(struct copying *c, bool *ret_there)
{
    char name[BACKUP_ID_LEN + sizeof("/" MANIFEST_NAME)];
    size_t len = strlen(c->id);
    memcpy(name, c->id, len);
    memcpy(name + len, "/" MANIFEST_NAME, sizeof("/" MANIFEST_NAME));
    return s3_has(&c->copies->target, str_c(name), ret_there, &c->err);
}

static int copy(struct copying *c, bool *ret_was_there)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    struct store *store = c->copies->store;
    TRY(is_there(c, ret_was_there));
    if (*ret_was_there)
        return 0;
    TRY(backup_folder_open(store_backup_dir(store), false, &folder, &c->err));
    TRY(backup_folder_enter(&folder, str_c(c->id), &c->dir_fd));
    int err = copy_all(c);
    (void)close(c->dir_fd);
    return err;
}

static void tell(struct copying *c, int err, bool was_there)
{
    if (err != 0 && !c->err.detail[0])
        (void)err_set(&c->err, err, "%s", err_text(err));
    store_copy_outcome(c->copies->store, err == 0 ? clock_now().wall_ms : 0);
    if (err == 0 && was_there)
        return;
    if (err == 0)
        LOG_INFO("backup", "backup %s was copied to %.*s", c->id, STR_ARG(c->copies->target.host));
    else
        LOG_ERROR("backup", "copy of backup %s: %s", c->id, c->err.detail);
    backup_event(c->copies->store, err == 0 ? EVENT_BackupCopied : EVENT_BackupCopyFailed, "backup",
                 str_c(c->id), err == 0 ? STR("") : str_c(c->err.detail));
}

/* How long to wait for the next look; negative when it is time to end. */
static int64_t round_once(struct backup_copies *copies)
{
    char last[BACKUP_ID_LEN + 1];
    bool was_there = false;
    struct copying c = {.copies = copies, .id = last, .dir_fd = -1};
    store_backup_last(copies->store, last);
    if (!last[0] || strcmp(last, copies->copied) == 0)
        return LOOK_MS;
    int err = copy(&c, &was_there);
    if (err == ERR_CANCELLED)
        return -1;
    tell(&c, err, was_there);
    if (err == 0)
        memcpy(copies->copied, last, sizeof(last));
    return err == 0 ? LOOK_MS : RETRY_MS;
}

static void *run(void *arg)
{
    struct backup_copies *copies = arg;
    int64_t wait_ms = FIRST_MS;
    while (wait_ms >= 0 && routine_pause(&copies->routine, wait_ms))
        wait_ms = round_once(copies);
    return NULL;
}

/* --- Life --- */

static int read_settings(struct backup_copies *copies, const struct config *c, struct err_ctx *err)
{
    struct s3_target *t = &copies->target;
    *t = (struct s3_target){.region = str_c(c->backup_copy_region),
                            .key_id = str_c(c->backup_copy_key_id),
                            .bytes_per_s = c->backup_pages_per_s * PAGE_BYTES,
                            .goes_on = goes_on,
                            .arg = copies};
    if (!c->backup_dir[0])
        return err_set(err, ERR_CONFIG, "backup-copy-url is for backups: set backup-dir, too");
    if (!c->backup_copy_key_id[0] || !c->backup_copy_secret_file[0])
        return err_set(err, ERR_CONFIG,
                       "backup-copy-url needs backup-copy-key-id and backup-copy-secret-file");
    TRY(s3_target_of(str_c(c->backup_copy_url), t, err));
    return secret_read(&copies->arena, c->backup_copy_secret_file, &t->secret, err);
}

static void free_copies(struct backup_copies *copies)
{
    arena_free(&copies->arena);
    free(copies);
}

int backup_copies_start(struct store *store, const struct config *config, struct err_ctx *err,
                        struct backup_copies **ret_copies)
{
    *ret_copies = NULL;
    if (!config->backup_copy_url[0])
        return 0;
    struct backup_copies *copies = calloc(1, sizeof(*copies));
    if (!copies)
        return ERR_NO_MEMORY;
    copies->store = store;
    arena_init(&copies->arena, ARENA_BYTES);
    int rc = read_settings(copies, config, err);
    if (rc == 0)
        store_copies_wanted(store);
    if (rc == 0)
        rc = routine_start(&copies->routine, run, copies);
    if (rc == 0)
        *ret_copies = copies;
    else
        free_copies(copies);
    return rc;
}

void backup_copies_stop(struct backup_copies *copies)
{
    if (!copies)
        return;
    routine_stop(&copies->routine);
    free_copies(copies);
}
