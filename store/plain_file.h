/* Opening files of the data folder: a regular file and nothing else. Whatever else stands under a name of
 * ours is refused: a symbolic link leads elsewhere, a FIFO would keep whoever opens it waiting for ever,
 * a device has no end (SK-05). */
#ifndef GARITA_STORE_PLAIN_FILE_H
#define GARITA_STORE_PLAIN_FILE_H

#include "core/base/err.h"

/* openat with mode 0600, which follows no link and does not wait; the caller closes what is opened.
 * ERR_CONFIG when something else stands there, or as file_err; errno says more. */
MUST_CHECK int plain_file_open(int dir_fd, const char *name, int flags, int *ret_fd);

/* errno of a call that failed, in our words: ERR_NOT_FOUND, ERR_STORE_FULL, ERR_STORE_READ_ONLY,
 * ERR_CONFIG (another kind of file than was asked for), ERR_IO. */
MUST_CHECK int file_err(void);

#endif
