/* What a client scope says about itself. */
#include "core/model/scope.h"

#include "core/base/banned.h"

static const struct field scope_field_list[] = {
    {"name", offsetof(struct client_scope, name), FIELD_STR, 0, ""},
    {"description", offsetof(struct client_scope, description), FIELD_STR, 0, ""},
    {"protocol", offsetof(struct client_scope, protocol), FIELD_STR, 0, "openid-connect"},
    {"attributes", offsetof(struct client_scope, attributes), FIELD_MAP, 0, NULL},
};
const struct field_table client_scope_fields = {scope_field_list, ARRAY_LEN(scope_field_list)};

static const struct field mapper_field_list[] = {
    {"name", offsetof(struct protocol_mapper, name), FIELD_STR, 0, ""},
    {"protocol", offsetof(struct protocol_mapper, protocol), FIELD_STR, 0, "openid-connect"},
    {"protocolMapper", offsetof(struct protocol_mapper, type), FIELD_STR, 0, ""},
    {"config", offsetof(struct protocol_mapper, config), FIELD_MAP, 0, NULL},
};
const struct field_table mapper_fields = {mapper_field_list, ARRAY_LEN(mapper_field_list)};

bool client_scope_in_token(const struct client_scope *scope)
{
    return !str_eq(str_map_get(&scope->attributes, STR("include.in.token.scope")), STR("false"));
}
