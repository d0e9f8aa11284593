/* The management listener: is it alive, is it ready, what has it done. Nothing here is secret, and
 * nothing here is on the public ports (HT-10). */
#include "core/codec/json.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define HEALTH_MAX_BYTES   ((size_t)64 << 10)
#define METRICS_MAX_BYTES  ((size_t)2 << 20)
#define STATUS_OK          200
#define STATUS_UNAVAILABLE 503

static enum web_health ask(const struct web *web, struct json_writer *checks)
{
    const struct web_services *s = &web->services;
    return s->health ? s->health(s->context, checks) : WEB_WELL;
}

/* The form of MicroProfile Health, as Keycloak answers; "DEGRADED" is ours and comes with 200. */
static void answer(struct request *req, struct response *res, bool counts_stopping)
{
    static const char *const words[] = {"UP", "DEGRADED", "DOWN"};
    struct buf out, inner;
    struct json_writer checks, w;
    struct str list, body;
    buf_init(&inner, req->arena, HEALTH_MAX_BYTES);
    jw_init(&checks, &inner);
    jw_begin_array(&checks);
    enum web_health health = ask(req->web, &checks);
    jw_end_array(&checks);
    if (counts_stopping && atomic_load(&req->web->stopping))
        health = WEB_DOWN;
    if (jw_finish(&checks, &list) != 0)
        list = STR("[]"); /* more than fits: what counts is the status */
    buf_init(&out, req->arena, HEALTH_MAX_BYTES + 100);
    jw_init(&w, &out);
    jw_begin_object(&w);
    jw_member_c(&w, "status", words[health]);
    jw_key(&w, "checks");
    jw_raw(&w, list);
    jw_end_object(&w);
    if (jw_finish(&w, &body) != 0)
        body = STR("{\"status\":\"DOWN\",\"checks\":[]}");
    respond_json(res, health == WEB_DOWN ? STATUS_UNAVAILABLE : STATUS_OK, body);
}

void manage_health(struct request *req, struct response *res)
{
    answer(req, res, true);
}

void manage_ready(struct request *req, struct response *res)
{
    answer(req, res, true);
}

/* Who restarts what is not alive should do so when only a new start helps, and not when it stops. */
void manage_live(struct request *req, struct response *res)
{
    answer(req, res, false);
}

void manage_started(struct request *req, struct response *res)
{
    (void)req;
    respond_json(res, STATUS_OK, STR("{\"status\":\"UP\",\"checks\":[]}"));
}

void manage_metrics(struct request *req, struct response *res)
{
    struct buf text;
    buf_init(&text, NULL, METRICS_MAX_BYTES);
    web_metrics_write(req->web, &text);
    respond_header(res, "Content-Type", STR("text/plain; version=0.0.4; charset=utf-8"));
    respond_text(res, STATUS_OK, buf_str(&text));
    buf_free(&text);
}
