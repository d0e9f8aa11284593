/* The field table of an invitation. */
#include "core/model/invitation.h"

#include "core/base/banned.h"

static const struct field invitation_field_list[] = {
#define J(kind, member, json, number, text)                                                        \
    {json, offsetof(struct invitation, member), FIELD_##kind, number, text},
#include "core/model/invitation.def"
#undef J
};

const struct field_table invitation_fields = {invitation_field_list,
                                              ARRAY_LEN(invitation_field_list)};
