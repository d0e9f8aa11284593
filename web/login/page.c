/* Pages: the common values, rendering, and the reply. */
#include "web/login/page.h"

#include "core/admin/localization.h"
#include "core/auth/password_policy.h"
#include "core/codec/base64.h"
#include "core/codec/uri.h"
#include "core/crypto/digest.h"
#include "core/oidc/redirect_uri.h"
#include "core/port/store.h"
#include "web/login/assets.h"
#include "web/login/brand.h"
#include "web/web.h"

#include "core/base/banned.h"

#define LOCALE_COOKIE     "garita_locale"
#define LOCALE_MAX_AGE_S  ((int64_t)180 * 24 * 3600)
#define SOURCES_MAX_BYTES 2048
#define CSS_MAX_BYTES     2048

static const struct messages *messages_of(const struct request *req)
{
    return template_messages(req->web->templates);
}

static const struct realm *realm_of(const struct request *req)
{
    return req->realm ? realm_view_realm(req->realm) : NULL;
}

struct str page_path(const struct request *req, struct str path)
{
    return ARENA_CONCAT(req->arena, req->web->config.base_path, path);
}

struct str page_realm_path(const struct request *req, struct str path)
{
    const struct realm *realm = realm_view_realm(req->realm);
    return ARENA_CONCAT(req->arena, req->web->config.base_path, STR("/realms/"), realm->name, path);
}

struct str page_realm_title(const struct request *req)
{
    const struct realm *realm = realm_of(req);
    if (!realm)
        return STR("Garita");
    return str_empty(realm->display_name) ? realm->name : realm->display_name;
}

/* One source, once. */
static void add_source(struct buf *sources, struct str source)
{
    if (str_find_str(buf_str(sources), source) >= 0)
        return;
    buf_add_byte(sources, ' ');
    buf_add(sources, source);
}

static void add_redirect_source(struct arena *a, struct buf *sources, struct str redirect_uri)
{
    struct uri u;
    if (uri_parse(redirect_uri, &u) != 0 || uri_is_https(&u))
        return;
    if (u.has_authority && !u.host_is_ipv6 && !brand_host_is_plain(u.host))
        return;
    if (!uri_is_web(&u)) /* a private-use scheme (RFC 8252 7.1) */
        add_source(sources, ARENA_CONCAT(a, u.scheme, STR(":")));
    else if (u.host_is_ipv6) /* a source cannot name it */
        add_source(sources, STR("http:"));
    else /* any port, as for loopback redirects (RFC 8252 7.3) */
        add_source(sources, ARENA_CONCAT(a, STR("http://"), u.host, STR(":*")));
}

static void add_client_source(struct arena *a, struct buf *sources, const struct client *client,
                              struct own_urls own, struct str registered)
{
    struct str uri;
    if (redirect_uri_absolute(a, client, own, registered, &uri) == 0)
        add_redirect_source(a, sources, uri);
}

struct str page_form_sources(struct arena *a, const struct client *client, struct own_urls own)
{
    struct buf sources;
    struct str text;
    buf_init(&sources, a, SOURCES_MAX_BYTES);
    buf_add(&sources, STR("https:"));
    for (size_t i = 0; client && i < client->redirect_uris.count; i++)
        add_client_source(a, &sources, client, own, client->redirect_uris.items[i]);
    struct str rest = client ? str_map_get(&client->attributes, STR(CLIENT_ATTR_POST_LOGOUT_URIS))
                             : str_of(NULL, 0);
    /* "##" between them; what is empty, "+" or "-" is no URI. */
    for (struct str one; str_next(&rest, '#', &one);)
        add_client_source(a, &sources, client, own, one);
    return buf_finish(&sources, &text) == 0 ? text : STR("https:");
}

/* --- language --- */

/* The languages that the realm offers and that we have. */
static bool language_offered(const struct request *req, struct str lang)
{
    const struct realm *realm = realm_of(req);
    if (!messages_has_language(messages_of(req), lang))
        return false;
    if (!realm)
        return true;
    if (!realm->internationalization_enabled && !str_empty(realm->default_locale))
        return str_eq(lang, realm->default_locale);
    return realm->supported_locales.count == 0 || strs_has(&realm->supported_locales, lang);
}

static struct str supported_languages(const struct request *req)
{
    struct buf list;
    struct str text;
    const struct messages *m = messages_of(req);
    buf_init(&list, req->arena, 1024);
    for (size_t i = 0; i < messages_language_count(m); i++) {
        struct str lang = messages_language(m, i);
        if (!language_offered(req, lang))
            continue;
        if (list.len > 0)
            buf_add_byte(&list, ' ');
        buf_add(&list, lang);
    }
    return buf_finish(&list, &text) == 0 ? text : STR("");
}

static struct str query_locale(struct request *req)
{
    const struct form *query;
    if (str_find_str(req->raw_query, STR("kc_locale=")) < 0 || request_query(req, &query) != 0)
        return (struct str){NULL, 0};
    struct str lang = form_get(query, "kc_locale");
    return !str_absent(lang) && language_offered(req, lang) ? lang : (struct str){NULL, 0};
}

static struct str choose_language(struct page *p, const struct page_wish *wish)
{
    struct request *req = p->req;
    const struct realm *realm = realm_of(req);
    p->chosen = query_locale(req);
    if (str_absent(p->chosen) && wish && !str_empty(wish->chosen) &&
        language_offered(req, wish->chosen))
        return wish->chosen;
    if (!str_absent(p->chosen))
        return p->chosen;
    struct language_wish full = {
        .ui_locales = wish ? wish->ui_locales : (struct str){NULL, 0},
        .cookie = request_cookie(req, STR(LOCALE_COOKIE)),
        .user_locale = wish ? wish->user_locale : (struct str){NULL, 0},
        .accept_language = request_header(req, STR("Accept-Language")),
        .realm_default = realm ? realm->default_locale : (struct str){NULL, 0},
        .supported = supported_languages(req),
    };
    return messages_negotiate(messages_of(req), &full);
}

/* --- common values --- */

/* The style sheet's address changes with its content, so that browsers keep it. */
static void set_theme(struct page *p, const struct realm *realm)
{
    struct buf css;
    struct str text;
    unsigned char hash[BLAKE2B_BYTES];
    char version[17] = {0};
    if (!brand_has_css(realm))
        return;
    buf_init(&css, p->req->arena, CSS_MAX_BYTES);
    brand_css(&css, realm);
    if (buf_finish(&css, &text) != 0)
        return;
    blake2b_256_of(text, hash);
    hex_write(version, hash, 8);
    tpl_set(p->req->arena, p->root, "theme",
            ARENA_CONCAT(p->req->arena, p->req->web->config.base_path, STR("/resources/"),
                         realm->name, STR("/theme.css?v="), str_of(version, 16)));
}

/* What cannot be read is left out: a page with our texts is better than none. */
static void load_own_texts(struct page *p)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    if (store_read_begin(p->req->realm, &r) != 0 ||
        localization_texts(r, p->req->arena, p->lang, &p->own) != 0)
        p->own = (struct str_map){0};
}

void page_begin(struct page *p, struct request *req, const struct page_wish *wish)
{
    struct arena *a = req->arena;
    const struct realm *realm = realm_of(req);
    *p = (struct page){.req = req, .root = tpl_map(a)};
    p->lang = choose_language(p, wish);
    if (realm)
        load_own_texts(p);
    struct str logo = realm ? brand_logo(realm) : (struct str){NULL, 0};
    if (realm && str_absent(logo))
        logo = assets_logo_url(req);
    tpl_set(a, p->root, "lang", p->lang);
    tpl_set(a, p->root, "title", page_realm_title(req));
    tpl_set(a, p->root, "css", assets_url(req, "login.css"));
    tpl_set(a, p->root, "icon", assets_url(req, "logo.svg"));
    tpl_set(a, p->root, "logo", str_absent(logo) ? assets_url(req, "logo.svg") : logo);
    if (realm)
        set_theme(p, realm);
}

void page_message(struct page *p, const char *name, const char *key, const struct str *args,
                  size_t arg_count)
{
    struct arena *a = p->req->arena;
    tpl_set(a, p->root, name,
            messages_text(messages_of(p->req), a, p->lang, &p->own, str_c(key), args, arg_count));
}

bool page_has_message(const struct page *p, const char *key)
{
    return !str_absent(messages_get(messages_of(p->req), p->lang, str_c(key)));
}

void page_problem(struct page *p, const struct password_problem *problem)
{
    if (!problem || !problem->message)
        return;
    struct str number = arena_printf(p->req->arena, "%lld", (long long)problem->number);
    const char *key =
        page_has_message(p, problem->message) ? problem->message : "invalidPasswordMessage";
    page_message(p, "error", key, &number, 1);
}

struct str page_text(const struct page *p, struct str text)
{
    if (str_empty(text))
        return (struct str){NULL, 0};
    if (!str_starts(text, STR("${")) || !str_ends(text, STR("}")))
        return text;
    struct str key = str_sub(text, 2, text.len - 3);
    struct str message = str_map_get(&p->own, key);
    if (str_absent(message))
        message = messages_get(messages_of(p->req), p->lang, key);
    return str_absent(message) ? key : message;
}

struct str page_client_name(const struct page *p, const struct client *client)
{
    struct str name = client ? page_text(p, client->name) : (struct str){NULL, 0};
    if (!client)
        return name;
    return str_absent(name) ? client->client_id : name;
}

/* Adds the list of languages; NULL when there is no choice. */
static struct tpl_value *add_languages(struct page *p, bool links, struct str query)
{
    struct arena *a = p->req->arena;
    const struct messages *m = messages_of(p->req);
    if (str_find(supported_languages(p->req), ' ') < 0)
        return NULL;
    struct tpl_value *languages = tpl_set_map(a, p->root, "languages");
    struct tpl_value *items = tpl_set_list(a, languages, "items");
    for (size_t i = 0; i < messages_language_count(m); i++) {
        struct str lang = messages_language(m, i);
        if (!language_offered(p->req, lang))
            continue;
        bool current = str_eq(lang, p->lang);
        struct tpl_value *item = tpl_add_map(a, items);
        tpl_set(a, item, "code", lang);
        tpl_set(a, item, "name", messages_get(m, lang, STR("language.name")));
        tpl_set_bool(a, item, "current", current);
        tpl_set_bool(a, item, "button", !current && !links);
        if (!current && links)
            tpl_set(a, item, "link", ARENA_CONCAT(a, STR("?"), query, STR("kc_locale="), lang));
    }
    return languages;
}

void page_language_form(struct page *p, struct str restart_url, struct str state)
{
    struct tpl_value *languages = add_languages(p, false, STR(""));
    if (!languages)
        return;
    tpl_set(p->req->arena, languages, "restart", restart_url);
    tpl_set(p->req->arena, languages, "sealed", state);
}

void page_language_links(struct page *p, struct str query)
{
    (void)add_languages(p, true, query);
}

/* --- reply --- */

int page_render(const struct page *p, const char *name, struct buf *out)
{
    return template_render(p->req->web->templates, name, p->lang, &p->own, p->root, out);
}

/* form-action and img-src are what differs between pages. */
static struct str page_policy(const struct page *p)
{
    struct arena *a = p->req->arena;
    const struct realm *realm = realm_of(p->req);
    struct str logo = realm ? brand_logo_origin(a, realm) : (struct str){NULL, 0};
    struct str img =
        str_absent(logo) ? STR("img-src 'self'") : ARENA_CONCAT(a, STR("img-src 'self' "), logo);
    return ARENA_CONCAT(a, img, STR("; form-action 'self'"),
                        str_absent(p->form_action) ? STR("") : STR(" "),
                        str_absent(p->form_action) ? STR("") : p->form_action);
}

void page_send(struct page *p, struct response *res, int status, const char *name)
{
    struct buf out;
    struct str body;
    struct str policy = page_policy(p);
    buf_init(&out, p->req->arena, PAGE_MAX_BYTES);
    if (str_absent(policy) || page_render(p, name, &out) != 0 || buf_finish(&out, &body) != 0) {
        respond_text(res, 500, STR("Internal error\n"));
        respond_no_store(res);
        return;
    }
    respond_html_csp(p->req, res, status, body, policy);
    respond_no_store(res);
    if (!str_absent(p->chosen))
        respond_cookie(p->req, res, STR(LOCALE_COOKIE), p->chosen, LOCALE_MAX_AGE_S, SAME_SITE_LAX);
}

void page_fail(struct request *req, struct response *res, int status, const char *key)
{
    struct page p;
    struct str heading = arena_printf(req->arena, "error.%s.title", key);
    struct str text = arena_printf(req->arena, "error.%s.text", key);
    page_begin(&p, req, NULL);
    if (!str_absent(heading) && !str_absent(text)) {
        page_message(&p, "heading", heading.ptr, NULL, 0);
        page_message(&p, "text", text.ptr, NULL, 0);
    }
    tpl_set(req->arena, p.root, "trace", req->trace_id);
    page_send(&p, res, status, "error");
}
