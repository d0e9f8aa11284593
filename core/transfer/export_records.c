/* What is kept as administrators wrote it: identity providers, flows and the like, as they stand. */
#include "core/transfer/export_parts.h"

#include "core/admin/client_policies.h"
#include "core/admin/localization.h"
#include "core/admin/providers.h"
#include "core/auth/login_records.h"
#include "core/model/client_policy.h"
#include "core/port/organizations.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define MEMBERS_PAGE 500

/* --- Values, secrets masked when they stay here --- */

static void write_masked(struct json_writer *w, const struct json_value *value)
{
    bool list = json_is_array(value);
    if (list)
        jw_begin_array(w);
    jw_str(w, STR(SECRET_MASK));
    if (list)
        jw_end_array(w);
}

static void write_config(struct exporter *e, const struct json_value *config)
{
    struct json_iter it = json_iter(config);
    struct str name;
    const struct json_value *value;
    jw_begin_object(&e->w);
    while (json_next(&it, &name, &value)) {
        jw_key_s(&e->w, name);
        if (!e->options->secrets && provider_hides(NULL, name))
            write_masked(&e->w, value);
        else
            jw_value(&e->w, value);
    }
    jw_end_object(&e->w);
}

static void write_document(struct exporter *e, const struct json_value *document)
{
    struct json_iter it = json_iter(document);
    struct str name;
    const struct json_value *value;
    while (json_next(&it, &name, &value)) {
        jw_key_s(&e->w, name);
        if (str_eq(name, STR("config")) && json_is_object(value))
            write_config(e, value);
        else
            jw_value(&e->w, value);
    }
}

static int parse(struct exporter *e, const struct realm_record *record,
                 const struct json_value **ret_document)
{
    int rc = json_parse(e->scratch, record->json, RECORD_MAX_BYTES, ret_document);
    return rc == ERR_NO_MEMORY ? rc : rc != 0 ? ERR_STORE_CORRUPT : 0;
}

/* --- Lists of records --- */

static int write_record(struct exporter *e, const struct realm_record *record)
{
    const struct json_value *document;
    TRY(parse(e, record, &document));
    jw_begin_object(&e->w);
    write_document(e, document);
    jw_end_object(&e->w);
    return export_next(e);
}

static int write_list(struct exporter *e, const char *member, const char *kind)
{
    struct realm_record *items;
    size_t count;
    TRY(record_list(e->r, e->kept, kind, &items, &count));
    if (count == 0)
        return 0;
    jw_member_array(&e->w, member);
    for (size_t i = 0; i < count; i++)
        TRY(write_record(e, &items[i]));
    jw_end_array(&e->w);
    return 0;
}

/* --- Flows and their executions --- */

static int write_flow_configs(struct exporter *e, const struct auth_flows *flows)
{
    if (flows->config_count == 0)
        return 0;
    jw_member_array(&e->w, "authenticatorConfig");
    for (size_t i = 0; i < flows->config_count; i++) {
        const struct flow_config *config = &flows->configs[i];
        jw_begin_object(&e->w);
        jw_member_str(&e->w, "id", config->id);
        jw_member_str(&e->w, "alias", config->alias);
        jw_member_object(&e->w, "config");
        for (size_t j = 0; j < config->config.count; j++) {
            struct str_pair pair = config->config.items[j];
            bool masked = !e->options->secrets && step_property_is_secret(pair.name);
            jw_key_s(&e->w, pair.name);
            jw_str(&e->w, masked ? STR(SECRET_MASK) : pair.value);
        }
        jw_end_object(&e->w);
        jw_end_object(&e->w);
        TRY(export_next(e));
    }
    jw_end_array(&e->w);
    return 0;
}

/* None where the realm has those that every realm begins with. */
static int write_flows(struct exporter *e)
{
    struct auth_flows flows;
    TRY(login_flows_read(e->r, e->kept, &flows));
    TRY(login_configs_read(e->r, e->kept, &flows));
    if (flows.count == 0)
        return 0;
    const struct auth_flow *unreadable = flow_unreadable(&flows);
    if (unreadable)
        return err_set(e->ctx.err, ERR_STORE_CORRUPT, "the flow %.*s cannot be read",
                       STR_ARG(unreadable->alias));
    jw_member_array(&e->w, "authenticationFlows");
    for (size_t i = 0; i < flows.count; i++) {
        represent_flow(&e->w, &flows, &flows.flows[i]);
        TRY(export_next(e));
    }
    jw_end_array(&e->w);
    return write_flow_configs(e, &flows);
}

/* --- Organizations with their groups, and who belongs to them when people are exported --- */

static bool has_people(const struct export_options *options)
{
    return options->users == EXPORT_USERS_SAME_FILE ||
           options->users == EXPORT_USERS_DIFFERENT_FILES;
}

/* By their paths, which begin at the organization. */
static int write_groups_of(struct exporter *e, const struct user *user, struct str organization_id)
{
    struct groups groups;
    TRY(user_organization_groups(e->r, e->scratch, user->pk, organization_id, &groups));
    if (groups.count == 0 || !e->options->groups_and_roles)
        return 0;
    jw_member_array(&e->w, "groups");
    for (size_t i = 0; i < groups.count; i++)
        jw_str(&e->w, groups.items[i].path);
    jw_end_array(&e->w);
    return 0;
}

static int write_members(struct exporter *e, struct str organization_id)
{
    struct user *people;
    size_t count, first = 0;
    jw_member_array(&e->w, "members");
    do {
        TRY(organization_members(e->r, e->scratch, organization_id, str_of(NULL, 0), false, first,
                                 MEMBERS_PAGE, &people, &count));
        for (size_t i = 0; i < count; i++) {
            jw_begin_object(&e->w);
            jw_member_str(&e->w, "id", people[i].id);
            jw_member_str(&e->w, "username", people[i].username);
            TRY(write_groups_of(e, &people[i], organization_id));
            jw_end_object(&e->w);
        }
        TRY(export_next(e));
        first += count;
    } while (count == MEMBERS_PAGE);
    jw_end_array(&e->w);
    return 0;
}

static int write_organizations(struct exporter *e)
{
    struct realm_record *items;
    const struct json_value *document;
    size_t count;
    TRY(record_list(e->r, e->kept, RECORD_ORGANIZATION, &items, &count));
    if (count == 0)
        return 0;
    jw_member_array(&e->w, "organizations");
    for (size_t i = 0; i < count; i++) {
        TRY(parse(e, &items[i], &document));
        jw_begin_object(&e->w);
        write_document(e, document);
        TRY(export_organization_groups(e, items[i].id));
        if (has_people(e->options))
            TRY(write_members(e, items[i].id));
        jw_end_object(&e->w);
    }
    jw_end_array(&e->w);
    return 0;
}

/* --- The realm's own texts --- */

static int write_texts(struct exporter *e, struct str locale)
{
    struct str_map texts;
    TRY(localization_texts(e->r, e->scratch, locale, &texts));
    jw_key_s(&e->w, locale);
    jw_begin_object(&e->w);
    for (size_t i = 0; i < texts.count; i++) {
        jw_key_s(&e->w, texts.items[i].name);
        jw_str(&e->w, texts.items[i].value);
    }
    jw_end_object(&e->w);
    return export_next(e);
}

static int write_localization(struct exporter *e)
{
    struct strs locales;
    TRY(localization_locales(e->r, e->kept, &locales));
    if (locales.count == 0)
        return 0;
    jw_member_object(&e->w, "localizationTexts");
    for (size_t i = 0; i < locales.count; i++)
        TRY(write_texts(e, locales.items[i]));
    jw_end_object(&e->w);
    return 0;
}

/* --- What the realm asks of its clients --- */

typedef int policies_get(const struct auth_ctx *ctx, struct store_read *r, struct str *ret_json);

static int write_policies_of(struct exporter *e, const char *member, const char *list,
                             policies_get *get)
{
    struct str json;
    const struct json_value *document;
    TRY(get(&e->ctx, e->r, &json));
    int rc = json_parse(e->scratch, json, CLIENT_POLICIES_MAX_BYTES, &document);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    if (json_count(json_get(document, list)) > 0) {
        jw_key(&e->w, member);
        jw_value(&e->w, document);
    }
    return export_next(e);
}

static int write_policies(struct exporter *e)
{
    TRY(write_policies_of(e, "clientProfiles", "profiles", admin_client_profiles_get));
    return write_policies_of(e, "clientPolicies", "policies", admin_client_policies_get);
}

static int write_identity_providers(struct exporter *e)
{
    if (e->options->without_identity_providers)
        return 0;
    TRY(write_list(e, "identityProviders", RECORD_IDENTITY_PROVIDER));
    return write_list(e, "identityProviderMappers", RECORD_IDENTITY_PROVIDER_MAPPER);
}

int export_records(struct exporter *e)
{
    TRY(write_identity_providers(e));
    TRY(write_flows(e));
    TRY(write_list(e, "requiredActions", RECORD_REQUIRED_ACTION));
    TRY(write_organizations(e));
    TRY(write_policies(e));
    return write_localization(e);
}
