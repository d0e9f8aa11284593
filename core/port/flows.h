/* The authentication flows of a realm's view, for what follows them. */
#ifndef GARITA_CORE_PORT_FLOWS_H
#define GARITA_CORE_PORT_FLOWS_H

#include "core/model/flow.h"
#include "core/port/store.h"

/* Live as long as the view. None: those that every realm begins with. Settings of steps are not among
 * them, as they may hold secrets. */
const struct auth_flows *realm_view_flows(const struct realm_view *view);

#endif
