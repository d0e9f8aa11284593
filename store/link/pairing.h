/* How a standby comes to be: the primary makes a token, somebody carries it to the standby's machine, and
 * the standby shows that it has it. The token names the primary's key, so that the standby tells nobody
 * else anything; its secret never travels: the standby proves it over the one connection that both ends
 * see (channel_binding), so that what was heard or passed on elsewhere proves nothing. It is good once,
 * until it expires.
 *
 *   standby                                      primary
 *   HELLO, and a MAC over it and the binding  ->
 *                                             <- BYTES: sealed, who the primary is and what it gives; or
 *                                                REFUSED */
#ifndef GARITA_STORE_LINK_PAIRING_H
#define GARITA_STORE_LINK_PAIRING_H

#include "core/base/secret.h"
#include "store/link/channel.h"
#include "store/repl/node.h"

#define PAIRING_SECRET_BYTES 32
#define PAIRING_TOKEN_MAX    128

/* A token of this node, which becomes the primary of a new cluster when it was alone. ERR_CONFLICT when it
 * has a standby, ERR_FORBIDDEN when it is a standby or fenced, ERR_LIMIT_REACHED, errors of node_change. */
MUST_CHECK int pairing_token_new(struct node *node, const struct link_pin *own_pin, int64_t now_ms,
                                 int64_t expires_ms, char text[PAIRING_TOKEN_MAX]);

struct pairing_token {
    struct link_pin pin; /* of the primary */
    unsigned char secret[PAIRING_SECRET_BYTES];
};
/* White space around it is nothing. ERR_INVALID_SYNTAX. */
MUST_CHECK int pairing_token_read(struct str text, struct pairing_token *ret_token);

/* What the primary gives. */
struct pairing_gift {
    char cluster[REPL_NODE_ID_LEN + 1], node[REPL_NODE_ID_LEN + 1];
    uint64_t epoch;
    enum repl_mode mode;
    struct secret master_key;
    struct repl_settings settings;
};
void pairing_gift_free(struct pairing_gift *gift);

/* The primary's side, on a connection of somebody who is not the peer, for as long as until deadline_ms
 * of the monotonic clock. When it returns 0 the node's peer is who asked. ERR_ACCESS_DENIED: no such
 * token, or it was used; ERR_IO, ERR_TIMEOUT, ERR_INVALID_REQUEST; as pairing_token_new. */
struct pairing_offer {
    struct node *node;
    const struct secret *master_key;
    const struct repl_settings *settings;
    int64_t deadline_ms;
};
MUST_CHECK int pairing_give(const struct pairing_offer *offer, struct channel *channel,
                            const struct link_pin *pin);
/* Node and key of an open store, which outlives the offer. */
void pairing_offer_of(struct store *store, struct pairing_offer *ret_offer);

/* The standby's side, when the handshake showed the key that the token names. Texts of the gift are in
 * the arena. ERR_ACCESS_DENIED with the primary's words, ERR_SEAL, and as above. */
struct pairing_wish {
    const struct pairing_token *token;
    const char *node;   /* a new UUID */
    struct str address; /* where this node will listen; ":PORT" when it knows no name of its own */
    int64_t deadline_ms;
};
MUST_CHECK int pairing_ask(const struct pairing_wish *wish, struct channel *channel,
                           struct arena *a, struct pairing_gift *ret_gift, struct err_ctx *ctx);

#endif
