/* Files of archives: written beside their place, brought to disk, moved there. */
#include "store/archive/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

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
    TRY(open_one(folder->fd, ARCHIVES_NAME, &root));
    int err = open_one(root, realm_file, ret_fd);
    close_fd(&root);
    return err;
}

int archive_open_read(const struct slot *slot, struct str file, int *ret_fd)
{
    char name[WHOLE_FILE_NAME_MAX];
    int dir;
    if (!whole_file_name(name, file, ""))
        return ERR_IO;
    TRY(realm_folder(&slot->store->folder, slot->file, open_folder, &dir));
    int err = plain_file_open(dir, name, O_RDONLY, ret_fd);
    close_fd(&dir);
    return err;
}

int archive_file_create(const struct folder *folder, const char *realm_file, struct str file,
                        struct whole_file *ret_file)
{
    int dir;
    TRY(realm_folder(folder, realm_file, make_folder, &dir));
    return whole_file_create(dir, file, ret_file);
}

/* The name is on disk when it returns 0. */
static int link_in(int dir, struct str file, int fd)
{
    char name[WHOLE_FILE_NAME_MAX], temporary[WHOLE_FILE_NAME_MAX], path[64];
    if (!whole_file_name(name, file, "") || !whole_file_name(temporary, file, WHOLE_FILE_TEMPORARY))
        return ERR_IO;
    (void)snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
    (void)unlinkat(dir, temporary, 0); /* of an attempt that was cut short */
    if (linkat(AT_FDCWD, path, dir, temporary, AT_SYMLINK_FOLLOW) != 0 ||
        renameat(dir, temporary, dir, name) != 0)
        return file_err();
    return fsync(dir) == 0 ? 0 : file_err();
}

int archive_file_link(const struct folder *folder, const char *realm_file, struct str file, int fd)
{
    int dir;
    TRY(realm_folder(folder, realm_file, make_folder, &dir));
    int err = link_in(dir, file, fd);
    close_fd(&dir);
    return err;
}

#define SUM_PIECE_BYTES ((size_t)1 << 20)

struct sum {
    struct str left;
    const atomic_bool *is_cancelled;
};

static int next_piece(void *arg, struct str *ret_piece)
{
    struct sum *s = arg;
    size_t len = s->left.len < SUM_PIECE_BYTES ? s->left.len : SUM_PIECE_BYTES;
    if (s->is_cancelled && atomic_load(s->is_cancelled))
        return ERR_CANCELLED;
    *ret_piece = str_sub(s->left, 0, len);
    s->left = str_from(s->left, len);
    return 0;
}

int archive_file_sum(int fd, const atomic_bool *is_cancelled, uint64_t *ret_bytes,
                     unsigned char ret_hash[BLAKE2B_BYTES])
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return file_err();
    size_t len = (size_t)st.st_size;
    void *content = len > 0 ? mmap(NULL, len, PROT_READ, MAP_PRIVATE, fd, 0) : NULL;
    if (content == MAP_FAILED)
        return ERR_NO_MEMORY;
    struct sum sum = {len > 0 ? str_of(content, len) : STR(""), is_cancelled};
    int err = blake2b_256_pull(next_piece, &sum, ret_hash);
    if (content)
        (void)munmap(content, len);
    *ret_bytes = len;
    return err;
}

static int visit_all(DIR *list, folder_visit *visit, void *arg)
{
    int err = 0;
    /* cppcheck-suppress readdirCalled ; a stream of its own, of one thread */
    for (struct dirent *entry = readdir(list); entry && err == 0; entry = readdir(list))
        if (entry->d_name[0] != '.')
            err = visit(arg, str_c(entry->d_name));
    return err;
}

int archive_each_realm(const struct folder *folder, folder_visit *visit, void *arg)
{
    int root;
    int err = open_folder(folder->fd, ARCHIVES_NAME, &root);
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    DIR *list = fdopendir(root);
    if (!list) {
        err = file_err();
        close_fd(&root);
        return err;
    }
    err = visit_all(list, visit, arg);
    (void)closedir(list);
    return err;
}

int archive_unlink(const struct slot *slot, struct str file)
{
    char name[WHOLE_FILE_NAME_MAX];
    int dir;
    if (!whole_file_name(name, file, ""))
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
    char name[WHOLE_FILE_NAME_MAX];
    int root, dir;
    if (!whole_file_name(name, realm_file, ""))
        return ERR_IO;
    int err = open_folder(folder->fd, ARCHIVES_NAME, &root);
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
