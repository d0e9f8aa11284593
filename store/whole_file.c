#include "store/whole_file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/plain_file.h"

#include "core/base/banned.h"

static void close_fd(int *fd)
{
    if (*fd >= 0)
        (void)close(*fd);
    *fd = -1;
}

bool whole_file_name(char out[WHOLE_FILE_NAME_MAX], struct str name, const char *suffix)
{
    int len = snprintf(out, WHOLE_FILE_NAME_MAX, "%.*s%s", STR_ARG(name), suffix);
    /* Names come from our own rows and files; still none leads out of the folder. */
    return len > 0 && len < WHOLE_FILE_NAME_MAX && str_find(name, '/') < 0;
}

int whole_file_create(int dir_fd, struct str name, struct whole_file *ret_file)
{
    struct whole_file f = {.dir_fd = dir_fd, .fd = -1};
    int err = ERR_TOO_LARGE;
    if (whole_file_name(f.name, name, "") &&
        whole_file_name(f.temporary, name, WHOLE_FILE_TEMPORARY)) {
        (void)unlinkat(f.dir_fd, f.temporary, 0); /* of an attempt that was cut short */
        err = plain_file_open(f.dir_fd, f.temporary, O_RDWR | O_CREAT | O_EXCL, &f.fd);
    }
    if (err != 0)
        close_fd(&f.dir_fd);
    else
        *ret_file = f;
    return err;
}

int whole_file_write(struct whole_file *f, const void *bytes, size_t len)
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

int whole_file_flush(struct whole_file *f)
{
    return fsync(f->fd) == 0 ? 0 : file_err();
}

int whole_file_publish(struct whole_file *f)
{
    TRY(whole_file_flush(f));
    if (renameat(f->dir_fd, f->temporary, f->dir_fd, f->name) != 0)
        return file_err();
    close_fd(&f->fd);
    return fsync(f->dir_fd) == 0 ? 0 : file_err();
}

void whole_file_close(struct whole_file *f)
{
    if (f->fd >= 0)
        (void)unlinkat(f->dir_fd, f->temporary, 0);
    close_fd(&f->fd);
    close_fd(&f->dir_fd);
}
