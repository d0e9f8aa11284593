/* The user profile of a realm's view. */
#ifndef GARITA_CORE_PORT_PROFILES_H
#define GARITA_CORE_PORT_PROFILES_H

#include "core/model/profile.h"
#include "core/port/store.h"

/* Lives as long as the view. */
const struct profile *realm_view_profile(const struct realm_view *view);

#endif
