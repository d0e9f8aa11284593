/* A form of ours that came too late, or an address of a form that was opened without it. */
#ifndef GARITA_WEB_LOGIN_EXPIRED_H
#define GARITA_WEB_LOGIN_EXPIRED_H

#include "web/request.h"

/* The friendly page, with a way back to the application when the address names it. */
void expired_page(struct request *req, struct response *res);

#endif
