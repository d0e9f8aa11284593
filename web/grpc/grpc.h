/* The gRPC server: HTTP/2 on a port of its own, beside the web front. It translates calls into the
 * use cases of core/validation and their answers back; it decides nothing. A few threads move frames
 * and never wait; calls that may read the store are worked on by a small pool. */
#ifndef GARITA_WEB_GRPC_GRPC_H
#define GARITA_WEB_GRPC_GRPC_H

#include "web/web.h"

struct grpc_server;
struct figures;

/* Opens the port and starts the threads; *ret_server is NULL when config.grpc.port is 0. web must
 * outlive it. ERR_CONFIG with the sentence in err. */
MUST_CHECK int grpc_server_start(struct web *web, struct err_ctx *err,
                                 struct grpc_server **ret_server);
/* Says goodbye to every connection, lets calls in flight finish within limits.stop_ms and ends the
 * threads. What others may still ask (metrics) stays until it is freed. NULL is fine, also below. */
void grpc_server_stop(struct grpc_server *server);
void grpc_server_free(struct grpc_server *server);
/* Certificates again, for new connections. */
MUST_CHECK int grpc_server_tls_reload(struct grpc_server *server, struct err_ctx *err);
uint16_t grpc_server_port(const struct grpc_server *server);
/* Counters in Prometheus text format; labels are bounded by methods.def and the status codes. */
void grpc_server_metrics(const struct grpc_server *server, struct buf *out);
/* Adds calls, kept answers and connections to the live figures (web/operations). */
void grpc_server_figures(const struct grpc_server *server, struct figures *io_figures);

#endif
