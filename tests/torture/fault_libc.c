/* Each wrapper: is it about the watched folder, is a fault due, the real call, the record. */
#include "tests/torture/fault_libc.h"

#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/attr.h"
#include "tests/torture/disk.h"
#include "tests/torture/fault.h"

#define PATH_BYTES 512

int __real_open(const char *path, int flags, ...);
int __real_openat(int folder, const char *path, int flags, ...);
ssize_t __real_write(int fd, const void *p, size_t n);
ssize_t __real_pread(int fd, void *p, size_t n, off_t at);
int __real_fsync(int fd);
int __real_fdatasync(int fd);
int __real_mkdirat(int folder, const char *path, mode_t mode);
int __real_unlinkat(int folder, const char *path, int flags);
int __real_unlink(const char *path);
int __real_rename(const char *from, const char *to);
int __real_renameat(int from_folder, const char *from, int to_folder, const char *to);
ssize_t __real_read(int fd, void *p, size_t n);

int __wrap_open(const char *path, int flags, ...);
int __wrap_openat(int folder, const char *path, int flags, ...);
ssize_t __wrap_write(int fd, const void *p, size_t n);
ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at);
int __wrap_fsync(int fd);
int __wrap_fdatasync(int fd);
int __wrap_mkdirat(int folder, const char *path, mode_t mode);
int __wrap_unlinkat(int folder, const char *path, int flags);
int __wrap_unlink(const char *path);
int __wrap_rename(const char *from, const char *to);
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to);
ssize_t __wrap_read(int fd, void *p, size_t n);

static char watched[PATH_BYTES];

void fault_libc_watch(const char *root)
{
    (void)snprintf(watched, sizeof(watched), "%s", root ? root : "");
}

static bool is_watched(const char *path)
{
    size_t len = strlen(watched);
    return len > 0 && strncmp(path, watched, len) == 0 && (path[len] == '/' || path[len] == '\0');
}

static bool path_of(int fd, char path[PATH_BYTES])
{
    char link[64];
    if (watched[0] == '\0')
        return false;
    (void)snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
    ssize_t len = readlink(link, path, PATH_BYTES - 1);
    path[len > 0 ? len : 0] = '\0';
    return is_watched(path);
}

static bool path_at(int folder, const char *name, char path[PATH_BYTES])
{
    char parent[PATH_BYTES] = "";
    int len;
    if (watched[0] == '\0')
        return false;
    if (name[0] == '/' || folder == AT_FDCWD)
        len = snprintf(path, PATH_BYTES, "%s", name);
    else if (path_of(folder, parent))
        len = snprintf(path, PATH_BYTES, "%s/%s", parent, name);
    else
        return false;
    return len < PATH_BYTES && is_watched(path);
}

/* Our own calls about the watched folder; SQLite's are seen by its file layer. */
static bool fails(enum fault_op op)
{
    enum fault_kind kind;
    if (fault_in_sqlite() || !fault_due(op, &kind))
        return false;
    errno = fault_errno(kind);
    return true;
}

static int opened(int fd, const char *path, bool was_there)
{
    if (fd >= 0 && !was_there)
        disk_made(path, false);
    return fd;
}

int __wrap_openat(int folder, const char *name, int flags, ...)
{
    char path[PATH_BYTES];
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    if (!path_at(folder, name, path))
        return __real_openat(folder, name, flags, mode);
    if (fails(FAULT_OPEN))
        return -1;
    bool was_there = !(flags & O_CREAT) || access(path, F_OK) == 0;
    return opened(__real_openat(folder, name, flags, mode), path, was_there);
}

int __wrap_open(const char *path, int flags, ...)
{
    mode_t mode = 0;
    if (flags & O_CREAT) {
        va_list args;
        va_start(args, flags);
        mode = va_arg(args, mode_t);
        va_end(args);
    }
    return __wrap_openat(AT_FDCWD, path, flags, mode);
}

ssize_t __wrap_write(int fd, const void *p, size_t n)
{
    char path[PATH_BYTES];
    enum fault_kind kind = FAULT_EIO;
    if (!path_of(fd, path))
        return __real_write(fd, p, n);
    off_t at = lseek(fd, 0, SEEK_CUR);
    bool fault = fault_due(FAULT_WRITE, &kind);
    errno = fault_errno(kind);
    if (fault && kind != FAULT_SHORT)
        return -1;
    ssize_t done = __real_write(fd, p, fault ? n / 2 : n);
    if (done > 0)
        disk_written(disk_file(path), p, (size_t)done, at);
    return done;
}

ssize_t __wrap_pread(int fd, void *p, size_t n, off_t at)
{
    char path[PATH_BYTES];
    if (path_of(fd, path) && fails(FAULT_READ))
        return -1;
    return __real_pread(fd, p, n, at);
}

ssize_t __wrap_read(int fd, void *p, size_t n)
{
    char path[PATH_BYTES];
    if (path_of(fd, path) && fails(FAULT_READ))
        return -1;
    return __real_read(fd, p, n);
}

/* Folders are flushed by SQLite too, here and not through its file layer. */
static int flush(int fd, int (*really)(int))
{
    char path[PATH_BYTES];
    struct stat st;
    enum fault_kind kind;
    bool seen = path_of(fd, path) && fstat(fd, &st) == 0;
    if (!seen || (fault_in_sqlite() && !S_ISDIR(st.st_mode)))
        return really(fd);
    size_t began = disk_position();
    if (fault_due(FAULT_SYNC, &kind)) {
        disk_flushed(disk_file(path), began, true);
        errno = EIO;
        return -1;
    }
    if (fault_lies())
        return 0;
    int rc = really(fd);
    disk_flushed(disk_file(path), began, rc != 0);
    return rc;
}

int __wrap_fsync(int fd)
{
    return flush(fd, __real_fsync);
}

int __wrap_fdatasync(int fd)
{
    return flush(fd, __real_fdatasync);
}

int __wrap_mkdirat(int folder, const char *name, mode_t mode)
{
    char path[PATH_BYTES];
    bool seen = path_at(folder, name, path);
    if (seen && fails(FAULT_NAME))
        return -1;
    int rc = __real_mkdirat(folder, name, mode);
    if (seen && rc == 0)
        disk_made(path, true);
    return rc;
}

int __wrap_unlinkat(int folder, const char *name, int flags)
{
    char path[PATH_BYTES];
    bool seen = path_at(folder, name, path);
    if (seen && fails(FAULT_NAME))
        return -1;
    int rc = __real_unlinkat(folder, name, flags);
    if (seen && rc == 0)
        disk_removed(path);
    return rc;
}

int __wrap_unlink(const char *path)
{
    bool seen = is_watched(path) && !fault_in_sqlite();
    if (seen && fails(FAULT_NAME))
        return -1;
    int rc = __real_unlink(path);
    if (seen && rc == 0)
        disk_removed(path);
    return rc;
}

int __wrap_rename(const char *from, const char *to)
{
    bool seen = is_watched(from);
    if (seen && fails(FAULT_NAME))
        return -1;
    int rc = __real_rename(from, to);
    if (seen && rc == 0)
        disk_renamed(from, to);
    return rc;
}

/* Within one folder. */
int __wrap_renameat(int from_folder, const char *from, int to_folder, const char *to)
{
    char from_path[PATH_BYTES], to_path[PATH_BYTES];
    bool seen = path_at(from_folder, from, from_path) && path_at(to_folder, to, to_path);
    if (seen && fails(FAULT_NAME))
        return -1;
    int rc = __real_renameat(from_folder, from, to_folder, to);
    if (seen && rc == 0)
        disk_renamed(from_path, to_path);
    return rc;
}
