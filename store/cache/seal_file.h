/* Whether a file is, byte for byte, the one that we closed. */
#ifndef GARITA_STORE_CACHE_SEAL_FILE_H
#define GARITA_STORE_CACHE_SEAL_FILE_H

#include "core/base/err.h"

/* Names are looked up in the folder fd; symbolic links are not followed. */
MUST_CHECK int seal_file_write(int folder_fd, const char *name, const char *seal_name,
                               struct str key);
/* ERR_BAD_MAC when there is no seal or it is not this file's. The seal is gone afterwards: it is good
 * for one opening. */
MUST_CHECK int seal_file_take(int folder_fd, const char *name, const char *seal_name,
                              struct str key);

#endif
