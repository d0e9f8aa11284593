/* A socket that listens, for HTTP and for gRPC alike. */
#ifndef GARITA_WEB_DOOR_H
#define GARITA_WEB_DOOR_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

struct door_socket {
    int fd;        /* not blocking, closed by exec; the caller's to close */
    uint16_t port; /* as bound */
};

/* Opens a TCP port on an address ("::", "127.0.0.1", "localhost"; NULL or empty: all of them, those of
 * IPv4 alone on a kernel without IPv6). WEB_PORT_ANY is any free port. backlog as for listen(2). what
 * tells the reader of an error which port it is, " for gRPC" or "". ERR_CONFIG with the reason. */
MUST_CHECK int door_open(const char *address, uint16_t port, int backlog, const char *what,
                         struct err_ctx *err, struct door_socket *ret_door);

/* Whether an address can only be reached from this machine; false for what is no address. */
bool door_is_loopback(const char *address);

#endif
