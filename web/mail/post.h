/* Mails that pages cause. A page only puts down what was asked for, in the same time whoever is meant; looking
 * him up, making the link and sending it is done by threads of their own (PW-05). What waits is bounded, in
 * all and for each realm, and a realm is served by one thread at a time, so that a mail server that hangs
 * holds up no other tenant (HT-02). A server that stops sends what waits, for POST_STOP_S; a link is made when its
 * mail is sent, so that what is dropped then leaves none. */
#ifndef GARITA_WEB_MAIL_POST_H
#define GARITA_WEB_MAIL_POST_H

#include "core/auth/context.h"

#define POST_WAITING_MAX      512
#define POST_WAITING_OF_REALM 64
#define POST_WHO_MAX_BYTES    1024
#define POST_STOP_S           8 /* how long a server that stops goes on with what waits */

struct post;
struct store;
struct template_set;

enum post_kind {
    POST_FORGOTTEN, /* a password: who is a name as it was typed */
    POST_PROOF,     /* of an address: who is the id of a person who logged in */
    POST_ADDRESS    /* that he wants to have: who is as in POST_PROOF */
};

/* Texts are copied. */
struct post_order {
    enum post_kind kind;
    struct str who;
    struct str email;     /* of POST_ADDRESS */
    struct str client_id; /* that he goes back to; absent: none */
    struct str language;  /* of the page */
};

/* Starts the threads. Both outlive the post. ERR_NO_MEMORY. */
MUST_CHECK int post_new(struct store *store, const struct template_set *templates,
                        struct post **ret_post);
/* Sends what waits, for POST_STOP_S, and waits for the mails that are on their way. NULL is fine. */
void post_free(struct post *post);
/* Puts an order down for the realm of ctx. One that finds no room is dropped: nobody is told. */
void post_put(struct post *post, const struct auth_ctx *ctx, const struct post_order *order);

#endif
