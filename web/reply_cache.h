/* Replies that everyone may have (discovery, keys, style sheets of a realm), kept for a moment: under
 * load each is made once a second instead of each time. A realm's configuration that changes is
 * another view and so another entry; a disabled realm is refused before anybody looks here. */
#ifndef GARITA_WEB_REPLY_CACHE_H
#define GARITA_WEB_REPLY_CACHE_H

#include "web/request.h"

struct reply_cache;

/* ERR_NO_MEMORY. */
MUST_CHECK int reply_cache_new(struct reply_cache **ret_cache);
void reply_cache_free(struct reply_cache *cache);
/* Whether req's reply may be kept at all: GET or HEAD without a query, on a line of routes.def that
 * says PUBLIC, of a realm. */
bool reply_cache_fits(const struct request *req);
/* Fills res (and answers 304 by itself); false when there is nothing or it is too old. */
bool reply_cache_get(struct reply_cache *cache, struct request *req, struct response *res);
/* Keeps a 200 that is marked public and has an ETag, no cookie and no Vary. */
void reply_cache_put(struct reply_cache *cache, const struct request *req,
                     const struct response *res);

#endif
