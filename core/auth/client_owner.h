/* A client that a person made for himself (core/account/own_clients.h) counts for as long as its owner may have
 * one: he exists, is enabled and has the role manage-applications of the client "account". It then gets no
 * token, starts no login and authenticates nowhere, and its tokens are not active. Nothing is written for
 * it: with the right, the client comes back. */
#ifndef GARITA_CORE_AUTH_CLIENT_OWNER_H
#define GARITA_CORE_AUTH_CLIENT_OWNER_H

#include "core/auth/context.h"
#include "core/model/client.h"

#define CLIENT_ATTR_OWNER        "garita.owner" /* id of the person; of clients of the realm: none */
#define ROLE_MANAGE_APPLICATIONS "manage-applications"

/* Whether it belongs to a person, so that more than the client itself decides. */
bool client_is_owned(const struct client *client);
/* Whether it is enabled and, when it belongs to a person, that one may have it. Errors of the store. */
MUST_CHECK int client_counts(const struct auth_ctx *ctx, struct store_read *r,
                             const struct client *client, bool *ret_counts);
/* The same for who has no read open. */
MUST_CHECK int client_counts_now(const struct auth_ctx *ctx, const struct client *client,
                                 bool *ret_counts);

#endif
