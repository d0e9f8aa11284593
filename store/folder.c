/* The data folder. Nothing in it is for others: mode 0700, own files only, no symbolic links
 * (SK-05). The lock is a flock that the kernel drops with the process, so that a kill -9 leaves
 * nothing to clean up. */
#include "store/folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/port/store.h"
#include "store/plain_file.h"
#include "store/store_open.h"

#include "core/base/banned.h"

static int sys_err(struct err_ctx *ctx, const char *what)
{
    int number = errno;
    int err = ERR_IO;
    if (number == ENOSPC || number == EDQUOT)
        err = ERR_STORE_FULL;
    else if (number == EROFS || number == EACCES || number == EPERM)
        err = ERR_STORE_READ_ONLY;
    return err_set(ctx, err, "%s: %s", what, strerror(number));
}

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

/* Opens a folder that must be ours alone. */
static int open_private_dir(int parent, const char *name, int *ret_fd, struct err_ctx *ctx)
{
    struct stat st;
    int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (fd < 0 && (errno == ELOOP || errno == ENOTDIR))
        return err_set(ctx, ERR_CONFIG,
                       "%s is a symbolic link or no folder: name the folder itself", name);
    if (fd < 0)
        return sys_err(ctx, name);
    int err = 0;
    if (fstat(fd, &st) != 0)
        err = sys_err(ctx, name);
    else if (st.st_uid != geteuid())
        err = err_set(ctx, ERR_CONFIG, "%s belongs to another user: chown it", name);
    else if (st.st_mode & 077)
        err = err_set(ctx, ERR_CONFIG, "%s is open to others: chmod 700 it", name);
    if (err != 0)
        (void)close(fd);
    else
        *ret_fd = fd;
    return err;
}

static int make_dir(int parent, const char *name, struct err_ctx *ctx)
{
    if (mkdirat(parent, name, 0700) != 0 && errno != EEXIST)
        return sys_err(ctx, name);
    return 0;
}

#define PID_TEXT_BYTES 16

static int read_pid(int fd)
{
    char text[PID_TEXT_BYTES] = "";
    int pid = 0;
    ssize_t n = pread(fd, text, sizeof(text) - 1, 0);
    for (ssize_t i = 0; i < n && text[i] >= '0' && text[i] <= '9' && pid < 100000000; i++)
        pid = pid * 10 + (text[i] - '0');
    return pid;
}

/* It is written anew: what holds more than a number is not it, but another file by this name. */
static int open_lock(struct folder *f, struct err_ctx *ctx)
{
    struct stat st;
    int err = plain_file_open(f->fd, "lock", O_RDWR | O_CREAT, &f->lock_fd);
    if (err == 0 && fstat(f->lock_fd, &st) != 0)
        return sys_err(ctx, "lock");
    if (err == ERR_CONFIG || (err == 0 && st.st_size >= PID_TEXT_BYTES))
        return err_set(ctx, ERR_CONFIG, "lock is not the server's: move it away");
    return err == 0 ? 0 : sys_err(ctx, "lock");
}

static int take_lock(struct folder *f, struct err_ctx *ctx)
{
    char pid[PID_TEXT_BYTES];
    TRY(open_lock(f, ctx));
    if (flock(f->lock_fd, LOCK_EX | LOCK_NB) != 0) {
        if (errno != EWOULDBLOCK)
            return sys_err(ctx, "lock");
        return err_set(ctx, ERR_STORE_LOCKED, "process %d holds the data folder",
                       read_pid(f->lock_fd));
    }
    int len = snprintf(pid, sizeof(pid), "%d\n", (int)getpid());
    if (ftruncate(f->lock_fd, 0) != 0 || pwrite(f->lock_fd, pid, (size_t)len, 0) != len)
        return sys_err(ctx, "lock");
    return 0;
}

/* The names of the data folder and of realms/ get on disk, before anything in them is promised. */
static int sync_names(const struct folder *f, struct err_ctx *ctx)
{
    int above = openat(f->fd, "..", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (above < 0 && errno != EACCES)
        return sys_err(ctx, "folder above the data folder");
    int err = fsync(f->fd) == 0 && (above < 0 || fsync(above) == 0)
                  ? 0
                  : sys_err(ctx, "data folder cannot be flushed");
    close_fd(&above);
    return err;
}

/* What is beside realms/ once there were realms: a mark of the first start, and what later ones make. */
static const char *const traces[] = {FOUNDED_NAME, ARCHIVES_NAME, CACHE_NAME};

static bool has_traces(int folder_fd)
{
    struct stat st;
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(traces); i++)
        any = any || fstatat(folder_fd, traces[i], &st, AT_SYMLINK_NOFOLLOW) == 0;
    return any;
}

int folder_check_unused(const struct folder *folder, struct err_ctx *ctx)
{
    if (!has_traces(folder->fd))
        return 0;
    return err_set(
        ctx, ERR_STORE_CORRUPT,
        "realms/master.db is missing although this data folder had realms: mount realms/ "
        "if it is a volume of its own, put it back, or restore it from a backup; a new "
        "server takes an empty data folder");
}

int folder_mark_founded(const struct folder *folder)
{
    struct stat st;
    int fd;
    if (fstatat(folder->fd, FOUNDED_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return 0;
    TRY(folder_sync_realms(folder)); /* the mark is never there without what it speaks of */
    TRY(plain_file_open(folder->fd, FOUNDED_NAME, O_WRONLY | O_CREAT | O_EXCL, &fd));
    (void)close(fd);
    return fsync(folder->fd) == 0 ? 0 : ERR_IO;
}

static int open_realms(struct folder *f, struct err_ctx *ctx)
{
    struct stat st;
    if (fstatat(f->fd, "realms", &st, AT_SYMLINK_NOFOLLOW) != 0 && errno == ENOENT)
        TRY(folder_check_unused(f, ctx));
    TRY(make_dir(f->fd, "realms", ctx));
    return open_private_dir(f->fd, "realms", &f->realms_fd, ctx);
}

int folder_enter(const char *data_dir, int *ret_fd, struct err_ctx *ctx)
{
    TRY(make_dir(AT_FDCWD, data_dir, ctx));
    return open_private_dir(AT_FDCWD, data_dir, ret_fd, ctx);
}

static int open_bare(struct folder *f, const char *data_dir, struct err_ctx *ctx)
{
    TRY(folder_enter(data_dir, &f->fd, ctx));
    f->path = realpath(data_dir, NULL);
    if (!f->path)
        return sys_err(ctx, data_dir);
    return take_lock(f, ctx);
}

static int open_parts(struct folder *f, const char *data_dir, struct err_ctx *ctx)
{
    TRY(open_bare(f, data_dir, ctx));
    TRY(open_realms(f, ctx));
    /* Made just now, or by a start that was cut short. */
    return folder_db_bytes(f, STR(REALM_MASTER)) >= 0 ? 0 : sync_names(f, ctx);
}

static int open_with(int (*parts)(struct folder *f, const char *data_dir, struct err_ctx *ctx),
                     const char *data_dir, struct folder *ret_folder, struct err_ctx *ctx)
{
    struct folder f = {.fd = -1, .realms_fd = -1, .lock_fd = -1};
    int err = parts(&f, data_dir, ctx);
    if (err != 0) {
        folder_close(&f);
        return err;
    }
    *ret_folder = f;
    return 0;
}

int folder_open(const char *data_dir, struct folder *ret_folder, struct err_ctx *ctx)
{
    return open_with(open_parts, data_dir, ret_folder, ctx);
}

int folder_open_bare(const char *data_dir, struct folder *ret_folder, struct err_ctx *ctx)
{
    return open_with(open_bare, data_dir, ret_folder, ctx);
}

void folder_close(struct folder *folder)
{
    close_fd(&folder->realms_fd);
    close_fd(&folder->fd);
    close_fd(&folder->lock_fd);
    free(folder->path);
    folder->path = NULL;
}

int folder_db_path(const struct folder *folder, struct str name, char path[FOLDER_PATH_MAX])
{
    int len = snprintf(path, FOLDER_PATH_MAX, "%s/realms/%.*s.db", folder->path, STR_ARG(name));
    return len > 0 && len < FOLDER_PATH_MAX - 8 ? 0 : ERR_TOO_LARGE;
}

static bool db_file_name(struct str name, const char *suffix, char file[128])
{
    int len = snprintf(file, 128, "%.*s.db%s", STR_ARG(name), suffix);
    return len > 0 && len < 128;
}

/* A database or its log; the size is -1 when there is no such file. */
static int check_file(const struct folder *folder, const char *file, int64_t *ret_size,
                      struct err_ctx *ctx)
{
    struct stat st;
    *ret_size = -1;
    if (fstatat(folder->realms_fd, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return errno == ENOENT ? 0 : sys_err(ctx, file);
    if (!S_ISREG(st.st_mode))
        return err_set(ctx, ERR_CONFIG,
                       "realms/%s is a symbolic link or no file: put the file itself there", file);
    if (st.st_uid != geteuid())
        return err_set(ctx, ERR_CONFIG, "realms/%s belongs to user %u: chown it to user %u", file,
                       (unsigned)st.st_uid, (unsigned)geteuid());
    if (st.st_mode & 077)
        return err_set(ctx, ERR_CONFIG, "realms/%s is open to others: chmod 600 it", file);
    *ret_size = st.st_size;
    return 0;
}

int folder_db_check(const struct folder *folder, struct str name, bool may_create,
                    struct err_ctx *ctx)
{
    char file[128], log[128];
    int64_t size, log_size;
    if (!db_file_name(name, "", file) || !db_file_name(name, "-wal", log))
        return ERR_TOO_LARGE;
    TRY(check_file(folder, file, &size, ctx));
    TRY(check_file(folder, log, &log_size, ctx));
    if (size > 0 || (may_create && log_size <= 0))
        return 0;
    return err_set(ctx, ERR_STORE_CORRUPT,
                   "realms/%s is %s: put it back, or restore it from a backup", file,
                   size < 0 ? "missing" : "empty");
}

static int64_t bytes_of(const struct folder *folder, struct str name, const char *suffix)
{
    char file[128];
    struct stat st;
    if (!db_file_name(name, suffix, file) ||
        fstatat(folder->realms_fd, file, &st, AT_SYMLINK_NOFOLLOW) != 0)
        return -1;
    return st.st_size;
}

int64_t folder_db_bytes(const struct folder *folder, struct str name)
{
    return bytes_of(folder, name, "");
}

int64_t folder_log_bytes(const struct folder *folder, struct str name)
{
    return bytes_of(folder, name, "-wal");
}

void folder_log_tidy(const struct folder *folder, struct str name)
{
    char log[128];
    if (folder_log_bytes(folder, name) == 0 && db_file_name(name, "-wal", log))
        (void)unlinkat(folder->realms_fd, log, 0);
}

static int each_in_realms(int folder_fd, folder_visit *visit, void *arg)
{
    int err = 0;
    int fd = openat(folder_fd, "realms", O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        err = file_err();
        close_fd(&fd);
        return err;
    }
    while (err == 0) {
        /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        const struct dirent *e = readdir(dir);
        if (!e)
            break;
        err = visit(arg, str_c(e->d_name));
    }
    (void)closedir(dir);
    return err;
}

int folder_each(const struct folder *folder, folder_visit *visit, void *arg)
{
    return each_in_realms(folder->fd, visit, arg);
}

static int note_database(void *arg, struct str name)
{
    bool *any = arg;
    *any = *any || str_ends(name, STR(".db"));
    return 0;
}

bool store_folder_was_used(int folder_fd)
{
    bool any = has_traces(folder_fd);
    int err = each_in_realms(folder_fd, note_database, &any);
    return any || (err != 0 && err != ERR_NOT_FOUND);
}

int folder_db_remove(const struct folder *folder, struct str name)
{
    static const char *const suffixes[] = {"", "-wal", "-shm", "-journal", FENCE_SUFFIX};
    char file[128];
    for (size_t i = 0; i < ARRAY_LEN(suffixes); i++) {
        if (!db_file_name(name, suffixes[i], file))
            return ERR_TOO_LARGE;
        if (unlinkat(folder->realms_fd, file, 0) != 0 && errno != ENOENT)
            return ERR_IO;
    }
    TRY(folder_sync_realms(folder));
    /* Only now: a power loss may keep what came later and lose what came before. */
    return folder_db_doom(folder, name, false);
}

int folder_db_doom(const struct folder *folder, struct str name, bool doomed)
{
    char file[128];
    int fd;
    if (!db_file_name(name, DOOM_SUFFIX, file))
        return ERR_TOO_LARGE;
    if (!doomed)
        return unlinkat(folder->realms_fd, file, 0) == 0 || errno == ENOENT ? 0 : file_err();
    TRY(plain_file_open(folder->realms_fd, file, O_WRONLY | O_CREAT, &fd));
    (void)close(fd); /* its name is all there is */
    return folder_sync_realms(folder);
}

int folder_sync_realms(const struct folder *folder)
{
    return fsync(folder->realms_fd) == 0 ? 0 : ERR_IO;
}
