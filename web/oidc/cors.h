/* Answers that scripts of other origins may read (WE-11): those of the client that was
 * authenticated, or whose token was good; public documents for everyone; nothing else. */
#ifndef GARITA_WEB_OIDC_CORS_H
#define GARITA_WEB_OIDC_CORS_H

#include "core/model/client.h"
#include "web/request.h"

/* Lets the request's origin read the answer when it is one of the client's; client may be NULL. */
void cors_client(struct request *req, struct response *res, const struct client *client);
/* The same, with the response headers that its scripts may read. False when it is none of them. */
bool cors_client_exposing(struct request *req, struct response *res, const struct client *client,
                          struct str headers);
/* Lets every origin read it: public documents without cookies. */
void cors_everyone(struct response *res);

/* The origins of all enabled clients of the request's realm, without duplicates, at most as many as
 * fit into max_bytes with a space between; "*" when a client allows all. With an origin to look for,
 * ret_found tells whether it is among them, and the walk ends there. ERR_STORE_*, ERR_NO_MEMORY. */
MUST_CHECK int cors_origins(struct request *req, struct str looked_for, size_t max_bytes,
                            struct str *ret_origins, bool *ret_found);

/* For struct web_services: whether a preflight of this origin is granted: it is registered in the
 * realm. A preflight names no client and its answer holds nothing; the real answer is bound to the
 * client. Calls of CONTENT_RPC do not even name a realm in their path: any origin may ask, with
 * credentials that its script must hold itself, and the client's list decides about the call. */
bool oidc_cors_allowed(struct request *req, struct str origin);

#endif
