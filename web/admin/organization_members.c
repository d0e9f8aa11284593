/* ~/organizations/{id}/members. AD-07: who they are is for who looks at people. */
#include "core/port/organizations.h"
#include "core/port/users.h"
#include "web/admin/organizations.h"
#include "web/admin/represent.h"

#include "core/base/banned.h"

static int find_user(struct admin_call *call, struct str id, struct user *ret_user)
{
    int rc = user_find_by_id(call->r, call->req->arena, id, ret_user);
    return rc == ERR_NOT_FOUND ? admin_missing(call, "User") : rc;
}

int organizations_find_member(struct admin_call *call, const struct organization *organization,
                              struct user *ret_user)
{
    TRY(find_user(call, admin_param(call, 2), ret_user));
    int rc = organization_member_find(call->r, organization->id, ret_user->pk);
    return rc == ERR_NOT_FOUND
               ? err_set(&call->req->err, rc, "User is not a member of the organization.")
               : rc;
}

/* Everybody here was there before he joined: the organization does not manage him. */
static void represent_member(struct admin_call *call, const struct user *user, bool brief)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    represent_user_members(w, user);
    if (!brief)
        represent_user_details(w, user);
    jw_member_c(w, "membershipType", "UNMANAGED");
    jw_end_object(w);
}

/* --- The list --- */

static int check_type(struct admin_call *call, bool *ret_any)
{
    struct str type;
    TRY(admin_query(call, "membershipType", &type));
    *ret_any = str_absent(type) || str_ieq(type, STR("unmanaged"));
    return *ret_any || str_ieq(type, STR("managed"))
               ? 0
               : err_field(&call->req->err, ERR_INVALID_REQUEST, "membershipType",
                           "membershipType must be MANAGED or UNMANAGED");
}

static int list(struct admin_call *call, const struct organization *organization, bool any)
{
    struct admin_page page;
    struct str search;
    struct user *items = NULL;
    size_t count = 0;
    bool exact, brief;
    TRY(admin_page(call, &page));
    TRY(admin_query(call, "search", &search));
    TRY(admin_query_bool(call, "exact", false, &exact));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    if (!str_absent(search))
        search = arena_lower(call->req->arena, search);
    if (any)
        TRY(organization_members(call->r, call->req->arena, organization->id, search, exact,
                                 page.first, admin_page_limit(&page), &items, &count));
    TRY(admin_page_check(call, &page, count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < count; i++)
        represent_member(call, &items[i], brief);
    jw_end_array(&call->out);
    return 0;
}

int rest_organization_members(struct admin_call *call)
{
    struct organization organization;
    bool any;
    TRY(check_type(call, &any));
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    return list(call, &organization, any);
}

int rest_organization_members_count(struct admin_call *call)
{
    struct organization organization;
    int64_t count;
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(organization_members_count(call->r, organization.id, &count));
    jw_i64(&call->out, count);
    return 0;
}

int rest_organization_member(struct admin_call *call)
{
    struct organization organization;
    struct user user;
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(organizations_find_member(call, &organization, &user));
    represent_member(call, &user, false);
    return 0;
}

/* --- Joining and leaving --- */

int rest_organization_join(struct admin_call *call)
{
    struct organization organization;
    struct user user;
    struct str id;
    TRY(organizations_body_text(call, "id", &id));
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(find_user(call, id, &user));
    TRY(admin_organization_join(&call->ctx, call->w, &organization, &user));
    return admin_created(call, "users", user.id);
}

int rest_organization_leave(struct admin_call *call)
{
    struct organization organization;
    struct user user;
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(find_user(call, admin_param(call, 2), &user));
    return admin_organization_leave(&call->ctx, call->w, &organization, &user);
}

/* --- Of a person --- */

/* {user} is the last parameter, with an organization before it or not. */
static struct str last_param(const struct admin_call *call)
{
    struct str pattern = str_c(call->req->route->pattern);
    return admin_param(call, str_find_str(pattern, STR("/organizations/{id}/")) >= 0 ? 2 : 1);
}

int rest_organizations_of_member(struct admin_call *call)
{
    struct user user;
    struct strs ids;
    bool brief;
    TRY(admin_organizations_on(&call->ctx));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(admin_read(call));
    TRY(admin_require(call, ADMIN_VIEW_USERS));
    TRY(find_user(call, last_param(call), &user));
    TRY(user_organizations(call->r, call->req->arena, user.pk, &ids));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < ids.count; i++) {
        struct organization organization;
        TRY(admin_organization_find(&call->ctx, call->r, ids.items[i], &organization));
        represent_organization(call, &organization, brief);
    }
    jw_end_array(&call->out);
    return 0;
}
