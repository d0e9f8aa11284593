/* The folders of the archive, and what becomes of reels there. */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/journal.h"
#include "store/repl/reel.h"
#include "store/repl/tree.h"

#include "core/base/banned.h"

#define REELS_MAX    1000000
#define LOCK_WAIT_MS 10000
#define LOCK_STEP_MS 20
#define WISH_NAME    "base.wanted"

/* --- Folders --- */

static int enter(int parent, const char *name, bool make, int *ret_fd)
{
    if (make && mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return file_err();
    if (make && fsync(parent) != 0)
        return file_err();
    *ret_fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

int journal_root(int backups_fd, bool make, int *ret_fd)
{
    return enter(backups_fd, JOURNAL_FOLDER, make, ret_fd);
}

int journal_folder(int backups_fd, const char *file, bool make, int *ret_fd)
{
    int root;
    TRY(journal_root(backups_fd, make, &root));
    int err = enter(root, file, make, ret_fd);
    (void)close(root);
    return err;
}

int journal_lock(int backups_fd, bool alone, int *ret_fd)
{
    int root;
    TRY(journal_root(backups_fd, false, &root));
    int err = plain_file_open(root, "lock", O_RDWR | O_CREAT, ret_fd);
    (void)close(root);
    TRY(err);
    for (int waited_ms = 0; flock(*ret_fd, (alone ? LOCK_EX : LOCK_SH) | LOCK_NB) != 0;
         waited_ms += LOCK_STEP_MS) {
        if (alone || waited_ms >= LOCK_WAIT_MS) {
            (void)close(*ret_fd);
            return ERR_CONFLICT;
        }
        (void)usleep(LOCK_STEP_MS * 1000);
    }
    return 0;
}

/* --- Lists --- */

struct names {
    struct arena *arena;
    struct str *items;
    size_t count, cap;
};

static int add_name(void *arg, const char *name)
{
    struct names *list = arg;
    struct reel_name parsed;
    if (!reel_name_parse(str_c(name), &parsed))
        return 0;
    if (list->count == REELS_MAX)
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

int journal_list(int dir_fd, struct arena *a, struct str **ret_names, size_t *ret_count)
{
    struct names list = {.arena = a};
    TRY(tree_each(dir_fd, add_name, &list));
    if (list.count > 1)
        qsort(list.items, list.count, sizeof(*list.items), by_name);
    *ret_names = list.items;
    *ret_count = list.count;
    return 0;
}

/* --- The wish for a base --- */

int journal_wish_read(int dir_fd, bool *ret_wished)
{
    *ret_wished = faccessat(dir_fd, WISH_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    return *ret_wished || errno == ENOENT ? 0 : file_err();
}

int journal_wish_write(int dir_fd, bool wished)
{
    int fd;
    if (!wished) {
        if (unlinkat(dir_fd, WISH_NAME, 0) != 0 && errno != ENOENT)
            return file_err();
    } else {
        TRY(plain_file_open(dir_fd, WISH_NAME, O_WRONLY | O_CREAT, &fd));
        (void)close(fd);
    }
    return fsync(dir_fd) == 0 ? 0 : file_err();
}
