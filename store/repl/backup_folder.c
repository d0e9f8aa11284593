#include "store/repl/backup_folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "store/plain_file.h"
#include "store/repl/tree.h"

#include "core/base/banned.h"

#define BACKUPS_MAX 100000
#define NAME_BYTES  (BACKUP_ID_LEN + 8)

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* --- Names --- */

void backup_id_of(int64_t wall_ms, char id[BACKUP_ID_LEN + 1])
{
    char time[25];
    size_t n = 0;
    clock_rfc3339(wall_ms, time);
    for (const char *c = time; *c && n < BACKUP_ID_LEN; c++)
        if (*c != '-' && *c != ':')
            id[n++] = *c;
    id[n] = '\0';
}

bool backup_id_is_valid(struct str id)
{
    static const char shape[] = "dddddddd"
                                "Tdddddd.ddd"
                                "Z";
    if (id.len != BACKUP_ID_LEN)
        return false;
    for (size_t i = 0; i < BACKUP_ID_LEN; i++)
        if (shape[i] == 'd' ? id.ptr[i] < '0' || id.ptr[i] > '9' : id.ptr[i] != shape[i])
            return false;
    return true;
}

/* Of a backup that is being made, or removed. */
static void hidden_name(struct str id, const char *suffix, char name[NAME_BYTES])
{
    (void)snprintf(name, NAME_BYTES, ".%.*s%s", STR_ARG(id), suffix);
}

/* --- The folder itself --- */

static int tell(struct err_ctx *ctx, int err, const char *path, const char *why)
{
    return err_set(ctx, err == ERR_CONFIG || err == ERR_CONFLICT ? err : ERR_BACKUP,
                   "folder of backups %.100s: %s", path, why);
}

static int check_folder(const char *path, int fd, struct err_ctx *ctx)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return tell(ctx, file_err(), path, strerror(errno));
    if (st.st_mode & 022)
        return tell(ctx, ERR_CONFIG, path, "others may write there: chmod go-w it");
    return 0;
}

static int take_lock(struct backup_folder *f, const char *path, struct err_ctx *ctx)
{
    int err = plain_file_open(f->fd, "lock", O_RDWR | O_CREAT, &f->lock_fd);
    if (err != 0)
        return tell(ctx, err, path, strerror(errno));
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) == 0)
        return 0;
    return tell(ctx, ERR_CONFLICT, path, "another backup is being made there");
}

static int open_parts(struct backup_folder *f, const char *path, bool writes, struct err_ctx *ctx)
{
    if (writes && mkdir(path, 0700) != 0 && errno != EEXIST)
        return tell(ctx, file_err(), path, strerror(errno));
    f->fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (f->fd < 0)
        return tell(ctx, file_err(), path, strerror(errno));
    TRY(check_folder(path, f->fd, ctx));
    return writes ? take_lock(f, path, ctx) : 0;
}

int backup_folder_open(const char *path, bool writes, struct backup_folder *ret_folder,
                       struct err_ctx *ctx)
{
    struct backup_folder f = BACKUP_FOLDER_NONE;
    int err = open_parts(&f, path, writes, ctx);
    if (err != 0)
        backup_folder_close(&f);
    else
        *ret_folder = f;
    return err;
}

void backup_folder_close(struct backup_folder *folder)
{
    close_fd(&folder->fd);
    close_fd(&folder->lock_fd);
}

/* --- What is in it --- */

/* ".20261126T190000.123Z.new" */
static int remove_remains(void *arg, const char *name)
{
    const struct backup_folder *folder = arg;
    if (name[0] != '.' || !backup_id_is_valid(str_sub(str_c(name), 1, BACKUP_ID_LEN)))
        return 0;
    return tree_remove(folder->fd, name);
}

int backup_folder_begin(const struct backup_folder *folder, const char *id, int *ret_fd)
{
    char name[NAME_BYTES];
    struct backup_folder same = *folder;
    hidden_name(str_c(id), ".new", name);
    TRY(tree_each(folder->fd, remove_remains, &same));
    if (mkdirat(folder->fd, name, 0700) != 0)
        return file_err();
    *ret_fd = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

int backup_folder_publish(const struct backup_folder *folder, const char *id, int fd)
{
    char name[NAME_BYTES];
    hidden_name(str_c(id), ".new", name);
    if (fsync(fd) != 0)
        return file_err();
    if (renameat(folder->fd, name, folder->fd, id) != 0)
        return errno == EEXIST || errno == ENOTEMPTY ? ERR_CONFLICT : file_err();
    return fsync(folder->fd) == 0 ? 0 : file_err();
}

void backup_folder_abandon(const struct backup_folder *folder, const char *id)
{
    char name[NAME_BYTES];
    hidden_name(str_c(id), ".new", name);
    (void)!tree_remove(folder->fd, name); /* or by the next attempt */
}

struct id_list {
    struct arena *arena;
    struct str *items;
    size_t count, cap;
};

static int add_id(void *arg, const char *name)
{
    struct id_list *list = arg;
    if (!backup_id_is_valid(str_c(name)))
        return 0;
    if (list->count == BACKUPS_MAX)
        return ERR_TOO_LARGE;
    if (list->count == list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 64;
        struct str *items = ARENA_ARRAY(list->arena, cap, struct str);
        if (!items)
            return ERR_NO_MEMORY;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count] = arena_str_c(list->arena, name);
    return str_absent(list->items[list->count++]) ? ERR_NO_MEMORY : 0;
}

static int by_name(const void *a, const void *b)
{
    return str_cmp(*(const struct str *)a, *(const struct str *)b);
}

int backup_folder_list(const struct backup_folder *folder, struct arena *a, struct str **ret_ids,
                       size_t *ret_count)
{
    struct id_list list = {.arena = a};
    TRY(tree_each(folder->fd, add_id, &list));
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(*list.items), by_name);
    *ret_ids = list.items;
    *ret_count = list.count;
    return 0;
}

int backup_folder_enter(const struct backup_folder *folder, struct str id, int *ret_fd)
{
    char name[NAME_BYTES];
    if (!backup_id_is_valid(id))
        return ERR_NOT_FOUND;
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(id));
    *ret_fd = openat(folder->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

int backup_folder_remove(const struct backup_folder *folder, struct str id)
{
    char name[NAME_BYTES], hidden[NAME_BYTES];
    if (!backup_id_is_valid(id))
        return ERR_NOT_FOUND;
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(id));
    hidden_name(id, ".old", hidden);
    if (renameat(folder->fd, name, folder->fd, hidden) != 0 || fsync(folder->fd) != 0)
        return file_err();
    return tree_remove(folder->fd, hidden);
}
