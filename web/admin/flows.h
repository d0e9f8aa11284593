/* Between the files of ~/authentication. */
#ifndef GARITA_WEB_ADMIN_FLOWS_H
#define GARITA_WEB_ADMIN_FLOWS_H

#include "core/admin/flows.h"
#include "web/admin/admin.h"

/* [{"id","displayName","description"}] of the steps of a kind, conditions counted as authenticators. */
void represent_steps(struct json_writer *w, enum step_kind kind);
/* An execution of the list of its flow, as Keycloak's AuthenticationExecutionInfoRepresentation. */
void represent_execution(struct json_writer *w, const struct auth_flows *flows,
                         const struct flow_execution *execution, int level, int index);
/* Settings; secrets as "**********" for who may not change them (AD-06). */
void represent_config(struct admin_call *call, const struct flow_config *config);

#endif
