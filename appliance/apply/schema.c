/* From the field tables, with what stands beside fields in declarative documents. */
#include "appliance/apply/schema.h"

#include "core/model/client.h"
#include "core/model/fields_schema.h"
#include "core/model/realm.h"
#include "core/model/role.h"
#include "core/model/scope.h"
#include "core/model/user.h"

#include "core/base/banned.h"

#define TEXT     "{\"$ref\":\"#/$defs/text\"}"
#define NAME     "{\"type\":\"string\"}"
#define TEXTS    "{\"type\":\"array\",\"items\":" NAME "}"
#define BY_NAME  "{\"type\":\"object\",\"additionalProperties\":" TEXTS "}"
#define LIST(of) "{\"type\":\"array\",\"items\":{\"$ref\":\"#/$defs/" of "\"}}"

/* A member that is no field. */
struct extra {
    const char *member, *schema;
};

static const struct extra role_extras[] = {
    {"composites", "{\"type\":\"object\",\"properties\":{\"realm\":" TEXTS ",\"client\":" BY_NAME
                   "},\"additionalProperties\":false}"},
};
static const struct extra scope_extras[] = {{"protocolMappers", LIST("protocolMapper")}};
static const struct extra client_extras[] = {
    {"clientId", NAME},
    {"secret", TEXT},
    {"protocolMappers", LIST("protocolMapper")},
    {"defaultClientScopes", TEXTS},
    {"optionalClientScopes", TEXTS},
};
static const struct extra group_extras[] = {
    {"realmRoles", TEXTS}, {"clientRoles", BY_NAME}, {"subGroups", LIST("group")}};
static const struct extra user_extras[] = {{"realmRoles", TEXTS},
                                           {"clientRoles", BY_NAME},
                                           {"groups", TEXTS},
                                           {"serviceAccountClientId", NAME},
                                           {"credentials", LIST("credential")}};
static const struct extra realm_extras[] = {
    {"realm", NAME},
    {"roles",
     "{\"type\":\"object\",\"properties\":{\"realm\":" LIST(
         "role") ",\"client\":{\"type\":\"object\",\"additionalProperties\":" LIST("role") "}}}"},
    {"clientScopes", LIST("clientScope")},
    {"clients", LIST("client")},
    {"groups", LIST("group")},
    {"users", LIST("user")},
    {"defaultDefaultClientScopes", TEXTS},
    {"defaultOptionalClientScopes", TEXTS},
    {"defaultGroups", TEXTS},
    {"scopeMappings", LIST("scopeMapping")},
    {"clientScopeMappings",
     "{\"type\":\"object\",\"additionalProperties\":" LIST("scopeMapping") "}"},
};

static const struct object {
    const char *name, *identity;
    const struct field_table *fields;
    const struct extra *extras;
    size_t extra_count;
} objects[] = {
    {"protocolMapper", "name", &mapper_fields, NULL, 0},
    {"role", "name", &role_fields, role_extras, ARRAY_LEN(role_extras)},
    {"clientScope", "name", &client_scope_fields, scope_extras, ARRAY_LEN(scope_extras)},
    {"client", "clientId", &client_fields, client_extras, ARRAY_LEN(client_extras)},
    {"group", "name", &group_fields, group_extras, ARRAY_LEN(group_extras)},
    {"user", "username", &user_fields, user_extras, ARRAY_LEN(user_extras)},
    {"realm", "realm", &realm_fields, realm_extras, ARRAY_LEN(realm_extras)},
};

static const struct extra shared[] = {
    {"text", "{\"anyOf\":[{\"type\":\"string\"},{\"$ref\":\"#/$defs/secretFrom\"}]}"},
    {"secretFrom",
     "{\"type\":\"object\",\"properties\":{\"secretFrom\":{\"type\":\"object\",\"properties\":{"
     "\"file\":" NAME ",\"env\":" NAME
     "},\"minProperties\":1,\"maxProperties\":1,\"additionalProperties\":false}},"
     "\"required\":[\"secretFrom\"],\"additionalProperties\":false}"},
    {"scopeMapping", "{\"type\":\"object\",\"properties\":{\"client\":" NAME
                     ",\"clientScope\":" NAME ",\"roles\":" TEXTS "},\"required\":[\"roles\"]}"},
    {"credential",
     "{\"type\":\"object\",\"properties\":{\"type\":" NAME ",\"value\":" TEXT
     ",\"temporary\":{\"type\":\"boolean\"},\"userLabel\":" NAME ",\"secretData\":" TEXT
     ",\"credentialData\":" NAME ",\"priority\":{\"type\":\"integer\"},\"createdDate\":{\"type\":"
     "\"integer\"}}}"},
};

static const struct extra registry[] = {
    {"person", "{\"anyOf\":[" NAME ",{\"$ref\":\"#/$defs/user\"}]}"},
    {"tenant",
     "{\"type\":\"object\",\"properties\":{\"tenant\":" NAME ",\"displayName\":" NAME
     ",\"environments\":" TEXTS
     ",\"quotas\":{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"integer\",\"string\"]}},"
     "\"settings\":{\"type\":\"object\"},\"owner\":{\"$ref\":\"#/$defs/person\"},"
     "\"members\":{\"type\":\"object\",\"additionalProperties\":" LIST(
         "person") "},"
                   "\"serviceAccounts\":{\"type\":\"array\",\"items\":{\"allOf\":[{\"$ref\":\"#/$defs/client\"}],"
                   "\"properties\":{\"roles\":" TEXTS "}}}},"
                   "\"required\":[\"tenant\"],\"additionalProperties\":false}"},
};

static void write_extras(struct json_writer *w, const struct extra *extras, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        jw_key(w, extras[i].member);
        jw_raw(w, str_c(extras[i].schema));
    }
}

/* Members that are not known are told by a run and do not stop it, so the schema lets them be. */
static void write_object(struct json_writer *w, const struct object *o)
{
    jw_member_object(w, o->name);
    jw_member_c(w, "type", "object");
    jw_member_object(w, "properties");
    fields_schema_write(o->fields, TEXT, w);
    write_extras(w, o->extras, o->extra_count);
    jw_end_object(w);
    jw_member_array(w, "required");
    jw_str(w, str_c(o->identity));
    jw_end_array(w);
    jw_end_object(w);
}

static void write_document(struct json_writer *w)
{
    static const struct extra members[] = {
        {"$schema", NAME},
        {"realms", LIST("realm")},
        {"tenants", LIST("tenant")},
        {"globalAdmins", LIST("person")},
        {"variables", "{\"type\":\"object\",\"additionalProperties\":{\"type\":[\"string\","
                      "\"integer\",\"boolean\"]}}"},
    };
    jw_member_array(w, "anyOf");
    jw_raw(w, STR("{\"$ref\":\"#/$defs/realm\"}"));
    jw_raw(w, str_c(LIST("realm")));
    jw_begin_object(w);
    jw_member_c(w, "type", "object");
    jw_member_object(w, "properties");
    write_extras(w, members, ARRAY_LEN(members));
    jw_end_object(w);
    jw_member_bool(w, "additionalProperties", false);
    jw_member_i64(w, "minProperties", 1);
    jw_end_object(w);
    jw_end_array(w);
}

void apply_schema_write(struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_c(w, "$schema", "https://json-schema.org/draft/2020-12/schema");
    jw_member_c(w, "title", "Documents of garita apply");
    write_document(w);
    jw_member_object(w, "$defs");
    write_extras(w, shared, ARRAY_LEN(shared));
    write_extras(w, registry, ARRAY_LEN(registry));
    for (size_t i = 0; i < ARRAY_LEN(objects); i++)
        write_object(w, &objects[i]);
    jw_end_object(w);
    jw_end_object(w);
}
