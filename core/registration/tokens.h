/* Tokens of dynamic client registration: initial access tokens, with which clients are made (RFC 7591 3), and
 * registration access tokens, one a client, with which it reads, changes and deletes itself (RFC 7592 3).
 * Each is 256 random bits, shown once; only a hash of it is kept. */
#ifndef GARITA_CORE_REGISTRATION_TOKENS_H
#define GARITA_CORE_REGISTRATION_TOKENS_H

#include "core/auth/context.h"

#define INITIAL_ACCESS_COUNT_MAX 10000
#define INITIAL_ACCESS_LIFE_S    (INT64_C(3652) * 86400)

struct initial_access {
    struct str id;
    int64_t created_s;
    int64_t lifespan_s; /* 0: until it is used up */
    int64_t count, remaining;
};

struct initial_accesses {
    struct initial_access *items;
    size_t count;
};

/* Sets id, created_s and remaining. Those that are over go meanwhile. ERR_INVALID_REQUEST for numbers out of
 * range, ERR_LIMIT_REACHED. */
MUST_CHECK int initial_access_create(const struct auth_ctx *ctx, struct store_write *w,
                                     struct initial_access *io_access, struct str *ret_token);
MUST_CHECK int initial_access_list(const struct auth_ctx *ctx, struct store_read *r,
                                   struct initial_accesses *ret_list);
/* ERR_NOT_FOUND. */
MUST_CHECK int initial_access_delete(const struct auth_ctx *ctx, struct store_write *w,
                                     struct str id);
/* One client less. ERR_INVALID_TOKEN for what is unknown, over or used up. */
MUST_CHECK int initial_access_spend(const struct auth_ctx *ctx, struct store_write *w,
                                    struct str token);

/* A new one for the client; the one before is worth nothing from then on. */
MUST_CHECK int registration_token_issue(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct client *client, struct str *ret_token);
/* The same by an administrator, with its event. */
MUST_CHECK int registration_token_give(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client, struct str *ret_token);
/* The client whose token this is: ERR_INVALID_TOKEN. It ends with its client, and when that is disabled
 * (core/admin/clients.c, OA-15). */
MUST_CHECK int registration_token_find(const struct auth_ctx *ctx, struct store_read *r,
                                       struct str token, struct client *ret_client);

#endif
