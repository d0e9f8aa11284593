/* What every page has in common: language, names and colours of the realm, links to our files.
 * Handlers begin a page, set its own values and send it. Values reach HTML through templates only
 * (WE-07). */
#ifndef GARITA_WEB_LOGIN_PAGE_H
#define GARITA_WEB_LOGIN_PAGE_H

#include "core/auth/own_urls.h"
#include "core/model/client.h"
#include "web/request.h"
#include "web/respond.h"
#include "web/template.h"

#define PAGE_MAX_BYTES ((size_t)256 << 10)

struct page {
    struct request *req;
    struct str lang;        /* negotiated */
    struct str_map own;     /* the realm's texts in that language: they come first */
    struct str chosen;      /* language that the person asked for just now; absent: none */
    struct tpl_value *root; /* the template's context */
    struct str form_action; /* sources for forms beside 'self'; absent: none */
};

/* What is known of somebody's language, most important first; absent members do not count. */
struct page_wish {
    struct str chosen; /* on one of our pages, in this login */
    struct str ui_locales;
    struct str user_locale;
};

/* Sets lang and the values of head, top and foot. wish may be NULL. Works without a realm, too. A
 * parameter kc_locale of the query counts as chosen. */
void page_begin(struct page *p, struct request *req, const struct page_wish *wish);
/* Sets member name to the text of a message key, arguments filled in. */
void page_message(struct page *p, const char *name, const char *key, const struct str *args,
                  size_t arg_count);
struct password_problem;
/* The message of what is wrong with a new password; nothing for NULL or no problem. */
void page_problem(struct page *p, const struct password_problem *problem);
/* Whether there is such a message. */
bool page_has_message(const struct page *p, const char *key);
/* Texts of configuration: "${key}" means a message, everything else itself; absent when empty. */
struct str page_text(const struct page *p, struct str text);
/* Name of a client for people: its name, else its client_id. */
struct str page_client_name(const struct page *p, const struct client *client);
/* The language switch as buttons of a form that posts the sealed state to restart_url. */
void page_language_form(struct page *p, struct str restart_url, struct str state);
/* The language switch as links to the same path with a query of ours ("" or "token=abc&"): nothing
 * that came with the request is repeated (OA-14). */
void page_language_links(struct page *p, struct str query);
/* Renders and answers, never cached. When the page cannot be made the answer is a plain 500. */
void page_send(struct page *p, struct response *res, int status, const char *name);
/* Appends the page to out instead. */
MUST_CHECK int page_render(const struct page *p, const char *name, struct buf *out);
/* An error page of key: error.<key>.title and .text. */
void page_fail(struct request *req, struct response *res, int status, const char *key);

/* A path of ours with the base path in front: "/auth/realms/peru/...". Absent without memory. */
struct str page_path(const struct request *req, struct str path);
/* "/realms/<realm>" + path, with the base path. */
struct str page_realm_path(const struct request *req, struct str path);
/* Display name, else name of the realm; "Garita" without one. */
struct str page_realm_title(const struct request *req);

/* The sources for form-action of a page that leads to this client: Chromium holds the redirects
 * after a form to the policy of the form's page, and applications redirect further on. "https:" and
 * what the client's registered redirect URIs need beside it (loopback hosts, private-use schemes).
 * own as for redirect_uri_absolute. */
struct str page_form_sources(struct arena *a, const struct client *client, struct own_urls own);

#endif
