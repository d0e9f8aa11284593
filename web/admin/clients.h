/* Clients and client scopes: finding those of the path, and writing them. */
#ifndef GARITA_WEB_ADMIN_CLIENTS_H
#define GARITA_WEB_ADMIN_CLIENTS_H

#include "core/model/represent.h"
#include "core/port/sessions.h"
#include "web/admin/admin.h"

/* The client {client} of the path, by id alone, whole, with its secret. ERR_NOT_FOUND "Could not find
 * client". Opens a read. */
MUST_CHECK int clients_find(struct admin_call *call, struct client *ret_client);
/* The same inside a write, for a change: ERR_FORBIDDEN when the client reaches further than the caller
 * (AD-04). */
MUST_CHECK int clients_find_to_change(struct admin_call *call, struct client *ret_client);
/* Whether the caller sees the client's secret (AD-06): who may change it. An error is of the machine. */
MUST_CHECK int clients_secret_is_shown(struct admin_call *call, const struct client *client,
                                       bool *ret_shown);

/* How long sessions live, for counting those of a client. */
void client_session_limits(const struct realm *realm, struct session_limits *ret_limits);

/* client_body.c: the body over io_client; *ret_secret is the secret that it asks for, absent when it
 * asks for none. */
MUST_CHECK int client_body_read(struct admin_call *call, struct client *io_client,
                                struct str *ret_secret);
/* An array of mappers over a list: those with a known id are changed, the others added. only: what the
 * array lacks goes. AD-04 is asked here. */
MUST_CHECK int mappers_body_read(struct admin_call *call, const struct json_value *array, bool only,
                                 struct protocol_mappers *io_mappers);

/* client_represent.c. The secret as it stands in client: absent ones are left out. */
void represent_client(struct admin_call *call, const struct client *client);

/* The client scope of the n-th parameter, by id alone. Read or write is open. */
MUST_CHECK int scopes_find(struct admin_call *call, size_t n, struct client_scope *ret_scope);
/* Opens a write; ERR_FORBIDDEN as for clients. */
MUST_CHECK int scopes_find_to_change(struct admin_call *call, size_t n,
                                     struct client_scope *ret_scope);

#endif
