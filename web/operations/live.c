/* GET /admin/garita/live: what the server does, as server-sent events (text/event-stream of the HTML
 * standard): first what is kept of the last hour in steps, then of the last minutes, then a sample a second.
 * Nobody's data are in it. A watcher costs memory and a place, never a thread, and who reads slowly
 * misses samples instead of making them pile up. Whether he may still look is asked anew once a second. */
#include <stdlib.h>

#include "core/codec/json.h"
#include "web/admin/admin.h"
#include "web/operations/history.h"
#include "web/respond.h"
#include "web/stream.h"
#include "web/validation/call.h"
#include "web/web.h"

#include "core/base/banned.h"

#define OWN_MAX_BYTES   ((size_t)128 << 10) /* what the request said: its headers are less */
#define PIECE_BYTES     ((size_t)32 << 10)  /* no more events are added beyond */
#define EVENT_MAX_BYTES 4096
#define LOOK_MS         1000
#define MAX_SAMPLES     1000000

struct live {
    struct stream stream;
    const struct web *web;
    struct history_cursor cursor;
    uint64_t samples_left; /* that the watcher asked for; 0: no end */
    int64_t looked_ms;     /* when it was asked last whether he may look; monotonic */
    bool has_begun;
    struct arena own; /* holds the texts below, the token among them; zeroed at the end */
    struct validation_call call;
    struct str origin;
};

/* --- May he still look? --- */

static int look_again(const struct live *l, struct arena *a, const struct now *now,
                      struct err_ctx *err)
{
    struct validation_call call = l->call;
    struct admin_caller caller;
    call.arena = a;
    call.now = now;
    call.err = err;
    TRY(admin_caller_find(&call, &caller));
    if (!str_absent(l->origin) && !admin_origin_may_read(&caller, l->origin))
        return ERR_FORBIDDEN;
    return admin_reaches(&caller, STR(REALM_MASTER)) &&
                   admin_may(&caller, STR(REALM_MASTER), ADMIN_VIEW_REALM)
               ? 0
               : ERR_FORBIDDEN;
}

static int check(struct live *l, struct arena *a)
{
    struct err_ctx err = {0};
    struct now now = clock_now();
    if (atomic_load(&l->web->stopping))
        return ERR_OVERLOADED;
    if (l->has_begun && now.monotonic_ms - l->looked_ms < LOOK_MS)
        return 0;
    l->looked_ms = now.monotonic_ms;
    return look_again(l, a, &now, &err);
}

/* --- What is told --- */

static void write_sample(struct json_writer *w, const struct sample *s)
{
    jw_begin_object(w);
    jw_member_i64(w, "number", (int64_t)s->number);
    jw_member_i64(w, "at", s->at_ms);
    jw_member_i64(w, "spanMs", s->span_ms);
    for (enum figure f = 0; f < FIGURES; f++)
        jw_member_i64(w, figure_name(f), s->values[f]);
    jw_member_object(w, "p95Us");
    for (enum latency i = 0; i < LATENCIES; i++)
        jw_member_i64(w, latency_name(i), s->p95_us[i]);
    jw_end_object(w);
    jw_end_object(w);
}

/* Only samples have an id: who comes back with one has seen the steps before it. */
static void tell(const struct live *l, struct arena *a, const struct sample *s, bool is_step,
                 struct buf *out)
{
    struct json_writer w;
    struct str json;
    struct buf text;
    buf_init(&text, a, EVENT_MAX_BYTES);
    jw_init(&w, &text);
    write_sample(&w, s);
    if (jw_finish(&w, &json) != 0) {
        out->failed = true;
        return;
    }
    if (!is_step)
        buf_printf(out, "id: %lld-%llu\n", (long long)history_started_ms(l->web->history),
                   (unsigned long long)s->number);
    buf_printf(out, "event: %s\ndata: ", is_step ? "step" : "sample");
    buf_add(out, json);
    buf_add_c(out, "\n\n");
}

static bool end(struct buf *out, const char *reason)
{
    buf_printf(out, "event: end\ndata: {\"reason\":\"%s\"}\n\n", reason);
    return false;
}

/* Told before it begins, so that the stream is seen to be open. */
static void begin(struct live *l, struct buf *out)
{
    if (!l->has_begun)
        buf_add_c(out, "retry: 2000\n\n");
    l->has_begun = true;
}

static bool pull(struct stream *stream, struct arena *a, struct buf *out)
{
    struct live *l = (struct live *)stream;
    struct sample sample;
    bool is_step;
    int rc = check(l, a);
    if (rc != 0)
        return end(out, err_name(rc));
    begin(l, out);
    while (out->len < PIECE_BYTES && history_next(l->web->history, &l->cursor, &sample, &is_step)) {
        tell(l, a, &sample, is_step, out);
        if (!is_step && l->samples_left > 0 && --l->samples_left == 0)
            return end(out, "max");
    }
    return true;
}

static void free_stream(struct stream *stream)
{
    struct live *l = (struct live *)stream;
    arena_free(&l->own);
    free(l);
}

/* --- How it begins --- */

/* "1795000000000-42". What is no id of ours is as none. */
static struct history_cursor cursor_of(struct admin_call *call)
{
    struct str id = request_header(call->req, STR("Last-Event-ID"));
    ptrdiff_t dash = str_find(id, '-');
    int64_t started_ms, number;
    if (dash < 0 || str_to_i64(str_sub(id, 0, (size_t)dash), &started_ms) != 0 ||
        str_to_i64(str_from(id, (size_t)dash + 1), &number) != 0 || number < 0)
        return (struct history_cursor){0};
    return history_after(call->req->web->history, started_ms, (uint64_t)number);
}

static int read_max(struct admin_call *call, uint64_t *ret_max)
{
    struct str text;
    int64_t max = 0;
    TRY(admin_query(call, "max", &text));
    if (!str_absent(text) && (str_to_i64(text, &max) != 0 || max < 1 || max > MAX_SAMPLES))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "max", "max must be 1 to %d",
                         MAX_SAMPLES);
    *ret_max = (uint64_t)max;
    return 0;
}

static int fill(struct live *l, struct admin_call *call)
{
    struct validation_call asked;
    l->web = call->req->web;
    l->cursor = cursor_of(call);
    l->origin = arena_str(&l->own, request_header(call->req, STR("Origin")));
    TRY(read_max(call, &l->samples_left));
    TRY(validation_call_of(call->req, &asked));
    return validation_call_keep(&l->own, &asked, &l->call);
}

static int open_stream(struct admin_call *call)
{
    struct live *l = calloc(1, sizeof(*l));
    if (!l)
        return ERR_NO_MEMORY;
    l->stream = (struct stream){.pull = pull, .free = free_stream};
    arena_init(&l->own, OWN_MAX_BYTES);
    int rc = fill(l, call);
    if (rc == 0)
        rc = stream_open(call->req->web->streams, &l->stream, str_c(call->req->route->pattern));
    if (rc == ERR_LIMIT_REACHED)
        rc = err_set(&call->req->err, rc, "Too many are looking at the server already");
    if (rc != 0) {
        free_stream(&l->stream);
        return rc;
    }
    call->res->stream = &l->stream;
    return 0;
}

int rest_garita_live(struct admin_call *call)
{
    if (call->req->method == HTTP_GET)
        TRY(open_stream(call));
    respond_status(call->res, 200);
    respond_header(call->res, "Content-Type", STR("text/event-stream; charset=utf-8"));
    respond_header(call->res, "X-Accel-Buffering", STR("no")); /* of nginx in front of us */
    return 0;
}
