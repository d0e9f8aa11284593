/* The required actions of a realm: which there are, which are asked for, which new people begin with.
 * Each change appends its event in the caller's transaction. */
#ifndef GARITA_CORE_ADMIN_REQUIRED_ACTIONS_H
#define GARITA_CORE_ADMIN_REQUIRED_ACTIONS_H

#include "core/auth/context.h"
#include "core/model/required_action.h"

/* As stored, or those that every realm begins with. */
MUST_CHECK int admin_actions_load(const struct auth_ctx *ctx, struct store_read *r,
                                  struct required_actions *ret_actions);
/* One of a realm that is imported, without an event, in a realm that has none stored. ERR_CONFLICT for an
 * alias that stands twice. */
MUST_CHECK int admin_actions_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                       const struct required_action *action);
/* Adds one of Keycloak's that the realm does not have, behind the others, switched on. name empty: its
 * own. ERR_INVALID_REQUEST, ERR_CONFLICT. */
MUST_CHECK int admin_action_register(const struct auth_ctx *ctx, struct store_write *w,
                                     struct str provider_id, struct str name);
/* Name, switches, priority and settings. ERR_NOT_FOUND, ERR_INVALID_REQUEST. An action that this server
 * cannot carry out is not asked of new people. */
MUST_CHECK int admin_action_update(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str alias, const struct json_value *body);
MUST_CHECK int admin_action_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str alias);
/* One place up (-1) or down (1); the first and the last stay. */
MUST_CHECK int admin_action_move(const struct auth_ctx *ctx, struct store_write *w,
                                 struct str alias, int by);

#endif
