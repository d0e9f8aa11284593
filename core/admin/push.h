/* Pushing not-before to applications, which this server does not do: they learn of it when they ask. Who asks
 * for a push is told which applications were not reached, and the question is an event. */
#ifndef GARITA_CORE_ADMIN_PUSH_H
#define GARITA_CORE_ADMIN_PUSH_H

#include "core/auth/context.h"

/* The admin URLs that were not reached: of one client, or of all of the realm, at most PUSH_URLS_MAX. */
#define PUSH_URLS_MAX 1000
MUST_CHECK int admin_push_client(const struct auth_ctx *ctx, struct store_write *w,
                                 const struct client *client, struct strs *ret_failed);
MUST_CHECK int admin_push_realm(const struct auth_ctx *ctx, struct store_write *w,
                                struct strs *ret_failed);

#endif
