/* Resource servers: fields of what they hold, and what these may be. */
#include "core/model/resource_server.h"

#include "core/codec/pattern.h"
#include "core/model/check.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES   255
#define TEXT_MAX_BYTES   4000
#define URI_MAX_BYTES    1024
#define URIS_MAX         256
#define CONFIG_MAX_COUNT 32
#define CONFIG_MAX_BYTES ((size_t)64 << 10)

#define O(kind, member, json, number, text)                                                        \
    {json, offsetof(struct HOLDER, member), FIELD_##kind, number, text},
#define HOLDER rs_settings
static const struct field settings_fields[] = {
#include "core/model/rs_settings.def"
};
#undef HOLDER
#define HOLDER rs_scope
static const struct field scope_fields[] = {
#include "core/model/rs_scope.def"
};
#undef HOLDER
#define HOLDER rs_resource
static const struct field resource_fields[] = {
#include "core/model/rs_resource.def"
};
#undef HOLDER
#define HOLDER rs_policy
static const struct field policy_fields[] = {
#include "core/model/rs_policy.def"
};
#undef HOLDER
#undef O

const struct field_table *rs_fields(enum rs_kind kind)
{
    static const struct field_table tables[] = {
        [RS_SETTINGS] = {settings_fields, ARRAY_LEN(settings_fields)},
        [RS_SCOPE] = {scope_fields, ARRAY_LEN(scope_fields)},
        [RS_RESOURCE] = {resource_fields, ARRAY_LEN(resource_fields)},
        [RS_POLICY] = {policy_fields, ARRAY_LEN(policy_fields)},
    };
    return &tables[kind];
}

/* --- Types --- */

const struct rs_type rs_types[] = {
    {"aggregate", "Aggregated", "Others"},
    {"client", "Client", "Identity Based"},
    {"client-scope", "Client Scope", "Identity Based"},
    {"group", "Group", "Identity Based"},
    {"regex", "Regex", "Identity Based"},
    {"role", "Role", "Identity Based"},
    {"time", "Time", "Time Based"},
    {"user", "User", "Identity Based"},
    {RS_TYPE_RESOURCE, "Resource-Based", "Permission"},
    {RS_TYPE_SCOPE, "Scope-Based", "Permission"},
};
const size_t rs_type_count = ARRAY_LEN(rs_types);

bool rs_type_exists(struct str type)
{
    for (size_t i = 0; i < rs_type_count; i++)
        if (str_eq_c(type, rs_types[i].type))
            return true;
    return false;
}

bool rs_type_is_permission(struct str type)
{
    return str_eq(type, STR(RS_TYPE_RESOURCE)) || str_eq(type, STR(RS_TYPE_SCOPE));
}

/* --- Checking --- */

static int wrong(struct err_ctx *ctx, const char *name, const char *what)
{
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s %s", name, what);
}

static int choice_check(struct str value, const char *choices, const char *name,
                        struct err_ctx *ctx)
{
    if (!str_empty(value) && str_find(value, ' ') < 0 && str_has_word(str_c(choices), value))
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s must be one of: %s", name, choices);
}

static int name_of_object_check(const struct rs_object *row, struct err_ctx *ctx)
{
    if (str_empty(row->name))
        return wrong(ctx, "name", "is required");
    return text_check(row->name, NAME_MAX_BYTES, "name", ctx);
}

int rs_settings_check(const struct rs_settings *settings, struct err_ctx *ctx)
{
    TRY(choice_check(settings->enforcement_mode, "ENFORCING PERMISSIVE DISABLED",
                     "policyEnforcementMode", ctx));
    return choice_check(settings->decision_strategy, "UNANIMOUS AFFIRMATIVE", "decisionStrategy",
                        ctx);
}

int rs_scope_check(const struct rs_scope *scope, struct err_ctx *ctx)
{
    TRY(name_of_object_check(&scope->row, ctx));
    TRY(text_check(scope->display_name, NAME_MAX_BYTES, "displayName", ctx));
    return uri_check(scope->icon_uri, URI_FOR_PAGE, "iconUri", ctx);
}

int rs_resource_check(const struct rs_resource *resource, struct err_ctx *ctx)
{
    TRY(name_of_object_check(&resource->row, ctx));
    TRY(text_check(resource->row.type, NAME_MAX_BYTES, "type", ctx));
    TRY(text_check(resource->display_name, NAME_MAX_BYTES, "displayName", ctx));
    TRY(uri_check(resource->icon_uri, URI_FOR_PAGE, "icon_uri", ctx));
    TRY(attrs_check(&resource->attributes, "attributes", ctx));
    if (resource->uris.count > URIS_MAX)
        return wrong(ctx, "uris", "has too many elements");
    for (size_t i = 0; i < resource->uris.count; i++)
        if (str_empty(resource->uris.items[i]) ||
            text_check(resource->uris.items[i], URI_MAX_BYTES, "uris", ctx) != 0)
            return wrong(ctx, "uris", "has an element that is empty, too long or no text");
    return 0;
}

/* --- Policies --- */

static int number_check(struct str text, int64_t least, int64_t most, const char *name,
                        struct err_ctx *ctx)
{
    int64_t value;
    if (str_empty(text))
        return 0;
    if (str_to_i64(text, &value) == 0 && value >= least && value <= most)
        return 0;
    return err_field(ctx, ERR_INVALID_REQUEST, name, "%s must be a number from %lld to %lld", name,
                     (long long)least, (long long)most);
}

/* As Keycloak writes them, of UTC here: such texts come one after the other as the moments do. */
static bool is_moment(struct str text)
{
    static const char shape[] = "0000-00-00 00:00:00";
    if (text.len != sizeof(shape) - 1)
        return false;
    for (size_t i = 0; i < text.len; i++) {
        bool digit = text.ptr[i] >= '0' && text.ptr[i] <= '9';
        if (shape[i] == '0' ? !digit : text.ptr[i] != shape[i])
            return false;
    }
    return true;
}

static int time_check(const struct rs_policy *policy, struct err_ctx *ctx)
{
    static const struct {
        const char *config, *config_end;
        int64_t least, most;
    } parts[] = {{"dayMonth", "dayMonthEnd", 1, 31},
                 {"month", "monthEnd", 1, 12},
                 {"year", "yearEnd", 1970, 9999},
                 {"hour", "hourEnd", 0, 23},
                 {"minute", "minuteEnd", 0, 59}};
    static const char *const moments[] = {"nbf", "noa"};
    bool any = false;
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str from = str_map_get(&policy->config, str_c(parts[i].config));
        struct str to = str_map_get(&policy->config, str_c(parts[i].config_end));
        TRY(number_check(from, parts[i].least, parts[i].most, parts[i].config, ctx));
        TRY(number_check(to, parts[i].least, parts[i].most, parts[i].config_end, ctx));
        if (str_empty(from) && !str_empty(to))
            return wrong(ctx, parts[i].config, "is required when its end is given");
        any |= !str_empty(from);
    }
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        struct str text = str_map_get(&policy->config, str_c(moments[i]));
        if (!str_empty(text) && !is_moment(text))
            return wrong(ctx, i == 0 ? "notBefore" : "notOnOrAfter",
                         "must be a moment: 2026-11-26 08:00:00");
        any |= !str_empty(text);
    }
    return any ? 0 : wrong(ctx, "notBefore", "or another condition is required");
}

static int regex_check(const struct rs_policy *policy, struct arena *a, struct err_ctx *ctx)
{
    const struct pattern *compiled;
    const char *why = "";
    struct str pattern = str_map_get(&policy->config, STR("pattern"));
    if (str_empty(str_map_get(&policy->config, STR("targetClaim"))))
        return wrong(ctx, "targetClaim", "is required");
    if (str_empty(pattern))
        return wrong(ctx, "pattern", "is required");
    int rc = pattern_compile(a, pattern, &compiled, &why);
    if (rc == 0 || rc == ERR_NO_MEMORY)
        return rc;
    return err_field(ctx, ERR_INVALID_REQUEST, "pattern", "pattern cannot be used: %s", why);
}

int rs_type_check(struct str type, struct err_ctx *ctx)
{
    if (str_empty(type))
        return wrong(ctx, "type", "is required");
    if (rs_type_exists(type))
        return 0;
    if (!str_eq(type, STR("js")) && !str_eq(type, STR("uma")))
        return wrong(ctx, "type", "is no type of policies");
    return err_field(ctx, ERR_NOT_IMPLEMENTED, "type",
                     "Policies of the type %.*s do not exist here", STR_ARG(type));
}

static int type_check(const struct rs_policy *policy, struct arena *a, struct err_ctx *ctx)
{
    struct str type = policy->row.type;
    if (str_eq(type, STR("js")))
        return 0;
    TRY(rs_type_check(type, ctx));
    if (str_eq(type, STR("time")))
        return time_check(policy, ctx);
    return str_eq(type, STR("regex")) ? regex_check(policy, a, ctx) : 0;
}

int rs_policy_check(const struct rs_policy *policy, struct arena *a, struct err_ctx *ctx)
{
    TRY(name_of_object_check(&policy->row, ctx));
    TRY(text_check(policy->description, TEXT_MAX_BYTES, "description", ctx));
    TRY(choice_check(policy->logic, "POSITIVE NEGATIVE", "logic", ctx));
    TRY(choice_check(policy->decision_strategy, "UNANIMOUS AFFIRMATIVE CONSENSUS",
                     "decisionStrategy", ctx));
    TRY(map_check(&policy->config, CONFIG_MAX_COUNT, CONFIG_MAX_BYTES, "config", ctx));
    return type_check(policy, a, ctx);
}
