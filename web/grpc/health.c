/* grpc.health.v1.Health: ready as /health/ready is. */
#include "web/grpc/internal.h"
#include "web/grpc/pb.h"

#include "core/base/banned.h"

enum { SERVING = 1, NOT_SERVING = 2, SERVICE_UNKNOWN = 3 };

static int read_service(struct str message, struct str *ret_service)
{
    struct pb_field f;
    struct pb_reader r = pb_reader(message);
    *ret_service = STR("");
    while (pb_next(&r, &f))
        if (pb_is(&f, 1, PB_BYTES))
            TRY(pb_text(&f, ret_service));
    return r.failed ? ERR_INVALID_SYNTAX : 0;
}

static int64_t state_of(const struct grpc_server *server)
{
    return grpc_is_ready(server) ? SERVING : NOT_SERVING;
}

int grpc_health_check(struct grpc_work *w)
{
    struct str service;
    TRY(read_service(w->message, &service));
    if (!str_empty(service) && !grpc_service_is_known(service))
        return err_set(&w->err, ERR_NOT_FOUND, "no such service");
    pb_put_u64(w->out, 1, (uint64_t)state_of(w->server));
    return 0;
}

/* What attach needs to know: whether there is such a service at all. */
int grpc_health_watch(struct grpc_work *w)
{
    struct str service;
    TRY(read_service(w->message, &service));
    bool known = str_empty(service) || grpc_service_is_known(service);
    buf_add_byte(w->out, known ? 'k' : 'u');
    return 0;
}

static void tell(struct grpc_call *call, int64_t state)
{
    struct buf out;
    buf_init(&out, NULL, 16);
    pb_put_u64(&out, 1, (uint64_t)state);
    call->source.told = state;
    grpc_call_reply(call, buf_str(&out));
    buf_free(&out);
}

static void poll_state(struct grpc_call *call)
{
    int64_t state = state_of(call->conn->server);
    if (state != call->source.told)
        tell(call, state);
}

static void detach(struct grpc_call *call)
{
    (void)call;
}

int grpc_health_attach(struct grpc_call *call, struct str key, const struct ground *ground)
{
    (void)ground;
    call->source.detach = detach;
    if (str_eq(key, STR("k")))
        call->source.poll = poll_state;
    tell(call, call->source.poll ? state_of(call->conn->server) : SERVICE_UNKNOWN);
    return 0;
}
