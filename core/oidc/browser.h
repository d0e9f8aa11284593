/* The cookie that binds sealed states to a browser. */
#ifndef GARITA_CORE_OIDC_BROWSER_H
#define GARITA_CORE_OIDC_BROWSER_H

#include "core/oidc/authz.h"

/* The hash that goes into states. A browser without the cookie gets a fresh one in *ret_set_cookie
 * (else absent). */
MUST_CHECK int browser_bind(const struct auth_ctx *ctx, const struct authz_browser *browser,
                            struct str *ret_hash, struct str *ret_set_cookie);

#endif
