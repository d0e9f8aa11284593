/* The field table of a component. */
#include "core/model/component.h"

#include "core/base/banned.h"

static const struct field component_field_list[] = {
#define K(kind, member, json, number, text)                                                        \
    {json, offsetof(struct component, member), FIELD_##kind, number, text},
#include "core/model/component.def"
#undef K
};

const struct field_table component_fields = {component_field_list, ARRAY_LEN(component_field_list)};
