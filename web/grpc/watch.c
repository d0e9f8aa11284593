/* WatchRevocations: tells gateways that something of a realm has ended. The store says that a realm
 * changed in a way that can end tokens (core/port/footing.h), not which: the message then means
 * everything of the realm, which the protocol allows and a gateway handles by asking again. A watcher
 * has no queue that could overflow: while it has not taken a message, what ends is in the next one. */
#include <stdlib.h>

#include "core/port/footing.h"
#include "web/grpc/caller.h"
#include "web/grpc/token_message.h"

#include "core/base/banned.h"

#define LOOK_EVERY_MS 20

struct watcher {
    struct realm_view *view; /* only to know the realm by */
    uint64_t changes;
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

static void tell(struct grpc_call *call, struct watcher *watcher)
{
    struct buf out;
    buf_init(&out, NULL, 1024);
    pb_put_u64(&out, 1, ++watcher->number);
    pb_put_str(&out, 2, realm_view_realm(watcher->view)->name);
    pb_put_time_ms(&out, 8, clock_now().wall_ms);
    grpc_call_reply(call, buf_str(&out));
    buf_free(&out);
}

static void poll_realm(struct grpc_call *call)
{
    struct watcher *watcher = call->source.state;
    uint64_t changes = store_realm_changes(watcher->view);
    struct grpc_loop *loop = call->conn->loop;
    if (loop)
        grpc_loop_need_check(loop, loop->now.monotonic_ms + LOOK_EVERY_MS);
    if (changes == watcher->changes || call->out.len > call->out_sent)
        return;
    watcher->changes = changes;
    tell(call, watcher);
}

static void detach(struct grpc_call *call)
{
    struct watcher *watcher = call->source.state;
    realm_view_release(watcher->view);
    free(watcher);
}

/* The first message says that the watch has begun: what the gateway held before it saw none of. */
int grpc_token_attach(struct grpc_call *call, struct str key)
{
    struct store *store = call->conn->server->web->services.store;
    struct watcher *watcher = calloc(1, sizeof(*watcher));
    if (!watcher)
        return ERR_NO_MEMORY;
    int rc = realm_view_acquire(store, key, &watcher->view);
    if (rc != 0) {
        free(watcher);
        return rc;
    }
    watcher->changes = store_realm_changes(watcher->view);
    call->source = (struct grpc_source){.detach = detach, .poll = poll_realm, .state = watcher};
    tell(call, watcher);
    return 0;
}
