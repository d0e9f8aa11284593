/* The cookies of a login, one set per realm: a __Host- cookie has no path of its own, so the realm is
 * in its name.
 *   garita_sso_<realm>    opaque handle of the session; HttpOnly. SameSite=None, as applications
 *                         renew silently in a frame of theirs (prompt=none); every change of state
 *                         asks for more than this cookie (WE-05)
 *   garita_login_<realm>  binds login pages to this browser; HttpOnly, Lax
 *   garita_state_<realm>  SHA-256 of the sid for the script of the session frame: no secret */
#ifndef GARITA_WEB_LOGIN_COOKIES_H
#define GARITA_WEB_LOGIN_COOKIES_H

#include "core/oidc/authz.h"
#include "web/request.h"

/* What the browser sent. ERR_NO_MEMORY. */
MUST_CHECK int cookies_read(struct request *req, struct authz_browser *ret_browser);
void cookies_set_sso(struct request *req, struct response *res, struct str value,
                     int64_t max_age_s);
void cookies_set_login(struct request *req, struct response *res, struct str value);
/* Sets the state cookie of this sid; when the SSO cookie was not renewed, one that fits stays as it
 * is. */
void cookies_set_state(struct request *req, struct response *res, struct str sid, bool renewed,
                       int64_t max_age_s);
/* Signed out: SSO and state cookies go. */
void cookies_clear(struct request *req, struct response *res);
/* The full name of the state cookie, with its prefix on https. Absent without memory. */
struct str cookies_state_name(struct request *req);

#endif
