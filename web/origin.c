/* Links, issuers and the same-origin rule never trust a Host header: it must be the configured name
 * or, without one, a name that this machine has by itself (WE-09). */
#include "web/origin.h"

#include <arpa/inet.h>
#include <ifaddrs.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/codec/uri.h"
#include "web/listen.h"

#include "core/base/banned.h"

#define MAX_NAMES      64
#define NAME_MAX_BYTES 256

struct own_names {
    char names[MAX_NAMES][NAME_MAX_BYTES];
    size_t count;
};

static void add_name(struct own_names *o, const char *name)
{
    size_t len = strlen(name);
    if (len == 0 || len >= NAME_MAX_BYTES || o->count == MAX_NAMES)
        return;
    memcpy(o->names[o->count++], name, len + 1);
}

static void add_address(struct own_names *o, const struct sockaddr *sa)
{
    char text[INET6_ADDRSTRLEN];
    const struct sockaddr_in *four = (const struct sockaddr_in *)(const void *)sa;
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)(const void *)sa;
    if (sa && sa->sa_family == AF_INET && inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text)))
        add_name(o, text);
    if (sa && sa->sa_family == AF_INET6 && inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text)))
        add_name(o, text);
}

int own_names_new(struct own_names **ret_names)
{
    char host[NAME_MAX_BYTES] = "";
    struct ifaddrs *list = NULL;
    struct own_names *o = calloc(1, sizeof(*o));
    if (!o)
        return ERR_NO_MEMORY;
    if (gethostname(host, sizeof(host) - 1) == 0)
        add_name(o, host);
    if (getifaddrs(&list) == 0) {
        for (struct ifaddrs *i = list; i; i = i->ifa_next)
            add_address(o, i->ifa_addr);
        freeifaddrs(list);
    }
    *ret_names = o;
    return 0;
}

void own_names_free(struct own_names *names)
{
    free(names);
}

static bool is_own_name(const struct web *web, const struct uri *u)
{
    if (uri_is_loopback(u))
        return true;
    for (size_t i = 0; i < web->names->count; i++)
        if (str_ieq(u->host, str_c(web->names->names[i])))
            return true;
    return false;
}

static int check_hostname(struct web *web, struct err_ctx *err)
{
    struct uri u;
    struct str h = web->config.hostname;
    if (uri_parse(h, &u) != 0 || !uri_is_web(&u) || !str_absent(u.query) ||
        !str_absent(u.fragment) || !(str_empty(u.path) || str_eq(u.path, STR("/"))))
        return err_set(err, ERR_CONFIG,
                       "hostname '%.*s' is not an origin such as https://id.example.org",
                       STR_ARG(h));
    return uri_origin(&web->arena, &u, &web->public_origin);
}

int origin_setup(struct web *web, struct err_ctx *err)
{
    TRY(own_names_new(&web->names));
    if (!str_empty(web->config.hostname))
        return check_hostname(web, err);
    uint16_t https = web_port(web, LISTENER_PUBLIC, true);
    uint16_t http = web_port(web, LISTENER_PUBLIC, false);
    struct uri u = {.host = STR("localhost"), .has_authority = true};
    u.scheme = https ? STR("https") : STR("http");
    u.port_number = https ? https : http;
    u.port = arena_printf(&web->arena, "%u", u.port_number);
    return uri_origin(&web->arena, &u, &web->public_origin);
}

void origin_teardown(struct web *web)
{
    own_names_free(web->names);
    web->names = NULL;
}

static bool parse_host(struct request *req, struct str scheme, struct str host, struct uri *ret_uri)
{
    struct str text = ARENA_CONCAT(req->arena, scheme, STR("://"), host, STR("/"));
    return !str_absent(text) && uri_parse(text, ret_uri) == 0 && uri_is_web(ret_uri) &&
           str_eq(ret_uri->path, STR("/")) && str_absent(ret_uri->query) &&
           str_absent(ret_uri->fragment);
}

/* Without a configured name: one of this machine's, at the listener's own port. */
static bool accept_own(struct request *req, const struct uri *u)
{
    uint16_t port = web_port(req->web, LISTENER_PUBLIC, req->https);
    return uri_effective_port(u) == port && is_own_name(req->web, u) &&
           uri_origin(req->arena, u, &req->public_origin) == 0;
}

/* On the listener of administration: any name of ours, at its port. Tokens come from the public one. */
static bool accept_admin(struct request *req, const struct uri *host, const struct forwarded *f)
{
    struct uri u = *host, public;
    bool configured = !str_empty(req->web->config.hostname);
    bool forwarded = f->trusted && !str_absent(f->host);
    bool ours = is_own_name(req->web, &u) ||
                (configured && uri_parse(req->web->public_origin, &public) == 0 &&
                 str_ieq(u.host, public.host));
    if (!forwarded &&
        (!ours || uri_effective_port(&u) != web_port(req->web, LISTENER_ADMIN, req->https)))
        return false;
    if (uri_origin(req->arena, &u, &req->own_origin) != 0)
        return false;
    if (configured)
        return true;
    u.port_number = web_port(req->web, LISTENER_PUBLIC, req->https);
    u.port = arena_printf(req->arena, "%u", u.port_number);
    return uri_origin(req->arena, &u, &req->public_origin) == 0;
}

/* With one: exactly that. A trusted proxy may speak to us by another name; what it forwards counts. */
static bool accept_configured(struct request *req, const struct uri *u, const struct forwarded *f)
{
    struct str origin;
    if (uri_origin(req->arena, u, &origin) != 0)
        return false;
    return str_eq(origin, req->web->public_origin) || (f->trusted && str_absent(f->host));
}

bool origin_resolve(struct request *req, const struct forwarded *f, struct str authority)
{
    struct uri u;
    struct str host = request_header(req, STR("Host"));
    bool configured = !str_empty(req->web->config.hostname);
    req->public_origin = req->web->public_origin;
    /* RFC 9112 3.2.2: an absolute-form target goes before Host; both must agree here. */
    if (!str_absent(authority) && !str_absent(host) && !str_ieq(authority, host))
        return false;
    host = str_absent(f->host) ? host : f->host;
    if (str_absent(host))
        return true; /* HTTP/1.0 */
    if (!parse_host(req, req->https ? STR("https") : STR("http"), host, &u))
        return false;
    if (req->listener == LISTENER_ADMIN)
        return accept_admin(req, &u, f);
    if (!(configured ? accept_configured(req, &u, f) : accept_own(req, &u)))
        return false;
    req->own_origin = req->public_origin;
    return true;
}

struct str origin_of_redirect(struct request *req)
{
    struct uri u;
    struct str origin, none = {NULL, 0};
    struct str host = request_header(req, STR("Host"));
    if (!str_empty(req->web->config.hostname) || str_absent(host))
        return req->web->public_origin;
    if (!parse_host(req, STR("http"), host, &u) || !is_own_name(req->web, &u))
        return none;
    u.scheme = STR("https");
    u.port_number = web_port(req->web, LISTENER_PUBLIC, true);
    u.port = arena_printf(req->arena, "%u", u.port_number);
    return uri_origin(req->arena, &u, &origin) == 0 ? origin : none;
}

struct str web_url_by_host(const struct web *web, struct arena *a, struct str authority)
{
    uint16_t https = web_port(web, LISTENER_PUBLIC, true);
    struct str text = ARENA_CONCAT(a, STR("https://"), authority, STR("/"));
    struct str origin = web->public_origin;
    struct uri u;
    if (str_empty(web->config.hostname) && !str_absent(text) && uri_parse(text, &u) == 0 &&
        uri_is_web(&u) && is_own_name(web, &u)) {
        u.scheme = https ? STR("https") : STR("http");
        u.port_number = https ? https : web_port(web, LISTENER_PUBLIC, false);
        u.port = arena_printf(a, "%u", u.port_number);
        if (uri_origin(a, &u, &origin) != 0)
            return str_of(NULL, 0);
    }
    return ARENA_CONCAT(a, origin, web->config.base_path);
}

bool origin_is_same(const struct request *req)
{
    struct str site = request_header(req, STR("Sec-Fetch-Site"));
    struct str origin = request_header(req, STR("Origin"));
    bool ours = str_absent(origin) || str_eq(origin, req->public_origin);
    /* Without fetch metadata: every browser names the origin of a POST, programs need not. */
    if (str_absent(site))
        return ours;
    /* "none" is the person itself: a form sent again from the history. Pages without a referrer, as
     * ours, send their forms with the origin "null". */
    return (str_eq(site, STR("same-origin")) || str_eq(site, STR("none"))) &&
           (ours || str_eq(origin, STR("null")));
}

struct str web_public_origin(struct request *req)
{
    return req->public_origin;
}

struct str web_own_url(struct request *req)
{
    return ARENA_CONCAT(req->arena, req->own_origin, req->web->config.base_path);
}

static struct str admin_origin(struct request *req)
{
    struct uri u;
    struct str origin;
    bool https = web_port(req->web, LISTENER_ADMIN, true) != 0;
    uint16_t port = web_port(req->web, LISTENER_ADMIN, https);
    if (req->listener == LISTENER_ADMIN)
        return req->own_origin;
    if (port == 0 || uri_parse(req->public_origin, &u) != 0)
        return req->public_origin;
    u.scheme = https ? STR("https") : STR("http");
    u.port_number = port;
    u.port = arena_printf(req->arena, "%u", u.port_number);
    return uri_origin(req->arena, &u, &origin) == 0 ? origin : req->public_origin;
}

struct own_urls web_own_urls(struct request *req)
{
    struct str base = req->web->config.base_path;
    return (struct own_urls){ARENA_CONCAT(req->arena, req->public_origin, base),
                             ARENA_CONCAT(req->arena, admin_origin(req), base)};
}

struct str web_public_url(struct request *req)
{
    return ARENA_CONCAT(req->arena, req->public_origin, req->web->config.base_path);
}
