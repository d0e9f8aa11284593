/* From a watch to the pieces of a reply that goes on. The watcher's leave is looked at again by the
 * worker that comes for the next piece, with what the request said: a stream has no other thread. */
#include "web/validation/watch_stream.h"

#include <stdlib.h>

#include "core/base/log.h"
#include "core/oidc/origins.h"
#include "web/grpc/token_message.h"
#include "web/validation/call.h"
#include "web/validation/message.h"
#include "web/validation/watch.h"
#include "web/web.h"

#include "core/base/banned.h"

#define OWN_MAX_BYTES     ((size_t)128 << 10) /* what the request said: its headers are less */
#define PIECE_BYTES       ((size_t)32 << 10)  /* no more messages are added beyond */
#define MESSAGE_MAX_BYTES 2048

struct watch_stream {
    struct stream stream;
    const struct web *web;
    struct watch *watch;
    struct wire wire;
    int64_t deadline_ms;
    struct arena own; /* holds the texts below, credentials among them; zeroed at the end */
    struct validation_call call;
    struct str caller_realm, realm, origin;
};

/* WE-11: a page whose origin the client does not list any more hears nothing more. */
static int check_origin(const struct watch_stream *w, const struct validation_call *call,
                        const struct validation_caller *caller)
{
    struct realm_view *view;
    const struct client *client;
    if (str_absent(w->origin))
        return 0;
    TRY(realm_view_acquire(call->store, caller->realm, &view));
    bool allowed = realm_view_client(view, caller->client_id, &client) == 0 &&
                   origins_allow(call->arena, client,
                                 (struct own_urls){call->base_url, call->admin_url}, w->origin);
    realm_view_release(view);
    return allowed ? 0 : err_set(call->err, ERR_FORBIDDEN, "This origin is none of the client's");
}

static int look_again(struct watch_stream *w, struct arena *a, const struct now *now,
                      struct err_ctx *err)
{
    struct validation_call call = w->call;
    struct validation_caller caller;
    struct ground ground;
    struct str realm;
    ground_init(&ground);
    call.arena = a;
    call.now = now;
    call.err = err;
    call.ground = &ground;
    TRY(validation_caller_find(&call, &caller));
    TRY(validation_check_watch(&call, &caller, w->realm, &realm));
    TRY(check_origin(w, &call, &caller));
    watch_renew(w->watch, &ground);
    return 0;
}

/* 0: it goes on. */
static int check(struct watch_stream *w, struct arena *a, const struct now *now,
                 struct err_ctx *err)
{
    if (atomic_load(&w->web->stopping))
        return ERR_OVERLOADED;
    if (w->deadline_ms && now->monotonic_ms >= w->deadline_ms)
        return err_set(err, ERR_TIMEOUT, "The deadline has passed");
    return watch_holds(w->watch, now->wall_ms) ? 0 : look_again(w, a, now, err);
}

static void write_message(const struct watch_stream *w, const struct watch_message *message,
                          struct buf *text)
{
    struct json_writer json;
    struct str whole;
    if (w->wire.codec == WIRE_PROTO) {
        token_revocation_write(message, text);
        return;
    }
    jw_init(&json, text);
    message_write_revocation(&json, message);
    if (jw_finish(&json, &whole) != 0)
        text->failed = true;
}

static void tell(const struct watch_stream *w, struct arena *a, const struct watch_message *message,
                 struct buf *out)
{
    struct buf text;
    buf_init(&text, a, MESSAGE_MAX_BYTES);
    write_message(w, message, &text);
    wire_stream_message(&w->wire, a, buf_str(&text), out);
    out->failed = out->failed || text.failed;
}

static void log_end(const struct watch_stream *w, int err)
{
    const struct log_about about = {.tenant_id = w->caller_realm};
    const struct log_field fields[] = {LOG_S("error", str_c(err_name(err))),
                                       LOG_S("client_ip", w->call.actor.ip), LOG_END};
    log_write(LOG_LEVEL_INFO, "web", &about, fields, "watch of revocations ended");
}

static bool end(struct watch_stream *w, struct arena *a, int err, const struct err_ctx *detail,
                struct buf *out)
{
    wire_stream_end(&w->wire, a, err, detail, out);
    log_end(w, err);
    return false;
}

/* Nothing is told while the leave to hear it is uncertain; the next look follows soon. */
static bool pull(struct stream *s, struct arena *a, struct buf *out)
{
    struct watch_stream *w = (struct watch_stream *)s;
    struct watch_message message;
    struct err_ctx err = {0};
    struct now now = clock_now();
    int rc = check(w, a, &now, &err);
    if (rc != 0)
        return end(w, a, rc, &err, out);
    while (out->len < PIECE_BYTES && watch_holds(w->watch, now.wall_ms) &&
           watch_next(w->watch, &message))
        tell(w, a, &message, out);
    return true;
}

static void watch_stream_free(struct watch_stream *w)
{
    watch_close(w->watch);
    arena_free(&w->own);
    free(w);
}

static void free_stream(struct stream *s)
{
    watch_stream_free((struct watch_stream *)s);
}

/* Called in the middle of somebody's commit. */
static void wake(void *context)
{
    struct watch_stream *w = context;
    stream_wake(&w->stream);
}

/* The copies of what dies with the request. */
static int copy_texts(struct watch_stream *w, const struct watch_begin *from)
{
    w->realm = arena_str(&w->own, from->realm);
    w->origin = arena_str(&w->own, from->origin);
    w->caller_realm = arena_str(&w->own, from->caller->realm);
    return validation_call_keep(&w->own, from->call, &w->call);
}

static int fill(struct watch_stream *w, const struct watch_begin *from)
{
    w->wire = from->wire;
    w->deadline_ms = from->deadline_ms;
    TRY(copy_texts(w, from));
    return watch_open(w->call.store, w->realm, from->call->ground, wake, w, &w->watch);
}

int watch_stream_open(struct request *req, const struct watch_begin *from,
                      struct stream **ret_stream)
{
    struct watch_stream *w = calloc(1, sizeof(*w));
    if (!w)
        return ERR_NO_MEMORY;
    w->stream = (struct stream){.pull = pull, .free = free_stream};
    w->web = req->web;
    arena_init(&w->own, OWN_MAX_BYTES);
    int rc = fill(w, from);
    if (rc == 0)
        rc = stream_open(req->web->streams, &w->stream, w->caller_realm);
    if (rc == ERR_LIMIT_REACHED)
        rc = err_set(&req->err, rc, "Too many watches of callers of this realm");
    if (rc != 0) {
        watch_stream_free(w);
        return rc;
    }
    *ret_stream = &w->stream;
    return 0;
}
