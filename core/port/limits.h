/* Ports to what is shared by the process: bounded hashing of passwords and outbound fetching. */
#ifndef GARITA_CORE_PORT_LIMITS_H
#define GARITA_CORE_PORT_LIMITS_H

#include "core/base/arena.h"

/* Work that keeps a processor busy: hashing of passwords. What it needs is behind arg. */
typedef void hashing_work(void *arg);
/* Does the work, by one of few threads that give way to all others, so that a login storm neither
 * starves token validation nor makes it wait; returns when it is done. Waits for its turn in order and
 * up to a time: ERR_OVERLOADED, and then the work was not begun. */
MUST_CHECK int hashing_run(hashing_work *work, void *arg);

/* What the calling thread does from now on, until it says 0, may keep a realm busy for long, and it is one of so many
 * threads that answer requests of all realms. Only a part of them waits for a realm that does not get on; others are
 * refused there with ERR_OVERLOADED (HT-02). */
void requests_begin_slow(size_t threads);

#endif
