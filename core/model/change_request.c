/* The field table of a change request. */
#include "core/model/change_request.h"

#include "core/base/banned.h"

static const struct field change_request_field_list[] = {
#define Q(kind, member, json, number, text)                                                        \
    {json, offsetof(struct change_request, member), FIELD_##kind, number, text},
#include "core/model/change_request.def"
#undef Q
};

const struct field_table change_request_fields = {change_request_field_list,
                                                  ARRAY_LEN(change_request_field_list)};
