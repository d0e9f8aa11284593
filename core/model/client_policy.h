/* Client policies: what a realm asks of its clients, in Keycloak's form. A profile is a list of executors,
 * each of which asks for one thing; a policy says by its conditions when the executors of its profiles
 * run. A document with anything that does not exist here is refused as a whole: a rule that is kept and
 * not followed would be worse than none. */
#ifndef GARITA_CORE_MODEL_CLIENT_POLICY_H
#define GARITA_CORE_MODEL_CLIENT_POLICY_H

#include "core/model/realm.h"

#define CLIENT_PROFILES_MAX       64 /* of a realm */
#define CLIENT_POLICIES_MAX       64
#define CLIENT_POLICY_PARTS_MAX   32 /* executors of a profile; conditions and profiles of a policy */
#define CLIENT_POLICY_VALUES_MAX  64 /* of one setting */
/* Of a document: two of them, before and after, fit into an event. */
#define CLIENT_POLICIES_MAX_BYTES ((size_t)60 << 10)

enum client_executor_kind {
#define E(name, id, settings, help) EXECUTOR_##name,
#include "core/model/client_executors.def"
#undef E
    CLIENT_EXECUTOR_KINDS
};

enum client_condition_kind {
#define C(name, id, settings, help) CONDITION_##name,
#include "core/model/client_conditions.def"
#undef C
    CLIENT_CONDITION_KINDS
};

/* What there is, for consoles. */
struct client_policy_part {
    const char *id, *settings, *help; /* settings: names, separated by spaces */
};
extern const struct client_policy_part client_executor_parts[CLIENT_EXECUTOR_KINDS];
extern const struct client_policy_part client_condition_parts[CLIENT_CONDITION_KINDS];

struct client_executor {
    enum client_executor_kind kind;
#define S(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/client_executor_settings.def"
#undef S
};

struct client_condition {
    enum client_condition_kind kind;
#define S(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/client_condition_settings.def"
#undef S
    struct strs types;         /* of client-access-type */
    bool optional_scopes;      /* of client-scopes: those that are asked for */
    struct str_map attributes; /* of client-attributes */
};

struct client_profile {
    struct str name;
    struct client_executor *executors;
    size_t count;
};

struct client_policy {
    struct str name;
    bool enabled;
    struct client_condition *conditions;
    size_t condition_count;
    const struct client_profile **profiles;
    size_t profile_count;
};

struct client_policies {
    struct client_profile *profiles;
    size_t profile_count;
    struct client_policy *items;
    size_t count;
};

/* Reads {"profiles": [...]} and {"policies": [...]}; NULL stands for an empty one. Texts live in the arena
 * or in the documents. ERR_INVALID_REQUEST with the member in ctx: wrong types, names that are missing or
 * doubled, settings that the part does not take, profiles that a policy names and that are not there;
 * ERR_NOT_IMPLEMENTED: an executor or a condition that does not exist here. */
MUST_CHECK int client_policies_read(struct arena *a, const struct json_value *profiles,
                                    const struct json_value *policies,
                                    struct client_policies *ret_policies, struct err_ctx *ctx);

#endif
