/* A connection to the peer that is made anew whenever it ends. One thread. */
#ifndef GARITA_STORE_LINK_DIALER_H
#define GARITA_STORE_LINK_DIALER_H

#include "store/link/link.h"

struct link_dialer;

struct link_dialer_config {
    struct str address;  /* HOST:PORT; copied */
    struct link_pin pin; /* of who must answer there */
    const struct link_identity *identity;
    struct link_times times;
    int64_t least_pause_ms, most_pause_ms; /* between tries; 0: 100 and 5,000 */
    struct link_user user;
};

/* identity outlives the dialer. ERR_INVALID_REQUEST for an address that is none, ERR_NO_MEMORY. */
MUST_CHECK int link_dialer_start(const struct link_dialer_config *config,
                                 struct link_dialer **ret_dialer);
/* Ends the connection. NULL is fine. */
void link_dialer_stop(struct link_dialer *dialer);

/* A channel to that key at that address, after the handshake, for those who may wait.
 * ERR_UNAUTHENTICATED: somebody else answers there; errors of link_connect and of the channel. */
MUST_CHECK int link_reach(struct str address, const struct link_identity *identity,
                          const struct link_pin *pin, int64_t deadline_ms,
                          struct channel **ret_channel);

#endif
