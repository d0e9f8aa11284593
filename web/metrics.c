/* Atomic counters, written by all workers, read by whoever scrapes. */
#include "web/metrics.h"

#include <stdio.h>
#include <stdlib.h>

#include "web/grpc/grpc.h"
#include "web/listen.h"
#include "web/operations/figures.h"
#include "web/stream.h"

#include "core/base/banned.h"

#define STATUS_CLASSES   5
#define CLASS_SERVER     4   /* 5xx */
#define LABELS_MAX_BYTES 256 /* patterns are shorter */

struct route_metrics {
    atomic_ullong status[STATUS_CLASSES];
    struct histogram durations;
    atomic_ullong bytes;
};

struct metrics {
    size_t route_count;
    struct route_metrics routes[]; /* and one for what fits no line */
};

int metrics_new(size_t route_count, struct metrics **ret_metrics)
{
    struct metrics *m = calloc(1, sizeof(*m) + (route_count + 1) * sizeof(m->routes[0]));
    if (!m)
        return ERR_NO_MEMORY;
    m->route_count = route_count;
    *ret_metrics = m;
    return 0;
}

void metrics_free(struct metrics *metrics)
{
    free(metrics);
}

void metrics_count(struct metrics *m, size_t route, int status, int64_t duration_us, size_t bytes)
{
    struct route_metrics *r = &m->routes[route < m->route_count ? route : m->route_count];
    if (status >= 100 && status < 600)
        atomic_fetch_add_explicit(&r->status[status / 100 - 1], 1, memory_order_relaxed);
    histogram_add(&r->durations, duration_us);
    atomic_fetch_add_explicit(&r->bytes, bytes, memory_order_relaxed);
}

/* What its requests are for; LATENCIES: nothing that is shown. Listings of the administration may take
 * long, and so may a login, which hashes: each is judged by itself. */
static enum latency latency_of(const struct route *route)
{
    static route_handler *const validations[] = {
        oidc_introspect,          validation_validate, validation_validate_batch,
        validation_introspection, validation_person,   validation_forward_auth,
    };
    if (route->admin)
        return LATENCY_ADMIN;
    if (route->rate == RATE_LOGIN)
        return LATENCY_LOGIN;
    if (route->handler == oidc_token)
        return LATENCY_TOKEN;
    for (size_t i = 0; i < ARRAY_LEN(validations); i++)
        if (route->handler == validations[i])
            return LATENCY_VALIDATION;
    return LATENCIES;
}

void metrics_figures(const struct web *web, struct figures *io_figures)
{
    const struct metrics *m = web->metrics;
    for (size_t i = 0; i <= m->route_count; i++) {
        const struct route_metrics *r = &m->routes[i];
        enum latency latency =
            i < m->route_count ? latency_of(&web->services.routes[i]) : LATENCIES;
        for (int class = 0; class < STATUS_CLASSES; class ++)
            io_figures->values[FIGURE_requests] += (int64_t)atomic_load(&r->status[class]);
        io_figures->values[FIGURE_serverErrors] += (int64_t)atomic_load(&r->status[CLASS_SERVER]);
        if (latency != LATENCIES)
            histogram_read(&r->durations, &io_figures->latencies[latency]);
    }
}

static void write_requests(const struct route_metrics *r, const char *name, struct buf *out)
{
    for (int i = 0; i < STATUS_CLASSES; i++) {
        unsigned long long n = atomic_load_explicit(&r->status[i], memory_order_relaxed);
        if (n)
            buf_printf(out, "garita_http_requests_total{route=\"%s\",status=\"%dxx\"} %llu\n", name,
                       i + 1, n);
    }
}

static void write_durations(const struct route_metrics *r, const char *name, struct buf *out)
{
    char labels[LABELS_MAX_BYTES];
    (void)snprintf(labels, sizeof(labels), "route=\"%s\"", name);
    histogram_write(&r->durations, "garita_http_request_duration_seconds", labels, out);
}

static void write_gauge(struct buf *out, const char *name, const char *type, int64_t value)
{
    buf_printf(out, "# TYPE %s %s\n%s %lld\n", name, type, name, (long long)value);
}

static void write_transport(const struct web *web, struct buf *out)
{
    struct listen_counts c;
    if (!web->listen)
        return;
    listen_counts(web->listen, &c);
    write_gauge(out, "garita_connections_open", "gauge", c.open);
    write_gauge(out, "garita_connections_accepted_total", "counter", c.accepted);
    write_gauge(out, "garita_connections_refused_total", "counter", c.refused);
    write_gauge(out, "garita_connections_expired_total", "counter", c.expired);
    write_gauge(out, "garita_tls_handshakes_failed_total", "counter", c.handshakes_failed);
    write_gauge(out, "garita_connections_waiting_bytes", "gauge", c.parked_bytes);
    write_gauge(out, "garita_http_streams", "gauge", (int64_t)streams_count(web->streams));
    if (web->tls)
        write_gauge(out, "garita_tls_certificate_expires_seconds", "gauge",
                    web_tls_expires_in_s(web, clock_now().wall_ms / 1000));
}

void web_metrics_write(const struct web *web, struct buf *out)
{
    const struct metrics *m = web->metrics;
    buf_add_c(out, "# TYPE garita_http_requests_total counter\n");
    for (size_t i = 0; i <= m->route_count; i++)
        write_requests(&m->routes[i], i < m->route_count ? web->services.routes[i].pattern : "none",
                       out);
    buf_add_c(out, "# TYPE garita_http_request_duration_seconds histogram\n");
    for (size_t i = 0; i <= m->route_count; i++)
        write_durations(&m->routes[i],
                        i < m->route_count ? web->services.routes[i].pattern : "none", out);
    write_transport(web, out);
    grpc_server_metrics(web->grpc, out);
    if (web->services.metrics)
        web->services.metrics(web->services.context, out);
}
