/* Counters in Prometheus text format. */
#include "web/grpc/internal.h"

#include <stdio.h>

#include "web/operations/figures.h"

#include "core/base/banned.h"

#define LABELS_MAX_BYTES 256

static unsigned long long get(const atomic_ullong *value)
{
    return atomic_load_explicit(value, memory_order_relaxed);
}

static void write_method(const struct grpc_counters *c, size_t i, struct buf *out)
{
    const char *service = i < GRPC_METHODS ? grpc_methods[i].service : "unknown";
    const char *method = i < GRPC_METHODS ? grpc_methods[i].method : "unknown";
    for (int code = 0; code < GRPC_CODES; code++) {
        unsigned long long n = get(&c->calls[i][code]);
        if (n)
            buf_printf(out,
                       "garita_grpc_calls_total{service=\"%s\",method=\"%s\",status=\"%s\"} %llu\n",
                       service, method, grpc_code_name((enum grpc_code)code), n);
    }
}

static void write_durations(const struct grpc_counters *c, size_t i, struct buf *out)
{
    char labels[LABELS_MAX_BYTES];
    (void)snprintf(labels, sizeof(labels), "service=\"%s\",method=\"%s\"",
                   i < GRPC_METHODS ? grpc_methods[i].service : "unknown",
                   i < GRPC_METHODS ? grpc_methods[i].method : "unknown");
    histogram_write(&c->durations[i], "garita_grpc_call_duration_seconds", labels, out);
}

static void write_one(struct buf *out, const char *name, const char *type, long long value)
{
    buf_printf(out, "# TYPE %s %s\n%s %lld\n", name, type, name, value);
}

static void write_kept(const struct grpc_server *server, struct buf *out)
{
    struct clock_table_counts sum = {0};
    for (size_t i = 0; i < server->loop_count; i++)
        grpc_kept_count(server->loops[i].kept, &sum);
    write_one(out, "garita_token_cache_thread_hits_total", "counter", (long long)sum.hits);
    write_one(out, "garita_token_cache_thread_misses_total", "counter", (long long)sum.misses);
    write_one(out, "garita_token_cache_thread_evictions_total", "counter",
              (long long)sum.evictions);
    write_one(out, "garita_token_cache_thread_entries", "gauge", (long long)sum.entries);
    write_one(out, "garita_token_cache_thread_bytes", "gauge", (long long)sum.bytes);
}

void grpc_server_figures(const struct grpc_server *server, struct figures *io_figures)
{
    static const enum grpc_method_index validations[] = {
        GRPC_METHOD_VALIDATE,     GRPC_METHOD_VALIDATE_BATCH, GRPC_METHOD_INTROSPECT,
        GRPC_METHOD_USER_CONTEXT, GRPC_METHOD_ENVOY_CHECK,
    };
    struct clock_table_counts kept = {0};
    if (!server)
        return;
    const struct grpc_counters *c = &server->counters;
    for (size_t i = 0; i < ARRAY_LEN(validations); i++)
        histogram_read(&c->durations[validations[i]], &io_figures->latencies[LATENCY_VALIDATION]);
    for (size_t i = 0; i < server->loop_count; i++)
        grpc_kept_count(server->loops[i].kept, &kept);
    /* What was not kept here is asked of the store's cache, which counts it. */
    io_figures->values[FIGURE_cacheHits] += (int64_t)kept.hits;
    io_figures->values[FIGURE_cacheAsked] += (int64_t)kept.hits;
    io_figures->values[FIGURE_connections] += atomic_load(&c->connections);
    io_figures->values[FIGURE_streams] += atomic_load(&c->streams);
}

void grpc_server_metrics(const struct grpc_server *server, struct buf *out)
{
    if (!server)
        return;
    const struct grpc_counters *c = &server->counters;
    buf_add_c(out, "# TYPE garita_grpc_calls_total counter\n");
    for (size_t i = 0; i <= GRPC_METHODS; i++)
        write_method(c, i, out);
    buf_add_c(out, "# TYPE garita_grpc_call_duration_seconds histogram\n");
    for (size_t i = 0; i <= GRPC_METHODS; i++)
        write_durations(c, i, out);
    write_kept(server, out);
    write_one(out, "garita_grpc_connections", "gauge", atomic_load(&c->connections));
    write_one(out, "garita_grpc_streams", "gauge", atomic_load(&c->streams));
    write_one(out, "garita_grpc_jobs", "gauge", atomic_load(&c->jobs));
    write_one(out, "garita_grpc_held_bytes", "gauge", atomic_load(&c->held_bytes));
    write_one(out, "garita_grpc_connections_accepted_total", "counter",
              (long long)get(&c->accepted));
    write_one(out, "garita_grpc_connections_refused_total", "counter", (long long)get(&c->refused));
    write_one(out, "garita_grpc_expired_total", "counter", (long long)get(&c->expired));
    write_one(out, "garita_grpc_abuse_total", "counter", (long long)get(&c->calmed));
    write_one(out, "garita_grpc_handshakes_failed_total", "counter",
              (long long)get(&c->handshakes_failed));
}
