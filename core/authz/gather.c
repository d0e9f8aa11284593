/* Permissions and policies from the store. */
#include "core/authz/gather.h"

#include "core/admin/resource_servers.h"
#include "core/base/room.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

/* --- Which permissions --- */

static bool has(const struct rs_objects *list, int64_t pk)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].pk == pk)
            return true;
    return false;
}

static int add(struct arena *a, const struct rs_object *object, struct rs_objects *io_list)
{
    if (has(io_list, object->pk))
        return 0;
    struct rs_object *items = room_for_one(a, io_list->items, io_list->count, sizeof(*items));
    if (!items)
        return ERR_NO_MEMORY;
    items[io_list->count] = *object;
    *io_list = (struct rs_objects){items, io_list->count + 1};
    return 0;
}

static int add_found(struct store_read *r, struct arena *a, const struct rs_filter *filter,
                     struct rs_objects *io_list)
{
    struct rs_objects found;
    TRY(rs_list(r, a, filter, 0, AUTHZ_POLICIES_MAX + 1, &found));
    if (found.count > AUTHZ_POLICIES_MAX)
        return ERR_LIMIT_REACHED;
    for (size_t i = 0; i < found.count; i++)
        TRY(add(a, &found.items[i], io_list));
    return 0;
}

/* Permissions for any of the scopes wherever it is: bound neither to resources nor to a type of them. */
static int find_unbound(struct store_read *r, struct arena *a, int64_t client_pk,
                        const struct rs_objects *scopes, struct rs_objects *ret_list)
{
    struct rs_objects found = {NULL, 0};
    size_t kept = 0;
    if (scopes->count > 0)
        TRY(rs_list_of_scopes(r, a, client_pk, scopes, AUTHZ_POLICIES_MAX + 1, &found));
    if (found.count > AUTHZ_POLICIES_MAX)
        return ERR_LIMIT_REACHED;
    for (size_t i = 0; i < found.count; i++) {
        struct rs_policy policy;
        TRY(rs_object_read(a, &found.items[i], &policy));
        if (str_empty(str_map_get(&policy.config, STR(RS_CONFIG_RESOURCE_TYPE))))
            found.items[kept++] = found.items[i];
    }
    *ret_list = (struct rs_objects){found.items, kept};
    return 0;
}

int rs_permissions_of(struct store_read *r, struct arena *a, const struct rs_object *resource,
                      const struct rs_objects *scopes, int64_t client_pk,
                      struct rs_objects *ret_permissions)
{
    struct rs_objects list = {NULL, 0}, unbound;
    struct rs_filter filter = {
        .client_pk = client_pk, .kind = RS_POLICY, .permissions = RS_ONLY_PERMISSION};
    if (resource) {
        filter.to_pk = resource->pk;
        TRY(add_found(r, a, &filter, &list));
    }
    if (resource && !str_empty(resource->type)) {
        filter.to_pk = 0;
        filter.word = resource->type;
        TRY(add_found(r, a, &filter, &list));
    }
    TRY(find_unbound(r, a, client_pk, scopes, &unbound));
    for (size_t i = 0; i < unbound.count; i++)
        TRY(add(a, &unbound.items[i], &list));
    *ret_permissions = list;
    return 0;
}

/* --- What they are made of --- */

static struct authz_policy *room(struct authz_request *q)
{
    struct authz_set *set = &q->set;
    if (set->count == set->room) {
        size_t more = set->room ? 2 * set->room : 16;
        struct authz_policy *items = arena_grow(q->a, set->items, set->count, more, sizeof(*items));
        if (!items)
            return NULL;
        set->items = items;
        set->room = more;
    }
    return &set->items[set->count];
}

/* Groups that are gone have a path that nobody has. */
static int paths_of_groups(struct authz_request *q, struct rs_named_list *io_list)
{
    for (size_t i = 0; i < io_list->count; i++) {
        struct group group = {.path = STR("")};
        int rc = group_find_by_id(q->r, q->a, io_list->items[i].id, &group);
        if (rc != 0 && rc != ERR_NOT_FOUND)
            return rc;
        io_list->items[i].id = group.path;
        io_list->items[i].marked &= rc == 0;
    }
    return 0;
}

static int read_list(struct authz_request *q, struct authz_policy *p)
{
    const struct rs_member *member = rs_list_of(p->policy.row.type);
    if (!member)
        return 0;
    int rc = rs_named_read(member, q->a, str_map_get(&p->policy.config, str_c(member->config)),
                           &p->named, NULL);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    return member->about == RS_ABOUT_GROUP ? paths_of_groups(q, &p->named) : 0;
}

static bool find_in_set(const struct authz_set *set, int64_t pk, size_t *ret_at)
{
    for (size_t i = 0; i < set->count; i++)
        if (set->items[i].policy.row.pk == pk) {
            *ret_at = i;
            return true;
        }
    return false;
}

/* Without its parts: these come when the set is walked through to its end. */
static int put(struct authz_request *q, const struct rs_object *row, size_t *ret_at)
{
    if (find_in_set(&q->set, row->pk, ret_at))
        return 0;
    if (q->set.count == AUTHZ_POLICIES_MAX)
        return ERR_LIMIT_REACHED;
    struct authz_policy *p = room(q);
    if (!p)
        return ERR_NO_MEMORY;
    *p = (struct authz_policy){.effect = AUTHZ_OPEN};
    TRY(rs_object_read(q->a, row, &p->policy));
    TRY(rs_object_copy(q->a, row, &p->policy.row));
    TRY(read_list(q, p));
    *ret_at = q->set.count++;
    return 0;
}

static int put_parts(struct authz_request *q, size_t at)
{
    CLEANUP(arena_free) struct arena scratch;
    struct rs_objects parts;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    const struct rs_filter filter = {
        .client_pk = q->client_pk, .kind = RS_POLICY, .from_pk = q->set.items[at].policy.row.pk};
    TRY(rs_list(q->r, &scratch, &filter, 0, RS_OBJECTS_MAX, &parts));
    size_t *places = ARENA_ARRAY(q->a, parts.count + 1, size_t);
    if (!places)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < parts.count; i++)
        TRY(put(q, &parts.items[i], &places[i]));
    q->set.items[at].parts = places; /* the set may have moved meanwhile */
    q->set.items[at].part_count = parts.count;
    return 0;
}

/* All permissions, and whatever they are made of. */
static int load(struct authz_request *q, const struct rs_objects *permissions,
                struct authz_permission *ret_permissions)
{
    size_t from = q->set.count;
    for (size_t i = 0; i < permissions->count; i++)
        TRY(put(q, &permissions->items[i], &ret_permissions[i].at));
    for (size_t at = from; at < q->set.count; at++)
        TRY(put_parts(q, at));
    return 0;
}

/* --- The answer --- */

/* Of pks in ascending order. */
static bool has_pk(const int64_t *pks, size_t count, int64_t pk)
{
    size_t low = 0, high = count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (pks[middle] < pk)
            low = middle + 1;
        else
            high = middle;
    }
    return low < count && pks[low] == pk;
}

/* Which of the scopes a permission is about; one about none of them does not count. */
static int scopes_of(struct authz_request *q, const struct rs_objects *scopes,
                     struct authz_permission *io_permission, bool *ret_counts)
{
    const struct rs_object *row = &q->set.items[io_permission->at].policy.row;
    io_permission->about = NULL;
    *ret_counts = true;
    if (str_eq(row->type, STR(RS_TYPE_RESOURCE)))
        return 0;
    CLEANUP(arena_free) struct arena scratch;
    int64_t *links;
    size_t count;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(rs_links_of(q->r, &scratch, row->pk, &links, &count));
    bool *about = ARENA_ARRAY(q->a, scopes->count + 1, bool);
    if (!about)
        return ERR_NO_MEMORY;
    *ret_counts = false;
    for (size_t i = 0; i < scopes->count; i++) {
        about[i] = has_pk(links, count, scopes->items[i].pk);
        *ret_counts |= about[i];
    }
    io_permission->about = about;
    return 0;
}

static int judge(struct authz_request *q, const struct rs_objects *scopes,
                 struct authz_permission *io_permissions, size_t *io_count)
{
    size_t kept = 0;
    for (size_t i = 0; i < *io_count; i++) {
        enum authz_effect effect;
        bool counts;
        TRY(scopes_of(q, scopes, &io_permissions[i], &counts));
        if (!counts)
            continue;
        TRY(authz_judge(&q->set, io_permissions[i].at, q->identity, q->a, &effect));
        io_permissions[kept++] = io_permissions[i];
    }
    *io_count = kept;
    return 0;
}

static struct authz_of_scope *of_scope(struct authz_request *q, int64_t scope_pk)
{
    for (size_t i = 0; i < q->of_scope_count; i++)
        if (q->of_scopes[i].scope_pk == scope_pk)
            return &q->of_scopes[i];
    return NULL;
}

/* Files a permission under those of its scopes that were learnt from that place on. */
static int file_permission(struct authz_request *q, size_t from, const struct rs_object *permission)
{
    int64_t *links;
    size_t count;
    TRY(rs_links_of(q->r, q->a, permission->pk, &links, &count));
    for (size_t i = from; i < q->of_scope_count; i++)
        if (has_pk(links, count, q->of_scopes[i].scope_pk))
            TRY(add(q->a, permission, &q->of_scopes[i].permissions));
    return 0;
}

/* Asks once for all scopes of which nothing is known yet. */
static int learn_scopes(struct authz_request *q, const struct rs_objects *scopes)
{
    size_t from = q->of_scope_count;
    struct rs_objects fresh = {ARENA_ARRAY(q->a, scopes->count + 1, struct rs_object), 0}, found;
    if (!fresh.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < scopes->count; i++) {
        if (of_scope(q, scopes->items[i].pk))
            continue;
        struct authz_of_scope *items =
            room_for_one(q->a, q->of_scopes, q->of_scope_count, sizeof(*items));
        if (!items)
            return ERR_NO_MEMORY;
        q->of_scopes = items;
        items[q->of_scope_count++] = (struct authz_of_scope){.scope_pk = scopes->items[i].pk};
        fresh.items[fresh.count++] = scopes->items[i];
    }
    TRY(find_unbound(q->r, q->a, q->client_pk, &fresh, &found));
    for (size_t i = 0; i < found.count; i++)
        TRY(file_permission(q, from, &found.items[i]));
    return 0;
}

/* As rs_permissions_of, with what is known of the scopes already. */
static int find_permissions(struct authz_request *q, struct arena *scratch,
                            const struct authz_asked *asked, struct rs_objects *ret_permissions)
{
    static const struct rs_objects none = {NULL, 0};
    TRY(rs_permissions_of(q->r, scratch, asked->resource, &none, q->client_pk, ret_permissions));
    TRY(learn_scopes(q, &asked->scopes));
    for (size_t i = 0; i < asked->scopes.count; i++) {
        const struct authz_of_scope *more = of_scope(q, asked->scopes.items[i].pk);
        for (size_t k = 0; more && k < more->permissions.count; k++)
            TRY(add(scratch, &more->permissions.items[k], ret_permissions));
    }
    return 0;
}

int authz_answer(struct authz_request *request, const struct authz_asked *asked,
                 struct authz_answer *ret_answer)
{
    CLEANUP(arena_free) struct arena scratch; /* rows that were only looked at */
    struct rs_objects found;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(find_permissions(request, &scratch, asked, &found));
    struct authz_answer answer = {
        .permissions = ARENA_ARRAY(request->a, found.count + 1, struct authz_permission),
        .permission_count = found.count,
        .scopes = ARENA_ARRAY(request->a, asked->scopes.count + 1, bool),
    };
    if (!answer.permissions || !answer.scopes)
        return ERR_NO_MEMORY;
    TRY(load(request, &found, answer.permissions));
    TRY(judge(request, &asked->scopes, answer.permissions, &answer.permission_count));
    const struct authz_question question = {
        .settings = request->settings,
        .permissions = answer.permissions,
        .permission_count = answer.permission_count,
        .scope_count = asked->scopes.count,
    };
    authz_decide(&request->set, &question, answer.scopes, &answer.granted);
    *ret_answer = answer;
    return 0;
}
