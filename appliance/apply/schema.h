/* The JSON Schema of declarative documents, for editors that complete and check while one writes. */
#ifndef GARITA_APPLIANCE_APPLY_SCHEMA_H
#define GARITA_APPLIANCE_APPLY_SCHEMA_H

#include "core/codec/json.h"

void apply_schema_write(struct json_writer *w);

#endif
