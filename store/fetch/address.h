/* Which network addresses may be reached from here (SS-01). */
#ifndef GARITA_STORE_FETCH_ADDRESS_H
#define GARITA_STORE_FETCH_ADDRESS_H

#include <sys/socket.h>

#include "core/base/err.h"

/* A network as 16 bytes of an IPv6 prefix; IPv4 as ::ffff:a.b.c.d. */
struct network {
    unsigned char prefix[16];
    int bits;
};

/* "10.0.0.0/8", "fd00::/8", or one address. ERR_INVALID_SYNTAX. */
MUST_CHECK int network_parse(struct str text, struct network *ret_network);
bool network_has(const struct network *network, const struct sockaddr *address);
/* Neither loopback, private, link-local, shared, multicast, reserved, nor a form of IPv6 that
 * carries an IPv4 address (mapped, NAT64, 6to4, Teredo). */
bool address_is_public(const struct sockaddr *address);
/* In host order; 0 for other families. */
uint16_t address_port(const struct sockaddr *address);

#endif
