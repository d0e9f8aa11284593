/* The pages of a device that is let in (RFC 8628 3.3). */
#ifndef GARITA_WEB_LOGIN_DEVICE_H
#define GARITA_WEB_LOGIN_DEVICE_H

#include "core/oidc/authz.h"
#include "web/request.h"

/* Where the code is typed; shown: what stands in the field, absent when it is empty. wrong: no device
 * waits with what was typed. */
void device_page(struct request *req, struct response *res, struct str shown, bool wrong);
/* The end: the person may go back to the device. */
void device_end_page(struct request *req, struct response *res, const struct authz_step *step);

#endif
