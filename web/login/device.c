/* The page where people type the code that their device shows, and the last one. */
#include "web/login/device.h"

#include "web/login/page.h"

#include "core/base/banned.h"

void device_page(struct request *req, struct response *res, struct str shown, bool wrong)
{
    struct page p;
    struct arena *a = req->arena;
    page_begin(&p, req, NULL);
    tpl_set(a, p.root, "action", page_realm_path(req, STR("/device")));
    if (!str_absent(shown))
        tpl_set(a, p.root, "code", shown);
    if (wrong)
        page_message(&p, "error", "device.error", NULL, 0);
    else
        page_language_links(
            &p, str_absent(shown) ? STR("") : ARENA_CONCAT(a, STR("user_code="), shown, STR("&")));
    page_send(&p, res, wrong ? 400 : 200, "device");
}

void device_end_page(struct request *req, struct response *res, const struct authz_step *step)
{
    struct page p;
    struct page_wish wish = {.chosen = step->language};
    bool granted = step->kind == AUTHZ_STEP_DEVICE_DONE;
    page_begin(&p, req, &wish);
    page_message(&p, "heading", granted ? "device.done.heading" : "device.denied.heading", NULL, 0);
    page_message(&p, "text", granted ? "device.done.text" : "device.denied.text", NULL, 0);
    page_send(&p, res, 200, "info");
}
