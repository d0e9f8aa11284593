/* Field tables as JSON Schema (2020-12): what editors and the description of the Admin API say about
 * representations comes from the tables that read and write them. */
#ifndef GARITA_CORE_MODEL_FIELDS_SCHEMA_H
#define GARITA_CORE_MODEL_FIELDS_SCHEMA_H

#include "core/model/fields.h"

/* A member for each field, into the object of properties that is open in w. text: the schema of a text,
 * as JSON that this house wrote; NULL: {"type":"string"}. */
void fields_schema_write(const struct field_table *table, const char *text, struct json_writer *w);

#endif
