/* ~/users/{id}/groups and ~/groups/{id}/members/{user}: of which groups a person is a member. */
#include "core/admin/users.h"
#include "core/port/roles.h"
#include "web/admin/represent.h"
#include "web/admin/users.h"

#include "core/base/banned.h"

/* Those whose name holds the text of ?search=, or is it with ?exact=true. */
static int list_matching(struct admin_call *call, const struct user *user,
                         struct groups *ret_groups)
{
    struct groups all;
    struct str search, lower;
    bool exact;
    size_t kept = 0;
    TRY(admin_query(call, "search", &search));
    TRY(admin_query_bool(call, "exact", false, &exact));
    TRY(user_groups(call->r, call->req->arena, user->pk, &all));
    struct str wanted = arena_lower(call->req->arena, search);
    for (size_t i = 0; i < all.count; i++) {
        lower = arena_lower(call->req->arena, all.items[i].name);
        bool fits = str_absent(search) ||
                    (exact ? str_eq(all.items[i].name, search) : str_find_str(lower, wanted) >= 0);
        if (fits)
            all.items[kept++] = all.items[i];
    }
    *ret_groups = (struct groups){all.items, kept};
    return 0;
}

int rest_user_groups(struct admin_call *call)
{
    struct user user;
    struct groups groups;
    struct admin_page page;
    bool brief;
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(users_find(call, &user));
    TRY(list_matching(call, &user, &groups));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < groups.count; i++)
        if (admin_page_has(&page, i))
            represent_group(&call->out, &groups.items[i], brief);
    jw_end_array(&call->out);
    return 0;
}

int rest_user_groups_count(struct admin_call *call)
{
    struct user user;
    struct groups groups;
    TRY(users_find(call, &user));
    TRY(list_matching(call, &user, &groups));
    jw_begin_object(&call->out);
    jw_member_i64(&call->out, "count", (int64_t)groups.count);
    jw_end_object(&call->out);
    return 0;
}

/* The two ways to write a membership name the same two, in another order. */
struct membership {
    struct user user;
    struct group group;
};

static int find_membership(struct admin_call *call, size_t user_at, size_t group_at,
                           struct membership *ret_membership)
{
    TRY(users_find_nth_to_change(call, user_at, &ret_membership->user));
    int rc = group_find_by_id(call->r, call->req->arena, admin_param(call, group_at),
                              &ret_membership->group);
    return rc == ERR_NOT_FOUND ? admin_missing(call, "Group") : rc;
}

static int join(struct admin_call *call, size_t user_at, size_t group_at)
{
    struct membership m;
    struct roles roles;
    TRY(find_membership(call, user_at, group_at, &m));
    TRY(group_roles_effective(call->r, call->req->arena, m.group.pk, &roles));
    TRY(admin_may_give(&call->ctx, &call->caller, call->r, &roles));
    return admin_user_group_join(&call->ctx, call->w, &m.user, &m.group);
}

static int leave(struct admin_call *call, size_t user_at, size_t group_at)
{
    struct membership m;
    TRY(find_membership(call, user_at, group_at, &m));
    return admin_user_group_leave(&call->ctx, call->w, &m.user, &m.group);
}

int rest_user_group_join(struct admin_call *call)
{
    return join(call, 1, 2);
}

int rest_user_group_leave(struct admin_call *call)
{
    return leave(call, 1, 2);
}

int rest_group_member_add(struct admin_call *call)
{
    return join(call, 2, 1);
}

int rest_group_member_remove(struct admin_call *call)
{
    return leave(call, 2, 1);
}
