/* A small table of recent public replies; an entry is found by what its reply depends on. */
#include "web/reply_cache.h"

#include <pthread.h>
#include <stdlib.h>

#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

#define SLOTS       64
#define KEPT_MS     1000
#define MOST_BYTES  65536
#define ORIGIN_MOST 300

struct slot {
    pthread_mutex_t mutex;
    const struct route *route;
    const struct realm_view *view; /* compared only: it may be gone */
    int64_t made_ms;
    char origin[ORIGIN_MOST];
    size_t origin_len;
    char *bytes; /* headers, then the body */
    size_t headers_len;
    size_t body_len;
};

struct reply_cache {
    struct slot slots[SLOTS];
};

int reply_cache_new(struct reply_cache **ret_cache)
{
    struct reply_cache *c = calloc(1, sizeof(*c));
    if (!c)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < SLOTS; i++)
        pthread_mutex_init(&c->slots[i].mutex, NULL);
    *ret_cache = c;
    return 0;
}

void reply_cache_free(struct reply_cache *c)
{
    if (!c)
        return;
    for (size_t i = 0; i < SLOTS; i++) {
        pthread_mutex_destroy(&c->slots[i].mutex);
        free(c->slots[i].bytes);
    }
    free(c);
}

bool reply_cache_fits(const struct request *req)
{
    return req->realm && req->route && req->route->cache == CACHE_PUBLIC &&
           (req->method == HTTP_GET || req->method == HTTP_HEAD) && str_empty(req->raw_query) &&
           req->public_origin.len <= ORIGIN_MOST;
}

static struct slot *slot_of(struct reply_cache *c, const struct request *req)
{
    uint64_t key = (uint64_t)(uintptr_t)req->realm ^ (uint64_t)(uintptr_t)req->route * 31;
    return &c->slots[(key * 0x9e3779b97f4a7c15U) >> 58];
}

static bool is_for(const struct slot *s, const struct request *req)
{
    return s->bytes && s->route == req->route && s->view == req->realm &&
           req->now.monotonic_ms - s->made_ms < KEPT_MS &&
           str_eq(str_of(s->origin, s->origin_len), req->public_origin);
}

bool reply_cache_get(struct reply_cache *c, struct request *req, struct response *res)
{
    struct slot *s = slot_of(c, req);
    pthread_mutex_lock(&s->mutex);
    bool found = is_for(s, req);
    if (found) {
        res->status = 200;
        buf_add_bytes(&res->headers, s->bytes, s->headers_len);
        buf_add_bytes(&res->body, s->bytes + s->headers_len, s->body_len);
    }
    pthread_mutex_unlock(&s->mutex);
    if (found)
        respond_if_unchanged(req, res);
    return found;
}

static bool may_keep(const struct response *res)
{
    struct str cache_control = respond_get_header(res, "Cache-Control");
    return res->status == 200 && !res->headers.failed && !res->body.failed &&
           res->headers.len + res->body.len <= MOST_BYTES &&
           str_starts(cache_control, STR("public")) && respond_has_header(res, "ETag") &&
           !respond_has_header(res, "Set-Cookie") && !respond_has_header(res, "Vary");
}

void reply_cache_put(struct reply_cache *c, const struct request *req, const struct response *res)
{
    struct slot *s = slot_of(c, req);
    char *bytes = may_keep(res) ? malloc(res->headers.len + res->body.len + 1) : NULL;
    if (!bytes)
        return;
    memcpy(bytes, res->headers.ptr, res->headers.len);
    if (res->body.len)
        memcpy(bytes + res->headers.len, res->body.ptr, res->body.len);
    pthread_mutex_lock(&s->mutex);
    char *old = s->bytes;
    s->bytes = bytes;
    s->headers_len = res->headers.len;
    s->body_len = res->body.len;
    s->route = req->route;
    s->view = req->realm;
    s->made_ms = req->now.monotonic_ms;
    s->origin_len = req->public_origin.len;
    memcpy(s->origin, req->public_origin.ptr, s->origin_len);
    pthread_mutex_unlock(&s->mutex);
    free(old);
}
