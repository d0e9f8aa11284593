/* Applications of developers: /clients. Not Keycloak's. */
#include "core/account/own_clients.h"
#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/admin/held_change.h"
#include "web/account/account.h"
#include "web/body.h"
#include "web/template.h"
#include "web/web.h"

#include "core/base/banned.h"

/* --- Answers --- */

static void write_members(struct json_writer *w, const struct client *client)
{
    static const struct {
        const char *name, *attribute;
    } moments[] = {{"secretCreated", CLIENT_ATTR_SECRET_CREATED},
                   {"secretExpires", CLIENT_ATTR_SECRET_EXPIRES}};
    jw_member_str(w, "id", client->id);
    jw_member_str(w, "clientId", client->client_id);
    jw_member_c(w, "kind", own_client_kind_name(own_client_kind_of(client)));
    jw_member_str(w, "name", client->name);
    jw_member_str(w, "description", client->description);
    jw_member_bool(w, "enabled", client->enabled);
    jw_member_array(w, "redirectUris");
    for (size_t i = 0; i < client->redirect_uris.count; i++)
        jw_str(w, client->redirect_uris.items[i]);
    jw_end_array(w);
    for (size_t i = 0; i < ARRAY_LEN(moments); i++) {
        int64_t seconds;
        struct str text = str_map_get(&client->attributes, str_c(moments[i].attribute));
        if (str_to_i64(text, &seconds) == 0)
            jw_member_i64(w, moments[i].name, seconds);
    }
}

/* Shown once, when it is made (AD-06). */
static void write_with_secret(struct json_writer *w, const struct client *client, struct str secret)
{
    jw_begin_object(w);
    write_members(w, client);
    if (!str_empty(secret))
        jw_member_str(w, "secret", secret);
    jw_end_object(w);
}

/* --- Changes --- */

/* Where such a change waits for a second person, it is for an administrator to ask for it. */
static int check_four_eyes(struct account_call *call)
{
    struct four_eyes setting;
    struct held_change held;
    TRY(four_eyes_read(call->r, call->req->arena, &setting));
    if (setting.kinds == 0)
        return 0;
    TRY(held_change_judge(&call->ctx, call->w, &setting, &held));
    return held.kinds == 0 ? 0
                           : err_set(&call->req->err, ERR_FORBIDDEN,
                                     "Such a change needs a second person in this realm: ask an "
                                     "administrator");
}

static int read_redirects(struct account_call *call, const struct json_value *body,
                          struct strs *ret_uris)
{
    const struct json_value *list = json_get(body, "redirectUris"), *item;
    *ret_uris = (struct strs){0};
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        if (str_absent(json_str(item)) || ret_uris->count > OWN_CLIENT_REDIRECTS_MAX)
            return err_field(&call->req->err, ERR_INVALID_REQUEST, "redirectUris",
                             "redirectUris must be a list of at most %d texts",
                             OWN_CLIENT_REDIRECTS_MAX);
        TRY(strs_add(ret_uris, call->req->arena, json_str(item)));
    }
    return 0;
}

/* "client_account" and its like, which stand for the names of built-in clients. */
static int reserve_names(struct account_call *call, struct strs *ret_names)
{
    const struct messages *m = template_messages(call->req->web->templates);
    *ret_names = (struct strs){0};
    for (size_t i = 0; i < messages_language_count(m); i++) {
        struct str_pair text;
        for (size_t n = 0; messages_at(m, messages_language(m, i), n, &text); n++)
            if (str_starts(text.name, STR("client_")))
                TRY(strs_add(ret_names, call->req->arena, text.value));
    }
    return 0;
}

static int read_form(struct account_call *call, const struct json_value **ret_body,
                     struct own_client_form *ret_form)
{
    *ret_form = (struct own_client_form){.name = STR(""), .description = STR("")};
    TRY(body_object(call->req, ret_body));
    TRY(body_member_str(call->req, *ret_body, "name", &ret_form->name));
    TRY(body_member_str(call->req, *ret_body, "description", &ret_form->description));
    TRY(reserve_names(call, &ret_form->reserved));
    return read_redirects(call, *ret_body, &ret_form->redirect_uris);
}

/* PW-08: a secret is a factor of whoever uses it, and his who has just logged in. */
static int begin_change(struct account_call *call, struct client *ret_client)
{
    TRY(account_fresh(call));
    TRY(account_write(call, NEED_CHANGE));
    return own_client_find_to_change(&call->ctx, call->r, call->user.id, account_param(call, 0),
                                     ret_client);
}

int account_clients(struct account_call *call)
{
    struct client *items;
    size_t count;
    TRY(account_read(call));
    TRY(own_clients_list(&call->ctx, call->r, call->user.id, &items, &count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(&call->out);
        write_members(&call->out, &items[i]);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

int account_client(struct account_call *call)
{
    struct json_writer *w = &call->out;
    struct own_client_usage usage;
    struct client client;
    TRY(account_read(call));
    TRY(own_client_find(&call->ctx, call->r, call->user.id, account_param(call, 0), &client));
    TRY(own_client_usage(&call->ctx, call->r, &client, &usage));
    jw_begin_object(w);
    write_members(w, &client);
    jw_member_object(w, "usage");
    jw_member_i64(w, "days", OWN_CLIENT_USAGE_DAYS);
    jw_member_i64(w, "logins", usage.logins);
    jw_member_i64(w, "tokens", usage.tokens);
    jw_member_i64(w, "refused", usage.refused);
    jw_member_bool(w, "more", usage.is_more);
    jw_end_object(w);
    jw_end_object(w);
    return 0;
}

int account_client_create(struct account_call *call)
{
    const struct json_value *body;
    struct own_client_form form;
    struct client client;
    struct str name = {NULL, 0};
    TRY(account_fresh(call));
    TRY(read_form(call, &body, &form));
    TRY(body_member_str(call->req, body, "kind", &name));
    int kind = own_client_kind_find(name);
    if (kind < 0)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "kind",
                         "kind is one of web, single-page, service, api-key");
    TRY(account_write(call, NEED_CHANGE));
    TRY(own_client_create(&call->ctx, call->w, call->user.id, (enum own_client_kind)kind, &form,
                          &client));
    TRY(check_four_eyes(call));
    call->status = 201;
    write_with_secret(&call->out, &client, client.secret);
    return 0;
}

int account_client_change(struct account_call *call)
{
    const struct json_value *body;
    struct own_client_form form;
    struct client client;
    TRY(read_form(call, &body, &form));
    TRY(begin_change(call, &client));
    TRY(own_client_change(&call->ctx, call->w, &client, &form));
    return check_four_eyes(call);
}

int account_client_remove(struct account_call *call)
{
    struct client client;
    TRY(begin_change(call, &client));
    return admin_client_delete(&call->ctx, call->w, &client);
}

int account_client_secret(struct account_call *call)
{
    struct client client;
    struct str secret;
    TRY(begin_change(call, &client));
    TRY(admin_client_secret_set(&call->ctx, call->w, &client, str_of(NULL, 0), &secret));
    TRY(check_four_eyes(call));
    TRY(own_client_find(&call->ctx, call->r, call->user.id, account_param(call, 0), &client));
    write_with_secret(&call->out, &client, secret);
    return 0;
}
