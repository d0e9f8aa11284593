/* Identity providers: other servers that people may log in with one day, and what is taken from them. They
 * are kept as records (core/port/records.h): a provider of the kind RECORD_IDENTITY_PROVIDER under its
 * internalId, named by its alias; its mappers of the kind RECORD_IDENTITY_PROVIDER_MAPPER, whose parent is
 * that internalId. */
#ifndef GARITA_CORE_MODEL_IDENTITY_PROVIDER_H
#define GARITA_CORE_MODEL_IDENTITY_PROVIDER_H

#include "core/model/realm.h"

struct identity_provider {
    struct str id;    /* internalId */
    int64_t position; /* of its record */
#define F(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/identity_provider.def"
#undef F
};

struct identity_provider_mapper {
    struct str id;
    int64_t position;
#define G(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/identity_provider_mapper.def"
#undef G
};

extern const struct field_table identity_provider_fields;
extern const struct field_table identity_provider_mapper_fields;

#endif
