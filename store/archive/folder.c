/* Files of archives: written beside their place, brought to disk, moved there. */
#include "store/archive/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

#define ROOT "audit"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

static int open_folder(int parent, const char *name, int *ret_fd)
{
    *ret_fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

/* A folder has its own name on disk before anything in it counts; also one that is there already, which
 * may be of an attempt that failed to flush it. */
static int make_folder(int parent, const char *name, int *ret_fd)
{
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return file_err();
    return fsync(parent) == 0 ? open_folder(parent, name, ret_fd) : file_err();
}

static int realm_folder(const struct folder *folder, const char *realm_file,
                        int (*open_one)(int parent, const char *name, int *ret_fd), int *ret_fd)
{
    int root;
    TRY(open_one(folder->fd, ROOT, &root));
    int err = open_one(root, realm_file, ret_fd);
    close_fd(&root);
    return err;
}

static bool copy_name(char out[ARCHIVE_NAME_MAX], struct str name, const char *suffix)
{
    int len = snprintf(out, ARCHIVE_NAME_MAX, "%.*s%s", STR_ARG(name), suffix);
    /* Names come from our own rows; still none leads out of the folder. */
    return len > 0 && len < ARCHIVE_NAME_MAX && str_find(name, '/') < 0;
}

int archive_open_read(const struct slot *slot, struct str file, int *ret_fd)
{
    char name[ARCHIVE_NAME_MAX];
    int dir;
    if (!copy_name(name, file, ""))
        return ERR_IO;
    TRY(realm_folder(&slot->store->folder, slot->file, open_folder, &dir));
    int err = plain_file_open(dir, name, O_RDONLY, ret_fd);
    close_fd(&dir);
    return err;
}

int archive_file_create(const struct slot *slot, struct str file, struct archive_file *ret_file)
{
    struct archive_file f = {.dir_fd = -1, .fd = -1};
    if (!copy_name(f.name, file, "") || !copy_name(f.temporary, file, ".new"))
        return ERR_TOO_LARGE;
    TRY(realm_folder(&slot->store->folder, slot->file, make_folder, &f.dir_fd));
    (void)unlinkat(f.dir_fd, f.temporary, 0); /* of an attempt that was cut short */
    int err = plain_file_open(f.dir_fd, f.temporary, O_WRONLY | O_CREAT | O_EXCL, &f.fd);
    if (err != 0)
        close_fd(&f.dir_fd);
    else
        *ret_file = f;
    return err;
}

int archive_file_write(struct archive_file *f, const void *bytes, size_t len)
{
    const char *at = bytes;
    while (len > 0) {
        ssize_t n = write(f->fd, at, len);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return file_err();
        at += n;
        len -= (size_t)n;
    }
    return 0;
}

int archive_file_publish(struct archive_file *f)
{
    if (fsync(f->fd) != 0 || renameat(f->dir_fd, f->temporary, f->dir_fd, f->name) != 0)
        return file_err();
    close_fd(&f->fd);
    return fsync(f->dir_fd) == 0 ? 0 : file_err();
}

void archive_file_close(struct archive_file *f)
{
    if (f->fd >= 0)
        (void)unlinkat(f->dir_fd, f->temporary, 0);
    close_fd(&f->fd);
    close_fd(&f->dir_fd);
}

int archive_unlink(const struct slot *slot, struct str file)
{
    char name[ARCHIVE_NAME_MAX];
    int dir;
    if (!copy_name(name, file, ""))
        return ERR_IO;
    int err = realm_folder(&slot->store->folder, slot->file, open_folder, &dir);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    if (unlinkat(dir, name, 0) != 0)
        err = errno == ENOENT ? 0 : file_err();
    else if (fsync(dir) != 0)
        err = file_err();
    close_fd(&dir);
    return err;
}

static int empty_folder(int dir)
{
    int copy = dup(dir);
    DIR *list = copy < 0 ? NULL : fdopendir(copy);
    if (!list) {
        close_fd(&copy);
        return file_err();
    }
    int err = 0;
    /* cppcheck-suppress readdirCalled ; a stream of its own, of one thread */
    for (struct dirent *entry = readdir(list); entry; entry = readdir(list))
        if (entry->d_name[0] != '.' && unlinkat(dir, entry->d_name, 0) != 0)
            err = file_err();
    (void)closedir(list);
    return err;
}

int archive_remove_all(const struct folder *folder, struct str realm_file)
{
    char name[ARCHIVE_NAME_MAX];
    int root, dir;
    if (!copy_name(name, realm_file, ""))
        return ERR_IO;
    int err = open_folder(folder->fd, ROOT, &root);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = open_folder(root, name, &dir);
    if (err == 0) {
        err = empty_folder(dir);
        close_fd(&dir);
        if (err == 0 && (unlinkat(root, name, AT_REMOVEDIR) != 0 || fsync(root) != 0))
            err = file_err();
    }
    close_fd(&root);
    return err == ERR_NOT_FOUND ? 0 : err;
}
