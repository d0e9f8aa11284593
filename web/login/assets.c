/* Serves static/login/assets, the favicon and the colours of realms. */
#include "web/login/assets.h"

#include "core/base/asset.h"
#include "core/codec/base64.h"
#include "core/crypto/digest.h"
#include "core/port/logos.h"
#include "core/port/store.h"
#include "web/fail.h"
#include "web/login/brand.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define FOLDER        "static/login/assets/"
#define FOREVER_S     ((int64_t)365 * 24 * 3600)
#define DAY_S         ((int64_t)24 * 3600)
#define CSS_MAX_BYTES 2048

static const struct asset *find(struct arena *a, struct str name)
{
    struct str path = ARENA_CONCAT(a, STR(FOLDER), name);
    return str_absent(path) ? NULL : asset_find(path.ptr);
}

struct str assets_url(const struct request *req, const char *name)
{
    const struct asset *file = find(req->arena, str_c(name));
    if (!file)
        return (struct str){NULL, 0};
    return ARENA_CONCAT(req->arena, req->web->config.base_path, STR("/static/login/"), str_c(name),
                        STR("?v="), str_c(file->etag));
}

static struct str content_type(struct str name)
{
    if (str_ends(name, STR(".css")))
        return STR("text/css; charset=utf-8");
    if (str_ends(name, STR(".svg")))
        return STR("image/svg+xml");
    if (str_ends(name, STR(".js")))
        return STR("text/javascript; charset=utf-8");
    if (str_ends(name, STR(".ico")))
        return STR("image/x-icon");
    return STR("application/octet-stream");
}

static void send(struct request *req, struct response *res, struct str name, struct str body,
                 struct str etag, int64_t max_age_s)
{
    respond_status(res, 200);
    respond_header(res, "Content-Type", content_type(name));
    /* WE-08: a drawing opened by itself can do nothing. */
    respond_header(res, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
    buf_add(&res->body, body);
    respond_cacheable(req, res, max_age_s, etag);
}

static void send_asset(struct request *req, struct response *res, struct str name,
                       int64_t max_age_s)
{
    const struct asset *file = find(req->arena, name);
    if (!file) {
        fail_page(req, res, ERR_NOT_FOUND);
        return;
    }
    send(req, res, name, str_of((const char *)file->data, file->size), str_c(file->etag),
         max_age_s);
}

void assets_file(struct request *req, struct response *res)
{
    send_asset(req, res, req->params[0], FOREVER_S);
}

void assets_favicon(struct request *req, struct response *res)
{
    send_asset(req, res, STR("favicon.ico"), DAY_S);
}

struct str assets_logo_url(const struct request *req)
{
    struct str version = realm_view_logo_version(req->realm);
    struct str none = {NULL, 0};
    if (str_empty(version))
        return none;
    return ARENA_CONCAT(req->arena, req->web->config.base_path, STR("/resources/"),
                        realm_view_realm(req->realm)->name, STR("/logo?v="), version);
}

void assets_theme(struct request *req, struct response *res)
{
    struct buf css;
    struct str text;
    unsigned char hash[BLAKE2B_BYTES];
    char etag[17] = {0};
    buf_init(&css, req->arena, CSS_MAX_BYTES);
    brand_css(&css, realm_view_realm(req->realm));
    if (buf_finish(&css, &text) != 0) {
        fail_page(req, res, ERR_INTERNAL);
        return;
    }
    blake2b_256_of(text, hash);
    hex_write(etag, hash, 8);
    send(req, res, STR(".css"), text, str_of(etag, 16), DAY_S);
}
