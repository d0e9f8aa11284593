/* The folder of a realm's archives, DATA/audit/REALM/, and its files. */
#ifndef GARITA_STORE_ARCHIVE_FOLDER_H
#define GARITA_STORE_ARCHIVE_FOLDER_H

#include <stdatomic.h>

#include "core/crypto/digest.h"
#include "store/store.h"
#include "store/whole_file.h"

/* ERR_NOT_FOUND, ERR_IO. The caller closes what is opened. */
MUST_CHECK int archive_open_read(const struct slot *slot, struct str file, int *ret_fd);

/* A file of the archive of a realm, known by its database's file, being written. Makes the folders that
 * are missing. ERR_STORE_FULL, ERR_STORE_READ_ONLY, ERR_IO. */
MUST_CHECK int archive_file_create(const struct folder *folder, const char *realm_file,
                                   struct str file, struct whole_file *ret_file);

/* A file that is open has a name there, too, in the place of what has it; it must never be changed. Errors of
 * linking: for want of room, or because it is on another file system. */
MUST_CHECK int archive_file_link(const struct folder *folder, const char *realm_file,
                                 struct str file, int fd);

/* Its length, and BLAKE2b over all of it. is_cancelled: looked at all the while; may be NULL. ERR_IO,
 * ERR_NO_MEMORY, ERR_CANCELLED. */
MUST_CHECK int archive_file_sum(int fd, const atomic_bool *is_cancelled, uint64_t *ret_bytes,
                                unsigned char ret_hash[BLAKE2B_BYTES]);

/* Each realm, by its database's file, that has a folder of archives; ends early with the visitor's error. As
 * file_err. */
MUST_CHECK int archive_each_realm(const struct folder *folder, folder_visit *visit, void *arg);

MUST_CHECK int archive_unlink(const struct slot *slot, struct str file);
/* Takes the folder away with all that is in it; missing is fine. */
MUST_CHECK int archive_remove_all(const struct folder *folder, struct str realm_file);

#endif
