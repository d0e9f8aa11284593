/* Which origins may read which answers. */
#include "web/oidc/cors.h"

#include "core/codec/uri.h"
#include "core/oidc/origins.h"
#include "core/port/clients.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

bool cors_client_exposing(struct request *req, struct response *res, const struct client *client,
                          struct str headers)
{
    struct str origin = request_header(req, STR("Origin"));
    if (str_absent(origin) || !client ||
        !origins_allow(req->arena, client, web_own_urls(req), origin))
        return false;
    respond_header(res, "Vary", STR("Origin"));
    respond_header(res, "Access-Control-Allow-Origin", origin);
    /* Stock clients send requests to the token endpoint with credentials. */
    respond_header(res, "Access-Control-Allow-Credentials", STR("true"));
    respond_header(res, "Access-Control-Expose-Headers", headers);
    return true;
}

void cors_client(struct request *req, struct response *res, const struct client *client)
{
    (void)cors_client_exposing(req, res, client, STR("WWW-Authenticate"));
}

void cors_everyone(struct response *res)
{
    respond_header(res, "Access-Control-Allow-Origin", STR("*"));
}

/* Clients are looked at in pages, and no further than this: a stranger's origin costs so much. */
#define CLIENT_PAGE 100
#define CLIENT_MAX  2000

struct walk {
    struct request *req;
    struct own_urls own;
    struct str looked_for;
    struct buf origins;
    size_t max_bytes;
    size_t seen;
    bool found;
};

static bool is_listed(const struct walk *w, struct str origin)
{
    return str_has_word(buf_str(&w->origins), origin);
}

static int add_origins(struct walk *w, const struct client *client)
{
    struct strs origins = {0};
    TRY(origins_of_client(w->req->arena, client, w->own, &origins));
    for (size_t i = 0; i < origins.count; i++) {
        struct str origin = origins.items[i];
        if (!str_absent(w->looked_for) &&
            (str_eq(origin, w->looked_for) || str_eq(origin, STR("*"))))
            w->found = true;
        if (is_listed(w, origin) || w->origins.len + origin.len + 1 > w->max_bytes)
            continue;
        if (w->origins.len > 0)
            buf_add_byte(&w->origins, ' ');
        buf_add(&w->origins, origin);
    }
    return 0;
}

/* One page of clients; ret_after is absent at the end. */
static int walk_page(struct walk *w, struct store_read *r, struct str after, struct str *ret_after)
{
    struct client *items;
    size_t count;
    TRY(client_list(r, w->req->arena, after, CLIENT_PAGE, &items, &count));
    for (size_t i = 0; i < count && !w->found; i++)
        if (items[i].enabled)
            TRY(add_origins(w, &items[i]));
    w->seen += count;
    bool more = count == CLIENT_PAGE && !w->found && w->seen < CLIENT_MAX;
    *ret_after = more ? items[count - 1].client_id : str_of(NULL, 0);
    return 0;
}

int cors_origins(struct request *req, struct str looked_for, size_t max_bytes,
                 struct str *ret_origins, bool *ret_found)
{
    struct walk w = {.req = req, .looked_for = looked_for, .max_bytes = max_bytes};
    struct str after = {NULL, 0};
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    w.own = web_own_urls(req);
    buf_init(&w.origins, req->arena, max_bytes + 1);
    TRY(store_read_begin(req->realm, &r));
    do {
        TRY(walk_page(&w, r, after, &after));
    } while (!str_absent(after));
    *ret_found = w.found;
    return buf_finish(&w.origins, ret_origins);
}

bool oidc_cors_allowed(struct request *req, struct str origin)
{
    struct uri u;
    struct str origins;
    bool found;
    if (req->method != HTTP_OPTIONS || uri_parse(origin, &u) != 0 || !uri_is_web(&u))
        return false;
    /* Neither a preflight of the Admin API nor one of a call of CONTENT_RPC can tell whose origins
     * count. */
    if (req->route && (req->route->admin || req->route->content == CONTENT_RPC))
        return true;
    if (!req->realm)
        return false;
    return cors_origins(req, origin, 0, &origins, &found) == 0 && found;
}
