/* Gathers what the listeners, the routes, gRPC and the store have counted. */
#include "web/operations/figures.h"

#include <fcntl.h>
#include <unistd.h>

#include "web/grpc/grpc.h"
#include "web/listen.h"
#include "web/metrics.h"
#include "web/stream.h"
#include "web/web.h"

#include "core/base/banned.h"

static const struct {
    const char *name;
    enum figure_kind kind;
} table[FIGURES] = {
#define F(name, kind) {#name, FIGURE_KIND_##kind},
#include "web/operations/figures.def"
#undef F
};

const char *figure_name(enum figure figure)
{
    return table[figure].name;
}

enum figure_kind figure_kind(enum figure figure)
{
    return table[figure].kind;
}

const char *latency_name(enum latency latency)
{
    static const char *const names[LATENCIES] = {"login", "token", "validation", "administration"};
    return names[latency];
}

/* Pages that the process has in memory: the second number of the file. 0 where it cannot be read. */
static int64_t resident_bytes(void)
{
    char text[128];
    int fd = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    ssize_t n = fd >= 0 ? read(fd, text, sizeof(text) - 1) : -1;
    if (fd >= 0)
        (void)close(fd);
    if (n <= 0)
        return 0;
    struct str rest = str_of(text, (size_t)n), word;
    int64_t pages = 0;
    if (!str_next_word(&rest, &word) || !str_next_word(&rest, &word) ||
        str_to_i64(word, &pages) != 0)
        return 0;
    return pages * sysconf(_SC_PAGESIZE);
}

static void take_transport(const struct web *web, int64_t *values)
{
    struct listen_counts c;
    if (!web->listen)
        return;
    listen_counts(web->listen, &c);
    values[FIGURE_connections] += c.open;
    values[FIGURE_waitingBytes] += c.parked_bytes;
    values[FIGURE_streams] += (int64_t)streams_count(web->streams);
}

static int64_t total_of(const struct histogram_state *h)
{
    uint64_t total = 0;
    for (size_t i = 0; i < HISTOGRAM_RANGES; i++)
        total += h->ranges[i];
    return (int64_t)total;
}

void figures_take(const struct web *web, struct figures *ret_figures)
{
    struct now now = clock_now();
    *ret_figures = (struct figures){.at_ms = now.wall_ms, .monotonic_ms = now.monotonic_ms};
    metrics_figures(web, ret_figures);
    grpc_server_figures(web->grpc, ret_figures);
    take_transport(web, ret_figures->values);
    ret_figures->values[FIGURE_memoryBytes] = resident_bytes();
    ret_figures->values[FIGURE_validations] = total_of(&ret_figures->latencies[LATENCY_VALIDATION]);
    if (web->services.figures)
        web->services.figures(web->services.context, ret_figures->values);
}
