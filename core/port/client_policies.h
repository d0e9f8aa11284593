/* The client policies of a realm's view. */
#ifndef GARITA_CORE_PORT_CLIENT_POLICIES_H
#define GARITA_CORE_PORT_CLIENT_POLICIES_H

#include "core/model/client_policy.h"
#include "core/port/store.h"

/* Live as long as the view. */
const struct client_policies *realm_view_client_policies(const struct realm_view *view);

#endif
