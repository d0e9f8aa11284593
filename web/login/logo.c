/* Serves the logo that a realm keeps (core/admin/logo.h). */
#include "core/admin/logo.h"

#include "core/codec/base64.h"
#include "core/port/logos.h"
#include "web/fail.h"
#include "web/respond.h"
#include "web/router.h"

#include "core/base/banned.h"

#define DAY_S ((int64_t)24 * 3600)

/* WE-08: the type is the one that we found in the bytes. Opened by itself it is a file to be kept, and were it
 * shown, nothing in it could run or ask for anything; inline styles are the drawing's own. */
static void send_logo(struct request *req, struct response *res, struct str type, struct str bytes)
{
    respond_status(res, 200);
    respond_header(res, "Content-Type", type);
    respond_header(res, "Content-Disposition", STR("attachment"));
    respond_header(res, "Content-Security-Policy",
                   STR("default-src 'none'; style-src 'unsafe-inline'; sandbox"));
    buf_add(&res->body, bytes);
    respond_cacheable(req, res, DAY_S, realm_view_logo_version(req->realm));
}

static int read_logo(struct request *req, struct str *ret_type, struct str *ret_bytes)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct logo logo;
    enum picture_kind kind;
    TRY(store_read_begin(req->realm, &r));
    TRY(logo_find(r, req->arena, &logo));
    TRY(base64_decode(req->arena, logo.data, BASE64_PADDED, ret_bytes));
    TRY(picture_check(*ret_bytes, &kind));
    *ret_type = picture_type(kind);
    return 0;
}

void assets_logo(struct request *req, struct response *res)
{
    struct str type, bytes;
    int rc = read_logo(req, &type, &bytes);
    if (rc != 0)
        fail_page(req, res, rc);
    else
        send_logo(req, res, type, bytes);
}
