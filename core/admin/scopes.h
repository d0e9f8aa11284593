/* Client scopes: making, changing and deleting them, which clients have them, scope mappings. */
#ifndef GARITA_CORE_ADMIN_SCOPES_H
#define GARITA_CORE_ADMIN_SCOPES_H

#include "core/auth/context.h"
#include "core/model/client.h"
#include "core/model/role.h"
#include "core/port/clients.h"

#define ADMIN_SCOPES_MAX 1000 /* of a realm: all of them stand in its view */

/* By id alone. ERR_NOT_FOUND with a sentence in ctx->err. */
MUST_CHECK int admin_scope_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                                struct client_scope *ret_scope);
/* With its mappers. Sets pk and id. ERR_CONFLICT, ERR_INVALID_REQUEST, ERR_LIMIT_REACHED. */
MUST_CHECK int admin_scope_insert(const struct auth_ctx *ctx, struct store_write *w,
                                  struct client_scope *io_scope);
/* The event of one that was stored by other means: an import makes those that its file is too old for. */
MUST_CHECK int admin_scope_record_added(const struct auth_ctx *ctx, struct store_write *w,
                                        const struct client_scope *scope);
MUST_CHECK int admin_scope_update(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct client_scope *before,
                                  const struct client_scope *after);
/* Clients lose it. */
MUST_CHECK int admin_scope_delete(const struct auth_ctx *ctx, struct store_write *w,
                                  const struct client_scope *scope);
/* Whether clients that are made from now on get it. */
MUST_CHECK int admin_scope_link_realm(const struct auth_ctx *ctx, struct store_write *w,
                                      const struct client_scope *scope, enum scope_link link);
/* Whether a client has it. client is whole. */
MUST_CHECK int admin_client_scope_link(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client *client,
                                       const struct client_scope *scope, enum scope_link link);

/* Scope mappings. */
MUST_CHECK int admin_scope_role_add(const struct auth_ctx *ctx, struct store_write *w,
                                    const struct client_scope *scope, const struct role *role);
MUST_CHECK int admin_scope_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct client_scope *scope, const struct role *role);
MUST_CHECK int admin_client_scope_role_add(const struct auth_ctx *ctx, struct store_write *w,
                                           const struct client *client, const struct role *role);
MUST_CHECK int admin_client_scope_role_remove(const struct auth_ctx *ctx, struct store_write *w,
                                              const struct client *client, const struct role *role);

#endif
