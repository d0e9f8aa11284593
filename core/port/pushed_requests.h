/* Authorization requests that wait for their browser (RFC 9126). */
#ifndef GARITA_CORE_PORT_PUSHED_REQUESTS_H
#define GARITA_CORE_PORT_PUSHED_REQUESTS_H

#include "core/port/store.h"

/* At a time, so that nobody fills the disk or takes another's place (HT-08): of one client that shows who it
 * is; of one host in the name of public clients, which anybody can be; of all hosts for one of these. */
#define PUSHED_REQUESTS_MAX           5000
#define PUSHED_REQUESTS_OF_SOURCE_MAX 200
#define PUSHED_REQUESTS_PUBLIC_MAX    20000

struct pushed_request {
    int64_t pk;
    struct str hash; /* of the handle: handle_hash() */
    int64_t client_pk;
    struct str request; /* a form text */
    int64_t expires_ms;
    struct str source; /* of a public client: client_auth_source(); else absent. Not read back */
};

/* ERR_LIMIT_REACHED when so many wait. */
MUST_CHECK int pushed_request_insert(struct store_write *w, struct pushed_request *request);
MUST_CHECK int pushed_request_find(struct store_read *r, struct arena *a, struct str hash,
                                   struct pushed_request *ret_request);
/* Removes it. True exactly once for a request, however many ask at once (OX-01). */
MUST_CHECK int pushed_request_spend(struct store_write *w, int64_t pk, bool *ret_first);
/* All of the realm. */
MUST_CHECK int pushed_request_delete_all(struct store_write *w);

#endif
