/* ~/localization: the realm's own texts. */
#include "core/admin/localization.h"

#include "web/admin/admin.h"
#include "web/respond.h"

#include "core/base/banned.h"

#define PARAM_LOCALE 1
#define PARAM_KEY    2

int rest_locales(struct admin_call *call)
{
    struct strs locales;
    TRY(admin_read(call));
    TRY(localization_locales(call->r, call->req->arena, &locales));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < locales.count; i++)
        jw_str(&call->out, locales.items[i]);
    jw_end_array(&call->out);
    return 0;
}

static int find_texts(struct admin_call *call, struct str locale, struct str_map *ret_texts)
{
    TRY(admin_read(call));
    return localization_texts(call->r, call->req->arena, locale, ret_texts);
}

static void write_missing(struct admin_call *call, const struct str_map *texts,
                          const struct str_map *before)
{
    for (size_t i = 0; i < texts->count; i++) {
        if (before && !str_absent(str_map_get(before, texts->items[i].name)))
            continue;
        jw_key_s(&call->out, texts->items[i].name);
        jw_str(&call->out, texts->items[i].value);
    }
}

int rest_texts(struct admin_call *call)
{
    struct str_map texts, fallback;
    bool falls_back;
    TRY(admin_query_bool(call, "useRealmDefaultLocaleFallback", false, &falls_back));
    TRY(find_texts(call, admin_param(call, PARAM_LOCALE), &texts));
    jw_begin_object(&call->out);
    write_missing(call, &texts, NULL);
    if (falls_back) {
        TRY(find_texts(call, auth_realm(&call->ctx)->default_locale, &fallback));
        write_missing(call, &fallback, &texts);
    }
    jw_end_object(&call->out);
    return 0;
}

int rest_texts_put(struct admin_call *call)
{
    const struct json_value *value;
    struct str key;
    TRY(admin_body_object(call));
    size_t count = json_count(call->body);
    struct str_map texts = {ARENA_ARRAY(call->req->arena, count + 1, struct str_pair), 0};
    if (!texts.items)
        return ERR_NO_MEMORY;
    for (struct json_iter it = json_iter(call->body); json_next(&it, &key, &value);) {
        if (str_absent(json_str(value)))
            return err_set(&call->req->err, ERR_INVALID_REQUEST, "Keys with texts are expected");
        texts.items[texts.count++] = (struct str_pair){key, json_str(value)};
    }
    TRY(admin_write(call));
    return localization_put(&call->ctx, call->w, admin_param(call, PARAM_LOCALE), &texts);
}

int rest_texts_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return localization_delete(&call->ctx, call->w, admin_param(call, PARAM_LOCALE),
                               str_of(NULL, 0));
}

int rest_text(struct admin_call *call)
{
    struct str_map texts;
    TRY(find_texts(call, admin_param(call, PARAM_LOCALE), &texts));
    struct str text = str_map_get(&texts, admin_param(call, PARAM_KEY));
    if (str_absent(text))
        return admin_missing(call, "Localization text");
    respond_text(call->res, 200, text);
    return 0;
}

int rest_text_put(struct admin_call *call)
{
    struct str_pair pair = {admin_param(call, PARAM_KEY), call->req->body};
    const struct str_map one = {&pair, 1};
    TRY(admin_write(call));
    return localization_put(&call->ctx, call->w, admin_param(call, PARAM_LOCALE), &one);
}

int rest_text_remove(struct admin_call *call)
{
    TRY(admin_write(call));
    return localization_delete(&call->ctx, call->w, admin_param(call, PARAM_LOCALE),
                               admin_param(call, PARAM_KEY));
}
