/* The field tables of identity providers and their mappers. */
#include "core/model/identity_provider.h"

#include "core/base/banned.h"

static const struct field provider_field_list[] = {
#define F(kind, member, json, number, text)                                                        \
    {json, offsetof(struct identity_provider, member), FIELD_##kind, number, text},
#include "core/model/identity_provider.def"
#undef F
};

static const struct field mapper_field_list[] = {
#define G(kind, member, json, number, text)                                                        \
    {json, offsetof(struct identity_provider_mapper, member), FIELD_##kind, number, text},
#include "core/model/identity_provider_mapper.def"
#undef G
};

const struct field_table identity_provider_fields = {provider_field_list,
                                                     ARRAY_LEN(provider_field_list)};
const struct field_table identity_provider_mapper_fields = {mapper_field_list,
                                                            ARRAY_LEN(mapper_field_list)};
