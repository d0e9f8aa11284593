/* ~/authz/resource-server/resource. */
#include "core/admin/rs_import.h"
#include "core/admin/rs_search.h"
#include "core/authz/gather.h"
#include "core/model/represent.h"
#include "web/admin/resource_servers.h"

#include "core/base/banned.h"

static int find(struct admin_call *call, const struct client *client,
                struct rs_resource *ret_resource)
{
    return admin_rs_find(&call->ctx, call->r, client->pk, RS_RESOURCE, admin_param(call, 2),
                         ret_resource);
}

/* --- Lists --- */

struct query {
    struct rs_search search;
    struct str owner, scope;
    enum rs_shape shape;
};

static int take_query(struct admin_call *call, struct query *ret_query)
{
    struct query q = {.search = {.filter = {.kind = RS_RESOURCE}}};
    struct rs_filter *f = &q.search.filter;
    bool deep;
    TRY(admin_query(call, "_id", &f->id));
    TRY(admin_query(call, "name", &f->name));
    TRY(admin_query(call, "type", &f->type));
    TRY(admin_query(call, "uri", &q.search.uri));
    TRY(admin_query(call, "owner", &q.owner));
    TRY(admin_query(call, "scope", &q.scope));
    TRY(admin_query_bool(call, "exactName", false, &f->exact));
    TRY(admin_query_bool(call, "matchingUri", false, &q.search.is_path));
    TRY(admin_query_bool(call, "deep", true, &deep));
    q.shape = deep ? RS_SHAPE_WHOLE : RS_SHAPE_BRIEF;
    *ret_query = q;
    return 0;
}

/* An owner is asked for by id or name; one who is not there owns nothing. AD-07: whether there is somebody of
 * a name is for who may look at people. */
static int settle_owner(struct admin_call *call, const struct client *client, struct query *q,
                        bool *io_any)
{
    if (str_absent(q->owner))
        return 0;
    if (str_eq(q->owner, client->id) || str_eq(q->owner, client->client_id)) {
        q->search.filter.owner = STR("");
        return 0;
    }
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    static const struct rs_member user = {.member = "owner", .about = RS_ABOUT_USER};
    int rc = rs_name_resolve(&call->ctx, call->r, &user, q->owner, &q->search.filter.owner);
    *io_any &= rc == 0;
    return rc == ERR_INVALID_REQUEST ? 0 : rc;
}

static int settle_scope(struct admin_call *call, const struct client *client, struct query *q,
                        bool *io_any)
{
    struct rs_object scope;
    if (str_absent(q->scope))
        return 0;
    int rc =
        rs_find_by_name(call->r, call->req->arena, client->pk, RS_SCOPE, STR(""), q->scope, &scope);
    *io_any &= rc == 0;
    q->search.filter.to_pk = rc == 0 ? scope.pk : 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int write_page(struct admin_call *call, const struct client *client, const struct query *q,
                      const struct admin_page *page)
{
    const struct rs_view view = rs_view_of(call, client);
    struct rs_resources found;
    TRY(rs_resources_find(call->r, call->req->arena, &q->search, page->first,
                          admin_page_limit(page), &found));
    TRY(admin_page_check(call, page, found.count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < found.count; i++)
        TRY(rs_represent_resource(&view, &found.items[i], q->shape, &call->out));
    jw_end_array(&call->out);
    return 0;
}

int rest_rs_resources_list(struct admin_call *call)
{
    struct client client;
    struct admin_page page;
    struct query q;
    bool any = true;
    TRY(admin_page(call, &page));
    TRY(take_query(call, &q));
    TRY(rs_open(call, &client));
    q.search.filter.client_pk = client.pk;
    TRY(settle_owner(call, &client, &q, &any));
    TRY(settle_scope(call, &client, &q, &any));
    if (!any) {
        jw_begin_array(&call->out);
        jw_end_array(&call->out);
        return 0;
    }
    return write_page(call, &client, &q, &page);
}

int rest_rs_resource_search(struct admin_call *call)
{
    struct client client;
    struct rs_object row;
    struct rs_resource resource;
    struct str name;
    TRY(admin_query(call, "name", &name));
    if (str_absent(name))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "name", "name is missing");
    TRY(rs_open(call, &client));
    const struct rs_view view = rs_view_of(call, &client);
    int rc =
        rs_find_by_name(call->r, call->req->arena, client.pk, RS_RESOURCE, STR(""), name, &row);
    if (rc != 0)
        return rc == ERR_NOT_FOUND ? 0 : rc;
    TRY(rs_object_read(call->req->arena, &row, &resource));
    return rs_represent_resource(&view, &resource, RS_SHAPE_WHOLE, &call->out);
}

/* --- One --- */

int rest_rs_resource_get(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource;
    TRY(rs_open(call, &client));
    TRY(find(call, &client, &resource));
    const struct rs_view view = rs_view_of(call, &client);
    return rs_represent_resource(&view, &resource, RS_SHAPE_WHOLE, &call->out);
}

/* AD-07: an owner is a person, or the client. */
static int read_owner(struct admin_call *call, const struct client *client,
                      struct rs_resource *io_resource)
{
    const struct json_value *owner = json_get(call->body, "owner");
    struct str name = json_kind(owner) == JSON_STRING ? json_str(owner) : json_get_str(owner, "id");
    if (json_is_none(owner) || str_eq(name, client->id) || str_eq(name, client->client_id)) {
        io_resource->row.owner = STR("");
        return 0;
    }
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    return rs_owner_read(&call->ctx, call->r, client, call->body, &io_resource->row.owner);
}

int rest_rs_resources_create(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource = {.row = {.pk = 0}};
    struct strs scopes;
    bool given;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    fields_default(rs_fields(RS_RESOURCE), &resource);
    TRY(admin_member_str(call, call->body, "_id", &resource.row.id));
    TRY(rs_resource_merge(&call->ctx, call->body, &resource));
    TRY(rs_scopes_read(&call->ctx, call->body, &scopes, &given));
    TRY(read_owner(call, &client, &resource));
    resource.row.client_pk = client.pk;
    TRY(admin_rs_resource_insert(&call->ctx, call->w, &resource, &scopes));
    const struct rs_view view = rs_view_of(call, &client);
    TRY(rs_represent_resource(&view, &resource, RS_SHAPE_WHOLE, &call->out));
    return rs_created(call, &client, STR("resource"), resource.row.id);
}

int rest_rs_resource_put(struct admin_call *call)
{
    struct client client;
    struct rs_resource before, after;
    struct strs scopes;
    bool given;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    TRY(find(call, &client, &before));
    after = before;
    TRY(rs_resource_merge(&call->ctx, call->body, &after));
    TRY(rs_scopes_read(&call->ctx, call->body, &scopes, &given));
    return admin_rs_resource_update(&call->ctx, call->w, &before, &after, given ? &scopes : NULL);
}

int rest_rs_resource_remove(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource;
    TRY(rs_open_to_change(call, &client));
    TRY(find(call, &client, &resource));
    return admin_rs_resource_delete(&call->ctx, call->w, &resource);
}

/* --- What it is linked to --- */

/* By id, or by name as stock clients have it. */
static int find_either(struct admin_call *call, const struct client *client,
                       struct rs_resource *ret_resource)
{
    struct rs_object row;
    int rc = rs_find_by_name(call->r, call->req->arena, client->pk, RS_RESOURCE, STR(""),
                             admin_param(call, 2), &row);
    if (rc != ERR_NOT_FOUND)
        return rc == 0 ? rs_object_read(call->req->arena, &row, ret_resource) : rc;
    return find(call, client, ret_resource);
}

int rest_rs_resource_scopes(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource;
    TRY(rs_open(call, &client));
    TRY(find_either(call, &client, &resource));
    return rs_list_linked(
        call,
        &(struct rs_filter){.client_pk = client.pk, .kind = RS_SCOPE, .from_pk = resource.row.pk});
}

int rest_rs_resource_permissions(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource;
    struct rs_objects scopes, permissions;
    TRY(rs_open(call, &client));
    TRY(find(call, &client, &resource));
    const struct rs_filter own = {
        .client_pk = client.pk, .kind = RS_SCOPE, .from_pk = resource.row.pk};
    TRY(rs_list(call->r, call->req->arena, &own, 0, RS_OBJECTS_MAX, &scopes));
    TRY(rs_permissions_of(call->r, call->req->arena, &resource.row, &scopes, client.pk,
                          &permissions));
    rs_write_brief(call, &permissions);
    return 0;
}

int rest_rs_resource_attributes(struct admin_call *call)
{
    struct client client;
    struct rs_resource resource;
    TRY(rs_open(call, &client));
    TRY(find(call, &client, &resource));
    represent_attrs_value(&call->out, &resource.attributes);
    return 0;
}
