/* ~/authz/resource-server/policy and /permission, which differ in what they list. */
#include "core/admin/rs_import.h"
#include "web/admin/resource_servers.h"

#include "core/base/banned.h"

/* --- Which of the two the path is about --- */

static bool is_of_permissions(const struct admin_call *call)
{
    return str_find_str(str_c(call->req->route->pattern), STR("/resource-server/permission")) >= 0;
}

/* The last parameter: {id}, which on some lines stands behind {type}. */
static bool has_type(const struct admin_call *call)
{
    return str_find_str(str_c(call->req->route->pattern), STR("/{type}/{id}")) >= 0;
}

static int find(struct admin_call *call, const struct client *client, struct rs_policy *ret_policy)
{
    struct str id = admin_param(call, has_type(call) ? 3 : 2);
    TRY(admin_rs_find(&call->ctx, call->r, client->pk, RS_POLICY, id, ret_policy));
    bool fits = has_type(call) ? str_eq(ret_policy->row.type, admin_param(call, 2)) : true;
    if (is_of_permissions(call))
        fits &= rs_type_is_permission(ret_policy->row.type);
    return fits ? 0 : admin_missing(call, "Policy");
}

/* --- Lists --- */

struct query {
    struct rs_filter filter;
    struct str resource, scope;
    bool none; /* it asks for what is not there */
};

static int take_query(struct admin_call *call, struct query *ret_query)
{
    struct query q = {.filter = {.kind = RS_POLICY}};
    struct str permission;
    TRY(admin_query(call, is_of_permissions(call) ? "permissionId" : "policyId", &q.filter.id));
    TRY(admin_query(call, "name", &q.filter.name));
    TRY(admin_query(call, "type", &q.filter.type));
    TRY(admin_query(call, "resource", &q.resource));
    TRY(admin_query(call, "scope", &q.scope));
    TRY(admin_query(call, "permission", &permission));
    if (is_of_permissions(call) || str_ieq(permission, STR("true")))
        q.filter.permissions = RS_ONLY_PERMISSION;
    else if (str_ieq(permission, STR("false")))
        q.filter.permissions = RS_NO_PERMISSION;
    *ret_query = q;
    return 0;
}

static int settle_link(struct admin_call *call, enum rs_kind kind, struct str name, struct query *q)
{
    struct rs_object object;
    if (str_absent(name))
        return 0;
    int rc = rs_find(call->r, call->req->arena, q->filter.client_pk, kind, name, &object);
    if (rc == ERR_NOT_FOUND)
        rc = rs_find_by_name(call->r, call->req->arena, q->filter.client_pk, kind, STR(""), name,
                             &object);
    q->none |= rc == ERR_NOT_FOUND;
    q->filter.to_pk = rc == 0 ? object.pk : 0;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int write_list(struct admin_call *call, const struct client *client,
                      const struct rs_objects *found)
{
    const struct rs_view view = rs_view_of(call, client);
    jw_begin_array(&call->out);
    for (size_t i = 0; i < found->count; i++) {
        struct rs_policy policy;
        TRY(rs_object_read(call->req->arena, &found->items[i], &policy));
        TRY(rs_represent_policy_general(&view, &policy, &call->out));
    }
    jw_end_array(&call->out);
    return 0;
}

/* type absent: of every type that the query and the path ask for. */
static int list(struct admin_call *call, struct str type)
{
    struct client client;
    struct admin_page page;
    struct query q;
    struct rs_objects found = {NULL, 0};
    TRY(admin_page(call, &page));
    TRY(take_query(call, &q));
    TRY(rs_open(call, &client));
    q.filter.client_pk = client.pk;
    if (!str_absent(type))
        q.filter.type = type;
    TRY(settle_link(call, RS_SCOPE, q.scope, &q));
    TRY(settle_link(call, RS_RESOURCE, q.resource, &q));
    if (!q.none)
        TRY(rs_list(call->r, call->req->arena, &q.filter, page.first, admin_page_limit(&page),
                    &found));
    TRY(admin_page_check(call, &page, found.count));
    return write_list(call, &client, &found);
}

int rest_rs_policies_list(struct admin_call *call)
{
    return list(call, str_of(NULL, 0));
}

static int search(struct admin_call *call, struct str type)
{
    struct client client;
    struct rs_object row;
    struct rs_policy policy;
    struct str name;
    TRY(admin_query(call, "name", &name));
    if (str_absent(name))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "name", "name is missing");
    TRY(rs_open(call, &client));
    int rc = rs_find_by_name(call->r, call->req->arena, client.pk, RS_POLICY, STR(""), name, &row);
    if (rc == ERR_NOT_FOUND || (rc == 0 && !str_absent(type) && !str_eq(row.type, type)))
        return 0;
    TRY(rc);
    TRY(rs_object_read(call->req->arena, &row, &policy));
    const struct rs_view view = rs_view_of(call, &client);
    return rs_represent_policy_general(&view, &policy, &call->out);
}

int rest_rs_policy_search(struct admin_call *call)
{
    return search(call, str_of(NULL, 0));
}

int rest_rs_policy_search_type(struct admin_call *call)
{
    return search(call, admin_param(call, 2));
}

int rest_rs_policy_providers(struct admin_call *call)
{
    struct client client;
    TRY(rs_open(call, &client));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < rs_type_count; i++) {
        if (is_of_permissions(call) != rs_type_is_permission(str_c(rs_types[i].type)))
            continue;
        jw_begin_object(&call->out);
        jw_member_c(&call->out, "type", rs_types[i].type);
        jw_member_c(&call->out, "name", rs_types[i].name);
        jw_member_c(&call->out, "group", rs_types[i].group);
        jw_end_object(&call->out);
    }
    jw_end_array(&call->out);
    return 0;
}

/* --- Making --- */

static int tell_place(struct admin_call *call, const struct client *client,
                      const struct rs_object *row)
{
    struct str below = ARENA_CONCAT(
        call->req->arena, is_of_permissions(call) ? STR("permission/") : STR("policy/"), row->type);
    return str_absent(below) ? ERR_NO_MEMORY : rs_created(call, client, below, row->id);
}

static int create(struct admin_call *call, struct str type)
{
    struct client client;
    struct rs_policy policy = {.row = {.pk = 0}};
    struct rs_wanted_links links;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    fields_default(rs_fields(RS_POLICY), &policy);
    if (str_absent(type))
        TRY(admin_member_str(call, call->body, "type", &type));
    if (is_of_permissions(call) && !rs_type_is_permission(type))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "type",
                         "A permission is of the type resource or scope");
    TRY(rs_type_check(type, &call->req->err));
    TRY(rs_require_people(call, type));
    TRY(admin_member_str(call, call->body, "id", &policy.row.id));
    policy.row.type = type;
    policy.row.client_pk = client.pk;
    TRY(rs_policy_merge(&policy, call->req->arena, call->body, &call->req->err));
    TRY(rs_wanted_read(&call->ctx, type, call->body, &links));
    TRY(admin_rs_policy_insert(&call->ctx, call->w, &policy, &links));
    const struct rs_view view = rs_view_of(call, &client);
    TRY(rs_represent_policy(&view, &policy, &call->out));
    return tell_place(call, &client, &policy.row);
}

int rest_rs_policies_create(struct admin_call *call)
{
    return create(call, str_of(NULL, 0));
}

int rest_rs_policies_create_type(struct admin_call *call)
{
    return create(call, admin_param(call, 2));
}

/* --- One --- */

/* A path of one part behind the collection is an id, or a type whose policies are listed. */
int rest_rs_policy_get(struct admin_call *call)
{
    struct client client;
    struct rs_policy policy;
    struct str last = admin_param(call, 2);
    if (!has_type(call) && rs_type_exists(last))
        return list(call, last);
    TRY(rs_open(call, &client));
    TRY(find(call, &client, &policy));
    const struct rs_view view = rs_view_of(call, &client);
    return has_type(call) ? rs_represent_policy(&view, &policy, &call->out)
                          : rs_represent_policy_general(&view, &policy, &call->out);
}

int rest_rs_policy_put(struct admin_call *call)
{
    struct client client;
    struct rs_policy before, after;
    struct rs_wanted_links links;
    TRY(admin_body_object(call));
    TRY(rs_open_to_change(call, &client));
    TRY(find(call, &client, &before));
    TRY(rs_require_people(call, before.row.type));
    after = before;
    TRY(rs_policy_merge(&after, call->req->arena, call->body, &call->req->err));
    TRY(rs_wanted_read(&call->ctx, before.row.type, call->body, &links));
    TRY(admin_rs_policy_update(&call->ctx, call->w, &before, &after, &links));
    return tell_place(call, &client, &after.row); /* 201, as Keycloak */
}

int rest_rs_policy_remove(struct admin_call *call)
{
    struct client client;
    struct rs_policy policy;
    TRY(rs_open_to_change(call, &client));
    TRY(find(call, &client, &policy));
    return admin_rs_policy_delete(&call->ctx, call->w, &policy);
}

/* --- What it is linked to --- */

static int linked(struct admin_call *call, enum rs_kind kind, struct client *ret_client,
                  struct rs_objects *ret_objects)
{
    struct rs_policy policy;
    TRY(rs_open(call, ret_client));
    TRY(find(call, ret_client, &policy));
    const struct rs_filter filter = {
        .client_pk = ret_client->pk, .kind = kind, .from_pk = policy.row.pk};
    return rs_list(call->r, call->req->arena, &filter, 0, RS_OBJECTS_MAX, ret_objects);
}

int rest_rs_policy_parts(struct admin_call *call)
{
    struct client client;
    struct rs_objects objects;
    TRY(linked(call, RS_POLICY, &client, &objects));
    return write_list(call, &client, &objects);
}

int rest_rs_policy_resources(struct admin_call *call)
{
    struct client client;
    struct rs_objects objects;
    TRY(linked(call, RS_RESOURCE, &client, &objects));
    rs_write_brief(call, &objects);
    return 0;
}

int rest_rs_policy_scopes(struct admin_call *call)
{
    struct client client;
    struct rs_objects objects;
    TRY(linked(call, RS_SCOPE, &client, &objects));
    rs_write_brief(call, &objects);
    return 0;
}

int rest_rs_policy_dependents(struct admin_call *call)
{
    struct client client;
    struct rs_policy policy;
    struct rs_objects objects;
    TRY(rs_open(call, &client));
    TRY(find(call, &client, &policy));
    const struct rs_filter filter = {
        .client_pk = client.pk, .kind = RS_POLICY, .to_pk = policy.row.pk};
    TRY(rs_list(call->r, call->req->arena, &filter, 0, RS_OBJECTS_MAX, &objects));
    return write_list(call, &client, &objects);
}
