/* Copies of backups elsewhere: the newest one goes to a store that speaks Amazon's S3 protocol, as it is, sealed.
 * What fails is tried again an hour later. One thread. */
#ifndef GARITA_APPLIANCE_BACKUP_COPIES_H
#define GARITA_APPLIANCE_BACKUP_COPIES_H

#include "appliance/config.h"

struct backup_copies;
struct store;

/* Nothing (NULL) where no place is set. config outlives it. ERR_CONFIG with a sentence, ERR_NO_MEMORY, errors of
 * reading the secret. */
MUST_CHECK int backup_copies_start(struct store *store, const struct config *config,
                                   struct err_ctx *err, struct backup_copies **ret_copies);
/* Breaks off what is under way. NULL is fine. */
void backup_copies_stop(struct backup_copies *copies);

#endif
