/* Field tables of roles and groups. */
#include "core/model/role.h"

#include "core/base/banned.h"

static const struct field role_field_list[] = {
    {"name", offsetof(struct role, name), FIELD_STR, 0, ""},
    {"description", offsetof(struct role, description), FIELD_STR, 0, ""},
    {"attributes", offsetof(struct role, attributes), FIELD_ATTRS, 0, NULL},
};
const struct field_table role_fields = {role_field_list, ARRAY_LEN(role_field_list)};

static const struct field group_field_list[] = {
    {"name", offsetof(struct group, name), FIELD_STR, 0, ""},
    {"description", offsetof(struct group, description), FIELD_STR, 0, ""},
    {"attributes", offsetof(struct group, attributes), FIELD_ATTRS, 0, NULL},
};
const struct field_table group_fields = {group_field_list, ARRAY_LEN(group_field_list)};
