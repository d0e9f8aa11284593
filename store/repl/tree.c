#include "store/repl/tree.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

int tree_each(int dir_fd, tree_visit *visit, void *arg)
{
    int fd = openat(dir_fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *list = fd < 0 ? NULL : fdopendir(fd);
    int err = 0;
    if (!list) {
        err = file_err();
        if (fd >= 0)
            (void)close(fd);
        return err;
    }
    /* cppcheck-suppress readdirCalled ; a stream of its own, of one thread */
    for (struct dirent *e = readdir(list); e && err == 0; e = readdir(list))
        if (strcmp(e->d_name, ".") != 0 && strcmp(e->d_name, "..") != 0)
            err = visit(arg, e->d_name);
    (void)closedir(list);
    return err;
}

struct level {
    int dir_fd;
    int depth;
};

static int remove_at(const struct level *level, const char *name);

static int remove_inside(void *arg, const char *name)
{
    return remove_at(arg, name);
}

static int empty_folder(int fd, int depth)
{
    struct level level = {.dir_fd = fd, .depth = depth};
    return tree_each(fd, remove_inside, &level);
}

static int remove_folder(const struct level *level, const char *name)
{
    if (level->depth == TREE_DEPTH_MAX)
        return ERR_TOO_DEEP;
    int fd = openat(level->dir_fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0)
        return file_err();
    int err = empty_folder(fd, level->depth + 1);
    (void)close(fd);
    return err == 0 && unlinkat(level->dir_fd, name, AT_REMOVEDIR) != 0 ? file_err() : err;
}

static int remove_at(const struct level *level, const char *name)
{
    if (unlinkat(level->dir_fd, name, 0) == 0 || errno == ENOENT)
        return 0;
    return errno == EISDIR || errno == EPERM ? remove_folder(level, name) : file_err();
}

int tree_remove(int parent_fd, const char *name)
{
    const struct level top = {.dir_fd = parent_fd};
    return remove_at(&top, name);
}
