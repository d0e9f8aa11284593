/* The only pages that others may put into a frame: the session frame and the check of third-party
 * cookies, as keycloak-js asks for them. They are empty, know nobody, and may be framed by origins
 * that are registered in the realm (OI-06, WE-06). */
#include "core/codec/uri.h"
#include "core/oidc/origins.h"
#include "core/port/store.h"
#include "web/fail.h"
#include "web/login/assets.h"
#include "web/login/cookies.h"
#include "web/login/page.h"
#include "web/oidc/cors.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define FRAME_MAX_BYTES     8192
#define ANCESTORS_MAX_BYTES 3072
#define TEST_COOKIE         "garita_3p"
#define TEST_COOKIE_AGE_S   60

/* The origin of the page that embeds us, when the browser tells it. */
static struct str embedder(struct request *req)
{
    struct uri u;
    struct str origin = {NULL, 0};
    struct str referrer = request_header(req, STR("Referer"));
    if (str_absent(referrer) || uri_parse(referrer, &u) != 0 ||
        uri_origin(req->arena, &u, &origin) != 0)
        return (struct str){NULL, 0};
    return origin;
}

/* The sources of frame-ancestors: ourselves and the embedder if it is registered; without a Referer
 * all registered origins that fit. */
static int ancestors(struct request *req, struct str *ret_sources)
{
    struct str self = STR("'self'"), origins;
    struct str origin = embedder(req);
    bool found = false;
    if (str_eq(origin, web_public_origin(req))) {
        *ret_sources = self;
        return 0;
    }
    TRY(cors_origins(req, origin, str_absent(origin) ? ANCESTORS_MAX_BYTES : 0, &origins, &found));
    if (!str_absent(origin))
        origins = found ? origin : STR("");
    *ret_sources = ARENA_CONCAT(req->arena, self, STR(" "), origins);
    return str_absent(*ret_sources) ? ERR_NO_MEMORY : 0;
}

static void send_frame(struct request *req, struct response *res, const struct page *p,
                       const char *name)
{
    struct buf out;
    struct str body, sources;
    buf_init(&out, req->arena, FRAME_MAX_BYTES);
    int rc = ancestors(req, &sources);
    if (rc == 0)
        rc = page_render(p, name, &out);
    if (rc == 0)
        rc = buf_finish(&out, &body);
    struct str policy =
        ARENA_CONCAT(req->arena,
                     STR("default-src 'none'; script-src 'self'; connect-src 'self'; base-uri "
                         "'none'; form-action 'none'; frame-ancestors "),
                     rc == 0 ? sources : STR("'none'"));
    if (rc != 0 || str_absent(policy)) {
        fail_page(req, res, rc != 0 ? rc : ERR_NO_MEMORY);
        return;
    }
    respond_header(res, "Content-Security-Policy", policy);
    respond_html(req, res, 200, body);
    respond_no_store(res);
}

void oidc_status_frame(struct request *req, struct response *res)
{
    struct page p;
    page_begin(&p, req, NULL);
    tpl_set(req->arena, p.root, "cookie", cookies_state_name(req));
    tpl_set(req->arena, p.root, "script", assets_url(req, "session.js"));
    send_frame(req, res, &p, "frame-session");
}

/* The frame's script asks whether the origin that speaks to it is one of the client's. */
void oidc_status_init(struct request *req, struct response *res)
{
    const struct form *query;
    const struct client *client;
    int rc = request_query(req, &query);
    if (rc != 0) {
        fail_oauth(req, res, rc);
        return;
    }
    struct str client_id = form_get(query, "client_id");
    struct str origin = form_get(query, "origin");
    bool known = !str_empty(client_id) && !str_empty(origin) &&
                 realm_view_client(req->realm, client_id, &client) == 0 && client->enabled;
    if (known && (str_eq(origin, web_public_origin(req)) ||
                  origins_allow(req->arena, client, web_own_urls(req), origin)))
        respond_no_content(res);
    else
        respond_text(res, 403, STR(""));
    respond_no_store(res);
}

/* Sets a cookie as inside a frame of another site, and looks in the second step whether it came. */
static void send_cookie_frame(struct request *req, struct response *res, const char *name,
                              const char *value)
{
    struct page p;
    page_begin(&p, req, NULL);
    tpl_set_c(req->arena, p.root, name, value);
    tpl_set(req->arena, p.root, "script", assets_url(req, "cookies.js"));
    send_frame(req, res, &p, "frame-cookies");
}

void oidc_cookies_step1(struct request *req, struct response *res)
{
    respond_cookie(req, res, STR(TEST_COOKIE), STR("1"), TEST_COOKIE_AGE_S, SAME_SITE_NONE);
    send_cookie_frame(req, res, "next", "step2.html");
}

void oidc_cookies_step2(struct request *req, struct response *res)
{
    bool came = str_eq(request_cookie(req, STR(TEST_COOKIE)), STR("1"));
    respond_cookie(req, res, STR(TEST_COOKIE), STR(""), 0, SAME_SITE_NONE);
    send_cookie_frame(req, res, "result", came ? "supported" : "unsupported");
}
