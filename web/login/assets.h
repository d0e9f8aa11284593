/* Files of the pages: style sheet, drawing, scripts. */
#ifndef GARITA_WEB_LOGIN_ASSETS_H
#define GARITA_WEB_LOGIN_ASSETS_H

#include "web/request.h"

/* The address of a file of static/login/assets, with its version, so that browsers may keep it for
 * ever. Absent when there is no such file or no memory. */
struct str assets_url(const struct request *req, const char *name);

/* The address of the logo that the realm of the request keeps; absent when it keeps none. */
struct str assets_logo_url(const struct request *req);

#endif
