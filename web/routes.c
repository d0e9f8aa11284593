/* routes.def as a table. */
#include "web/router.h"

#include "core/base/banned.h"

/* clang-format off */
const struct route web_routes[] = {
#define R(methods, pattern, handler, access, body, content, csrf, rate, cache)                     \
    {methods, pattern, handler, access, body, content, csrf, rate, cache},
#include "web/routes.def"
#undef R
};
/* clang-format on */

const size_t web_route_count = ARRAY_LEN(web_routes);
