/* Where we are reached: the origin of links and issuers, and what counts as our own page. */
#ifndef GARITA_WEB_ORIGIN_H
#define GARITA_WEB_ORIGIN_H

#include "web/proxies.h"
#include "web/web.h"

/* This machine's own names and addresses, found once at start. */
struct own_names;
MUST_CHECK int own_names_new(struct own_names **ret_names);
void own_names_free(struct own_names *names);

/* Checks the configured hostname ("https://id.example.pe[:port]", no path) and sets the origin that
 * counts when a request names no host, and the own names. ERR_CONFIG. */
MUST_CHECK int origin_setup(struct web *web, struct err_ctx *err);
void origin_teardown(struct web *web);

/* Sets req->public_origin. False when Host is not ours (421). */
bool origin_resolve(struct request *req, const struct forwarded *forwarded, struct str authority);
/* The HTTPS origin that a request on the plain door is sent to; absent when Host is not ours. */
struct str origin_of_redirect(struct request *req);
/* Whether a state-changing request comes from a page of ours (WE-05). */
bool origin_is_same(const struct request *req);

#endif
