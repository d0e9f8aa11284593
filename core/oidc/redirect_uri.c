/* Redirect URIs: deny by default, compare bytes. */
#include "core/oidc/redirect_uri.h"

#include "core/codec/uri.h"
#include "core/oidc/authz_params.h"

#include "core/base/banned.h"

#define PARAM_NAME_MAX_BYTES 32

/* RFC 8252 7.1: a private-use scheme is a domain name turned round; schemes without a dot are those
 * that browsers run or open. */
static bool scheme_acceptable(const struct uri *u)
{
    if (uri_is_web(u))
        return uri_is_https(u) || uri_is_loopback(u);
    return str_find(u->scheme, '.') > 0 && !str_ieq(u->scheme, STR("http")) &&
           !str_ieq(u->scheme, STR("https"));
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
        return (c | 0x20) - 'a' + 10;
    return -1;
}

/* Decodes a parameter's name without the spaces before it, which some readers drop; one that is too
 * long to be ours gives the empty text. */
static struct str decode_name(struct str raw, char out[PARAM_NAME_MAX_BYTES])
{
    size_t n = 0;
    for (size_t i = 0; i < raw.len; i++) {
        char c = raw.ptr[i];
        if (c == '%' && i + 2 < raw.len) {
            int high = hex_digit(raw.ptr[i + 1]);
            int low = hex_digit(raw.ptr[i + 2]);
            if (high < 0 || low < 0)
                return str_of(out, 0);
            c = (char)(high * 16 + low);
            i += 2;
        }
        if (n == 0 && (c == ' ' || c == '+'))
            continue;
        if (n == PARAM_NAME_MAX_BYTES)
            return str_of(out, 0);
        out[n++] = c;
    }
    return str_of(out, n);
}

/* Some read "code%00x" as "code". */
static bool name_acceptable(struct str name)
{
    for (size_t i = 0; i < name.len; i++)
        if ((unsigned char)name.ptr[i] < 0x20)
            return false;
    return !authz_param_is_ours(name);
}

/* OA-05: a query that already has "code" or "state" would double what we add. Older parsers of
 * queries cut at ';' as well. */
static bool query_acceptable(struct str query)
{
    char name[PARAM_NAME_MAX_BYTES];
    struct str pair, part;
    while (str_next(&query, '&', &pair))
        while (str_next(&pair, ';', &part)) {
            ptrdiff_t equals = str_find(part, '=');
            struct str raw = equals < 0 ? part : str_sub(part, 0, (size_t)equals);
            if (!name_acceptable(decode_name(raw, name)))
                return false;
        }
    return true;
}

static bool parse_acceptable(struct str text, struct uri *ret_uri)
{
    struct uri u;
    if (uri_parse(text, &u) != 0)
        return false;
    if (!str_absent(u.fragment) || !str_absent(u.userinfo) || !scheme_acceptable(&u))
        return false;
    if (u.has_authority && str_empty(u.host) && uri_is_web(&u))
        return false;
    *ret_uri = u;
    return query_acceptable(u.query);
}

bool redirect_uri_acceptable(struct str uri)
{
    struct uri u;
    return parse_acceptable(uri, &u);
}

/* The loopback addresses themselves; "localhost" is a name that may be resolved to anything
 * (RFC 8252 8.3). */
static bool is_loopback_literal(const struct uri *u)
{
    return str_eq(u->scheme, STR("http")) &&
           (str_eq(u->host, STR("127.0.0.1")) || (u->host_is_ipv6 && str_eq(u->host, STR("::1"))));
}

static bool authority_equal(const struct uri *registered, const struct uri *sent)
{
    if (!str_eq(registered->scheme, sent->scheme) || !str_eq(registered->host, sent->host) ||
        registered->host_is_ipv6 != sent->host_is_ipv6)
        return false;
    /* RFC 8252 7.3: the app takes the port that the system gives it. */
    if (is_loopback_literal(registered))
        return true;
    return str_absent(registered->port) == str_absent(sent->port) &&
           str_eq(registered->port, sent->port);
}

static bool same_but_port(const struct uri *registered, const struct uri *sent)
{
    return is_loopback_literal(registered) && authority_equal(registered, sent) &&
           str_eq(registered->path, sent->path) &&
           str_absent(registered->query) == str_absent(sent->query) &&
           str_eq(registered->query, sent->query);
}

/* What servers behind the host may read as another path: encoded percent signs, matrix parameters
 * on dot segments, control bytes (OA-02). */
static bool path_is_plain(const struct uri *u)
{
    struct str path = u->path;
    if (uri_path_is_tricky(u) || str_find_str(path, STR(";")) >= 0 ||
        str_find_str(path, STR("%25")) >= 0)
        return false;
    for (size_t i = 0; i + 2 < path.len; i++) {
        if (path.ptr[i] != '%')
            continue;
        int high = hex_digit(path.ptr[i + 1]);
        int low = hex_digit(path.ptr[i + 2]);
        int byte = high * 16 + low;
        if (high < 0 || low < 0 || byte < 0x20 || byte == 0x7f)
            return false;
    }
    return true;
}

/* "https://host/prefix*": everything up to the star is literal, and the star stands in the path, so
 * that it can never reach into the host. */
static bool pattern_matches(struct str registered, const struct uri *sent)
{
    struct uri pattern;
    struct str prefix = str_sub(registered, 0, registered.len - 1);
    if (uri_parse(prefix, &pattern) != 0 || !uri_is_web(&pattern))
        return false;
    if (!str_absent(pattern.query) || !str_absent(pattern.fragment) ||
        !str_absent(pattern.userinfo) || !str_starts(pattern.path, STR("/")) ||
        str_find(prefix, '*') >= 0)
        return false;
    return authority_equal(&pattern, sent) && path_is_plain(sent) &&
           str_starts(sent->path, pattern.path);
}

bool redirect_uri_matches(struct str registered, struct str uri)
{
    struct uri sent;
    struct uri known;
    if (str_empty(registered) || !parse_acceptable(uri, &sent))
        return false;
    if (str_ends(registered, STR("*")))
        return pattern_matches(registered, &sent);
    if (str_eq(registered, uri))
        return true; /* OA-01: byte for byte */
    return uri_parse(registered, &known) == 0 && same_but_port(&known, &sent);
}

/* rootUrl without its last slash; ${authBaseUrl} is how Keycloak's own clients say "this server". */
static struct str root_of(const struct client *client, struct own_urls own)
{
    struct str root = client->root_url;
    if (str_eq(root, STR("${authBaseUrl}")))
        root = own.base;
    else if (str_eq(root, STR("${authAdminUrl}")))
        root = own.admin;
    if (str_ends(root, STR("/")))
        root.len--;
    return root;
}

int redirect_uri_absolute(struct arena *a, const struct client *client, struct own_urls own,
                          struct str registered, struct str *ret_uri)
{
    struct str uri = registered;
    if (str_starts(registered, STR("/"))) {
        struct str root = root_of(client, own);
        if (str_empty(root))
            return ERR_INVALID_REDIRECT_URI;
        uri = ARENA_CONCAT(a, root, registered);
        if (str_absent(uri))
            return ERR_NO_MEMORY;
    }
    *ret_uri = uri;
    return 0;
}

/* ERR_INVALID_REDIRECT_URI when nothing in the list matches. */
static int find_match(struct arena *a, const struct client *client, struct own_urls own,
                      const struct strs *list, struct str uri)
{
    for (size_t i = 0; i < list->count; i++) {
        struct str absolute;
        int rc = redirect_uri_absolute(a, client, own, list->items[i], &absolute);
        if (rc == ERR_INVALID_REDIRECT_URI)
            continue;
        TRY(rc);
        if (redirect_uri_matches(absolute, uri))
            return 0;
    }
    return ERR_INVALID_REDIRECT_URI;
}

/* RFC 6749 3.1.2.3: it may be left out only when there is no choice. */
static int resolve_default(struct arena *a, const struct client *client, struct own_urls own,
                           struct str *ret_uri)
{
    struct str uri;
    if (client->redirect_uris.count != 1)
        return ERR_INVALID_REDIRECT_URI;
    TRY(redirect_uri_absolute(a, client, own, client->redirect_uris.items[0], &uri));
    if (str_find(uri, '*') >= 0 || !redirect_uri_acceptable(uri))
        return ERR_INVALID_REDIRECT_URI;
    *ret_uri = uri;
    return 0;
}

int redirect_uri_resolve(struct arena *a, const struct client *client, struct own_urls own,
                         struct str requested, struct str *ret_uri)
{
    if (str_absent(requested))
        return resolve_default(a, client, own, ret_uri);
    TRY(find_match(a, client, own, &client->redirect_uris, requested));
    *ret_uri = requested;
    return 0;
}

/* The next value of a list separated by "##". */
static bool next_value(struct str *rest, struct str *ret_value)
{
    if (str_empty(*rest))
        return false;
    ptrdiff_t at = str_find_str(*rest, STR("##"));
    *ret_value = at < 0 ? *rest : str_sub(*rest, 0, (size_t)at);
    *rest = at < 0 ? str_of(NULL, 0) : str_from(*rest, (size_t)at + 2);
    return true;
}

int redirect_uri_post_logout_check(struct arena *a, const struct client *client,
                                   struct own_urls own, struct str uri)
{
    struct str rest = str_map_get(&client->attributes, STR(CLIENT_ATTR_POST_LOGOUT_URIS));
    struct str value;
    while (next_value(&rest, &value)) {
        struct strs one = {&value, 1};
        bool same = str_eq(value, STR("+"));
        int rc = find_match(a, client, own, same ? &client->redirect_uris : &one, uri);
        if (rc != ERR_INVALID_REDIRECT_URI)
            return rc;
    }
    return ERR_INVALID_REDIRECT_URI;
}
