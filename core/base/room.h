/* Arrays in an arena that grow one element at a time. */
#ifndef GARITA_CORE_BASE_ROOM_H
#define GARITA_CORE_BASE_ROOM_H

#include "core/base/arena.h"

/* Makes room for one more element at the end of an array that grew by this function alone: by doubling,
 * which shows in the count, as powers of two are full. Returns where it is now; NULL when the arena is
 * exhausted. */
void *room_for_one(struct arena *a, void *items, size_t count, size_t size);

#endif
