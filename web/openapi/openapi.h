/* The description of everything that is served over HTTP, as OpenAPI 3.1: GET /openapi.json. Which lines
 * there are comes from the tables of routes, representations from the field tables that read and write
 * them, and what is said of a line beyond that from operations.def, so that none of it can be forgotten
 * or go stale unseen. Lines that only say that something does not exist here are left out. */
#ifndef GARITA_WEB_OPENAPI_OPENAPI_H
#define GARITA_WEB_OPENAPI_OPENAPI_H

#include "core/codec/json.h"

/* Where things are reached, with the base path. */
struct openapi_servers {
    struct str url;
    struct str management;
    struct str admin; /* absent: with everything else */
};
void openapi_write(const struct openapi_servers *servers, struct json_writer *w);

#endif
