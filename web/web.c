/* Starts and stops the web front: puts the parts together in the order in which they need each
 * other. */
#include "web/web.h"

#include <stdlib.h>

#include "web/grpc/grpc.h"
#include "web/listen.h"
#include "web/mail/post.h"
#include "web/metrics.h"
#include "web/oidc/jwks_cache.h"
#include "web/operations/history.h"
#include "web/origin.h"
#include "web/proxies.h"
#include "web/rate.h"
#include "web/reply_cache.h"
#include "web/stream.h"
#include "web/template.h"
#include "web/tls/tls.h"
#include "web/uploads.h"

#include "core/base/banned.h"

#define STREAMS_MAX          256
#define STREAMS_OF_OWNER_MAX 64
#define TEXTS_MAX_BYTES      ((size_t)64 << 10)
#define PAGES_FOLDER         "static/login/"

void web_config_defaults(struct web_config *ret_config)
{
    *ret_config = (struct web_config){
        .https_port = 8443,
        .http_port = 8080,
        .management_port = 9000,
        .base_path = STR(""),
        .trusted_proxies = STR(""),
        .hsts_max_age_s = (int64_t)365 * 86400,
        .tls = {.ticket_lifetime_s = 86400},
        .grpc = {.connections = 1000,
                 .streams = 100,
                 .message_bytes = (size_t)1 << 20,
                 .idle_ms = 300000},
        .limits = {.connections = 12000,
                   .workers = 64,
                   .header_bytes = (size_t)16 << 10,
                   .uri_bytes = (size_t)8 << 10,
                   .body_bytes = (size_t)4 << 20,
                   .parked_bytes = (size_t)64 << 20,
                   .handshake_ms = 10000,
                   .header_ms = 10000,
                   .body_rate_bytes = 1024,
                   .keep_alive_ms = 60000,
                   .stop_ms = 10000},
        .rates = {[RATE_LOGIN] = {.per_minute = 1200, .burst = 400},
                  [RATE_TOKEN] = {.per_minute = 60000, .burst = 10000},
                  [RATE_READ] = {.per_minute = 120000, .burst = 20000}},
    };
}

static int check_base_path(struct str base, struct err_ctx *err)
{
    bool sound = str_empty(base) || (base.ptr[0] == '/' && !str_ends(base, STR("/")) &&
                                     str_find_str(base, STR("//")) < 0);
    for (size_t i = 0; sound && i < base.len; i++)
        sound = (base.ptr[i] >= 'a' && base.ptr[i] <= 'z') ||
                (base.ptr[i] >= 'A' && base.ptr[i] <= 'Z') ||
                (base.ptr[i] >= '0' && base.ptr[i] <= '9') || strchr("/-_", base.ptr[i]);
    return sound ? 0
                 : err_set(err, ERR_CONFIG, "base path '%.*s' is not like /auth", STR_ARG(base));
}

static int check_config(const struct web_config *c, struct err_ctx *err)
{
    const struct web_limits *l = &c->limits;
    if (l->workers == 0 || l->workers > 1024)
        return err_set(err, ERR_CONFIG, "the number of workers must be 1 to 1024");
    if (l->connections < l->workers || l->connections > 1000000)
        return err_set(err, ERR_CONFIG, "the number of connections must be %zu to 1000000",
                       l->workers);
    if (l->header_bytes < 1024 || l->header_bytes > 32768 || l->uri_bytes > l->header_bytes)
        return err_set(err, ERR_CONFIG, "limits of header and URI must be within 1024 and 32768");
    return check_base_path(c->base_path, err);
}

struct str web_hostname(const struct web *web)
{
    struct str origin = web->config.hostname;
    ptrdiff_t slashes = str_find_str(origin, STR("://"));
    struct str host = slashes < 0 ? origin : str_from(origin, (size_t)slashes + 3);
    ptrdiff_t colon = str_find(host, ':');
    return colon < 0 ? host : str_sub(host, 0, (size_t)colon);
}

static int prepare(struct web *web, struct err_ctx *err)
{
    struct web_config *c = &web->config;
    struct web_services *s = &web->services;
    TRY(check_config(c, err));
    if (!s->routes) {
        s->routes = web_routes;
        s->route_count = web_route_count;
    }
    TRY(router_new(s->routes, s->route_count, err, &web->router));
    TRY(metrics_new(s->route_count, &web->metrics));
    TRY(rate_limiter_new(c->rates, &web->limiter));
    TRY(reply_cache_new(&web->replies));
    TRY(streams_new(STREAMS_MAX, STREAMS_OF_OWNER_MAX, &web->streams));
    TRY(uploads_new(&web->uploads));
    TRY(history_new(clock_now().wall_ms, &web->history));
    TRY(proxy_list_new(c->trusted_proxies, err, &web->proxies));
    TRY(template_set_new(PAGES_FOLDER, err, &web->templates));
    TRY(jwks_cache_new(&web->jwks));
    TRY(post_new(s->store, web->templates, &web->post));
    if (c->https_port)
        TRY(tls_new(&c->tls, web_hostname(web), err, &web->tls));
    TRY(listen_open(web, err, &web->listen));
    TRY(origin_setup(web, err));
    /* Before the others start: their workers may ask it for its counters. */
    TRY(grpc_server_start(web, err, &web->grpc));
    return listen_start(web->listen);
}

int web_start(const struct web_config *config, const struct web_services *services,
              struct err_ctx *err, struct web **ret_web)
{
    struct web *web = calloc(1, sizeof(*web));
    if (!web)
        return ERR_NO_MEMORY;
    web->config = *config;
    web->services = *services;
    arena_init(&web->arena, TEXTS_MAX_BYTES);
    int rc = prepare(web, err);
    if (rc != 0) {
        web_stop(web);
        return rc;
    }
    *ret_web = web;
    return 0;
}

void web_stop(struct web *web)
{
    if (!web)
        return;
    atomic_store(&web->stopping, true);
    grpc_server_stop(web->grpc);
    listen_free(web->listen);
    streams_free(web->streams);
    grpc_server_free(web->grpc);
    tls_free(web->tls);
    post_free(web->post);
    jwks_cache_free(web->jwks);
    template_set_free(web->templates);
    proxy_list_free(web->proxies);
    rate_limiter_free(web->limiter);
    reply_cache_free(web->replies);
    uploads_free(web->uploads);
    history_free(web->history);
    metrics_free(web->metrics);
    router_free(web->router);
    origin_teardown(web);
    arena_free(&web->arena);
    free(web);
}

int web_tls_reload(const struct web *web, struct err_ctx *err)
{
    if (web->tls)
        TRY(tls_reload(web->tls, err));
    return grpc_server_tls_reload(web->grpc, err);
}

int web_tls_export(const struct web *web, struct arena *a, struct str *ret_text)
{
    *ret_text = str_of(NULL, 0);
    return web->tls ? tls_export(web->tls, a, ret_text) : 0;
}

int web_tls_check(struct arena *a, struct str text, struct err_ctx *err)
{
    return tls_export_check(a, text, err);
}

enum web_tls_source web_tls_source(const struct web *web)
{
    return web->tls ? tls_source(web->tls) : WEB_TLS_NONE;
}

int64_t web_tls_expires_in_s(const struct web *web, int64_t now_s)
{
    return web->tls ? tls_expires_in_s(web->tls, now_s) : INT64_MAX;
}

void web_sample(struct web *web)
{
    struct figures figures;
    figures_take(web, &figures);
    history_add(web->history, &figures);
    uploads_sweep(web->uploads, clock_now().monotonic_ms);
}

void web_each_certificate(const struct web *web, web_see_certificate *see, void *arg)
{
    if (web->tls)
        tls_each_certificate(web->tls, see, arg);
}

uint16_t web_port(const struct web *web, enum listener listener, bool https)
{
    return web->listen ? listen_port(web->listen, listener, https) : 0;
}
