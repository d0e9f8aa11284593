/* Atomic counters, written by all workers, read by whoever scrapes. */
#include "web/metrics.h"

#include <stdlib.h>

#include "web/grpc/grpc.h"
#include "web/listen.h"
#include "web/stream.h"

#include "core/base/banned.h"

#define STATUS_CLASSES 5

static const struct {
    int64_t up_to_us;
    const char *label; /* in seconds */
} buckets[] = {
    {250, "0.00025"}, {500, "0.0005"},  {1000, "0.001"},  {2500, "0.0025"}, {5000, "0.005"},
    {10000, "0.01"},  {25000, "0.025"}, {50000, "0.05"},  {100000, "0.1"},  {250000, "0.25"},
    {500000, "0.5"},  {1000000, "1"},   {2500000, "2.5"}, {5000000, "5"},
};

struct route_metrics {
    atomic_ullong status[STATUS_CLASSES];
    atomic_ullong buckets[ARRAY_LEN(buckets) + 1];
    atomic_ullong sum_us;
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
    size_t bucket = 0;
    if (status >= 100 && status < 600)
        atomic_fetch_add_explicit(&r->status[status / 100 - 1], 1, memory_order_relaxed);
    while (bucket < ARRAY_LEN(buckets) && duration_us > buckets[bucket].up_to_us)
        bucket++;
    atomic_fetch_add_explicit(&r->buckets[bucket], 1, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->sum_us, (unsigned long long)duration_us, memory_order_relaxed);
    atomic_fetch_add_explicit(&r->bytes, bytes, memory_order_relaxed);
}

static unsigned long long total_of(const struct route_metrics *r)
{
    unsigned long long total = 0;
    for (size_t i = 0; i <= ARRAY_LEN(buckets); i++)
        total += atomic_load_explicit(&r->buckets[i], memory_order_relaxed);
    return total;
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

static void write_histogram(const struct route_metrics *r, const char *name, struct buf *out)
{
    unsigned long long sum = 0;
    for (size_t i = 0; i < ARRAY_LEN(buckets); i++) {
        sum += atomic_load_explicit(&r->buckets[i], memory_order_relaxed);
        buf_printf(out,
                   "garita_http_request_duration_seconds_bucket{route=\"%s\",le=\"%s\"} %llu\n",
                   name, buckets[i].label, sum);
    }
    sum += atomic_load_explicit(&r->buckets[ARRAY_LEN(buckets)], memory_order_relaxed);
    unsigned long long us = atomic_load_explicit(&r->sum_us, memory_order_relaxed);
    buf_printf(out, "garita_http_request_duration_seconds_bucket{route=\"%s\",le=\"+Inf\"} %llu\n",
               name, sum);
    buf_printf(out, "garita_http_request_duration_seconds_sum{route=\"%s\"} %llu.%06llu\n", name,
               us / 1000000, us % 1000000);
    buf_printf(out, "garita_http_request_duration_seconds_count{route=\"%s\"} %llu\n", name, sum);
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
        if (total_of(&m->routes[i]))
            write_histogram(&m->routes[i],
                            i < m->route_count ? web->services.routes[i].pattern : "none", out);
    write_transport(web, out);
    grpc_server_metrics(web->grpc, out);
    if (web->services.metrics)
        web->services.metrics(web->services.context, out);
}
