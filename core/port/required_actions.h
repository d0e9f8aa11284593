/* The required actions of a realm's view. */
#ifndef GARITA_CORE_PORT_REQUIRED_ACTIONS_H
#define GARITA_CORE_PORT_REQUIRED_ACTIONS_H

#include "core/model/required_action.h"
#include "core/port/store.h"

/* Live as long as the view. */
const struct required_actions *realm_view_required_actions(const struct realm_view *view);

#endif
