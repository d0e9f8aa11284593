/* WatchRevocations: tells gateways what ends in a realm, as the store tells it (core/port/endings.h).
 * A watcher has no queue of its own that could overflow: while it does not take its messages, the store
 * keeps what ends for a while, and then tells that everything may have ended. */
#include <stdlib.h>

#include "core/port/endings.h"
#include "web/grpc/caller.h"
#include "web/grpc/token_message.h"

#include "core/base/banned.h"

#define LOOK_AGAIN_MS 20                 /* while the peer has not taken what there is */
#define WAITING_BYTES ((size_t)32 << 10) /* so much may wait for the peer */
#define MS_PER_S      1000

struct watcher {
    struct realm_view *view; /* only to know the realm by */
    struct ending_watch *watch;
    uint64_t number;
};

/* Who may ask about every token of a realm may also hear of it. */
static int check_may_watch(struct grpc_work *w, const struct validation_caller *caller,
                           struct str realm)
{
    bool own = caller->whole_realm && str_eq(realm, caller->realm);
    return own || caller->every_realm
               ? 0
               : err_set(&w->err, ERR_FORBIDDEN, "the role token-validator of the realm is needed");
}

/* For attach: the realm's name. */
int grpc_token_watch(struct grpc_work *w)
{
    struct validation_call call;
    struct validation_caller caller;
    struct realm_view *view;
    struct str realm;
    TRY(grpc_caller_find(w, &call, &caller));
    TRY(token_text_read(w->message, &realm));
    realm = str_empty(realm) ? caller.realm : realm;
    TRY(check_may_watch(w, &caller, realm));
    TRY(realm_view_acquire(call.store, realm, &view));
    realm_view_release(view);
    buf_add(w->out, realm);
    return 0;
}

/* Nothing is set of ENDING_ALL but reset. */
static void put_ending(struct buf *out, const struct ending *e)
{
    bool session = e->kind == ENDING_SESSION || e->kind == ENDING_CLIENT_SESSION;
    if (e->kind == ENDING_TOKEN)
        pb_put_str(out, 3, str_c(e->id));
    if (session)
        pb_put_str(out, 4, str_c(e->id));
    if (e->kind == ENDING_USER)
        pb_put_str(out, 5, str_c(e->id));
    if (e->kind == ENDING_CLIENT || e->kind == ENDING_CLIENT_SESSION)
        pb_put_str(out, 6, str_c(e->client_id));
    if (e->kind == ENDING_NOT_BEFORE)
        pb_put_time_ms(out, 7, e->not_before_s * MS_PER_S);
    pb_put_time_ms(out, 8, e->at_ms);
    if (e->kind == ENDING_KEY)
        pb_put_str(out, 9, str_c(e->id));
    pb_put_bool(out, 10, e->kind == ENDING_ALL);
}

static void tell(struct grpc_call *call, struct watcher *watcher, const struct ending *ending)
{
    struct buf out;
    buf_init(&out, NULL, 1024);
    pb_put_u64(&out, 1, ++watcher->number);
    pb_put_str(&out, 2, realm_view_realm(watcher->view)->name);
    put_ending(&out, ending);
    grpc_call_reply(call, buf_str(&out));
    buf_free(&out);
}

static size_t waiting(const struct grpc_call *call)
{
    return call->out.len - call->out_sent;
}

/* grpc_call_reply ends the call, and with it the watcher, when there is no room for a message. */
static void poll_endings(struct grpc_call *call)
{
    struct grpc_loop *loop = call->conn->loop;
    struct ending ending;
    while (!call->ended && waiting(call) < WAITING_BYTES) {
        struct watcher *watcher = call->source.state;
        if (!store_endings_next(watcher->watch, &ending))
            return;
        tell(call, watcher, &ending);
    }
    if (!call->ended && loop)
        grpc_loop_need_check(loop, loop->now.monotonic_ms + LOOK_AGAIN_MS);
}

static void wake(void *context)
{
    struct grpc_loop *loop = context;
    if (loop)
        grpc_loop_poke(loop);
}

static void free_watcher(struct watcher *watcher)
{
    if (watcher->watch)
        store_endings_unwatch(watcher->watch);
    if (watcher->view)
        realm_view_release(watcher->view);
    free(watcher);
}

static void detach(struct grpc_call *call)
{
    free_watcher(call->source.state);
}

static int begin(struct grpc_call *call, struct str realm, struct watcher *watcher)
{
    struct store *store = call->conn->server->web->services.store;
    TRY(realm_view_acquire(store, realm, &watcher->view));
    return store_endings_watch(watcher->view, wake, call->conn->loop, &watcher->watch);
}

/* The first message says that the watch has begun: what the gateway held before it saw none of. */
int grpc_token_attach(struct grpc_call *call, struct str key)
{
    const struct ending all = {.kind = ENDING_ALL, .at_ms = clock_now().wall_ms};
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return ERR_NO_MEMORY;
    int rc = begin(call, key, watcher);
    if (rc != 0) {
        free_watcher(watcher);
        return rc;
    }
    call->source = (struct grpc_source){.detach = detach, .poll = poll_endings, .state = watcher};
    tell(call, watcher, &all);
    return 0;
}
