/* The files of a realm import, behind one descriptor: a file, or a folder whose files NAME.json they all
 * are. Nothing else is opened, no link in the folder is followed, and files are read where they lie, a
 * piece at a time. */
#ifndef GARITA_APPLIANCE_IMPORT_FILES_H
#define GARITA_APPLIANCE_IMPORT_FILES_H

#include "core/transfer/import.h"

struct import_files;

/* Takes the descriptor of a regular file or of a folder, and closes it in the end. ERR_IO with a sentence,
 * ERR_NOT_FOUND for a folder without such files. */
MUST_CHECK int import_files_open(int fd, struct str name, struct arena *a, struct err_ctx *err,
                                 struct import_files **ret_files);
const struct import_source *import_files_sources(const struct import_files *files,
                                                 size_t *ret_count);
/* NULL is fine. */
void import_files_close(struct import_files *files);
void import_files_close_p(struct import_files **files);

/* A file or folder by its path, ready for import_files_open. ERR_IO with a sentence. */
MUST_CHECK int import_path_open(const char *path, struct err_ctx *err, int *ret_fd);

#endif
