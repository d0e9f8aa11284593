/* /resources/{realm}/{theme}/{locale}: the texts of pages in a language, as Keycloak's consoles ask for them. */
#include "core/admin/localization.h"
#include "web/fail.h"
#include "web/request.h"
#include "web/respond.h"
#include "web/template.h"
#include "web/web.h"

#include "core/base/banned.h"

#define TEXTS_MAX_BYTES ((size_t)1 << 20)

static void write_text(struct json_writer *w, const struct str_pair *text)
{
    jw_begin_object(w);
    jw_member_str(w, "key", text->name);
    jw_member_str(w, "value", text->value);
    jw_end_object(w);
}

static int read_own(struct request *req, struct str locale, struct str_map *ret_own)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(store_read_begin(req->realm, &r));
    return localization_texts(r, req->arena, locale, ret_own);
}

/* The realm's own first, then those of the login pages that it leaves as they are. */
static int write_texts(struct request *req, struct str theme, struct str locale,
                       struct json_writer *w)
{
    const struct messages *m = template_messages(req->web->templates);
    struct str_map own;
    struct str_pair text;
    TRY(read_own(req, locale, &own));
    jw_begin_array(w);
    for (size_t i = 0; i < own.count; i++)
        write_text(w, &own.items[i]);
    bool login = str_eq(theme, STR("login"));
    for (size_t i = 0; login && messages_at(m, locale, i, &text); i++)
        if (str_absent(str_map_get(&own, text.name)))
            write_text(w, &text);
    jw_end_array(w);
    return 0;
}

static bool is_theme(struct str theme)
{
    static const char *const themes[] = {"login", "account", "admin", "email", "common", "welcome"};
    for (size_t i = 0; i < ARRAY_LEN(themes); i++)
        if (str_eq_c(theme, themes[i]))
            return true;
    return false;
}

void login_texts(struct request *req, struct response *res)
{
    struct buf b;
    struct json_writer w;
    struct str json;
    buf_init(&b, req->arena, TEXTS_MAX_BYTES);
    jw_init(&w, &b);
    int rc = is_theme(req->params[1]) ? write_texts(req, req->params[1], req->params[2], &w)
                                      : ERR_NOT_FOUND;
    if (rc == 0)
        rc = jw_finish(&w, &json);
    if (rc != 0)
        fail_page(req, res, rc);
    else
        respond_json(res, 200, json);
}
