/* /admin/{realm}/console/ and /realms/{realm}/account/: the pages, their parts, and what they must know
 * before anybody signs in. The consoles are built from static/console and embedded, each file as it is and compressed. */
#include "core/admin/bootstrap.h"
#include "core/base/asset.h"
#include "core/codec/header.h"
#include "core/codec/json.h"
#include "core/model/realm.h"
#include "core/model/represent.h"
#include "core/port/required_actions.h"
#include "core/port/store.h"
#include "web/account/account.h"
#include "web/fail.h"
#include "web/login/assets.h"
#include "web/login/brand.h"
#include "web/respond.h"
#include "web/router.h"
#include "web/web.h"

#include "core/base/banned.h"

#define FOLDER           "console/"
#define CONFIG_MAX_BYTES ((size_t)16 << 10)

static const struct asset *find(struct arena *a, struct str name, struct str suffix)
{
    struct str path = ARENA_CONCAT(a, STR(FOLDER), name, suffix);
    return str_absent(path) ? NULL : asset_find(path.ptr);
}

/* The compressed one where it is taken. */
static const struct asset *choose(struct request *req, struct response *res, struct str name)
{
    const struct asset *file = NULL;
    respond_header(res, "Vary", STR("Accept-Encoding"));
    if (accept_encoding_takes(request_header(req, STR("Accept-Encoding")), STR("gzip")))
        file = find(req->arena, name, STR(".gz"));
    if (!file)
        return find(req->arena, name, STR(""));
    respond_header(res, "Content-Encoding", STR("gzip"));
    return file;
}

static struct str asset_text(const struct asset *file)
{
    return str_of((const char *)file->data, file->size);
}

static void set_caching(struct request *req, struct response *res, const struct asset *file,
                        struct str policy)
{
    respond_header(res, "Cache-Control", policy);
    respond_header(res, "ETag", arena_printf(req->arena, "\"%s\"", file->etag));
    respond_if_unchanged(req, res);
}

/* Scheme, host and port of a URL that is ours. */
static struct str origin_of(struct str url)
{
    ptrdiff_t scheme = str_find(url, ':');
    if (scheme < 0)
        return url;
    struct str host = str_from(url, (size_t)scheme + 3);
    ptrdiff_t end = str_find(host, '/');
    return end < 0 ? url : str_sub(url, 0, (size_t)scheme + 3 + (size_t)end);
}

/* WE-06: no script but ours, none inline, nothing from elsewhere; tokens come from the public origin,
 * which is another one when administration has a listener of its own. */
static struct str policy_of(struct request *req)
{
    return ARENA_CONCAT(req->arena, STR("connect-src 'self' "), origin_of(web_public_url(req)),
                        STR("; require-trusted-types-for 'script'; trusted-types 'none'"));
}

/* Its parts are found relative to a path that ends with a slash. */
static bool has_slash(const struct request *req)
{
    return str_ends(req->path, STR("/"));
}

static void send_page(struct request *req, struct response *res, struct str name)
{
    if (!has_slash(req)) {
        respond_redirect(req, res, ARENA_CONCAT(req->arena, web_own_url(req), req->path, STR("/")));
        return;
    }
    const struct asset *file = choose(req, res, name);
    if (!file) {
        fail_page(req, res, ERR_NOT_FOUND);
        return;
    }
    respond_html_csp(req, res, 200, asset_text(file), policy_of(req));
    set_caching(req, res, file, STR("no-cache"));
}

void console_page(struct request *req, struct response *res)
{
    send_page(req, res, STR("index.html"));
}

/* Programs get JSON at the same address (WE-04: the page itself holds nothing of anybody). */
void console_account_page(struct request *req, struct response *res)
{
    respond_header(res, "Vary", STR("Accept"));
    send_page(req, res, STR("account.html"));
}

static struct str content_type(struct str name)
{
    if (str_ends(name, STR(".js")))
        return STR("text/javascript; charset=utf-8");
    if (str_ends(name, STR(".css")))
        return STR("text/css; charset=utf-8");
    return str_ends(name, STR(".svg")) ? STR("image/svg+xml") : STR("application/octet-stream");
}

/* Names hold a hash of the content: what a name stands for never changes. */
void console_asset(struct request *req, struct response *res)
{
    struct str name = ARENA_CONCAT(req->arena, STR("assets/"), req->params[1]);
    const struct asset *file = str_absent(name) ? NULL : choose(req, res, name);
    if (!file) {
        fail_page(req, res, ERR_NOT_FOUND);
        return;
    }
    respond_status(res, 200);
    respond_header(res, "Content-Type", content_type(name));
    respond_header(res, "Content-Security-Policy", STR("default-src 'none'; sandbox"));
    buf_add(&res->body, asset_text(file));
    set_caching(req, res, file, STR("public, max-age=31536000, immutable"));
}

/* What people's console shows of the realm before it knows anybody. */
static void write_realm(struct json_writer *w, const struct request *req)
{
    const struct realm *realm = realm_view_realm(req->realm);
    struct str logo = brand_logo(realm);
    if (str_absent(logo))
        logo = assets_logo_url(req);
    jw_member_str(w, "displayName", realm->display_name);
    if (str_starts(logo, STR("/"))) /* the policy takes nothing from elsewhere */
        jw_member_str(w, "logo", logo);
    if (realm->internationalization_enabled) {
        represent_strs(w, "supportedLocales", &realm->supported_locales);
        jw_member_str(w, "defaultLocale", realm->default_locale);
    }
}

/* What a login may be asked to do on the way (kc_action). */
static void write_actions(struct json_writer *w, const struct request *req)
{
    const struct required_actions *actions = realm_view_required_actions(req->realm);
    jw_member_array(w, "actions");
    for (size_t i = 0; i < actions->count; i++) {
        const struct action_provider *provider = action_provider_find(actions->items[i].alias);
        if (actions->items[i].enabled && provider && provider->is_here)
            jw_str(w, actions->items[i].alias);
    }
    jw_end_array(w);
}

/* The members that Keycloak's consoles ask for. */
static void send_config(struct request *req, struct response *res, const char *client_id,
                        bool with_realm)
{
    struct buf text;
    struct json_writer w;
    struct str json;
    buf_init(&text, req->arena, CONFIG_MAX_BYTES);
    jw_init(&w, &text);
    jw_begin_object(&w);
    jw_member_str(&w, "realm", realm_view_realm(req->realm)->name);
    jw_member_str(&w, "auth-server-url", web_public_url(req));
    jw_member_c(&w, "resource", client_id);
    jw_member_bool(&w, "public-client", true);
    if (with_realm)
        write_realm(&w, req);
    write_actions(&w, req);
    jw_end_object(&w);
    if (jw_finish(&w, &json) != 0)
        fail_page(req, res, ERR_INTERNAL);
    else
        respond_json(res, 200, json);
}

void console_config(struct request *req, struct response *res)
{
    send_config(req, res, CLIENT_ADMIN_CONSOLE, false);
}

void console_account_config(struct request *req, struct response *res)
{
    send_config(req, res, CLIENT_ACCOUNT_CONSOLE, true);
}

/* Who types /admin wants to administer. */
void console_home(struct request *req, struct response *res)
{
    respond_redirect(req, res,
                     ARENA_CONCAT(req->arena, web_own_url(req), STR("/admin/master/console/")));
}
