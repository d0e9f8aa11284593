/* Reading what a realm keeps about its logins: flows and required actions. The documents are those that
 * core/admin wrote: ERR_STORE_CORRUPT for others. */
#ifndef GARITA_CORE_AUTH_LOGIN_RECORDS_H
#define GARITA_CORE_AUTH_LOGIN_RECORDS_H

#include "core/model/flow.h"
#include "core/model/required_action.h"
#include "core/port/store.h"

/* Flows and executions as they are stored, without settings of steps; none: nothing is stored. What does
 * not read is there by its id, its flow marked as unreadable. */
MUST_CHECK int login_flows_read(struct store_read *r, struct arena *a,
                                struct auth_flows *ret_flows);
/* The settings of steps, which may hold secrets. */
MUST_CHECK int login_configs_read(struct store_read *r, struct arena *a,
                                  struct auth_flows *io_flows);
/* Those that are stored, else those that every realm begins with. */
MUST_CHECK int login_actions_read(struct store_read *r, struct arena *a,
                                  struct required_actions *ret_actions);

#endif
