/* A realm whose database is damaged or was refused is fenced off: nobody reads or writes it any
 * more, while all other realms go on. The fence has a reason for the operator, and only the operator
 * takes it away: by a check that finds everything in order (store_realm_check), or by a new start
 * when the files were put right. Damage that was met while a realm was in use is also noted beside
 * the database, realms/NAME.db-damaged, so that the fence outlives the process. The master realm has
 * no such note: a start that finds it damaged ends. */
#ifndef GARITA_STORE_FENCE_H
#define GARITA_STORE_FENCE_H

#include "store/store.h"

/* Fences off, once; later reasons are not heard. note also writes the file. Takes store->lock and
 * slot->lock. */
void fence_raise(struct slot *slot, int err, const char *reason, bool note);
/* 0, or the error that whoever wants the realm is told. */
int fence_err(const struct slot *slot);
/* Copies the reason; false when the realm is not fenced off. */
bool fence_reason(struct slot *slot, char reason[FENCE_REASON_MAX]);
/* Takes the fence and the note away. ERR_IO. */
MUST_CHECK int fence_lift(struct slot *slot);
/* The event of a fence, in the master realm. By the keeper, after fence_raise. */
void fence_report(struct slot *slot);
/* At the start: fences off what was noted as damaged. */
MUST_CHECK int fence_load(struct store *store);
/* For a slot that is in no table yet: what is noted beside its database. */
void fence_recall(struct slot *slot);

#endif
