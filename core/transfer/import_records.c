/* What an imported realm keeps as records: components, organizations, identity providers and their
 * mappers, by the models and checks of core/admin. */
#include "core/transfer/import_parts.h"

#include "core/admin/client_policies.h"
#include "core/admin/components.h"
#include "core/admin/identity_providers.h"
#include "core/admin/localization.h"
#include "core/admin/logo.h"
#include "core/admin/organizations.h"
#include "core/admin/profile.h"
#include "core/admin/providers.h"
#include "core/admin/smtp.h"
#include "core/port/records.h"
#include "core/port/users.h"

#include "core/base/banned.h"

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
    TRY(import_explain(im, at, admin_component_take_over(&im->ctx, im->w, &component)));
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

/* What a check refuses is left and told; what the store refuses ends the import. */
static int settle(struct import *im, const struct import_at *at, int rc, const char *taken)
{
    if (rc == 0)
        import_report_took(im->report, taken, 1);
    else if (rc == ERR_INVALID_REQUEST || rc == ERR_CONFLICT || rc == ERR_NOT_IMPLEMENTED)
        import_note_check(im, IMPORT_LEFT, at);
    else
        return import_explain(im, at, rc);
    return 0;
}

/* --- Organizations, then who comes from where --- */

static int take_organization(struct import *im, const struct json_value *json,
                             const struct import_at *at, size_t index)
{
    struct organization o = {.position = (int64_t)index};
    struct str name;
    fields_default(&organization_fields, &o);
    TRY(import_name(im, json, "name", at, &name));
    TRY(import_id(im, json, at, &o.id));
    int rc = organization_merge(&o, import_arena(im), json, im->ctx.err);
    if (rc == 0)
        rc = admin_organization_take_over(&im->ctx, im->w, &o, &im->organizations);
    TRY(settle(im, at, rc, "organizations"));
    return rc == 0 ? import_organization_groups(im, json, at, &o) : 0;
}

static int take_member(struct import *im, const struct organization *o,
                       const struct json_value *json, const struct import_at *at)
{
    struct str id, username = {NULL, 0};
    struct user user;
    int rc;
    TRY(import_expect_object(im, json, at));
    TRY(import_id(im, json, at, &id));
    TRY(import_str(im, json, "username", at, &username));
    rc = str_absent(id) ? user_find_by_username(im->r, import_arena(im), username, &user)
                        : user_find_by_id(im->r, import_arena(im), id, &user);
    if (rc == ERR_NOT_FOUND) {
        import_left(im, at, "this person is not there");
        return 0;
    }
    TRY(rc);
    rc = admin_organization_join(&im->ctx, im->w, o, &user);
    TRY(settle(im, at, rc, "organization members"));
    return rc == 0 ? import_organization_groups_of(im, json, at, o, &user) : 0;
}

static int take_members(struct import *im, const struct json_value *json,
                        const struct import_at *at, size_t index)
{
    const struct json_value *list, *member;
    struct realm_record record;
    struct str name;
    (void)index;
    TRY(import_list(im, json, "members", at, &list));
    TRY(import_name(im, json, "name", at, &name));
    int rc = record_find_by_name(im->r, import_arena(im), RECORD_ORGANIZATION, name, &record);
    if (rc == ERR_NOT_FOUND)
        return 0; /* it was left */
    TRY(rc);
    struct organization o = {.id = record.id, .name = name};
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &member); i++)
        TRY(take_member(im, &o, member, AT_INDEX(AT_MEMBER(at, "members"), i)));
    return 0;
}

int import_members(struct import *im)
{
    return import_each_top(im, "organizations", take_members);
}

/* --- Identity providers --- */

static int take_provider(struct import *im, const struct json_value *json,
                         const struct import_at *at, size_t index)
{
    struct identity_provider p = {.position = (int64_t)index};
    fields_default(&identity_provider_fields, &p);
    TRY(import_str(im, json, "internalId", at, &p.id));
    TRY(import_fields(im, &identity_provider_fields, &p, json, at));
    return settle(im, at, admin_identity_insert(&im->ctx, im->w, &p), "identity providers");
}

static int take_provider_mapper(struct import *im, const struct json_value *json,
                                const struct import_at *at, size_t index)
{
    struct identity_provider_mapper m = {.position = (int64_t)index};
    struct realm_record provider;
    struct str name;
    fields_default(&identity_provider_mapper_fields, &m);
    TRY(import_name(im, json, "name", at, &name));
    TRY(import_id(im, json, at, &m.id));
    TRY(import_fields(im, &identity_provider_mapper_fields, &m, json, at));
    int rc =
        record_find_by_name(im->r, import_arena(im), RECORD_IDENTITY_PROVIDER, m.alias, &provider);
    if (rc == ERR_NOT_FOUND) {
        import_left(im, at, "its identity provider is not there");
        return 0;
    }
    TRY(rc);
    const struct identity_provider of = {.id = provider.id, .alias = provider.name};
    rc = admin_identity_mapper_take_over(&im->ctx, im->w, &of, &m);
    return settle(im, at, rc, "identity provider mappers");
}

/* --- The realm's own texts: {"es": {"key": "text"}} --- */

static int take_texts(struct import *im, struct str locale, const struct json_value *json,
                      const struct import_at *at)
{
    const struct json_value *value;
    struct str key;
    TRY(import_expect_object(im, json, at));
    struct str_map texts = {ARENA_ARRAY(import_arena(im), json_count(json) + 1, struct str_pair),
                            0};
    if (!texts.items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(json); json_next(&it, &key, &value);) {
        TRY(import_expect_text(im, value, AT_NAME(at, key)));
        texts.items[texts.count++] = (struct str_pair){key, json_str(value)};
    }
    return settle(im, at, localization_put(&im->ctx, im->w, locale, &texts), "locales with texts");
}

static int import_texts(struct import *im)
{
    const struct json_value *locales, *json;
    struct str locale;
    TRY(import_object(im, im->main->top, "localizationTexts", NULL, &locales));
    for (struct json_iter it = json_iter(locales); json_next(&it, &locale, &json);) {
        TRY(take_texts(im, locale, json, AT_NAME(AT_MEMBER(NULL, "localizationTexts"), locale)));
        arena_reset(import_arena(im));
    }
    return 0;
}

/* --- How the realm would send mail --- */

static int import_smtp(struct import *im)
{
    const struct import_at *at = AT_MEMBER(NULL, SMTP_MEMBER);
    const struct json_value *json;
    struct str_map settings;
    TRY(import_object(im, im->main->top, SMTP_MEMBER, NULL, &json));
    if (json_count(json) == 0)
        return 0;
    int rc = smtp_of_json(&im->ctx, json, &settings);
    if (rc == 0 && smtp_drop_masked(&settings))
        import_adapted(im, at, "the secrets are not in the file");
    rc = rc == 0 ? smtp_put(&im->ctx, NULL, im->w, &settings) : rc;
    return settle(im, at, rc, "mail servers");
}

/* --- What the realm asks of its clients --- */

typedef int policies_put(const struct auth_ctx *ctx, struct store_write *w,
                         const struct json_value *json);

/* As a whole: with a part of them clients could do what they should not. */
static int take_policies_of(struct import *im, const char *member, const char *list,
                            policies_put *put)
{
    const struct json_value *json;
    TRY(import_object(im, im->main->top, member, NULL, &json));
    if (json_count(json_get(json, list)) == 0)
        return 0;
    return settle(im, AT_MEMBER(NULL, member), put(&im->ctx, im->w, json), list);
}

static int import_policies(struct import *im)
{
    TRY(take_policies_of(im, "clientProfiles", "profiles", admin_client_profiles_put));
    return take_policies_of(im, "clientPolicies", "policies", admin_client_policies_put);
}

/* --- The logo --- */

static int import_logo(struct import *im)
{
    const struct import_at *at = AT_NAME(AT_MEMBER(NULL, "attributes"), STR(LOGO_EXPORT_ATTR));
    if (str_absent(im->logo))
        return 0;
    return settle(im, at, admin_logo_put_uri(&im->ctx, im->w, im->logo), "logos");
}

int import_records(struct import *im)
{
    const struct json_value *components;
    TRY(import_object(im, im->main->top, "components", NULL, &components));
    TRY(take_components(im, components, im->realm.id, AT_MEMBER(NULL, "components")));
    arena_reset(import_arena(im));
    TRY(import_each_top(im, "organizations", take_organization));
    TRY(import_each_top(im, "identityProviders", take_provider));
    TRY(import_each_top(im, "identityProviderMappers", take_provider_mapper));
    TRY(import_policies(im));
    TRY(import_logo(im));
    TRY(import_texts(im));
    return import_smtp(im);
}
