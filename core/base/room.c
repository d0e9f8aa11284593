/* Arrays that double when they are full. */
#include "core/base/room.h"

#include "core/base/banned.h"

void *room_for_one(struct arena *a, void *items, size_t count, size_t size)
{
    if (count != 0 && (count & (count - 1)) != 0)
        return items;
    return arena_grow(a, items, count, count ? count * 2 : 1, size);
}
