/* Components of the description: representations, errors, ways to sign in. */
#ifndef GARITA_WEB_OPENAPI_SCHEMAS_H
#define GARITA_WEB_OPENAPI_SCHEMAS_H

#include "core/codec/json.h"

/* The member components, into the object that is open. */
void openapi_components_write(struct json_writer *w);
/* A reference to a schema by its name; "[X]" is a list of X, "" any value. */
void openapi_schema_write(struct json_writer *w, const char *name);

#endif
