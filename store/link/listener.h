/* The port where a node awaits its peer: a few connections, of which one at most is the peer's. */
#ifndef GARITA_STORE_LINK_LISTENER_H
#define GARITA_STORE_LINK_LISTENER_H

#include "store/link/link.h"

struct link_listener;

#define LINK_CONNECTIONS_MAX 8

struct link_listener_config {
    const char *address; /* empty: all */
    uint16_t port;       /* 0: any that is free */
    const struct link_identity *identity;
    struct link_times times;
    /* Whether this key is the peer's. */
    bool (*is_peer)(void *arg, const struct link_pin *pin);
    /* A connection with another key, after the handshake, on a thread of its own; it ends on return.
     * NULL: it ends at once. */
    void (*stranger)(void *arg, struct channel *channel, const struct link_pin *pin);
    /* Whether a stranger with this key keeps its place while others come; of each key the newest connection
     * does. True for fewer keys than LINK_CONNECTIONS_MAX. NULL: none does. */
    bool (*is_kept)(void *arg, const struct link_pin *pin);
    void *arg;
    /* Of the peer's connection: a new one ends the one before, whose down comes first. */
    struct link_user user;
};

/* The config is copied; identity outlives the listener. ERR_CONFIG with the reason, ERR_NO_MEMORY. */
MUST_CHECK int link_listener_start(const struct link_listener_config *config,
                                   struct link_listener **ret_listener, struct err_ctx *ctx);
uint16_t link_listener_port(const struct link_listener *listener);
/* Ends the peer's connection, soon. */
void link_listener_hang_up(struct link_listener *listener);
/* Ends all connections. NULL is fine. */
void link_listener_stop(struct link_listener *listener);

#endif
