/* A component: a provider that a realm is set up with (Keycloak's ComponentRepresentation), such as a
 * place that people come from. It is kept as a record (core/port/records.h) of the kind RECORD_COMPONENT:
 * id and name are the record's, the parent is the realm's id or that of another component, and the
 * document holds the members of component.def. */
#ifndef GARITA_CORE_MODEL_COMPONENT_H
#define GARITA_CORE_MODEL_COMPONENT_H

#include "core/model/realm.h"

struct component {
    struct str id;
    int64_t position; /* of its record */
#define K(kind, member, json, number, text) FIELD_TYPE_##kind member;
#include "core/model/component.def"
#undef K
};

struct components {
    struct component *items;
    size_t count;
};

extern const struct field_table component_fields;

#endif
