/* The management listener: is it alive, is it ready, what has it done. Nothing here is secret, and
 * nothing here is on the public ports (HT-10). */
#include "web/respond.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define METRICS_MAX_BYTES  ((size_t)2 << 20)
#define STATUS_OK          200
#define STATUS_UNAVAILABLE 503

static void answer(struct response *res, bool up)
{
    respond_json(res, up ? STATUS_OK : STATUS_UNAVAILABLE,
                 up ? STR("{\"status\":\"UP\",\"checks\":[]}")
                    : STR("{\"status\":\"DOWN\",\"checks\":[]}"));
}

static bool is_ready(const struct web *web)
{
    const struct web_services *s = &web->services;
    return !atomic_load(&web->stopping) && (!s->is_ready || s->is_ready(s->context));
}

void manage_health(struct request *req, struct response *res)
{
    answer(res, is_ready(req->web));
}

void manage_ready(struct request *req, struct response *res)
{
    answer(res, is_ready(req->web));
}

/* It answers, so it lives and has started. */
void manage_live(struct request *req, struct response *res)
{
    (void)req;
    answer(res, true);
}

void manage_started(struct request *req, struct response *res)
{
    (void)req;
    answer(res, true);
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
