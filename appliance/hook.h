/* Programs of the operator that run when something happened to the node. */
#ifndef GARITA_APPLIANCE_HOOK_H
#define GARITA_APPLIANCE_HOOK_H

#include <stdint.h>

/* Runs `program event epoch` beside the server, which does not wait for it; how it ended is logged. An
 * empty program: nothing. */
void hook_run(const char *program, const char *event, uint64_t epoch);

#endif
