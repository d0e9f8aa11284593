/* A tree of segments, built once. Matching walks it: at each level the fixed segment first, then
 * the parameter, going back when a fixed start leads nowhere. */
#include "web/router.h"

#include <stdlib.h>

#include "core/base/banned.h"

struct node {
    struct str segment; /* without slashes; of a parameter its name */
    bool is_param;
    bool is_rest; /* a parameter that takes all that is left of the path, slashes included */
    struct node *children; /* by rank() */
    struct node *next;
    int realm_param;             /* position of {realm} in the pattern that ends here; -1: none */
    const struct route **routes; /* lines that end here */
    size_t route_count;
    unsigned methods;
};

struct router {
    struct arena arena;
    struct node root;
    const struct route *table;
    size_t count;
};

#define ROUTER_MAX_BYTES ((size_t)4 << 20)

static bool is_param(struct str segment)
{
    return segment.len > 2 && segment.ptr[0] == '{' && segment.ptr[segment.len - 1] == '}';
}

static bool is_rest(struct str segment)
{
    return is_param(segment) && segment.ptr[segment.len - 2] == '*';
}

/* Fixed text, then a parameter of one segment, then one of all that is left: what says more wins. */
static int rank(bool param, bool rest)
{
    return param + rest;
}

static struct node *child_get(struct router *r, struct node *parent, struct str segment)
{
    bool param = is_param(segment);
    int own = rank(param, is_rest(segment));
    struct node **at = &parent->children;
    for (; *at && rank((*at)->is_param, (*at)->is_rest) <= own; at = &(*at)->next)
        if (rank((*at)->is_param, (*at)->is_rest) == own &&
            (param || str_eq((*at)->segment, segment)))
            return *at;
    struct node *n = ARENA_NEW(&r->arena, struct node);
    if (!n)
        return NULL;
    n->segment = segment;
    n->is_param = param;
    n->is_rest = is_rest(segment);
    n->realm_param = -1;
    n->next = *at;
    *at = n;
    return n;
}

static int node_add_route(struct router *r, struct node *n, const struct route *route)
{
    const struct route **grown =
        arena_grow(&r->arena, n->routes, n->route_count, n->route_count + 1, sizeof(*grown));
    if (!grown)
        return ERR_NO_MEMORY;
    grown[n->route_count++] = route;
    n->routes = grown;
    n->methods |= route->methods;
    return 0;
}

static bool segment_is_sound(struct str segment)
{
    bool brace = str_find(segment, '{') >= 0 || str_find(segment, '}') >= 0;
    return !str_empty(segment) && (!brace || is_param(segment));
}

static int add_route(struct router *r, const struct route *route, struct err_ctx *err)
{
    struct str pattern = str_c(route->pattern), segment;
    struct node *n = &r->root;
    int params = 0, realm = -1;
    if (pattern.len == 0 || pattern.ptr[0] != '/' || !route->handler || !route->methods)
        return err_set(err, ERR_CONFIG, "route %s is malformed", route->pattern);
    struct str rest = str_from(pattern, 1);
    while (str_next(&rest, '/', &segment)) {
        if (!segment_is_sound(segment) || n->is_rest)
            return err_set(err, ERR_CONFIG, "route %s is malformed", route->pattern);
        if (str_eq(segment, STR("{realm}")))
            realm = params;
        params += is_param(segment);
        n = child_get(r, n, segment);
        if (!n)
            return ERR_NO_MEMORY;
    }
    if (params > REQUEST_MAX_PATH_PARAMS)
        return err_set(err, ERR_CONFIG, "route %s has too many parameters", route->pattern);
    if (n->methods & route->methods)
        return err_set(err, ERR_CONFIG, "route %s stands twice", route->pattern);
    n->realm_param = realm;
    return node_add_route(r, n, route);
}

int router_new(const struct route *routes, size_t count, struct err_ctx *err,
               struct router **ret_router)
{
    struct router *r = calloc(1, sizeof(*r));
    if (!r)
        return ERR_NO_MEMORY;
    arena_init(&r->arena, ROUTER_MAX_BYTES);
    r->root.realm_param = -1;
    r->table = routes;
    r->count = count;
    for (size_t i = 0; i < count; i++) {
        int rc = add_route(r, &routes[i], err);
        if (rc != 0) {
            router_free(r);
            return rc;
        }
    }
    *ret_router = r;
    return 0;
}

void router_free(struct router *router)
{
    if (!router)
        return;
    arena_free(&router->arena);
    free(router);
}

/* The recursion is as deep as the longest pattern. params counts those taken so far. */
static const struct node *find(const struct node *n, struct str rest, bool more,
                               struct route_match *m, size_t params)
{
    if (!more)
        return n->route_count ? n : NULL;
    ptrdiff_t slash = str_find(rest, '/');
    struct str segment = slash < 0 ? rest : str_sub(rest, 0, (size_t)slash);
    struct str after = slash < 0 ? STR("") : str_from(rest, (size_t)slash + 1);
    for (const struct node *c = n->children; c; c = c->next) {
        if (c->is_param ? str_empty(segment) : !str_eq(c->segment, segment))
            continue;
        if (c->is_param && params < REQUEST_MAX_PATH_PARAMS)
            m->params[params] = c->is_rest ? rest : segment;
        if (c->is_rest)
            return c;
        const struct node *found = find(c, after, slash >= 0, m, params + c->is_param);
        if (found)
            return found;
    }
    return NULL;
}

static bool is_collection(struct str path)
{
    return str_starts(path, STR("/admin/")) ||
           (str_starts(path, STR("/realms/")) && str_find_str(path, STR("/account/")) > 0);
}

static struct str without_last_slash(struct str path)
{
    bool has = str_ends(path, STR("/")) && is_collection(path);
    return has ? str_sub(path, 0, path.len - 1) : path;
}

void router_match(const struct router *router, enum http_method method, struct str path,
                  struct route_match *ret_match)
{
    struct route_match m = {0};
    path = without_last_slash(path);
    unsigned wanted = method == HTTP_HEAD ? HTTP_GET : method;
    bool root = path.len <= 1;
    const struct node *n = find(&router->root, str_from(path, 1), !root, &m, 0);
    *ret_match = (struct route_match){0};
    if (!n)
        return;
    m.methods = n->methods | (n->methods & HTTP_GET ? HTTP_HEAD : 0) | HTTP_OPTIONS;
    for (size_t i = 0; i < n->route_count; i++)
        if (n->routes[i]->methods & wanted)
            m.route = n->routes[i];
    if (n->realm_param >= 0)
        m.realm = m.params[n->realm_param];
    *ret_match = m;
}

size_t router_index(const struct router *router, const struct route *route)
{
    return route ? (size_t)(route - router->table) : router->count;
}

size_t router_size(const struct router *router)
{
    return router->count;
}
