/* The master key: 32 random bytes in a file of mode 0600 (SK-01). It is made once, at the first
 * start, written beside its place, flushed and renamed, so that a crash leaves none or a whole one.
 * It is never made for a folder that has data: that data would not open. */
#include "store/folder.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

static int check_file(int fd, struct err_ctx *ctx)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return err_set(ctx, ERR_IO, "master key: %s", strerror(errno));
    if (st.st_uid != geteuid() && st.st_uid != 0)
        return err_set(ctx, ERR_CONFIG, "master key belongs to another user: chown it");
    if (st.st_mode & 077)
        return err_set(ctx, ERR_CONFIG, "master key is open to others: chmod 600 it");
    if (st.st_size != MASTER_KEY_BYTES)
        return err_set(ctx, ERR_CONFIG, "master key has not %d bytes: put back the right file",
                       MASTER_KEY_BYTES);
    return 0;
}

static int read_key(int fd, struct secret *ret_key, struct err_ctx *ctx)
{
    TRY(check_file(fd, ctx));
    TRY(secret_alloc(ret_key, MASTER_KEY_BYTES));
    if (pread(fd, ret_key->ptr, MASTER_KEY_BYTES, 0) == MASTER_KEY_BYTES)
        return 0;
    secret_free(ret_key);
    return err_set(ctx, ERR_IO, "master key cannot be read");
}

static int write_key(int fd, const struct secret *key)
{
    if (write(fd, key->ptr, key->len) != (ssize_t)key->len || fsync(fd) != 0)
        return errno == ENOSPC || errno == EDQUOT ? ERR_STORE_FULL : ERR_IO;
    return 0;
}

/* Without its name on disk the key may be gone after a power loss, and with it all it sealed. */
static int sync_folder_of(const char *path)
{
    char folder[FOLDER_PATH_MAX];
    const char *slash = strrchr(path, '/');
    int len = slash ? (int)(slash - path) : 1;
    (void)snprintf(folder, sizeof(folder), "%.*s", len ? len : 1, slash ? path : ".");
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ERR_IO;
    int err = fsync(fd) == 0 ? 0 : ERR_IO;
    (void)close(fd);
    return err;
}

/* Nothing stands at path afterwards unless it stays there. */
static int put_in_place(const char *fresh, const char *path)
{
    if (rename(fresh, path) != 0)
        return ERR_IO;
    int err = sync_folder_of(path);
    if (err != 0)
        (void)unlink(path);
    return err;
}

static int create_key(const char *path, struct secret *ret_key, struct err_ctx *ctx)
{
    char fresh[FOLDER_PATH_MAX];
    int len = snprintf(fresh, sizeof(fresh), "%s.new", path);
    if (len < 0 || (size_t)len >= sizeof(fresh))
        return ERR_TOO_LARGE;
    (void)unlink(fresh); /* of a start that was cut short */
    int fd;
    if (plain_file_open(AT_FDCWD, fresh, O_WRONLY | O_CREAT | O_EXCL, &fd) != 0)
        return err_set(ctx, errno == ENOSPC ? ERR_STORE_FULL : ERR_STORE_READ_ONLY,
                       "master key: %s", strerror(errno));
    struct secret key = {NULL, 0};
    int err = secret_random(&key, MASTER_KEY_BYTES);
    if (err == 0)
        err = write_key(fd, &key);
    (void)close(fd);
    if (err == 0)
        err = put_in_place(fresh, path);
    if (err != 0) {
        (void)unlink(fresh);
        secret_free(&key);
        return err_set(ctx, err, "master key cannot be written");
    }
    *ret_key = key;
    return 0;
}

int master_key_load(const struct folder *folder, const char *path, bool may_create,
                    struct secret *ret_key, struct err_ctx *ctx)
{
    char own[FOLDER_PATH_MAX];
    if (!path) {
        int len = snprintf(own, sizeof(own), "%s/master.key", folder->path);
        if (len < 0 || (size_t)len >= sizeof(own))
            return ERR_TOO_LARGE;
        path = own;
    }
    int fd = -1;
    int err = plain_file_open(AT_FDCWD, path, O_RDONLY, &fd);
    if (err == ERR_NOT_FOUND) {
        if (may_create)
            return create_key(path, ret_key, ctx);
        return err_set(ctx, ERR_SEAL,
                       "master key is missing: put it back from its copy; without it the "
                       "databases cannot be read");
    }
    if (err == ERR_CONFIG)
        return err_set(ctx, err,
                       "master key is a symbolic link or no file: put the file itself there");
    if (err != 0)
        return err_set(ctx, ERR_IO, "master key: %s", strerror(errno));
    err = read_key(fd, ret_key, ctx);
    (void)close(fd);
    return err;
}
