/* The applications that a person has something to do with. */
#ifndef GARITA_CORE_ACCOUNT_APPLICATIONS_H
#define GARITA_CORE_ACCOUNT_APPLICATIONS_H

#include "core/auth/context.h"
#include "core/model/client.h"
#include "core/model/user.h"

/* A client with a consent, a session or an offline session of the person. */
struct application {
    const struct client *client;   /* lives as long as the view */
    const struct consent *consent; /* NULL: none */
    bool in_use;                   /* part of a login that is not over */
    bool offline;                  /* part of an offline session that is not over */
};

struct applications {
    struct application *items;
    size_t count, cap;
};

/* Those with a consent first. Clients that are gone are left out. */
MUST_CHECK int applications_of(const struct auth_ctx *ctx, struct store_read *r, int64_t user_pk,
                               struct applications *ret_list);

#endif
