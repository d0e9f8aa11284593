/* The folder of a realm's archives, DATA/audit/REALM/, and its files. */
#ifndef GARITA_STORE_ARCHIVE_FOLDER_H
#define GARITA_STORE_ARCHIVE_FOLDER_H

#include "store/store.h"

#define ARCHIVE_NAME_MAX 96

/* ERR_NOT_FOUND, ERR_IO. The caller closes what is opened. */
MUST_CHECK int archive_open_read(const struct slot *slot, struct str file, int *ret_fd);

/* A file that is being written: it has its name only once it is whole and on disk. */
struct archive_file {
    int dir_fd, fd;
    char name[ARCHIVE_NAME_MAX], temporary[ARCHIVE_NAME_MAX];
};
/* Makes the folders that are missing. ERR_STORE_FULL, ERR_STORE_READ_ONLY, ERR_IO. */
MUST_CHECK int archive_file_create(const struct slot *slot, struct str file,
                                   struct archive_file *ret_file);
MUST_CHECK int archive_file_write(struct archive_file *f, const void *bytes, size_t len);
/* To disk, to its name, and the name to disk. */
MUST_CHECK int archive_file_publish(struct archive_file *f);
/* Closes; what was not published is taken away. */
void archive_file_close(struct archive_file *f);

MUST_CHECK int archive_unlink(const struct slot *slot, struct str file);
/* Takes the folder away with all that is in it; missing is fine. */
MUST_CHECK int archive_remove_all(const struct folder *folder, struct str realm_file);

#endif
