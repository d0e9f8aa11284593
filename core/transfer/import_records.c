/* What an imported realm holds in JSON and is kept as it is, by kind: components, identity providers,
 * authentication flows, required actions, organizations. Each record holds its representation; what
 * belongs to another (executions, mappers, parts of components) names it as its parent. */
#include "core/transfer/import_parts.h"

#include "core/admin/component_records.h"
#include "core/admin/profile.h"
#include "core/admin/providers.h"
#include "core/port/records.h"

#include "core/base/banned.h"

/* Without the members that stand as records of their own. */
static int text_of(struct import *im, const struct json_value *json, const char *without,
                   struct str extra_name, struct str extra, struct str *ret_text)
{
    struct buf b;
    struct json_writer w;
    const struct json_value *value;
    struct str name;
    buf_init(&b, import_arena(im), RECORD_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (struct json_iter it = json_iter(json); json_next(&it, &name, &value);) {
        if (str_eq_c(name, without))
            continue;
        jw_key_s(&w, name);
        jw_value(&w, value);
    }
    if (!str_absent(extra) && json_is_none(json_get_s(json, extra_name))) {
        jw_key_s(&w, extra_name);
        jw_str(&w, extra);
    }
    jw_end_object(&w);
    return jw_finish(&w, ret_text);
}

static int keep(struct import *im, const struct import_at *at, struct realm_record *record,
                const char *taken)
{
    TRY(admin_id(import_arena(im), &record->id));
    int rc = record_insert(im->w, record);
    if (rc == ERR_CONFLICT)
        return import_fail(im, at, "another one has this name or id");
    TRY(import_explain(im, at, rc));
    if (taken)
        import_report_took(im->report, taken, 1);
    return 0;
}

/* --- Components: {"providerType": [{..., "subComponents": {...}}]} --- */

static int take_profile(struct import *im, const struct json_value *json,
                        const struct import_at *at)
{
    const struct json_value *list = json_get(json_get(json, "config"), "kc.user.profile.config");
    struct str text = json_str(json_is_array(list) ? json_at(list, 0) : list);
    const struct json_value *profile;
    if (str_empty(text))
        return 0;
    int rc = json_parse(import_arena(im), text, PROFILE_MAX_BYTES, &profile);
    if (rc == 0)
        rc = admin_profile_put(&im->ctx, im->w, profile);
    if (rc == ERR_INVALID_REQUEST)
        import_note_check(im, IMPORT_LEFT, at);
    else if (rc != 0 && rc != ERR_NO_MEMORY && rc != ERR_STORE_FAILED)
        import_left(im, at, "the profile of the people cannot be read");
    else
        TRY(rc);
    return 0;
}

static int take_components(struct import *im, const struct json_value *by_type, struct str parent,
                           const struct import_at *at);

static int take_component(struct import *im, const struct json_value *json, struct str type,
                          struct str parent, const struct import_at *at)
{
    struct component component = {.parent_id = parent};
    const struct json_value *below;
    TRY(import_expect_object(im, json, at));
    if (str_eq(type, STR(PROVIDER_PROFILE)))
        return take_profile(im, json, at);
    fields_default(&component_fields, &component);
    TRY(import_id(im, json, at, &component.id));
    TRY(import_object(im, json, "subComponents", at, &below));
    TRY(import_fields(im, &component_fields, &component, json, at));
    component.provider_type = type;
    component.parent_id = parent;
    TRY(import_explain(im, at, component_record_insert(&im->ctx, im->w, &component)));
    import_report_took(im->report, "components", 1);
    return take_components(im, below, component.id, AT_MEMBER(at, "subComponents"));
}

/* Keys are in the keystore (import_keys.c). */
static int take_components(struct import *im, const struct json_value *by_type, struct str parent,
                           const struct import_at *at)
{
    const struct json_value *list, *json;
    struct str type;
    for (struct json_iter it = json_iter(by_type); json_next(&it, &type, &list);) {
        struct json_iter inner = json_iter(list);
        const struct import_at *here = AT_NAME(at, type);
        if (str_eq(type, STR(PROVIDER_KEY)))
            continue;
        if (!json_is_array(list))
            return import_fail(im, here, "a list is expected here");
        for (size_t i = 0; json_next(&inner, NULL, &json); i++)
            TRY(take_component(im, json, type, parent, AT_INDEX(here, i)));
    }
    return 0;
}

/* --- Flat lists --- */

typedef int list_fn(struct import *im, const struct json_value *json, const struct import_at *at,
                    size_t index);

static int each_of(struct import *im, const char *member, list_fn *fn)
{
    const struct json_value *list, *json;
    TRY(import_list(im, im->main->top, member, NULL, &list));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &json); i++) {
        const struct import_at *at = AT_INDEX(AT_MEMBER(NULL, member), i);
        TRY(import_expect_object(im, json, at));
        TRY(fn(im, json, at, i));
        arena_reset(import_arena(im));
        TRY(import_step(im));
    }
    return 0;
}

static int name_of(struct import *im, const struct json_value *json, const char *member,
                   const struct import_at *at, struct str *ret_name)
{
    struct str name = {NULL, 0};
    TRY(import_str(im, json, member, at, &name));
    if (str_empty(name))
        return import_fail(im, AT_MEMBER(at, member), "a name is needed");
    *ret_name = name;
    return 0;
}

static int take_provider(struct import *im, const struct json_value *json,
                         const struct import_at *at, size_t index)
{
    struct realm_record record = {.kind = RECORD_IDENTITY_PROVIDER, .position = (int64_t)index};
    TRY(name_of(im, json, "alias", at, &record.name));
    TRY(import_str(im, json, "internalId", at, &record.id));
    TRY(admin_id(import_arena(im), &record.id));
    TRY(text_of(im, json, "", STR("internalId"), record.id, &record.json));
    return keep(im, at, &record, "identity providers");
}

static int take_provider_mapper(struct import *im, const struct json_value *json,
                                const struct import_at *at, size_t index)
{
    struct realm_record record = {.kind = RECORD_IDENTITY_PROVIDER_MAPPER,
                                  .position = (int64_t)index};
    struct realm_record provider;
    struct str alias;
    TRY(name_of(im, json, "identityProviderAlias", at, &alias));
    TRY(import_id(im, json, at, &record.id));
    TRY(admin_id(import_arena(im), &record.id));
    int rc =
        record_find_by_name(im->r, import_arena(im), RECORD_IDENTITY_PROVIDER, alias, &provider);
    if (rc == ERR_NOT_FOUND) {
        import_left(im, at, "its identity provider is not there");
        return 0;
    }
    TRY(rc);
    record.parent = provider.id;
    TRY(text_of(im, json, "", STR("id"), record.id, &record.json));
    return keep(im, at, &record, "identity provider mappers");
}

static int take_execution(struct import *im, const struct json_value *json, struct str flow_id,
                          const struct import_at *at, size_t index)
{
    struct realm_record record = {
        .kind = RECORD_EXECUTION, .parent = flow_id, .position = (int64_t)index};
    TRY(import_expect_object(im, json, at));
    TRY(import_i64(im, json, "priority", at, &record.position));
    TRY(admin_id(import_arena(im), &record.id));
    TRY(text_of(im, json, "", STR(""), str_of(NULL, 0), &record.json));
    return keep(im, at, &record, NULL);
}

static int take_flow(struct import *im, const struct json_value *json, const struct import_at *at,
                     size_t index)
{
    struct realm_record record = {.kind = RECORD_FLOW, .position = (int64_t)index};
    const struct json_value *list, *execution;
    TRY(name_of(im, json, "alias", at, &record.name));
    TRY(import_id(im, json, at, &record.id));
    TRY(admin_id(import_arena(im), &record.id));
    TRY(import_list(im, json, "authenticationExecutions", at, &list));
    TRY(text_of(im, json, "authenticationExecutions", STR("id"), record.id, &record.json));
    TRY(keep(im, at, &record, "authentication flows"));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &execution); i++)
        TRY(take_execution(im, execution, record.id,
                           AT_INDEX(AT_MEMBER(at, "authenticationExecutions"), i), i));
    return 0;
}

static int take_config(struct import *im, const struct json_value *json, const struct import_at *at,
                       size_t index)
{
    struct realm_record record = {.kind = RECORD_AUTHENTICATOR_CONFIG, .position = (int64_t)index};
    TRY(name_of(im, json, "alias", at, &record.name));
    TRY(import_id(im, json, at, &record.id));
    TRY(admin_id(import_arena(im), &record.id));
    TRY(text_of(im, json, "", STR("id"), record.id, &record.json));
    return keep(im, at, &record, "authenticator configurations");
}

static int take_action(struct import *im, const struct json_value *json, const struct import_at *at,
                       size_t index)
{
    struct realm_record record = {.kind = RECORD_REQUIRED_ACTION, .position = (int64_t)index};
    TRY(name_of(im, json, "alias", at, &record.name));
    TRY(import_i64(im, json, "priority", at, &record.position));
    TRY(text_of(im, json, "", STR(""), str_of(NULL, 0), &record.json));
    return keep(im, at, &record, "required actions");
}

static int take_organization(struct import *im, const struct json_value *json,
                             const struct import_at *at, size_t index)
{
    struct realm_record record = {.kind = RECORD_ORGANIZATION, .position = (int64_t)index};
    TRY(name_of(im, json, "name", at, &record.name));
    TRY(import_id(im, json, at, &record.id));
    TRY(admin_id(import_arena(im), &record.id));
    TRY(text_of(im, json, "", STR("id"), record.id, &record.json));
    return keep(im, at, &record, "organizations");
}

int import_records(struct import *im)
{
    const struct json_value *components;
    TRY(import_object(im, im->main->top, "components", NULL, &components));
    TRY(take_components(im, components, im->realm.id, AT_MEMBER(NULL, "components")));
    arena_reset(import_arena(im));
    TRY(each_of(im, "identityProviders", take_provider));
    TRY(each_of(im, "identityProviderMappers", take_provider_mapper));
    TRY(each_of(im, "authenticationFlows", take_flow));
    TRY(each_of(im, "authenticatorConfig", take_config));
    TRY(each_of(im, "requiredActions", take_action));
    return each_of(im, "organizations", take_organization);
}
