/* Files that are whole or not there: written beside their place, brought to disk and moved there. */
#ifndef GARITA_STORE_WHOLE_FILE_H
#define GARITA_STORE_WHOLE_FILE_H

#include <stddef.h>

#include "core/base/err.h"
#include "core/base/str.h"

#define WHOLE_FILE_NAME_MAX  96
#define WHOLE_FILE_TEMPORARY ".new" /* how names of those that are not whole end */

/* A file that is being written: it has its name only once it is whole and on disk. */
struct whole_file {
    int dir_fd, fd;
    char name[WHOLE_FILE_NAME_MAX], temporary[WHOLE_FILE_NAME_MAX];
};
#define WHOLE_FILE_NONE ((struct whole_file){.dir_fd = -1, .fd = -1})

/* Takes dir_fd, which is closed with the file, and in any case of an error. What an attempt that was cut
 * short left is taken away. ERR_TOO_LARGE (the name), ERR_STORE_FULL, ERR_STORE_READ_ONLY, ERR_IO. */
MUST_CHECK int whole_file_create(int dir_fd, struct str name, struct whole_file *ret_file);
MUST_CHECK int whole_file_write(struct whole_file *f, const void *bytes, size_t len);
/* What was written until now, to disk. */
MUST_CHECK int whole_file_flush(struct whole_file *f);
/* To disk, to its name, and the name to disk. */
MUST_CHECK int whole_file_publish(struct whole_file *f);
/* Closes; what was not published is taken away. Harmless twice. */
void whole_file_close(struct whole_file *f);

/* name and suffix as one name; false when it is too long or leads out of the folder. */
bool whole_file_name(char out[WHOLE_FILE_NAME_MAX], struct str name, const char *suffix);

#endif
