/* Representations of scopes, resources and policies. */
#include "core/admin/rs_represent.h"

#include "core/model/represent.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define PAGE           20
#define LIST_MAX_BYTES ((size_t)1 << 20)

static int linked(const struct rs_view *view, int64_t from_pk, enum rs_kind kind,
                  struct rs_objects *ret_objects)
{
    const struct rs_filter filter = {
        .client_pk = view->client->pk, .kind = kind, .from_pk = from_pk};
    return rs_list(view->r, view->a, &filter, 0, RS_OBJECTS_MAX, ret_objects);
}

/* --- Scopes and resources --- */

void rs_represent_scope(const struct rs_scope *scope, struct json_writer *w)
{
    jw_begin_object(w);
    jw_member_str(w, "id", scope->row.id);
    fields_write(rs_fields(RS_SCOPE), scope, w);
    jw_end_object(w);
}

/* Absent when there is nobody, or nothing to tell. */
static int name_of_owner(const struct rs_view *view, struct str owner, struct str *ret_name)
{
    struct user user = {.username = {NULL, 0}};
    int rc = ERR_NOT_FOUND;
    if (view->people == RS_PEOPLE_SHOWN)
        rc = user_find_by_id(view->r, view->a, owner, &user);
    *ret_name = user.username;
    return rc == ERR_NOT_FOUND ? 0 : rc;
}

static int write_owner(const struct rs_view *view, struct str owner, struct json_writer *w)
{
    struct str name;
    if (view->people == RS_PEOPLE_HIDDEN && !str_empty(owner))
        return 0;
    jw_member_object(w, "owner");
    if (str_empty(owner)) {
        jw_member_str(w, "id", view->client->id);
        jw_member_str(w, "name", view->client->client_id);
    } else {
        TRY(name_of_owner(view, owner, &name));
        jw_member_str(w, "id", owner);
        jw_member_str_opt(w, "name", name);
    }
    jw_end_object(w);
    return 0;
}

static int write_scopes(const struct rs_view *view, const struct rs_resource *resource,
                        const char *member, bool with_ids, struct json_writer *w)
{
    struct rs_objects scopes;
    TRY(linked(view, resource->row.pk, RS_SCOPE, &scopes));
    jw_member_array(w, member);
    for (size_t i = 0; i < scopes.count; i++) {
        jw_begin_object(w);
        if (with_ids)
            jw_member_str(w, "id", scopes.items[i].id);
        jw_member_str(w, "name", scopes.items[i].name);
        jw_end_object(w);
    }
    jw_end_array(w);
    return 0;
}

int rs_represent_resource(const struct rs_view *view, const struct rs_resource *resource,
                          enum rs_shape shape, struct json_writer *w)
{
    struct rs_resource shown = *resource;
    shown.uris = (struct strs){0};
    shown.attributes = (struct attrs){0};
    jw_begin_object(w);
    jw_member_str(w, "_id", resource->row.id);
    fields_write(rs_fields(RS_RESOURCE), &shown, w);
    TRY(write_owner(view, resource->row.owner, w));
    represent_strs(w, "uris", &resource->uris);
    if (shape != RS_SHAPE_BRIEF) {
        represent_attrs(w, "attributes", &resource->attributes);
        TRY(write_scopes(view, resource, "scopes", true, w));
    }
    if (shape == RS_SHAPE_UMA)
        TRY(write_scopes(view, resource, "resource_scopes", true, w));
    jw_end_object(w);
    return 0;
}

/* --- Policies --- */

/* Whether what the policy is made of is people, who are not for this reader. */
static bool is_hidden(const struct rs_view *view, const struct rs_policy *policy)
{
    const struct rs_member *member = rs_list_of(policy->row.type);
    return view->people == RS_PEOPLE_HIDDEN && member && member->about == RS_ABOUT_USER;
}

static int write_links(const struct rs_view *view, const struct rs_policy *policy,
                       struct json_writer *w)
{
    for (size_t i = 0; i < rs_member_count; i++) {
        const struct rs_member *member = &rs_members[i];
        struct rs_objects objects;
        if (member->kind != RS_MEMBER_LINKS || !str_eq_c(policy->row.type, member->type))
            continue;
        TRY(linked(view, policy->row.pk, rs_kind_of_links(member->about), &objects));
        jw_member_array(w, member->member);
        for (size_t k = 0; k < objects.count; k++)
            jw_str(w, objects.items[k].id);
        jw_end_array(w);
    }
    return 0;
}

int rs_represent_policy(const struct rs_view *view, const struct rs_policy *policy,
                        struct json_writer *w)
{
    jw_begin_object(w);
    rs_policy_write_common(policy, w);
    if (!is_hidden(view, policy))
        TRY(rs_policy_write_typed(policy, view->a, w));
    /* Keycloak leaves links to the lists of their own, but for aggregated policies. */
    if (str_eq(policy->row.type, STR(RS_TYPE_AGGREGATE)))
        TRY(write_links(view, policy, w));
    jw_end_object(w);
    return 0;
}

int rs_represent_policy_general(const struct rs_view *view, const struct rs_policy *policy,
                                struct json_writer *w)
{
    static const struct str_map none = {0};
    jw_begin_object(w);
    rs_policy_write_common(policy, w);
    represent_map(w, "config", is_hidden(view, policy) ? &none : &policy->config);
    jw_end_object(w);
    return 0;
}

/* --- Files --- */

static int export_scope(const struct rs_view *view, const struct rs_object *row,
                        struct json_writer *w)
{
    struct rs_scope scope;
    TRY(rs_object_read(view->a, row, &scope));
    rs_represent_scope(&scope, w);
    return 0;
}

static int export_resource(const struct rs_view *view, const struct rs_object *row,
                           struct json_writer *w)
{
    struct rs_resource resource;
    TRY(rs_object_read(view->a, row, &resource));
    jw_begin_object(w);
    jw_member_str(w, "_id", resource.row.id);
    fields_write(rs_fields(RS_RESOURCE), &resource, w);
    if (!str_empty(resource.row.owner))
        TRY(write_owner(view, resource.row.owner, w));
    TRY(write_scopes(view, &resource, "scopes", false, w));
    jw_end_object(w);
    return 0;
}

/* Ids of what is gone are left out. */
static int named_text(const struct rs_view *view, const struct rs_member *member, struct str text,
                      struct str *ret_text)
{
    struct rs_named_list list;
    size_t kept = 0;
    TRY(rs_named_read(member, view->a, text, &list, NULL));
    for (size_t i = 0; i < list.count; i++) {
        struct rs_named named = list.items[i];
        int rc = rs_name_of(view->r, view->a, member->about, named.id, &named.id);
        if (rc != 0 && rc != ERR_NOT_FOUND)
            return rc;
        if (rc == 0)
            list.items[kept++] = named;
    }
    list.count = kept;
    return rs_named_write_names(member, view->a, &list, ret_text);
}

static int links_text(const struct rs_view *view, const struct rs_member *member, int64_t pk,
                      struct str *ret_text)
{
    struct rs_objects objects;
    struct buf b;
    struct json_writer w;
    TRY(linked(view, pk, rs_kind_of_links(member->about), &objects));
    *ret_text = str_of(NULL, 0);
    if (objects.count == 0)
        return 0;
    buf_init(&b, view->a, LIST_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_array(&w);
    for (size_t i = 0; i < objects.count; i++)
        jw_str(&w, objects.items[i].name);
    jw_end_array(&w);
    return jw_finish(&w, ret_text);
}

static int export_member(const struct rs_view *view, const struct rs_policy *policy,
                         const struct rs_member *member, struct str *ret_text)
{
    *ret_text = str_map_get(&policy->config, str_c(member->config));
    if (member->kind == RS_MEMBER_LINKS)
        return links_text(view, member, policy->row.pk, ret_text);
    if (member->kind == RS_MEMBER_NAMES || member->kind == RS_MEMBER_MARKED)
        return named_text(view, member, *ret_text, ret_text);
    return 0;
}

static int export_policy(const struct rs_view *view, const struct rs_object *row,
                         struct json_writer *w)
{
    struct rs_policy policy;
    TRY(rs_object_read(view->a, row, &policy));
    jw_begin_object(w);
    rs_policy_write_common(&policy, w);
    jw_member_object(w, "config");
    for (size_t i = 0; i < rs_member_count; i++) {
        const struct rs_member *member = &rs_members[i];
        struct str text;
        if (!str_eq_c(policy.row.type, member->type))
            continue;
        TRY(export_member(view, &policy, member, &text));
        if (!str_empty(text))
            jw_member_str(w, member->config, text);
    }
    jw_end_object(w);
    jw_end_object(w);
    return 0;
}

typedef int export_one(const struct rs_view *view, const struct rs_object *row,
                       struct json_writer *w);

struct exporting {
    const struct rs_view *view;
    rs_after_each *after_each;
    void *context;
    struct json_writer *w;
};

/* The page is kept apart from what each object needs, which after_each may throw away. */
static int export_page(const struct exporting *e, const struct rs_filter *filter, export_one *one,
                       size_t at, size_t *ret_count)
{
    CLEANUP(arena_free) struct arena kept;
    struct rs_objects page;
    arena_init(&kept, ARENA_REQUEST_MAX_BYTES);
    TRY(rs_list(e->view->r, &kept, filter, at, PAGE, &page));
    for (size_t i = 0; i < page.count; i++) {
        TRY(one(e->view, &page.items[i], e->w));
        TRY(e->after_each(e->context));
    }
    *ret_count = page.count;
    return 0;
}

static int export_kind(const struct exporting *e, const struct rs_filter *filter, export_one *one)
{
    size_t count = PAGE;
    for (size_t at = 0; count == PAGE; at += PAGE)
        TRY(export_page(e, filter, one, at, &count));
    return 0;
}

int rs_represent_all(const struct rs_view *view, rs_after_each *after_each, void *context,
                     struct json_writer *w)
{
    const struct exporting e = {view, after_each, context, w};
    int64_t pk = view->client->pk;
    struct rs_object row;
    struct rs_settings settings;
    TRY(rs_find(view->r, view->a, pk, RS_SETTINGS, view->client->id, &row));
    TRY(rs_object_read(view->a, &row, &settings));
    jw_begin_object(w);
    fields_write(rs_fields(RS_SETTINGS), &settings, w);
    jw_member_array(w, "resources");
    TRY(export_kind(&e, &(struct rs_filter){.client_pk = pk, .kind = RS_RESOURCE},
                    export_resource));
    jw_end_array(w);
    jw_member_array(w, "policies");
    TRY(export_kind(
        &e,
        &(struct rs_filter){.client_pk = pk, .kind = RS_POLICY, .permissions = RS_NO_PERMISSION},
        export_policy));
    TRY(export_kind(
        &e,
        &(struct rs_filter){.client_pk = pk, .kind = RS_POLICY, .permissions = RS_ONLY_PERMISSION},
        export_policy));
    jw_end_array(w);
    jw_member_array(w, "scopes");
    TRY(export_kind(&e, &(struct rs_filter){.client_pk = pk, .kind = RS_SCOPE}, export_scope));
    jw_end_array(w);
    jw_end_object(w);
    return 0;
}
