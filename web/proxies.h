/* Which peers may speak for others (WE-10): a list of networks, and what their headers say. */
#ifndef GARITA_WEB_PROXIES_H
#define GARITA_WEB_PROXIES_H

#include "web/request.h"

struct proxy_list;

/* Networks such as "10.0.0.0/8, ::1" separated by commas or spaces; empty: nobody. ERR_CONFIG names
 * the one that is malformed. */
MUST_CHECK int proxy_list_new(struct str text, struct err_ctx *err, struct proxy_list **ret_list);
void proxy_list_free(struct proxy_list *list);
/* Whether an address in text form belongs to one of the networks. */
bool proxy_list_has(const struct proxy_list *list, struct str ip);

/* What a request says about its way, as far as trusted peers say it. */
struct forwarded {
    struct str client_ip; /* the nearest address that is not a trusted proxy */
    struct str host;      /* absent: not said */
    bool https;
    bool says_proto;
    bool trusted; /* the peer is a trusted proxy */
};

/* peer_ip: of the connection. From an untrusted peer the headers do not exist. Malformed values of
 * a trusted one: ERR_INVALID_REQUEST (they never change a result by halves). At most 16 hops count.
 * Forwarded (RFC 7239) goes before X-Forwarded-*; both at once from one proxy is an error. */
MUST_CHECK int forwarded_read(const struct proxy_list *list, const struct request *req,
                              struct str peer_ip, struct forwarded *ret_forwarded);

#endif
