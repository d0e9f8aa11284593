/* What a realm's picture holds of its logins: profile, flows, required actions,
 * client policies. */
#ifndef GARITA_STORE_VIEW_LOGIN_H
#define GARITA_STORE_VIEW_LOGIN_H

#include "store/view.h"

MUST_CHECK int view_load_login(struct realm_view *view, struct store_read *r);
/* Of a realm that has no rows yet. */
MUST_CHECK int view_first_login(struct realm_view *view);

#endif
