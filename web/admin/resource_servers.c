/* ~/authz/resource-server: settings, and its scopes. */
#include "web/admin/resource_servers.h"

#include "core/admin/rs_import.h"

#include "core/base/banned.h"

/* --- Finding --- */

static int check_on(struct admin_call *call, const struct client *client)
{
    if (client->authorization_services_enabled)
        return 0;
    return err_set(&call->req->err, ERR_NOT_FOUND, "The client has no authorization services");
}

int rs_open(struct admin_call *call, struct client *ret_client)
{
    TRY(clients_find(call, ret_client));
    return check_on(call, ret_client);
}

int rs_open_to_change(struct admin_call *call, struct client *ret_client)
{
    TRY(clients_find_to_change(call, ret_client));
    return check_on(call, ret_client);
}

struct rs_view rs_view_of(struct admin_call *call, const struct client *client)
{
    bool sees_people = admin_has(call, ADMIN_VIEW_USERS);
    return (struct rs_view){call->r, call->req->arena, client,
                            sees_people ? RS_PEOPLE_SHOWN : RS_PEOPLE_HIDDEN};
}

void rs_write_brief(struct admin_call *call, const struct rs_objects *objects)
{
    struct json_writer *w = &call->out;
    jw_begin_array(w);
    for (size_t i = 0; i < objects->count; i++) {
        const struct rs_object *object = &objects->items[i];
        jw_begin_object(w);
        jw_member_str(w, object->kind == RS_RESOURCE ? "_id" : "id", object->id);
        jw_member_str(w, "name", object->name);
        if (object->kind == RS_POLICY)
            jw_member_str(w, "type", object->type);
        jw_end_object(w);
    }
    jw_end_array(w);
}

int rs_list_linked(struct admin_call *call, const struct rs_filter *filter)
{
    struct rs_objects objects;
    TRY(rs_list(call->r, call->req->arena, filter, 0, RS_OBJECTS_MAX, &objects));
    rs_write_brief(call, &objects);
    return 0;
}

int rs_created(struct admin_call *call, const struct client *client, struct str below,
               struct str id)
{
    struct str path = ARENA_CONCAT(call->req->arena, STR("clients/"), client->id,
                                   STR("/authz/resource-server/"), below);
    const char *text = str_absent(path) ? NULL : arena_cstr(call->req->arena, path);
    return text ? admin_created(call, text, id) : ERR_NO_MEMORY;
}

int rs_require_people(struct admin_call *call, struct str type)
{
    return str_eq(type, STR("user")) ? admin_require(call, ADMIN_VIEW_USERS) : 0;
}

/* --- Settings --- */

int rest_rs_get(struct admin_call *call)
{
    static const char *const lists[] = {"resources", "policies", "scopes"};
    struct json_writer *w = &call->out;
    struct client client;
    struct rs_settings settings;
    TRY(rs_open(call, &client));
    TRY(admin_rs_settings(&call->ctx, call->r, &client, &settings));
    jw_begin_object(w);
    jw_member_str(w, "id", client.id);
    jw_member_str(w, "clientId", client.id);
    jw_member_str(w, "name", client.client_id);
    fields_write(rs_fields(RS_SETTINGS), &settings, w);
    for (size_t i = 0; i < ARRAY_LEN(lists); i++) {
        jw_member_array(w, lists[i]);
        jw_end_array(w);
    }
    jw_end_object(w);
    return 0;
}

int rest_rs_put(struct admin_call *call)
{
    struct client client;
    struct rs_settings before, after;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    TRY(admin_rs_settings(&call->ctx, call->r, &client, &before));
    after = before;
    TRY(fields_merge(rs_fields(RS_SETTINGS), &after, call->req->arena, call->body,
                     &call->req->err));
    return admin_rs_settings_update(&call->ctx, call->w, &before, &after);
}

static int forget(void *context)
{
    struct arena *scratch = context;
    arena_reset(scratch);
    return 0;
}

/* AD-07: it names people, so it is for who may look at people. */
int rest_rs_export(struct admin_call *call)
{
    CLEANUP(arena_free) struct arena scratch;
    struct client client;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(rs_open(call, &client));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    const struct rs_view view = {call->r, &scratch, &client, RS_PEOPLE_SHOWN};
    return rs_represent_all(&view, forget, &scratch, &call->out);
}

int rest_rs_import(struct admin_call *call)
{
    struct client client;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    return admin_rs_import(&call->ctx, call->w, &client, call->body, NULL);
}

/* --- Scopes --- */

static int find_scope(struct admin_call *call, const struct client *client,
                      struct rs_scope *ret_scope)
{
    return admin_rs_find(&call->ctx, call->r, client->pk, RS_SCOPE, admin_param(call, 2),
                         ret_scope);
}

int rest_rs_scopes_list(struct admin_call *call)
{
    struct client client;
    struct admin_page page;
    struct rs_objects found;
    struct rs_filter f = {.kind = RS_SCOPE};
    TRY(admin_page(call, &page));
    TRY(admin_query(call, "scopeId", &f.id));
    TRY(admin_query(call, "name", &f.name));
    TRY(rs_open(call, &client));
    f.client_pk = client.pk;
    TRY(rs_list(call->r, call->req->arena, &f, page.first, admin_page_limit(&page), &found));
    TRY(admin_page_check(call, &page, found.count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < found.count; i++) {
        struct rs_scope scope;
        TRY(rs_object_read(call->req->arena, &found.items[i], &scope));
        rs_represent_scope(&scope, &call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

int rest_rs_scope_get(struct admin_call *call)
{
    struct client client;
    struct rs_scope scope;
    TRY(rs_open(call, &client));
    TRY(find_scope(call, &client, &scope));
    rs_represent_scope(&scope, &call->out);
    return 0;
}

/* As Keycloak: what is not there is an answer without a body. */
int rest_rs_scope_search(struct admin_call *call)
{
    struct client client;
    struct rs_object row;
    struct rs_scope scope;
    struct str name;
    TRY(admin_query(call, "name", &name));
    if (str_absent(name))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "name", "name is missing");
    TRY(rs_open(call, &client));
    int rc = rs_find_by_name(call->r, call->req->arena, client.pk, RS_SCOPE, STR(""), name, &row);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    TRY(rs_object_read(call->req->arena, &row, &scope));
    rs_represent_scope(&scope, &call->out);
    return 0;
}

int rest_rs_scopes_create(struct admin_call *call)
{
    struct client client;
    struct rs_scope scope = {.row = {.pk = 0}};
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    fields_default(rs_fields(RS_SCOPE), &scope);
    TRY(admin_member_str(call, call->body, "id", &scope.row.id));
    TRY(fields_merge(rs_fields(RS_SCOPE), &scope, call->req->arena, call->body, &call->req->err));
    scope.row.client_pk = client.pk;
    TRY(admin_rs_scope_insert(&call->ctx, call->w, &scope));
    rs_represent_scope(&scope, &call->out);
    return rs_created(call, &client, STR("scope"), scope.row.id);
}

int rest_rs_scope_put(struct admin_call *call)
{
    struct client client;
    struct rs_scope before, after;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    TRY(find_scope(call, &client, &before));
    after = before;
    TRY(fields_merge(rs_fields(RS_SCOPE), &after, call->req->arena, call->body, &call->req->err));
    return admin_rs_scope_update(&call->ctx, call->w, &before, &after);
}

int rest_rs_scope_remove(struct admin_call *call)
{
    struct client client;
    struct rs_scope scope;
    TRY(rs_open_to_change(call, &client));
    TRY(find_scope(call, &client, &scope));
    return admin_rs_scope_delete(&call->ctx, call->w, &scope);
}

static int list_of_scope(struct admin_call *call, enum rs_kind kind)
{
    struct client client;
    struct rs_scope scope;
    TRY(rs_open(call, &client));
    TRY(find_scope(call, &client, &scope));
    return rs_list_linked(
        call, &(struct rs_filter){.client_pk = client.pk, .kind = kind, .to_pk = scope.row.pk});
}

int rest_rs_scope_resources(struct admin_call *call)
{
    return list_of_scope(call, RS_RESOURCE);
}

int rest_rs_scope_permissions(struct admin_call *call)
{
    return list_of_scope(call, RS_POLICY);
}
