/* The logo that a realm keeps itself, as its view knows it. */
#ifndef GARITA_CORE_PORT_LOGOS_H
#define GARITA_CORE_PORT_LOGOS_H

#include "core/port/store.h"

/* Changes with the picture, for addresses that are kept in caches. Empty: the realm keeps none. Lives as long as
 * the view. */
struct str realm_view_logo_version(const struct realm_view *view);

#endif
