/* Web origins. */
#include "core/oidc/origins.h"

#include "core/codec/uri.h"
#include "core/oidc/redirect_uri.h"

#include "core/base/banned.h"

static int add_once(struct arena *a, struct strs *list, struct str origin)
{
    return strs_has(list, origin) ? 0 : strs_add(list, a, origin);
}

/* The origin of a redirect URI; private-use schemes and what cannot be resolved have none. */
static int add_of_redirect(struct arena *a, const struct client *client, struct own_urls own,
                           struct str registered, struct strs *list)
{
    struct str absolute, origin;
    struct uri u;
    int rc = redirect_uri_absolute(a, client, own, registered, &absolute);
    if (rc == ERR_INVALID_REDIRECT_URI)
        return 0;
    TRY(rc);
    if (uri_parse(absolute, &u) != 0 || !uri_is_web(&u))
        return 0;
    rc = uri_origin(a, &u, &origin);
    if (rc == ERR_INVALID_SYNTAX)
        return 0;
    TRY(rc);
    return add_once(a, list, origin);
}

int origins_of_client(struct arena *a, const struct client *client, struct own_urls own,
                      struct strs *ret_origins)
{
    struct strs list = {0};
    for (size_t i = 0; i < client->web_origins.count; i++) {
        struct str origin = client->web_origins.items[i];
        if (!str_eq(origin, STR("+"))) {
            TRY(add_once(a, &list, origin));
            continue;
        }
        for (size_t k = 0; k < client->redirect_uris.count; k++)
            TRY(add_of_redirect(a, client, own, client->redirect_uris.items[k], &list));
    }
    *ret_origins = list;
    return 0;
}

bool origins_allow(struct arena *a, const struct client *client, struct own_urls own,
                   struct str origin)
{
    struct strs list = {0};
    struct uri u;
    struct str canonical;
    /* "null" is what sandboxed and file pages send: it stands for nobody in particular. */
    if (uri_parse(origin, &u) != 0 || uri_origin(a, &u, &canonical) != 0 ||
        !str_eq(canonical, origin))
        return false;
    if (origins_of_client(a, client, own, &list) != 0)
        return false;
    return strs_has(&list, STR("*")) || strs_has(&list, origin);
}
