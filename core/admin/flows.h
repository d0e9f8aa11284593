/* Authentication flows of a realm: making, copying, changing and deleting them, their executions and
 * the settings of these. Each change appends its event in the caller's transaction and leaves what is
 * bound to the realm usable. */
#ifndef GARITA_CORE_ADMIN_FLOWS_H
#define GARITA_CORE_ADMIN_FLOWS_H

#include "core/auth/context.h"
#include "core/model/flow.h"

/* As stored, or those that every realm begins with. */
MUST_CHECK int admin_flows_load(const struct auth_ctx *ctx, struct store_read *r,
                                struct auth_flows *ret_flows);

/* --- Flows. Errors: ERR_NOT_FOUND, ERR_CONFLICT (an alias that is taken), ERR_INVALID_REQUEST. --- */

/* A flow at the top. Sets the id. */
MUST_CHECK int admin_flow_create(const struct auth_ctx *ctx, struct store_write *w,
                                 struct auth_flow *io_flow);
/* With all that is in it, under new ids; flows within are called "{alias} {old alias}". */
MUST_CHECK int admin_flow_copy(const struct auth_ctx *ctx, struct store_write *w, struct str from,
                               struct str alias, struct str *ret_id);
/* Alias and description; a flow that is bound stays bound. */
MUST_CHECK int admin_flow_update(const struct auth_ctx *ctx, struct store_write *w, struct str id,
                                 const struct json_value *body);
/* With all that is in it. Built-in flows and those that are bound stay (ERR_CONFLICT). */
MUST_CHECK int admin_flow_delete(const struct auth_ctx *ctx, struct store_write *w, struct str id);

/* --- Executions. Built-in flows keep theirs; only requirements change there. --- */

/* Its parent is set. A priority of -1 puts it behind all others. config_id may name settings that no step
 * has. Sets the id. */
MUST_CHECK int admin_execution_add(const struct auth_ctx *ctx, struct store_write *w,
                                   struct flow_execution *io_execution);
/* A flow within a flow, and the execution that stands for it. Sets both ids. */
MUST_CHECK int admin_execution_add_flow(const struct auth_ctx *ctx, struct store_write *w,
                                        struct auth_flow *io_flow,
                                        struct flow_execution *io_execution);
/* Requirement and priority of one of a flow's executions, at any depth. ERR_NOT_FOUND for one that is
 * not below it. */
MUST_CHECK int admin_execution_update(const struct auth_ctx *ctx, struct store_write *w,
                                      struct str flow_alias, const struct json_value *body);
MUST_CHECK int admin_execution_delete(const struct auth_ctx *ctx, struct store_write *w,
                                      struct str id);
/* One place up (-1) or down (1); the first and the last stay. */
MUST_CHECK int admin_execution_move(const struct auth_ctx *ctx, struct store_write *w,
                                    struct str id, int by);

/* STEP_MAY_BE_*: what the execution may require; flow is the one that it stands for, or NULL. */
unsigned flow_choices(const struct flow_execution *execution, const struct auth_flow *flow);

/* --- Settings of steps. A secret that is sent as SECRET_MASK stays what it was (AD-06). --- */

#define FLOW_SECRET_MASK "**********"

/* In place of what the execution has. Sets the id. */
MUST_CHECK int admin_config_create(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str execution_id, struct flow_config *io_config);
/* Without a step: an execution that is added may take it. Sets the id. ERR_LIMIT_REACHED. */
MUST_CHECK int admin_config_add(const struct auth_ctx *ctx, struct store_write *w,
                                struct flow_config *io_config);
MUST_CHECK int admin_config_update(const struct auth_ctx *ctx, struct store_write *w, struct str id,
                                   const struct json_value *body);
MUST_CHECK int admin_config_delete(const struct auth_ctx *ctx, struct store_write *w,
                                   struct str id);

/* --- Bindings --- */

/* Whether what the realm, or the client's overrides, bind is there and usable. ERR_INVALID_REQUEST with
 * the setting. */
MUST_CHECK int admin_flows_check_realm(const struct auth_ctx *ctx, struct store_read *r,
                                       const struct realm *before, const struct realm *after);
/* Those of a realm that is imported, with their ids, as they are: the caller has looked at them. In a
 * realm that has none stored. ERR_CONFLICT for an id or an alias that stands twice. */
MUST_CHECK int admin_flows_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                     const struct auth_flows *flows);
/* The same for a realm that is about to be made. */
MUST_CHECK int admin_flows_check_new_realm(const struct auth_ctx *ctx, const struct realm *realm);
MUST_CHECK int admin_flows_check_client(const struct auth_ctx *ctx, struct store_read *r,
                                        const struct client *before, struct client *io_after);

#endif
