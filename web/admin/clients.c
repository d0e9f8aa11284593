/* ~/clients: list, make, read, change, delete. */
#include "web/admin/clients.h"

#include "core/admin/client_guard.h"
#include "core/admin/client_secret.h"
#include "core/admin/clients.h"
#include "core/admin/rs_import.h"
#include "core/base/ct.h"
#include "core/model/check.h"
#include "core/port/clients.h"

#include "core/base/banned.h"

#define LIST_BATCH   200
#define ID_MAX_BYTES 36

/* --- Finding --- */

static int find_by_id(struct admin_call *call, struct client *ret_client)
{
    int rc = client_find_by_id(call->r, call->req->arena, admin_param(call, 1), ret_client);
    if (rc == ERR_NOT_FOUND)
        return err_set(&call->req->err, rc, "Could not find client");
    return rc;
}

int clients_find(struct admin_call *call, struct client *ret_client)
{
    TRY(admin_read(call));
    return find_by_id(call, ret_client);
}

int clients_find_to_change(struct admin_call *call, struct client *ret_client)
{
    TRY(admin_write(call));
    TRY(find_by_id(call, ret_client));
    return admin_may_change_client(&call->ctx, &call->caller, call->r, ret_client);
}

int clients_secret_is_shown(struct admin_call *call, const struct client *client, bool *ret_shown)
{
    *ret_shown = false;
    if (!admin_has(call, ADMIN_MANAGE_CLIENTS))
        return 0;
    int rc = admin_may_change_client(&call->ctx, &call->caller, call->r, client);
    *ret_shown = rc == 0;
    return rc == ERR_FORBIDDEN ? 0 : rc;
}

/* --- Lists --- */

struct filter {
    struct str client_id; /* absent: any */
    bool part;            /* client_id is a part of the name */
    struct str_map pairs; /* attributes */
};

static int take_filter(struct admin_call *call, struct filter *ret_filter)
{
    struct filter f = {.part = false};
    TRY(admin_query(call, "clientId", &f.client_id));
    TRY(admin_query_bool(call, "search", false, &f.part));
    TRY(admin_query_pairs(call, &f.pairs));
    if (f.part)
        f.client_id = arena_lower(call->req->arena, f.client_id);
    *ret_filter = f;
    return 0;
}

static bool matches(const struct filter *f, struct arena *scratch, const struct client *client)
{
    if (!str_absent(f->client_id)) {
        if (!f->part && !str_eq(client->client_id, f->client_id))
            return false;
        if (f->part && str_find_str(arena_lower(scratch, client->client_id), f->client_id) < 0)
            return false;
    }
    for (size_t i = 0; i < f->pairs.count; i++)
        if (!str_eq(str_map_get(&client->attributes, f->pairs.items[i].name),
                    f->pairs.items[i].value))
            return false;
    return true;
}

struct listing {
    const struct filter *filter;
    const struct admin_page *page;
    size_t limit, found; /* found: matches so far */
};

/* AD-06: no secrets in lists. */
static int write_listed(struct admin_call *call, struct arena *scratch, struct str id)
{
    struct client client;
    TRY(client_find_by_id(call->r, scratch, id, &client));
    client.secret = str_of(NULL, 0);
    represent_client(call, &client);
    return 0;
}

/* The clients after one, in memory of their own: a realm may have many. */
static int list_batch(struct admin_call *call, struct listing *l, struct str *io_after,
                      bool *ret_more)
{
    CLEANUP(arena_free) struct arena scratch;
    struct client *items;
    size_t count;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(client_list(call->r, &scratch, *io_after, LIST_BATCH, &items, &count));
    for (size_t i = 0; i < count && l->found < l->page->first + l->limit; i++) {
        if (!matches(l->filter, &scratch, &items[i]))
            continue;
        if (l->found++ >= l->page->first)
            TRY(write_listed(call, &scratch, items[i].id));
    }
    *ret_more = count == LIST_BATCH && l->found < l->page->first + l->limit;
    if (!*ret_more)
        return 0;
    *io_after = arena_str(call->req->arena, items[count - 1].client_id);
    return str_absent(*io_after) ? ERR_NO_MEMORY : 0;
}

static int list_all(struct admin_call *call, const struct filter *f, const struct admin_page *page)
{
    struct listing l = {.filter = f, .page = page, .limit = admin_page_limit(page)};
    struct str after = {NULL, 0};
    bool more = true;
    while (more)
        TRY(list_batch(call, &l, &after, &more));
    return admin_page_check(call, page, l.found > page->first ? l.found - page->first : 0);
}

/* A name as a whole is found by its index. */
static int list_one(struct admin_call *call, const struct filter *f)
{
    struct client client;
    int rc = client_find(call->r, call->req->arena, f->client_id, &client);
    if (rc == 0 && matches(f, call->req->arena, &client)) {
        client.secret = str_of(NULL, 0);
        represent_client(call, &client);
    }
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

/* As Keycloak: who may only ask sees none. */
int rest_clients_list(struct admin_call *call)
{
    struct filter f;
    struct admin_page page;
    TRY(take_filter(call, &f));
    TRY(admin_page(call, &page));
    TRY(admin_read(call));
    jw_begin_array(&call->out);
    if (admin_has(call, ADMIN_VIEW_CLIENTS)) {
        bool one = !str_absent(f.client_id) && !f.part;
        TRY(one ? list_one(call, &f) : list_all(call, &f, &page));
    }
    jw_end_array(&call->out);
    return 0;
}

/* --- One --- */

int rest_client_get(struct admin_call *call)
{
    struct client client;
    bool shown;
    TRY(clients_find(call, &client));
    TRY(clients_secret_is_shown(call, &client, &shown));
    if (!client_is_confidential(&client))
        client.secret = str_of(NULL, 0);
    else if (!shown && !str_empty(client.secret))
        client.secret = STR(SECRET_MASK);
    represent_client(call, &client);
    return 0;
}

/* As Keycloak, with a new client alone; "import" is for one that is there. */
static int take_authorization(struct admin_call *call, const struct client *client)
{
    const struct json_value *settings = json_get(call->body, "authorizationSettings");
    if (!client->authorization_services_enabled || !json_is_object(settings))
        return 0;
    TRY(admin_require(call, ADMIN_VIEW_USERS)); /* AD-07: policies name people */
    return admin_rs_import(&call->ctx, call->w, client, settings, NULL);
}

int rest_clients_create(struct admin_call *call)
{
    struct client client;
    struct str id = {NULL, 0}, client_id = STR(""), secret;
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "id", &id));
    TRY(admin_member_str(call, call->body, "clientId", &client_id));
    TRY(path_segment_check(id, ID_MAX_BYTES, "id", &call->req->err));
    TRY(admin_write(call));
    TRY(admin_client_defaults(&call->ctx, client_id, &client));
    TRY(client_body_read(call, &client, &secret));
    client.id = id;
    client.secret = secret;
    TRY(admin_client_name_check(&call->ctx, str_of(NULL, 0), client.client_id));
    TRY(admin_client_insert(&call->ctx, call->w, &client));
    TRY(take_authorization(call, &client));
    return admin_created(call, "clients", client.id);
}

/* A secret of the body that is another than ours is set by itself, with its event. */
static int change_secret(struct admin_call *call, struct str secret)
{
    struct client client;
    struct str set;
    if (str_absent(secret))
        return 0;
    TRY(find_by_id(call, &client));
    if (!client_is_confidential(&client) || ct_eq(client.secret, secret))
        return 0;
    return admin_client_secret_set(&call->ctx, call->w, &client, secret, &set);
}

int rest_client_put(struct admin_call *call)
{
    struct client before, after;
    struct str secret;
    TRY(admin_body_object(call));
    TRY(clients_find_to_change(call, &before));
    after = before;
    TRY(client_body_read(call, &after, &secret));
    TRY(admin_client_name_check(&call->ctx, before.client_id, after.client_id));
    TRY(admin_client_update(&call->ctx, call->w, &before, &after));
    return change_secret(call, secret);
}

int rest_client_remove(struct admin_call *call)
{
    struct client client;
    TRY(clients_find_to_change(call, &client));
    if (admin_client_is_management(auth_realm(&call->ctx)->name, client.client_id))
        return err_set(&call->req->err, ERR_FORBIDDEN,
                       "The client %.*s carries rights: it stays as long as its realm",
                       STR_ARG(client.client_id));
    return admin_client_delete(&call->ctx, call->w, &client);
}
