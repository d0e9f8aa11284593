/* Reading profiles and policies. */
#include "core/model/client_policy.h"

#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES  255
#define VALUE_MAX_BYTES 1024
#define PERIOD_MAX_S    (INT64_C(3652) * 86400)

const struct client_policy_part client_executor_parts[CLIENT_EXECUTOR_KINDS] = {
#define E(name, id, settings, help) {id, settings, help},
#include "core/model/client_executors.def"
#undef E
};

const struct client_policy_part client_condition_parts[CLIENT_CONDITION_KINDS] = {
#define C(name, id, settings, help) {id, settings, help},
#include "core/model/client_conditions.def"
#undef C
};

static const struct field executor_settings[] = {
#define S(kind, member, json, number, text)                                                        \
    {json, offsetof(struct client_executor, member), FIELD_##kind, number, text},
#include "core/model/client_executor_settings.def"
#undef S
};

static const struct field condition_settings[] = {
#define S(kind, member, json, number, text)                                                        \
    {json, offsetof(struct client_condition, member), FIELD_##kind, number, text},
#include "core/model/client_condition_settings.def"
#undef S
};

static const struct field_table executor_fields = {executor_settings, ARRAY_LEN(executor_settings)};
static const struct field_table condition_fields = {condition_settings,
                                                    ARRAY_LEN(condition_settings)};

struct reading {
    struct arena *a;
    struct err_ctx *err;
};

static int wrong(const struct reading *g, const char *field, const char *what)
{
    return err_field(g->err, ERR_INVALID_REQUEST, field, "%s %s", field, what);
}

/* --- Parts and their settings --- */

/* {kind_member: id, "configuration": {...}} */
static int find_part(const struct reading *g, const struct json_value *json,
                     const char *kind_member, const struct client_policy_part *parts, size_t count,
                     size_t *ret_kind)
{
    struct str id = json_get_str(json, kind_member);
    if (str_empty(id))
        return wrong(g, kind_member, "must be the name of one");
    for (size_t i = 0; i < count; i++)
        if (str_eq_c(id, parts[i].id)) {
            *ret_kind = i;
            return 0;
        }
    TRY(text_check(id, NAME_MAX_BYTES, kind_member, g->err));
    return err_field(g->err, ERR_NOT_IMPLEMENTED, kind_member, "The %s %.*s does not exist here",
                     kind_member, STR_ARG(id));
}

static int check_values(const struct reading *g, const char *name, const struct strs *values)
{
    if (values->count > CLIENT_POLICY_VALUES_MAX)
        return wrong(g, name, "has too many values");
    for (size_t i = 0; i < values->count; i++)
        TRY(text_check(values->items[i], VALUE_MAX_BYTES, name, g->err));
    return 0;
}

/* As Keycloak, which takes "true" and "60" for what they say. */
static bool read_spelled(const struct field *field, char *at, struct str text)
{
    if (field->kind == FIELD_I64)
        return str_to_i64(text, (int64_t *)(void *)(at + field->offset)) == 0;
    if (field->kind != FIELD_BOOL || (!str_eq(text, STR("true")) && !str_eq(text, STR("false"))))
        return false;
    *(bool *)(void *)(at + field->offset) = str_eq(text, STR("true"));
    return true;
}

static int read_setting(const struct reading *g, const struct field *field, void *object,
                        const struct json_value *config, const struct json_value *value)
{
    const struct field_table one = {field, 1};
    if (json_kind(value) == JSON_STRING && read_spelled(field, object, json_str(value)))
        return 0;
    TRY(fields_read(&one, object, g->a, config, g->err));
    if (field->kind == FIELD_STRS)
        TRY(check_values(g, field->json,
                         (const struct strs *)(const void *)((char *)object + field->offset)));
    return 0;
}

/* What the part takes and the table does not read is read by hand. */
static int read_settings(const struct reading *g, const struct json_value *config,
                         const struct client_policy_part *part, const struct field_table *table,
                         void *object)
{
    const struct json_value *value;
    struct str name;
    if (json_is_none(config))
        return 0;
    if (!json_is_object(config))
        return wrong(g, "configuration", "must be an object");
    for (struct json_iter it = json_iter(config); json_next(&it, &name, &value);) {
        const struct field *field = fields_find(table, name);
        bool always = str_eq(name, STR("is-negative-logic"));
        TRY(text_check(name, NAME_MAX_BYTES, "configuration", g->err));
        if (!(always && field) && !str_has_word(str_c(part->settings), name))
            return err_field(g->err, ERR_INVALID_REQUEST, "configuration",
                             "%s does not take the setting %.*s", part->id, STR_ARG(name));
        if (field)
            TRY(read_setting(g, field, object, config, value));
    }
    return 0;
}

/* --- Executors --- */

static int check_periods(const struct reading *g, const struct client_executor *e)
{
    if (e->expiration_s < 1 || e->expiration_s > PERIOD_MAX_S)
        return wrong(g, "expiration-period", "must be a number of seconds, at most ten years");
    if (e->rotated_expiration_s < 0 || e->rotated_expiration_s > e->expiration_s)
        return wrong(g, "rotated-expiration-period", "must not be longer than expiration-period");
    if (e->remaining_rotation_s < 0 || e->remaining_rotation_s > e->expiration_s)
        return wrong(g, "remaining-rotation-period", "must not be longer than expiration-period");
    return 0;
}

static int check_authenticators(const struct reading *g, const struct client_executor *e)
{
    if (e->authenticators.count == 0)
        return wrong(g, "allowed-client-authenticators", "must name at least one");
    if (!str_empty(e->default_authenticator) &&
        !strs_has(&e->authenticators, e->default_authenticator))
        return wrong(g, "default-client-authenticator", "must be one of those that are allowed");
    return 0;
}

static int read_executor(const struct reading *g, const struct json_value *json,
                         struct client_executor *ret_executor)
{
    size_t kind = 0;
    TRY(find_part(g, json, "executor", client_executor_parts, CLIENT_EXECUTOR_KINDS, &kind));
    *ret_executor = (struct client_executor){.kind = (enum client_executor_kind)kind};
    fields_default(&executor_fields, ret_executor);
    TRY(read_settings(g, json_get(json, "configuration"), &client_executor_parts[kind],
                      &executor_fields, ret_executor));
    if (kind == EXECUTOR_SECRET_ROTATION)
        return check_periods(g, ret_executor);
    return kind == EXECUTOR_SECURE_CLIENT_AUTHENTICATOR ? check_authenticators(g, ret_executor) : 0;
}

/* --- Conditions --- */

static int read_list(const struct reading *g, const char *name, const struct json_value *array,
                     struct strs *ret_values)
{
    const struct json_value *item;
    *ret_values = (struct strs){0};
    if (!json_is_array(array))
        return wrong(g, name, "must be a list of texts");
    for (struct json_iter it = json_iter(array); json_next(&it, NULL, &item);) {
        if (json_kind(item) != JSON_STRING)
            return wrong(g, name, "must be a list of texts");
        TRY(strs_add(ret_values, g->a, json_str(item)));
    }
    return check_values(g, name, ret_values);
}

static int check_choices(const struct reading *g, const char *name, const struct strs *values,
                         const char *choices)
{
    if (values->count == 0)
        return wrong(g, name, "must name at least one");
    for (size_t i = 0; i < values->count; i++)
        if (!str_has_word(str_c(choices), values->items[i]))
            return err_field(g->err, ERR_INVALID_REQUEST, name, "%s must be of: %s", name, choices);
    return 0;
}

static int read_scope_type(const struct reading *g, const struct json_value *config,
                           bool *ret_optional)
{
    struct str type = json_str_or(config, "type", STR("Default"));
    *ret_optional = str_eq(type, STR("Optional"));
    return *ret_optional || str_eq(type, STR("Default"))
               ? 0
               : wrong(g, "type", "must be Default or Optional");
}

/* A list of {"key", "value"}, or such a list as a text. */
static int read_attributes(const struct reading *g, const struct json_value *config,
                           struct str_map *ret_map)
{
    const struct json_value *list = json_get(config, "attributes"), *pair;
    if (json_kind(list) == JSON_STRING &&
        json_parse(g->a, json_str(list), CLIENT_POLICIES_MAX_BYTES, &list) != 0)
        list = NULL;
    if (!json_is_array(list) || json_count(list) == 0)
        return wrong(g, "attributes", "must be a list of keys and values");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &pair);) {
        struct str key = json_get_str(pair, "key"), value = json_get_str(pair, "value");
        if (str_empty(key) || str_absent(value))
            return wrong(g, "attributes", "must be a list of keys and values");
        TRY(str_map_set(ret_map, g->a, key, value));
    }
    return map_check(ret_map, CLIENT_POLICY_VALUES_MAX, VALUE_MAX_BYTES, "attributes", g->err);
}

/* Names of hosts would be looked up with each change; addresses are what they are. */
static int check_hosts(const struct reading *g, const struct strs *hosts)
{
    for (size_t i = 0; i < hosts->count; i++)
        for (size_t k = 0; k < hosts->items[i].len; k++) {
            char c = hosts->items[i].ptr[k];
            if (!((c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || c == '.' || c == ':'))
                return wrong(g, "trusted-hosts",
                             "must be addresses: names of hosts are not looked up");
        }
    return hosts->count > 0 ? 0 : wrong(g, "trusted-hosts", "must name at least one");
}

static int read_by_hand(const struct reading *g, const struct json_value *config,
                        struct client_condition *c)
{
    switch (c->kind) {
    case CONDITION_ACCESS_TYPE:
        TRY(read_list(g, "type", json_get(config, "type"), &c->types));
        return check_choices(g, "type", &c->types, "confidential public bearer-only");
    case CONDITION_SCOPES: return read_scope_type(g, config, &c->optional_scopes);
    case CONDITION_ATTRIBUTES: return read_attributes(g, config, &c->attributes);
    case CONDITION_UPDATER_CONTEXT:
        return check_choices(g, "update-client-source", &c->sources,
                             "ByAuthenticatedUser ByAnonymous ByInitialAccessToken "
                             "ByRegistrationAccessToken");
    case CONDITION_UPDATER_HOST: return check_hosts(g, &c->hosts);
    default: return 0;
    }
}

static int read_condition(const struct reading *g, const struct json_value *json,
                          struct client_condition *ret_condition)
{
    const struct json_value *config = json_get(json, "configuration");
    size_t kind = 0;
    TRY(find_part(g, json, "condition", client_condition_parts, CLIENT_CONDITION_KINDS, &kind));
    *ret_condition = (struct client_condition){.kind = (enum client_condition_kind)kind};
    fields_default(&condition_fields, ret_condition);
    TRY(read_settings(g, config, &client_condition_parts[kind], &condition_fields, ret_condition));
    return read_by_hand(g, config, ret_condition);
}

/* --- Profiles and policies --- */

/* An array that may be missing, of at most max objects. */
static int find_list(const struct reading *g, const struct json_value *json, const char *name,
                     size_t max, const struct json_value **ret_list)
{
    const struct json_value *list = json_get(json, name), *item;
    *ret_list = list;
    if (json_is_none(list))
        return 0;
    if (!json_is_array(list))
        return wrong(g, name, "must be a list");
    if (json_count(list) > max)
        return wrong(g, name, "has too many entries");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (json_is_none(item))
            return wrong(g, name, "has an entry that is null");
    return 0;
}

static int read_name(const struct reading *g, const struct json_value *json, const char *list,
                     struct str *ret_name)
{
    struct str description = json_str_or(json, "description", STR(""));
    *ret_name = json_get_str(json, "name");
    if (str_empty(*ret_name))
        return wrong(g, list, "must be objects with a name");
    TRY(text_check(*ret_name, NAME_MAX_BYTES, "name", g->err));
    return text_check(description, VALUE_MAX_BYTES, "description", g->err);
}

static const struct client_profile *find_profile(const struct client_policies *all, struct str name)
{
    for (size_t i = 0; i < all->profile_count; i++)
        if (str_eq(all->profiles[i].name, name))
            return &all->profiles[i];
    return NULL;
}

static int read_profile(const struct reading *g, const struct json_value *json,
                        struct client_policies *all)
{
    const struct json_value *list, *item;
    struct client_profile *profile = &all->profiles[all->profile_count];
    struct str name;
    TRY(read_name(g, json, "profiles", &name));
    if (find_profile(all, name))
        return wrong(g, "name", "stands twice among the profiles");
    TRY(find_list(g, json, "executors", CLIENT_POLICY_PARTS_MAX, &list));
    *profile = (struct client_profile){
        name, ARENA_ARRAY(g->a, json_count(list) + 1, struct client_executor), 0};
    if (!profile->executors)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(read_executor(g, item, &profile->executors[profile->count++]));
    all->profile_count++;
    return 0;
}

static int read_profiles(const struct reading *g, const struct json_value *json,
                         struct client_policies *all)
{
    const struct json_value *list, *item;
    TRY(find_list(g, json, "profiles", CLIENT_PROFILES_MAX, &list));
    all->profiles = ARENA_ARRAY(g->a, json_count(list) + 1, struct client_profile);
    if (!all->profiles)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(read_profile(g, item, all));
    return 0;
}

static int link_profiles(const struct reading *g, const struct json_value *json,
                         const struct client_policies *all, struct client_policy *policy)
{
    const struct json_value *list, *item;
    TRY(find_list(g, json, "profiles", CLIENT_POLICY_PARTS_MAX, &list));
    policy->profiles = ARENA_ARRAY(g->a, json_count(list) + 1, const struct client_profile *);
    if (!policy->profiles)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        const struct client_profile *profile = find_profile(all, json_str(item));
        if (!profile)
            return err_field(g->err, ERR_INVALID_REQUEST, "profiles",
                             "The policy %.*s names a profile that is not there",
                             STR_ARG(policy->name));
        policy->profiles[policy->profile_count++] = profile;
    }
    return 0;
}

static bool has_policy(const struct client_policies *all, struct str name)
{
    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->items[i].name, name))
            return true;
    return false;
}

static int read_policy(const struct reading *g, const struct json_value *json,
                       struct client_policies *all)
{
    const struct json_value *list, *item;
    struct client_policy policy = {.enabled = true};
    TRY(read_name(g, json, "policies", &policy.name));
    if (has_policy(all, policy.name))
        return wrong(g, "name", "stands twice among the policies");
    if (json_opt_bool(json, "enabled", &policy.enabled) != 0)
        return wrong(g, "enabled", "must be true or false");
    TRY(find_list(g, json, "conditions", CLIENT_POLICY_PARTS_MAX, &list));
    policy.conditions = ARENA_ARRAY(g->a, json_count(list) + 1, struct client_condition);
    if (!policy.conditions)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(read_condition(g, item, &policy.conditions[policy.condition_count++]));
    TRY(link_profiles(g, json, all, &policy));
    all->items[all->count++] = policy;
    return 0;
}

static int read_policies(const struct reading *g, const struct json_value *json,
                         struct client_policies *all)
{
    const struct json_value *list, *item;
    TRY(find_list(g, json, "policies", CLIENT_POLICIES_MAX, &list));
    all->items = ARENA_ARRAY(g->a, json_count(list) + 1, struct client_policy);
    if (!all->items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        TRY(read_policy(g, item, all));
    return 0;
}

int client_policies_read(struct arena *a, const struct json_value *profiles,
                         const struct json_value *policies, struct client_policies *ret_policies,
                         struct err_ctx *ctx)
{
    const struct reading g = {a, ctx};
    struct client_policies all = {0};
    TRY(read_profiles(&g, profiles, &all));
    TRY(read_policies(&g, policies, &all));
    *ret_policies = all;
    return 0;
}
