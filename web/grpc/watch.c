/* WatchRevocations: tells gateways what ends in a realm, until their own right to hear of it ends. */
#include "web/grpc/internal.h"
#include "web/grpc/token_message.h"

#include "core/base/banned.h"

#define LOOK_AGAIN_MS     20                 /* while the peer has not taken what there is */
#define WAITING_BYTES     ((size_t)32 << 10) /* so much may wait for the peer */
#define MESSAGE_MAX_BYTES 1024

static void tell(struct grpc_call *call, const struct watch_message *message)
{
    struct buf out;
    buf_init(&out, NULL, MESSAGE_MAX_BYTES);
    token_revocation_write(message, &out);
    grpc_call_reply(call, buf_str(&out));
    buf_free(&out);
}

static size_t waiting(const struct grpc_call *call)
{
    return call->out.len - call->out_sent;
}

/* Nothing is told while the pool looks whether the watcher may still hear it; grpc_token_attach or
 * the end of the call is the answer. grpc_call_reply ends the call, and with it the watch, when there
 * is no room for a message. */
static void poll_endings(struct grpc_call *call)
{
    struct watch_message message;
    while (!call->ended && !call->job && waiting(call) < WAITING_BYTES) {
        if (!watch_holds(call->source.state, grpc_now(call->conn).wall_ms)) {
            grpc_call_ask_again(call);
            return;
        }
        if (!watch_next(call->source.state, &message))
            return;
        tell(call, &message);
    }
    if (!call->ended && !call->job && call->conn->loop)
        grpc_loop_need_check(call->conn->loop, call->conn->loop->now.monotonic_ms + LOOK_AGAIN_MS);
}

static void wake(void *context)
{
    struct grpc_loop *loop = context;
    if (loop)
        grpc_loop_poke(loop);
}

static void detach(struct grpc_call *call)
{
    watch_close(call->source.state);
}

/* At the begin, and whenever the watcher's rights were looked at again. */
int grpc_token_attach(struct grpc_call *call, struct str key, const struct ground *ground)
{
    struct store *store = call->conn->server->web->services.store;
    struct watch *watch = call->source.state;
    if (watch) {
        watch_renew(watch, ground);
    } else {
        TRY(watch_open(store, key, ground, wake, call->conn->loop, &watch));
        call->source = (struct grpc_source){.detach = detach, .poll = poll_endings, .state = watch};
    }
    if (watch_holds(watch, grpc_now(call->conn).wall_ms)) /* else at the next check, not at once */
        poll_endings(call);
    return 0;
}
