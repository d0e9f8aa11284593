/* Required actions: what people are asked to do at their next login, as a realm has them. A person's own
 * list (struct user) names them by alias. */
#ifndef GARITA_CORE_MODEL_REQUIRED_ACTION_H
#define GARITA_CORE_MODEL_REQUIRED_ACTION_H

#include "core/model/fields.h"

#define REQUIRED_ACTIONS_MAX 64 /* of a realm */

struct required_action {
    struct str alias, name, provider_id;
    bool enabled, default_action; /* a default one is asked of new people */
    int64_t priority;
    struct str_map config;
};

struct required_actions {
    struct required_action *items; /* by priority and alias */
    size_t count;
    bool stored; /* else those that every realm begins with */
};

extern const struct field_table required_action_fields;

/* An action that Keycloak has. */
struct action_provider {
    const char *alias, *name;
    int priority;
    bool enabled;    /* in a new realm */
    bool registered; /* likewise */
    bool is_here;    /* whether this server can carry it out */
    bool registers;  /* people get a credential by it */
};
extern const struct action_provider action_providers[];
extern const size_t action_provider_count;
/* NULL when there is none. */
const struct action_provider *action_provider_find(struct str alias);
/* What Keycloak calls an action today that it once called otherwise; else the same. */
struct str action_alias_today(struct str alias);
/* Whether there is one and this server can carry it out. */
bool action_is_here(struct str alias);

/* Those of a new realm. ERR_NO_MEMORY. */
MUST_CHECK int required_actions_default(struct arena *a, struct required_actions *ret_actions);
/* NULL when there is none. */
const struct required_action *required_action_find(const struct required_actions *actions,
                                                   struct str alias);
/* Whether an action that a person has is asked for. One that the realm has switched off, or no longer
 * has, is not, when it is one of Keycloak's; a name that nobody knows is, and keeps its person out. */
bool required_action_is_due(const struct required_actions *actions, struct str alias);

#endif
