/* Programs of the operator that run when something happened to the node. */
#ifndef GARITA_APPLIANCE_HOOK_H
#define GARITA_APPLIANCE_HOOK_H

#include <stdint.h>

/* Runs `program event epoch` beside the server, which does not wait for it; how it ended is logged. One at a
 * time, a minute at most each, in the order of the calls; while one runs, the newest of those that wait counts alone, as what the node
 * is now is what matters. An empty program: nothing. For any thread. */
void hook_run(const char *program, const char *event, uint64_t epoch);

#endif
