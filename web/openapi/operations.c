/* Looking up what is said of a line. */
#include "web/openapi/operations.h"

#include "web/admin/admin.h"

#include "core/base/banned.h"

/* Names of the handlers, in the order of web_routes. */
static const char *const handlers[] = {
#define R(methods, pattern, handler, access, body, content, csrf, rate, cache) #handler,
#include "web/routes.def"
#undef R
#define A(methods, pattern, handler, permission, body) #handler,
#include "web/admin/routes.def"
#undef A
#define Q(methods, below, handler, roles, body) #handler,
#include "web/account/routes.def"
#undef Q
};

static const struct operation operations[] = {
#define O(handler, summary, statuses, content, request, response, query)                           \
    {#handler, summary, statuses, content, request, response, query},
#include "web/openapi/operations.def"
#undef O
};

static bool begins(const char *text, const char *prefix)
{
    return str_starts(str_c(text), str_c(prefix));
}

bool operation_is_described(size_t route)
{
    return !begins(handlers[route], "rest_absent");
}

static struct operation usual(const char *handler, unsigned method)
{
    struct operation o = {handler, handler, "204", "", "", "", ""};
    if (!begins(handler, "rest_") || method == HTTP_GET) {
        o.statuses = "200";
        o.content = "application/json";
    } else if (method == HTTP_POST && str_ends(str_c(handler), STR("_create"))) {
        o.statuses = "201";
    }
    return o;
}

struct operation operation_of(size_t route, unsigned method)
{
    for (size_t i = 0; i < ARRAY_LEN(operations); i++)
        if (strcmp(operations[i].handler, handlers[route]) == 0)
            return operations[i];
    return usual(handlers[route], method);
}
