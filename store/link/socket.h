/* TCP for the link: HOST:PORT of a peer, and the port where it is awaited. */
#ifndef GARITA_STORE_LINK_SOCKET_H
#define GARITA_STORE_LINK_SOCKET_H

#include <stdbool.h>
#include <stdint.h>

#include "core/base/err.h"

/* "id.example:7443", "192.0.2.7:7443", "[2001:db8::7]:7443". */
bool link_address_is_valid(struct str address);

/* A socket that is connected and does not block; names are resolved, which takes as long as it takes.
 * wake_fd (-1: none) ends the wait when it becomes readable: ERR_CANCELLED. ERR_INVALID_REQUEST for what
 * is no address, ERR_NOT_FOUND for a name that nobody knows, ERR_TIMEOUT, ERR_IO; errno says more. */
MUST_CHECK int link_connect(struct str address, int64_t deadline_ms, int wake_fd, int *ret_fd);

/* address: empty for all. port 0: any that is free, told in ret_port. ERR_CONFIG with the reason. */
MUST_CHECK int link_listen(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port,
                           struct err_ctx *ctx);
/* What accept(2) gave becomes as link_connect's. */
void link_socket_setup(int fd);

#endif
