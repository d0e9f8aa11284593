/* The cookies of a login. */
#include "web/login/cookies.h"

#include "core/codec/base64.h"
#include "core/codec/cookie.h"
#include "core/crypto/digest.h"
#include "web/respond.h"

#include "core/base/banned.h"

#define REALM_HASH_BYTES 6

static struct str cookie_name(struct request *req, const char *prefix)
{
    unsigned char hash[BLAKE2B_BYTES];
    char hex[2 * REALM_HASH_BYTES];
    blake2b_256_of(realm_view_realm(req->realm)->name, hash);
    hex_write(hex, hash, REALM_HASH_BYTES);
    return ARENA_CONCAT(req->arena, str_c(prefix), str_of(hex, sizeof(hex)));
}

int cookies_read(struct request *req, struct authz_browser *ret_browser)
{
    struct str sso = cookie_name(req, "garita_sso_");
    struct str login = cookie_name(req, "garita_login_");
    if (str_absent(sso) || str_absent(login))
        return ERR_NO_MEMORY;
    ret_browser->sso_cookie = request_cookie(req, sso);
    ret_browser->login_cookie = request_cookie(req, login);
    return 0;
}

void cookies_set_sso(struct request *req, struct response *res, struct str value, int64_t max_age_s)
{
    respond_cookie(req, res, cookie_name(req, "garita_sso_"), value, max_age_s, SAME_SITE_NONE);
}

void cookies_set_login(struct request *req, struct response *res, struct str value)
{
    respond_cookie(req, res, cookie_name(req, "garita_login_"), value, -1, SAME_SITE_LAX);
}

struct str cookies_state_name(struct request *req)
{
    struct str name = cookie_name(req, "garita_state_");
    return req->https ? ARENA_CONCAT(req->arena, STR("__Host-"), name) : name;
}

/* Not by respond_cookie, whose cookies no script can read. */
static void set_state(struct request *req, struct response *res, struct str value,
                      int64_t max_age_s)
{
    struct cookie_attributes attributes = {
        .path = STR("/"),
        .max_age_s = max_age_s < 0 ? COOKIE_SESSION_ONLY : max_age_s,
        .same_site = req->https ? COOKIE_SAME_SITE_NONE : COOKIE_SAME_SITE_LAX,
        .secure = req->https,
    };
    struct str line;
    struct buf text;
    buf_init(&text, req->arena, 1024);
    if (cookie_add(&text, cookies_state_name(req), value, &attributes) != 0 ||
        buf_finish(&text, &line) != 0)
        res->headers.failed = true;
    else
        respond_header(res, "Set-Cookie", line);
}

void cookies_set_state(struct request *req, struct response *res, struct str sid, bool renewed,
                       int64_t max_age_s)
{
    unsigned char hash[SHA256_BYTES];
    sha256_of(sid, hash);
    struct str value = base64url_encode(req->arena, str_of((const char *)hash, sizeof(hash)));
    if (renewed || !str_eq(value, request_cookie(req, cookie_name(req, "garita_state_"))))
        set_state(req, res, value, max_age_s);
}

void cookies_clear(struct request *req, struct response *res)
{
    cookies_set_sso(req, res, STR(""), 0);
    set_state(req, res, STR(""), 0);
}
