/* The page for forms that came too late. */
#include "web/login/expired.h"

#include "core/oidc/redirect_uri.h"
#include "core/port/store.h"
#include "web/login/page.h"
#include "web/web.h"

#include "core/base/banned.h"

/* Where people enter the application: its base URL, which its owner registered. */
static struct str client_entry(struct request *req)
{
    const struct form *query;
    const struct client *client;
    struct str none = {NULL, 0}, url;
    if (request_query(req, &query) != 0)
        return none;
    struct str client_id = form_get(query, "client_id");
    if (str_empty(client_id) || realm_view_client(req->realm, client_id, &client) != 0 ||
        !client->enabled || str_empty(client->base_url) ||
        redirect_uri_absolute(req->arena, client, web_own_urls(req), client->base_url, &url) != 0)
        return none;
    return redirect_uri_acceptable(url) ? url : none;
}

void expired_page(struct request *req, struct response *res)
{
    struct page p;
    page_begin(&p, req, NULL);
    tpl_set(req->arena, p.root, "again", client_entry(req));
    page_send(&p, res, 400, "expired");
}
