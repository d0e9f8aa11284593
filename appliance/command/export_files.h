/* The files of an export on the side of whoever asked for it: mode 0600, written beside their names and
 * put in place when all of them are whole and on the disk, so that a crash leaves the old ones or the new
 * ones, and at worst hidden files beside them. */
#ifndef GARITA_APPLIANCE_COMMAND_EXPORT_FILES_H
#define GARITA_APPLIANCE_COMMAND_EXPORT_FILES_H

#include "appliance/command.h"

struct export_files {
    struct arena *arena; /* grows with the number of files */
    struct err_ctx *err;
    int dir_fd;       /* -1: standard output */
    struct str name;  /* of the one file; absent: files keep the names that they come with */
    bool force;       /* replace what is there */
    int fd;           /* of the file that is being written; -1 */
    struct strs done; /* names of those that wait for their place, and of that one */
};

/* to: a file, a folder (also one that is not there yet when is_dir), or absent: standard output. realm:
 * what its files are called after. Unless force, ERR_CONFLICT when one of them is there. ERR_IO. */
MUST_CHECK int export_files_open(struct arena *a, struct err_ctx *err, struct str to, bool is_dir,
                                 bool force, struct str realm, struct export_files *ret_files);
/* The same in a folder that is open, in which nothing of the realm is. dir_fd stays the caller's. ERR_IO. */
MUST_CHECK int export_files_in(struct arena *a, struct err_ctx *err, int dir_fd,
                               struct export_files *ret_files);
/* ERR_IO; ERR_INVALID_SYNTAX for a name that leads elsewhere. */
MUST_CHECK int export_files_begin(struct export_files *files, struct str name);
MUST_CHECK int export_files_write(struct export_files *files, struct str bytes);
/* All into their places; files of people that an older export of the realm left are removed. */
MUST_CHECK int export_files_finish(struct export_files *files, struct str realm);
/* Removes what was not put in place. */
void export_files_close(struct export_files *files);

#endif
