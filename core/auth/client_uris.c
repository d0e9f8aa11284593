/* URIs under policies. */
#include "core/auth/client_uris.h"

#include "core/codec/uri.h"

#include "core/base/banned.h"

static int refuse(const struct auth_ctx *ctx, const char *field)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, field,
                     "A client policy does not let this URI pass");
}

static bool is_path(struct str uri)
{
    return str_starts(uri, STR("/")) || str_starts(uri, STR("${"));
}

static bool has_wildcard(struct str uri)
{
    return str_find(uri, '*') >= 0;
}

static bool is_https(struct str uri)
{
    struct uri parts;
    return uri_parse(uri, &parts) == 0 && uri_is_https(&parts);
}

/* --- secure-client-uris --- */

/* Paths are below the server's own address or rootUrl, which is looked at by itself. */
static bool is_secure(struct str uri)
{
    return str_empty(uri) || is_path(uri) || is_https(uri);
}

static int check_list(const struct auth_ctx *ctx, const struct strs *uris, const char *field)
{
    for (size_t i = 0; i < uris->count; i++) {
        if (str_eq(uris->items[i], STR("+"))) /* as the redirect URIs say */
            continue;
        if (has_wildcard(uris->items[i]) || !is_secure(uris->items[i]))
            return refuse(ctx, field);
    }
    return 0;
}

int client_uris_are_secure(const struct auth_ctx *ctx, const struct client *client)
{
    static const char *const attributes[] = {CLIENT_ATTR_JWKS_URL, CLIENT_ATTR_LOGO_URI,
                                             CLIENT_ATTR_POLICY_URI, CLIENT_ATTR_TOS_URI};
    TRY(check_list(ctx, &client->redirect_uris, "redirectUris"));
    TRY(check_list(ctx, &client->web_origins, "webOrigins"));
    if (!is_secure(client->root_url))
        return refuse(ctx, "rootUrl");
    if (!is_secure(client->admin_url))
        return refuse(ctx, "adminUrl");
    if (!is_secure(client->base_url))
        return refuse(ctx, "baseUrl");
    for (size_t i = 0; i < ARRAY_LEN(attributes); i++)
        if (!is_secure(str_map_get(&client->attributes, str_c(attributes[i]))))
            return refuse(ctx, attributes[i]);
    return 0;
}

/* --- secure-redirect-uris-enforcer --- */

/* "example.pe" is that host, "*.example.pe" every host below it. */
static bool is_permitted(const struct strs *domains, struct str host)
{
    for (size_t i = 0; i < domains->count; i++) {
        struct str domain = domains->items[i];
        bool below = str_starts(domain, STR("*."));
        if (!below && str_ieq(domain, host))
            return true;
        if (below && host.len >= domain.len &&
            str_ieq(str_from(host, host.len - domain.len + 1), str_from(domain, 1)))
            return true;
    }
    return domains->count == 0;
}

static bool loopback_fits(const struct client_executor *e, const struct uri *parts)
{
    if (str_ieq(parts->host, STR("localhost"))) /* RFC 8252 8.3: a name may lead elsewhere */
        return e->allow_http;
    return parts->host_is_ipv6 ? e->allow_ipv6_loopback : e->allow_ipv4_loopback;
}

bool client_redirect_uri_fits(const struct client_executor *e, struct str uri)
{
    struct uri parts;
    struct str wild = STR("*");
    if (has_wildcard(uri)) {
        if (!e->allow_wildcard || !str_ends(uri, wild))
            return false;
        uri = str_sub(uri, 0, uri.len - 1);
    }
    if (uri_parse(uri, &parts) != 0)
        return false;
    if (!uri_is_web(&parts))
        return e->allow_private_use_scheme && str_find(parts.scheme, '.') >= 0;
    if (uri_is_loopback(&parts))
        return loopback_fits(e, &parts);
    if (!uri_is_https(&parts) && !e->allow_http)
        return false;
    return is_permitted(&e->permitted_domains, parts.host);
}

int client_redirect_uris_fit(const struct auth_ctx *ctx, const struct client_executor *executor,
                             const struct client *client)
{
    for (size_t i = 0; i < client->redirect_uris.count; i++) {
        struct str uri = client->redirect_uris.items[i];
        if (str_starts(uri, STR("/"))) {
            uri = ARENA_CONCAT(ctx->arena, client->root_url, uri);
            if (str_absent(uri))
                return ERR_NO_MEMORY;
        }
        if (!client_redirect_uri_fits(executor, uri))
            return refuse(ctx, "redirectUris");
    }
    return 0;
}
