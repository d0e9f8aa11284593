/* Reading the profile's document, and who may do what with an attribute. */
#include "core/model/profile.h"

#include "core/model/check.h"
#include "core/model/profile_value.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 255
#define ROLES_MAX      2
#define SCOPES_MAX     64

#define BOTH "\"permissions\":{\"view\":[\"admin\",\"user\"],\"edit\":[\"admin\",\"user\"]}"

struct str profile_first(void)
{
    return STR(
        "{\"attributes\":["
        "{\"name\":\"username\",\"displayName\":\"${username}\",\"validations\":{\"length\":"
        "{\"min\":3,\"max\":255},\"username-prohibited-characters\":{},"
        "\"up-username-not-idn-homograph\":{}}," BOTH ",\"multivalued\":false},"
        "{\"name\":\"email\",\"displayName\":\"${email}\",\"validations\":{\"email\":{},\"length\":"
        "{\"max\":255}},\"required\":{\"roles\":[\"user\"]}," BOTH ",\"multivalued\":false},"
        "{\"name\":\"firstName\",\"displayName\":\"${firstName}\",\"validations\":{\"length\":"
        "{\"max\":255},\"person-name-prohibited-characters\":{}},\"required\":{\"roles\":"
        "[\"user\"]}," BOTH ",\"multivalued\":false},"
        "{\"name\":\"lastName\",\"displayName\":\"${lastName}\",\"validations\":{\"length\":"
        "{\"max\":255},\"person-name-prohibited-characters\":{}},\"required\":{\"roles\":"
        "[\"user\"]}," BOTH ",\"multivalued\":false}],"
        "\"groups\":[{\"name\":\"user-metadata\",\"displayHeader\":\"User metadata\","
        "\"displayDescription\":\"Attributes, which refer to user metadata\"}],"
        "\"unmanagedAttributePolicy\":\"ENABLED\"}");
}

/* --- Reading --- */

struct reader {
    struct arena *arena;
    struct err_ctx *err;
};

static int wrong(const struct reader *r, const char *field, const char *what)
{
    return err_field(r->err, ERR_INVALID_REQUEST, field, "%s", what);
}

static const struct field attribute_field_list[] = {
    {"name", offsetof(struct profile_attribute, name), FIELD_STR, 0, ""},
    {"displayName", offsetof(struct profile_attribute, display_name), FIELD_STR, 0, ""},
    {"defaultValue", offsetof(struct profile_attribute, default_value), FIELD_STR, 0, ""},
    {"group", offsetof(struct profile_attribute, group), FIELD_STR, 0, ""},
    {"multivalued", offsetof(struct profile_attribute, multivalued), FIELD_BOOL, 0, NULL},
};
static const struct field permission_field_list[] = {
    {"view", offsetof(struct profile_attribute, view), FIELD_STRS, 0, NULL},
    {"edit", offsetof(struct profile_attribute, edit), FIELD_STRS, 0, NULL},
};
static const struct field required_field_list[] = {
    {"roles", offsetof(struct profile_attribute, required_roles), FIELD_STRS, 0, NULL},
    {"scopes", offsetof(struct profile_attribute, required_scopes), FIELD_STRS, 0, NULL},
};
static const struct field selector_field_list[] = {
    {"scopes", offsetof(struct profile_attribute, selector_scopes), FIELD_STRS, 0, NULL},
};
static const struct field group_field_list[] = {
    {"name", offsetof(struct profile_group, name), FIELD_STR, 0, ""},
    {"displayHeader", offsetof(struct profile_group, display_header), FIELD_STR, 0, ""},
    {"displayDescription", offsetof(struct profile_group, display_description), FIELD_STR, 0, ""},
};

static const struct field_table attribute_fields = {attribute_field_list,
                                                    ARRAY_LEN(attribute_field_list)};
static const struct field_table permission_fields = {permission_field_list,
                                                     ARRAY_LEN(permission_field_list)};
static const struct field_table required_fields = {required_field_list,
                                                   ARRAY_LEN(required_field_list)};
static const struct field_table selector_fields = {selector_field_list,
                                                   ARRAY_LEN(selector_field_list)};
static const struct field_table group_fields = {group_field_list, ARRAY_LEN(group_field_list)};

/* An object that may be missing, whose members stand in the table. */
static int read_part(const struct reader *r, const struct json_value *json, const char *name,
                     const struct field_table *table, struct profile_attribute *attribute)
{
    const struct json_value *part = json_get(json, name);
    if (json_is_none(part))
        return 0;
    if (!json_is_object(part))
        return wrong(r, name, "An object is expected");
    return fields_read(table, attribute, r->arena, part, r->err);
}

/* As Keycloak: letters, digits, '.', '_' and '-'. */
static bool name_is_sound(struct str name)
{
    for (size_t i = 0; i < name.len; i++) {
        char c = name.ptr[i];
        bool letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9');
        if (!letter && c != '.' && c != '_' && c != '-')
            return false;
    }
    return !str_empty(name) && name.len <= NAME_MAX_BYTES;
}

static int check_roles(const struct reader *r, const struct strs *roles, const char *field)
{
    if (roles->count > ROLES_MAX)
        return wrong(r, field, "There are two roles, admin and user");
    for (size_t i = 0; i < roles->count; i++)
        if (!str_eq(roles->items[i], STR(PROFILE_ROLE_ADMIN)) &&
            !str_eq(roles->items[i], STR(PROFILE_ROLE_USER)))
            return wrong(r, field, "There are two roles, admin and user");
    return 0;
}

static int check_scopes(const struct reader *r, const struct strs *scopes)
{
    if (scopes->count > SCOPES_MAX)
        return wrong(r, "scopes", "There are too many");
    for (size_t i = 0; i < scopes->count; i++)
        TRY(text_check(scopes->items[i], NAME_MAX_BYTES, "scopes", r->err));
    return 0;
}

static int check_object(const struct reader *r, const struct json_value *json, const char *field)
{
    if (json_is_none(json) || json_is_object(json))
        return 0;
    return wrong(r, field, "An object is expected");
}

static int check_attribute(const struct reader *r, const struct profile_attribute *attribute)
{
    if (!name_is_sound(attribute->name))
        return wrong(r, "name",
                     "The name of an attribute is made of letters, digits, '.', '_', '-'");
    TRY(text_check(attribute->display_name, NAME_MAX_BYTES, "displayName", r->err));
    TRY(text_check(attribute->default_value, ATTRS_MAX_VALUE_BYTES, "defaultValue", r->err));
    TRY(check_roles(r, &attribute->view, "view"));
    TRY(check_roles(r, &attribute->edit, "edit"));
    TRY(check_roles(r, &attribute->required_roles, "roles"));
    TRY(check_scopes(r, &attribute->required_scopes));
    TRY(check_scopes(r, &attribute->selector_scopes));
    TRY(check_object(r, attribute->annotations, "annotations"));
    TRY(check_object(r, attribute->validations, "validations"));
    return profile_validations_check(attribute->validations, r->err);
}

static int read_attribute(const struct reader *r, const struct json_value *json,
                          struct profile_attribute *ret_attribute)
{
    struct profile_attribute attribute = {.multivalued = false};
    fields_default(&attribute_fields, &attribute);
    TRY(fields_read(&attribute_fields, &attribute, r->arena, json, r->err));
    TRY(read_part(r, json, "permissions", &permission_fields, &attribute));
    TRY(read_part(r, json, "required", &required_fields, &attribute));
    TRY(read_part(r, json, "selector", &selector_fields, &attribute));
    attribute.required = !json_is_none(json_get(json, "required"));
    attribute.validations = json_get(json, "validations");
    attribute.annotations = json_get(json, "annotations");
    TRY(check_attribute(r, &attribute));
    *ret_attribute = attribute;
    return 0;
}

static int check_list(const struct reader *r, const struct json_value *list, const char *field)
{
    if (!json_is_none(list) && !json_is_array(list))
        return wrong(r, field, "A list of objects is expected");
    return json_count(list) > PROFILE_MAX_ATTRIBUTES ? wrong(r, field, "There are too many") : 0;
}

static int read_attributes(const struct reader *r, const struct json_value *list,
                           struct profile *profile)
{
    const struct json_value *item;
    TRY(check_list(r, list, "attributes"));
    profile->attributes = ARENA_ARRAY(r->arena, json_count(list) + 1, struct profile_attribute);
    if (!profile->attributes)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct profile_attribute *attribute = &profile->attributes[profile->count];
        TRY(read_attribute(r, item, attribute));
        if (profile_find(profile, attribute->name))
            return wrong(r, "attributes", "A name stands twice");
        profile->count++;
    }
    return 0;
}

static const struct profile_group *find_group(const struct profile *profile, struct str name)
{
    for (size_t i = 0; i < profile->group_count; i++)
        if (str_eq(profile->groups[i].name, name))
            return &profile->groups[i];
    return NULL;
}

static int read_group(const struct reader *r, const struct json_value *json,
                      struct profile_group *ret_group)
{
    struct profile_group group = {.annotations = json_get(json, "annotations")};
    fields_default(&group_fields, &group);
    TRY(fields_read(&group_fields, &group, r->arena, json, r->err));
    if (str_empty(group.name))
        return wrong(r, "groups", "Each needs a name");
    TRY(text_check(group.name, NAME_MAX_BYTES, "groups", r->err));
    TRY(text_check(group.display_header, NAME_MAX_BYTES, "displayHeader", r->err));
    TRY(text_check(group.display_description, ATTRS_MAX_VALUE_BYTES, "displayDescription", r->err));
    TRY(check_object(r, group.annotations, "annotations"));
    *ret_group = group;
    return 0;
}

static int read_groups(const struct reader *r, const struct json_value *list,
                       struct profile *profile)
{
    const struct json_value *item;
    TRY(check_list(r, list, "groups"));
    profile->groups = ARENA_ARRAY(r->arena, json_count(list) + 1, struct profile_group);
    if (!profile->groups)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct profile_group *group = &profile->groups[profile->group_count];
        TRY(read_group(r, item, group));
        if (find_group(profile, group->name))
            return wrong(r, "groups", "A name stands twice");
        profile->group_count++;
    }
    return 0;
}

static const char *const policies[] = {
    [PROFILE_UNMANAGED_DISABLED] = "DISABLED",
    [PROFILE_UNMANAGED_ADMIN_VIEW] = "ADMIN_VIEW",
    [PROFILE_UNMANAGED_ADMIN_EDIT] = "ADMIN_EDIT",
    [PROFILE_UNMANAGED_ENABLED] = "ENABLED",
};

static int read_policy(const struct reader *r, const struct json_value *json,
                       struct profile *profile)
{
    if (json_is_none(json))
        return 0; /* as Keycloak: what is not named does not exist */
    for (size_t i = 0; i < ARRAY_LEN(policies); i++)
        if (str_eq_c(json_str(json), policies[i])) {
            profile->unmanaged = (enum profile_unmanaged)i;
            return 0;
        }
    return wrong(r, "unmanagedAttributePolicy", "There is no such policy");
}

static int check_whole(const struct reader *r, const struct profile *profile)
{
    if (!profile_find(profile, STR("username")) || !profile_find(profile, STR("email")))
        return wrong(r, "attributes", "username and email are part of every profile");
    for (size_t i = 0; i < profile->count; i++) {
        struct str group = profile->attributes[i].group;
        if (!str_empty(group) && !find_group(profile, group))
            return wrong(r, "group", "An attribute names a group that is not there");
    }
    return 0;
}

int profile_read(struct arena *a, const struct json_value *json, struct profile *ret_profile,
                 struct err_ctx *err)
{
    struct reader r = {a, err};
    struct profile profile = {.unmanaged = PROFILE_UNMANAGED_DISABLED};
    TRY(read_groups(&r, json_get(json, "groups"), &profile));
    TRY(read_attributes(&r, json_get(json, "attributes"), &profile));
    TRY(read_policy(&r, json_get(json, "unmanagedAttributePolicy"), &profile));
    TRY(check_whole(&r, &profile));
    *ret_profile = profile;
    return 0;
}

/* --- Rights --- */

const struct profile_attribute *profile_find(const struct profile *profile, struct str name)
{
    for (size_t i = 0; i < profile->count; i++)
        if (str_eq(profile->attributes[i].name, name))
            return &profile->attributes[i];
    return NULL;
}

bool profile_edits(const struct profile *profile, struct str name, struct str role)
{
    const struct profile_attribute *attribute = profile_find(profile, name);
    if (attribute)
        return strs_has(&attribute->edit, role);
    return profile->unmanaged == PROFILE_UNMANAGED_ENABLED ||
           (profile->unmanaged == PROFILE_UNMANAGED_ADMIN_EDIT &&
            str_eq(role, STR(PROFILE_ROLE_ADMIN)));
}

bool profile_sees(const struct profile *profile, struct str name, struct str role)
{
    const struct profile_attribute *attribute = profile_find(profile, name);
    if (attribute)
        return strs_has(&attribute->view, role) || strs_has(&attribute->edit, role);
    return profile->unmanaged == PROFILE_UNMANAGED_ENABLED ||
           (profile->unmanaged != PROFILE_UNMANAGED_DISABLED &&
            str_eq(role, STR(PROFILE_ROLE_ADMIN)));
}

bool profile_requires(const struct profile_attribute *attribute, struct str role)
{
    if (!attribute->required)
        return false;
    if (attribute->required_roles.count == 0)
        return attribute->required_scopes.count == 0;
    return strs_has(&attribute->required_roles, role);
}

struct user profile_seen(struct arena *a, const struct profile *profile, const struct user *user,
                         struct str role)
{
    struct user seen = *user;
    struct attrs all = user->attributes;
    if (!profile_sees(profile, STR("email"), role))
        seen.email = STR("");
    if (!profile_sees(profile, STR("firstName"), role))
        seen.first_name = STR("");
    if (!profile_sees(profile, STR("lastName"), role))
        seen.last_name = STR("");
    seen.attributes = (struct attrs){ARENA_ARRAY(a, all.count + 1, struct attr), 0};
    for (size_t i = 0; i < all.count && seen.attributes.items; i++)
        if (profile_sees(profile, all.items[i].name, role))
            seen.attributes.items[seen.attributes.count++] = all.items[i];
    return seen;
}

/* --- Metadata --- */

static void write_text_opt(struct json_writer *w, const char *name, struct str text)
{
    if (!str_empty(text))
        jw_member_str(w, name, text);
}

static void write_attribute(struct json_writer *w, const struct profile_attribute *attribute,
                            struct str role)
{
    jw_begin_object(w);
    jw_member_str(w, "name", attribute->name);
    write_text_opt(w, "displayName", attribute->display_name);
    jw_member_bool(w, "required", profile_requires(attribute, role));
    jw_member_bool(w, "readOnly", !strs_has(&attribute->edit, role));
    if (!json_is_none(attribute->annotations))
        jw_member_value(w, "annotations", attribute->annotations);
    if (json_is_none(attribute->validations)) {
        jw_member_object(w, "validators");
        jw_end_object(w);
    } else {
        jw_member_value(w, "validators", attribute->validations);
    }
    write_text_opt(w, "group", attribute->group);
    jw_member_bool(w, "multivalued", attribute->multivalued);
    write_text_opt(w, "defaultValue", attribute->default_value);
    jw_end_object(w);
}

static void write_group(struct json_writer *w, const struct profile_group *group)
{
    jw_begin_object(w);
    jw_member_str(w, "name", group->name);
    write_text_opt(w, "displayHeader", group->display_header);
    write_text_opt(w, "displayDescription", group->display_description);
    if (!json_is_none(group->annotations))
        jw_member_value(w, "annotations", group->annotations);
    jw_end_object(w);
}

void profile_write_metadata(struct json_writer *w, const struct profile *profile, struct str role)
{
    jw_begin_object(w);
    jw_member_array(w, "attributes");
    for (size_t i = 0; i < profile->count; i++)
        if (profile_sees(profile, profile->attributes[i].name, role))
            write_attribute(w, &profile->attributes[i], role);
    jw_end_array(w);
    jw_member_array(w, "groups");
    for (size_t i = 0; i < profile->group_count; i++)
        write_group(w, &profile->groups[i]);
    jw_end_array(w);
    jw_end_object(w);
}
