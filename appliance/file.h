/* Small files: reading them whole, writing them safely, reading secrets from a terminal. */
#ifndef GARITA_APPLIANCE_FILE_H
#define GARITA_APPLIANCE_FILE_H

#include "core/base/arena.h"
#include "core/base/err.h"

/* The whole file, NUL behind it. "-" is standard input. ERR_NOT_FOUND, ERR_TOO_LARGE, ERR_IO (errno
 * tells), ERR_NO_MEMORY. */
MUST_CHECK int file_read(struct arena *a, const char *path, size_t max_bytes, struct str *ret_text);
/* A secret from a file or from standard input ("-"): one line end at the end is not part of it. A
 * named file that others may read is refused. ERR_IO with the reason in err. */
MUST_CHECK int secret_read(struct arena *a, const char *path, struct str *ret_secret,
                           struct err_ctx *err);
/* Asks on the terminal without echo. ERR_IO when there is no terminal, ERR_CANCELLED. */
MUST_CHECK int secret_prompt(struct arena *a, const char *question, struct str *ret_secret);
/* All bytes, whatever write(2) takes at a time. ERR_IO. */
MUST_CHECK int write_all(int fd, struct str text);

#define SECRET_MAX_BYTES ((size_t)64 << 10)

#endif
