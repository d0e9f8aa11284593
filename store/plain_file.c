/* Opening regular files. */
#include "store/plain_file.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/banned.h"

int file_err(void)
{
    switch (errno) {
    case ENOENT: return ERR_NOT_FOUND;
    case ENOSPC:
    case EDQUOT: return ERR_STORE_FULL;
    case EROFS:
    case EACCES:
    case EPERM: return ERR_STORE_READ_ONLY;
    case ELOOP:   /* O_NOFOLLOW */
    case ENOTDIR: /* O_DIRECTORY */
    case EISDIR:
    case ENXIO: return ERR_CONFIG; /* a socket, or a FIFO that nobody reads */
    default: return ERR_IO;
    }
}

static int check(int fd)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return file_err();
    if (S_ISREG(st.st_mode))
        return 0;
    errno = EINVAL;
    return ERR_CONFIG;
}

int plain_file_open(int dir_fd, const char *name, int flags, int *ret_fd)
{
    int fd = openat(dir_fd, name, flags | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY | O_CLOEXEC,
                    S_IRUSR | S_IWUSR);
    if (fd < 0)
        return file_err();
    int err = check(fd);
    if (err != 0) {
        int number = errno;
        (void)close(fd);
        errno = number;
        return err;
    }
    *ret_fd = fd;
    return 0;
}
