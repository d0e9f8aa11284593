/* All tables of routes as one. */
#include "web/account/account.h"
#include "web/admin/admin.h"
#include "web/router.h"

#include "core/base/banned.h"

/* clang-format off */
const struct route web_routes[] = {
#define R(methods, pattern, handler, access, body, content, csrf, rate, cache)                     \
    {methods, pattern, handler, access, body, content, csrf, rate, cache, ADMIN_NONE, NULL, NULL,         \
     NULL},
#include "web/routes.def"
#undef R
#define A(methods, pattern, handler, permission, body)                                             \
    {methods, pattern, admin_run, ACCESS_BEARER,                                                   \
     (methods) == HTTP_GET || (body) ? (body) : ADMIN_BODY_IGNORED,                                \
     (methods) == HTTP_GET         ? CONTENT_NONE                                                  \
     : (body) == ADMIN_BODY_TEXT || (body) == ADMIN_BODY_UPLOAD || (body) == ADMIN_BODY_PIECE      \
         ? CONTENT_ANY                                                                             \
                                   : CONTENT_JSON,                                                 \
     CSRF_OPEN, RATE_READ, CACHE_NO_STORE,                                                         \
     ADMIN_##permission, handler, NULL, NULL},
#include "web/admin/routes.def"
#undef A
#define Q(methods, below, handler, roles, body)                                                    \
    {methods, ACCOUNT_PREFIX below, account_run, ACCESS_BEARER, body,                              \
     (body) == 0                   ? CONTENT_NONE                                                  \
     : (body) == ACCOUNT_BODY_TEXT ? CONTENT_ANY                                                   \
                                   : CONTENT_JSON,                                                 \
     CSRF_OPEN, RATE_READ, CACHE_NO_STORE, ADMIN_NONE, NULL, roles, handler},
#include "web/account/routes.def"
#undef Q
};
/* clang-format on */

const size_t web_route_count = ARRAY_LEN(web_routes);
