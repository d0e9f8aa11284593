/* Cross-origin requests of scripts (Fetch standard, CORS protocol). */
#ifndef GARITA_WEB_CORS_H
#define GARITA_WEB_CORS_H

#include "web/router.h"

/* Answers OPTIONS: a preflight when it is one and the origin may, else 204 with Allow. req->realm
 * and req->route are those of the method that is asked for. */
void cors_preflight(struct request *req, struct response *res, unsigned methods);
/* The method that a preflight asks for; 0 when the request is none or names an unknown one. */
unsigned cors_requested_method(const struct request *req);
/* After the handler: lets the origin of the request read the reply, when it may. */
void cors_finish(struct request *req, struct response *res);
/* "GET, HEAD, OPTIONS". */
struct str cors_method_list(struct arena *a, unsigned methods);

#endif
