/* Authentication flows as Keycloak has them: trees of steps by which people and clients prove who they
 * are. A flow is a list of executions in order of priority; each is a step (an authenticator) or another
 * flow. Among the executions of a flow that are not disabled, either all required and conditional ones
 * must succeed, or, where there are none of these, one alternative. */
#ifndef GARITA_CORE_MODEL_FLOW_H
#define GARITA_CORE_MODEL_FLOW_H

#include "core/model/fields.h"

#define FLOWS_MAX           512 /* of a realm, built-in ones and flows within flows included */
#define FLOW_EXECUTIONS_MAX 4000
#define FLOW_DEPTH_MAX      12 /* flows within flows */

#define FLOW_BASIC  "basic-flow"
#define FLOW_CLIENT "client-flow"
#define FLOW_FORM   "form-flow"

#define REQUIREMENT_REQUIRED    "REQUIRED"
#define REQUIREMENT_ALTERNATIVE "ALTERNATIVE"
#define REQUIREMENT_CONDITIONAL "CONDITIONAL"
#define REQUIREMENT_DISABLED    "DISABLED"

struct auth_flow {
    struct str id, alias, description;
    struct str provider_id; /* FLOW_* */
    bool top_level, built_in;
    bool unreadable; /* it, or one of its executions, is not what was stored: it leads nowhere */
};

struct flow_execution {
    struct str id;
    struct str parent;        /* id of its flow */
    struct str authenticator; /* a step; of a form the page; empty: a flow alone */
    struct str flow_id;       /* the flow that it stands for; empty: a step */
    struct str config_id;     /* empty: none */
    struct str requirement;
    int64_t priority;
    bool unreadable;
};

/* Settings of a step. */
struct flow_config {
    struct str id, alias;
    struct str_map config;
};

struct auth_flows {
    struct auth_flow *flows;
    size_t count; /* 0: those that every realm begins with */
    struct flow_execution *executions;
    size_t execution_count; /* by parent and priority */
    struct flow_config *configs;
    size_t config_count;
};

/* What is kept of each in JSON; ids, parents and priorities stand beside it. */
extern const struct field_table auth_flow_fields;
extern const struct field_table flow_execution_fields;
extern const struct field_table flow_config_fields;

/* The flows of a new realm. Their ids follow from the realm's, so that they are the same whenever they
 * are asked for. ERR_NO_MEMORY. */
MUST_CHECK int flows_default(struct arena *a, struct str realm_id, struct auth_flows *ret_flows);

/* The first one that is marked so; NULL when there is none. */
const struct auth_flow *flow_unreadable(const struct auth_flows *flows);

/* NULL when there is none. */
struct auth_flow *flow_find(const struct auth_flows *flows, struct str id);
struct auth_flow *flow_find_alias(const struct auth_flows *flows, struct str alias);
struct flow_execution *flow_execution_find(const struct auth_flows *flows, struct str id);
struct flow_config *flow_config_find(const struct auth_flows *flows, struct str id);
/* The next execution of a flow at or behind *io_at; NULL when there is none:
 *   for (size_t at = 0; (e = flow_execution_next(flows, id, &at));) ... */
struct flow_execution *flow_execution_next(const struct auth_flows *flows, struct str flow_id,
                                           size_t *io_at);

/* Whether these steps and no others lead through the flow. Conditional flows are left out where their
 * condition cannot hold for anybody here. */
bool flow_is_passed_by(const struct auth_flows *flows, struct str flow_id, const char *const *steps,
                       size_t count);
/* Whether the flow asks those who have a credential of this type ("otp") for it: in a conditional flow,
 * and whether or not the step exists here. */
bool flow_asks_for(const struct auth_flows *flows, struct str flow_id, struct str credential_type);
/* Whether any step of the flow that is not disabled asks for such a credential, whoever is asked. */
bool flow_names(const struct auth_flows *flows, struct str flow_id, struct str credential_type);
/* A step that must be taken somewhere on the flow's ways and that does not exist here; NULL: none. */
const char *flow_step_missing(const struct auth_flows *flows, struct str flow_id);

/* The flow with its own executions, as the Admin API and exports have it. */
void represent_flow(struct json_writer *w, const struct auth_flows *flows,
                    const struct auth_flow *flow);

/* --- The steps that there are --- */

enum step_kind {
    STEP_AUTHENTICATOR,
    STEP_CONDITION, /* for clients of the API an authenticator, too */
    STEP_FORM,
    STEP_FORM_ACTION,
    STEP_CLIENT_AUTHENTICATOR
};

#define STEP_MAY_BE_REQUIRED    1u
#define STEP_MAY_BE_ALTERNATIVE 2u
#define STEP_MAY_BE_DISABLED    4u
#define STEP_MAY_BE_CONDITIONAL 8u /* flows alone */

struct flow_step {
    const char *id;
    enum step_kind kind;
    const char *name;
    unsigned choices; /* STEP_MAY_BE_* */
    bool configurable;
    bool is_here;
    const char *help;
};

extern const struct flow_step flow_steps[];
extern const size_t flow_step_count;
/* NULL when there is none. */
const struct flow_step *flow_step_find(struct str id);

/* A setting of a step, for consoles. */
struct step_property {
    const char *step, *name, *label, *type, *default_value;
    bool secret;
};
extern const struct step_property step_properties[];
extern const size_t step_property_count;
/* Whether the value of this setting is shown only to who may change it (AD-06). */
bool step_property_is_secret(struct str name);

#endif
