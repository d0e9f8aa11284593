/* Who is in a group of an organization, seen from the group and from the member: ~/organizations/{id}. The
 * groups themselves: web/admin/groups.c. */
#include "core/admin/users.h"
#include "core/port/organizations.h"
#include "core/port/roles.h"
#include "web/admin/groups.h"
#include "web/admin/organizations.h"
#include "web/admin/represent.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

struct membership {
    struct group group;
    struct user user;
    bool has_joined;
};

static int find_membership(struct admin_call *call, struct membership *ret)
{
    struct groups joined;
    TRY(groups_find_to_change(call, &ret->group));
    TRY(groups_require_people(call, true));
    TRY(users_find_nth_to_change(call, groups_param(call) + 1, &ret->user));
    TRY(user_organization_groups(call->r, call->req->arena, ret->user.pk,
                                 ret->group.organization_id, &joined));
    ret->has_joined = false;
    for (size_t i = 0; i < joined.count; i++)
        ret->has_joined |= joined.items[i].pk == ret->group.pk;
    return 0;
}

static int require_member(struct admin_call *call, const struct membership *m)
{
    int rc = organization_member_find(call->r, m->group.organization_id, m->user.pk);
    return rc == ERR_NOT_FOUND ? err_set(&call->req->err, ERR_INVALID_REQUEST,
                                         "User is not member of the organization")
                               : rc;
}

int rest_organization_group_join(struct admin_call *call)
{
    struct membership m;
    struct roles roles;
    TRY(find_membership(call, &m));
    TRY(require_member(call, &m));
    if (m.has_joined)
        return err_set(&call->req->err, ERR_CONFLICT, "User is already a member of the group");
    TRY(group_roles_effective(call->r, call->req->arena, m.group.pk, &roles));
    TRY(admin_may_give(&call->ctx, &call->caller, call->r, &roles));
    return admin_user_group_join(&call->ctx, call->w, &m.user, &m.group);
}

/* Who is not in it stays so, as Keycloak has it. */
int rest_organization_group_leave(struct admin_call *call)
{
    struct membership m;
    TRY(find_membership(call, &m));
    return m.has_joined ? admin_user_group_leave(&call->ctx, call->w, &m.user, &m.group) : 0;
}

int rest_organization_groups_of_member(struct admin_call *call)
{
    struct organization organization;
    struct admin_page page;
    struct user user;
    struct groups groups;
    bool brief;
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(organizations_find(call, &organization));
    TRY(groups_require_people(call, false));
    TRY(organizations_find_member(call, &organization, &user));
    TRY(user_organization_groups(call->r, call->req->arena, user.pk, organization.id, &groups));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < groups.count; i++)
        if (admin_page_has(&page, i))
            represent_group(&call->out, &groups.items[i], brief);
    jw_end_array(&call->out);
    return 0;
}

/* What its mappers may put people into: the groups of the organization that it is linked to. */
int rest_organization_groups_of_provider(struct admin_call *call)
{
    struct organization organization;
    struct identity_provider provider;
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_IDENTITY_PROVIDERS));
    TRY(organizations_find_provider(call, &organization, &provider));
    return rest_organization_groups_list(call);
}
