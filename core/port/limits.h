/* Ports to what is shared by the process: bounded hashing of passwords and outbound fetching. */
#ifndef GARITA_CORE_PORT_LIMITS_H
#define GARITA_CORE_PORT_LIMITS_H

#include "core/base/arena.h"

/* A place among those that may hash a password at once, so that a login storm cannot starve token
 * validation; waits in order up to a time. Whoever gets 0 calls hashing_leave. ERR_OVERLOADED. */
MUST_CHECK int hashing_enter(void);
void hashing_leave(void);

#endif
