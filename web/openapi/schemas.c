/* Schemas: fields from the tables, the rest written down. */
#include "web/openapi/schemas.h"

#include <stdio.h>

#include "core/model/client.h"
#include "core/model/fields_schema.h"
#include "core/model/realm.h"
#include "core/model/role.h"
#include "core/model/scope.h"
#include "core/model/user.h"

#include "core/base/banned.h"

#define TEXT     "{\"type\":\"string\"}"
#define SWITCH   "{\"type\":\"boolean\"}"
#define NUMBER   "{\"type\":\"integer\"}"
#define TEXTS    "{\"type\":\"array\",\"items\":" TEXT "}"
#define BY_NAME  "{\"type\":\"object\",\"additionalProperties\":" TEXTS "}"
#define OBJECT   "{\"type\":\"object\"}"
#define LIST(of) "{\"type\":\"array\",\"items\":{\"$ref\":\"#/components/schemas/" of "\"}}"
#define ONE(of)  "{\"$ref\":\"#/components/schemas/" of "\"}"
#define FORM(of) "{\"type\":\"object\",\"required\":[" of "],\"additionalProperties\":" TEXT "}"

struct member {
    const char *name, *schema;
};

static const struct member realm_members[] = {{"id", TEXT},
                                              {"realm", TEXT},
                                              {"defaultRole", ONE("RoleRepresentation")},
                                              {"smtpServer", OBJECT}};
static const struct member user_members[] = {{"id", TEXT},
                                             {"realmRoles", TEXTS},
                                             {"clientRoles", BY_NAME},
                                             {"groups", TEXTS},
                                             {"serviceAccountClientId", TEXT},
                                             {"credentials", LIST("CredentialRepresentation")},
                                             {"disableableCredentialTypes", TEXTS},
                                             {"totp", SWITCH},
                                             {"access", OBJECT}};
static const struct member role_members[] = {
    {"id", TEXT}, {"composite", SWITCH}, {"clientRole", SWITCH}, {"containerId", TEXT}};
static const struct member group_members[] = {{"id", TEXT},
                                              {"path", TEXT},
                                              {"parentId", TEXT},
                                              {"realmRoles", TEXTS},
                                              {"clientRoles", BY_NAME},
                                              {"subGroupCount", NUMBER},
                                              {"subGroups", LIST("GroupRepresentation")},
                                              {"access", OBJECT}};
static const struct member mapper_members[] = {{"id", TEXT}, {"consentRequired", SWITCH}};
static const struct member scope_members[] = {
    {"id", TEXT}, {"protocolMappers", LIST("ProtocolMapperRepresentation")}};
static const struct member client_members[] = {
    {"id", TEXT},
    {"clientId", TEXT},
    {"secret", TEXT},
    {"protocolMappers", LIST("ProtocolMapperRepresentation")},
    {"defaultClientScopes", TEXTS},
    {"optionalClientScopes", TEXTS},
    {"surrogateAuthRequired", SWITCH},
    {"nodeReRegistrationTimeout", NUMBER},
    {"authenticationFlowBindingOverrides", OBJECT},
    {"registrationAccessToken", TEXT},
    {"access", OBJECT}};
static const struct member credential_members[] = {
    {"id", TEXT},          {"type", TEXT},           {"value", TEXT},
    {"temporary", SWITCH}, {"userLabel", TEXT},      {"createdDate", NUMBER},
    {"secretData", TEXT},  {"credentialData", TEXT}, {"priority", NUMBER}};
static const struct member partial_members[] = {
    {"ifResourceExists", "{\"type\":\"string\",\"enum\":[\"FAIL\",\"SKIP\",\"OVERWRITE\"]}"},
    {"clients", LIST("ClientRepresentation")},
    {"roles", OBJECT},
    {"identityProviders", "{\"type\":\"array\"}"},
    {"identityProviderMappers", "{\"type\":\"array\"}"},
    {"groups", LIST("GroupRepresentation")},
    {"users", LIST("UserRepresentation")}};
static const struct member partial_results[] = {{"overwritten", NUMBER},
                                                {"added", NUMBER},
                                                {"skipped", NUMBER},
                                                {"results", "{\"type\":\"array\"}"}};
static const struct member upload_request[] = {{"size", NUMBER}};
static const struct member upload_members[] = {
    {"size", NUMBER}, {"received", NUMBER}, {"busy", SWITCH}, {"what", TEXT}, {"done", NUMBER}};
static const struct member promotion_members[] = {
    {"epoch", NUMBER}, {"incomplete", SWITCH}, {"withoutWitness", SWITCH}};
static const struct member token_members[] = {
    {"access_token", TEXT},  {"token_type", TEXT},           {"expires_in", NUMBER},
    {"refresh_token", TEXT}, {"refresh_expires_in", NUMBER}, {"id_token", TEXT},
    {"scope", TEXT},         {"session_state", TEXT}};
static const struct member error_members[] = {
    {"error", TEXT}, {"error_description", TEXT},        {"errorMessage", TEXT},
    {"field", TEXT}, {"params", "{\"type\":\"array\"}"}, {"errors", "{\"type\":\"array\"}"}};

#define MEMBERS(list) (list), ARRAY_LEN(list)
static const struct schema {
    const char *name;
    const struct field_table *fields;
    const struct member *members;
    size_t member_count;
} schemas[] = {
    {"RealmRepresentation", &realm_fields, MEMBERS(realm_members)},
    {"UserRepresentation", &user_fields, MEMBERS(user_members)},
    {"CredentialRepresentation", NULL, MEMBERS(credential_members)},
    {"RoleRepresentation", &role_fields, MEMBERS(role_members)},
    {"GroupRepresentation", &group_fields, MEMBERS(group_members)},
    {"ProtocolMapperRepresentation", &mapper_fields, MEMBERS(mapper_members)},
    {"ClientScopeRepresentation", &client_scope_fields, MEMBERS(scope_members)},
    {"ClientRepresentation", &client_fields, MEMBERS(client_members)},
    {"PartialImport", NULL, MEMBERS(partial_members)},
    {"PartialImportResults", NULL, MEMBERS(partial_results)},
    {"UploadRequest", NULL, MEMBERS(upload_request)},
    {"Upload", NULL, MEMBERS(upload_members)},
    {"Promotion", NULL, MEMBERS(promotion_members)},
    {"TokenResponse", NULL, MEMBERS(token_members)},
    {"Error", NULL, MEMBERS(error_members)},
};

static const struct member forms[] = {
    {"TokenRequest", FORM("\"grant_type\"")},
    {"IntrospectionRequest", FORM("\"token\"")},
    {"RevocationRequest", FORM("\"token\"")},
};

static void write_members(struct json_writer *w, const struct member *members, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        jw_key(w, members[i].name);
        jw_raw(w, str_c(members[i].schema));
    }
}

static void write_schema(struct json_writer *w, const struct schema *s)
{
    jw_member_object(w, s->name);
    jw_member_c(w, "type", "object");
    jw_member_object(w, "properties");
    if (s->fields)
        fields_schema_write(s->fields, NULL, w);
    write_members(w, s->members, s->member_count);
    jw_end_object(w);
    jw_end_object(w);
}

static void write_responses(struct json_writer *w)
{
    static const struct member responses[] = {
        {"Error",
         "{\"description\":\"Refused or failed\",\"content\":{\"application/json\":{\"schema\":"
         "{\"$ref\":\"#/components/schemas/Error\"}},\"text/html\":{\"schema\":" TEXT "}}}"},
        {"Failure", "{\"description\":\"Failed in the protocol's own format\",\"content\":{"
                    "\"application/json\":{\"schema\":" OBJECT "}}}"},
    };
    jw_member_object(w, "responses");
    write_members(w, responses, ARRAY_LEN(responses));
    jw_end_object(w);
}

static void write_security(struct json_writer *w)
{
    static const struct member schemes[] = {
        {"bearer", "{\"type\":\"http\",\"scheme\":\"bearer\",\"description\":\"An access token\"}"},
        {"client",
         "{\"type\":\"http\",\"scheme\":\"basic\",\"description\":\"A client's id and secret; "
         "other methods of RFC 6749 2.3 and RFC 7523 stand in the body\"}"},
    };
    jw_member_object(w, "securitySchemes");
    write_members(w, schemes, ARRAY_LEN(schemes));
    jw_end_object(w);
}

void openapi_components_write(struct json_writer *w)
{
    jw_member_object(w, "components");
    jw_member_object(w, "schemas");
    for (size_t i = 0; i < ARRAY_LEN(schemas); i++)
        write_schema(w, &schemas[i]);
    write_members(w, forms, ARRAY_LEN(forms));
    jw_end_object(w);
    write_responses(w);
    write_security(w);
    jw_end_object(w);
}

void openapi_schema_write(struct json_writer *w, const char *name)
{
    struct str text = str_c(name);
    bool is_list = str_starts(text, STR("["));
    char reference[128];
    if (is_list)
        text = str_sub(text, 1, text.len - 2);
    jw_begin_object(w);
    if (is_list) {
        jw_member_c(w, "type", "array");
        jw_member_object(w, "items");
    }
    if (!str_empty(text)) {
        (void)snprintf(reference, sizeof(reference), "#/components/schemas/%.*s", STR_ARG(text));
        jw_member_c(w, "$ref", reference);
    }
    if (is_list)
        jw_end_object(w);
    jw_end_object(w);
}
