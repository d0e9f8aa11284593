/* What is known of a line beyond its entry in the tables of routes. */
#ifndef GARITA_WEB_OPENAPI_OPERATIONS_H
#define GARITA_WEB_OPENAPI_OPERATIONS_H

#include "web/router.h"

struct operation {
    const char *handler;
    const char *summary;
    const char
        *statuses; /* of success, and of errors that callers reckon with; separated by spaces */
    const char *content;  /* media types of success, separated by spaces; "": no body */
    const char *request;  /* schema of the body, "[X]" for a list of them; "": any */
    const char *response; /* likewise of the answer */
    const char *query;    /* names of parameters, separated by spaces */
};

/* Of a line of the tables by its position: from operations.def, else by the rules of the Admin API.
 * The handler's name is the summary of last resort. */
struct operation operation_of(size_t route, unsigned method);
/* Whether the line is described at all. */
bool operation_is_described(size_t route);

#endif
