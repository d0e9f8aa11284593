/* What carries the owner's mark and is not in the document goes: people first, then what they had. */
#include "web/apply/engine.h"

#include "core/base/banned.h"

#define REALM    "/admin/realms/{realm}"
#define GONE_MAX 1000 /* objects of a kind that one run removes */

/* An object to remove: where, and how people call it. Texts live in the outer arena. */
struct gone {
    struct str params[2];
    struct str name;
};
struct gone_list {
    struct gone *items;
    size_t count;
};

static int add(struct apply *e, struct gone_list *list, struct str first, struct str second,
               struct str name)
{
    if (list->count == GONE_MAX)
        return err_set(&e->req->err, ERR_LIMIT_REACHED,
                       "more than %d objects of one kind would go at once", GONE_MAX);
    if (!list->items)
        list->items = ARENA_ARRAY(e->req->arena, GONE_MAX, struct gone);
    if (!list->items)
        return ERR_NO_MEMORY;
    struct gone *g = &list->items[list->count++];
    g->params[0] = arena_str(e->req->arena, first);
    g->params[1] = str_absent(second) ? second : arena_str(e->req->arena, second);
    g->name = arena_str(e->req->arena, name);
    return str_absent(g->params[0]) || str_absent(g->name) ? ERR_NO_MEMORY : 0;
}

static int remove_all(struct apply *e, const char *kind, const char *pattern,
                      const struct gone_list *list)
{
    for (size_t i = 0; i < list->count; i++, apply_next(e)) {
        const struct gone *g = &list->items[i];
        const struct inner call = {
            .method = HTTP_DELETE, .pattern = pattern, .params = {g->params[0], g->params[1]}};
        row_begin(e, APPLY_DELETE, kind, g->name);
        row_end(e);
        TRY(apply_call(e, &call, NULL, NULL));
    }
    return 0;
}

static bool wants(const struct json_value *list, const char *member, struct str name)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_ieq(json_get_str(item, member), name))
            return true;
    return false;
}

/* --- Lists that come page by page and are searched by the mark --- */

struct search {
    const struct apply_kind *kind;
    const char *list; /* pattern */
    const char *name; /* member that people know it by */
    bool (*wanted)(const struct apply *e, struct str name);
};

static int mark_query(struct apply *e, struct str *ret_text)
{
    *ret_text = ARENA_CONCAT(&e->step, STR(APPLY_MARK ":\""), e->owner, STR("\""));
    return str_absent(*ret_text) ? ERR_NO_MEMORY : 0;
}

static int search_page(struct apply *e, const struct search *s, size_t first,
                       struct gone_list *list, bool *ret_more)
{
    struct inner call = {
        .method = HTTP_GET, .pattern = s->list, .query = "q", .whole_list = true, .first = first};
    const struct json_value *found, *item;
    TRY(mark_query(e, &call.query_value));
    TRY(apply_call(e, &call, &found, NULL));
    for (struct json_iter it = json_iter(found); json_next(&it, NULL, &item);) {
        struct str name = json_get_str(item, s->name);
        if (apply_is_marked(e, item) && !s->wanted(e, name))
            TRY(add(e, list, json_get_str(item, "id"), str_of(NULL, 0), name));
    }
    *ret_more = json_count(found) == APPLY_PAGE;
    apply_next(e);
    return 0;
}

static int search_all(struct apply *e, const struct search *s, struct gone_list *list)
{
    bool more = true;
    for (size_t first = 0; more; first += APPLY_PAGE)
        TRY(search_page(e, s, first, list, &more));
    return 0;
}

static bool wants_user(const struct apply *e, struct str name)
{
    return wants(json_get(e->wanted, "users"), "username", name);
}

static bool wants_client(const struct apply *e, struct str name)
{
    return wants(json_get(e->wanted, "clients"), "clientId", name);
}

static int prune_users(struct apply *e)
{
    const struct search s = {&kind_user, REALM "/users", "username", wants_user};
    struct gone_list list = {0};
    TRY(search_all(e, &s, &list));
    return remove_all(e, kind_user.name, REALM "/users/{id}", &list);
}

static int prune_clients(struct apply *e)
{
    const struct search s = {&kind_client, REALM "/clients", "clientId", wants_client};
    struct gone_list list = {0};
    TRY(search_all(e, &s, &list));
    return remove_all(e, kind_client.name, REALM "/clients/{client}", &list);
}

/* --- Groups: the tree as a whole --- */

static bool wants_path(const struct json_value *list, struct str path)
{
    struct str name;
    const struct json_value *item;
    struct str rest = str_from(path, 1);
    if (!str_next(&rest, '/', &name))
        return false;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (str_eq(json_get_str(item, "name"), name)) {
            size_t used = name.len + 1;
            return used >= path.len ||
                   wants_path(json_get(item, "subGroups"), str_from(path, used));
        }
    return false;
}

static int collect_groups(struct apply *e, const struct json_value *list, struct gone_list *gone)
{
    const struct json_value *item;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str path = json_get_str(item, "path");
        TRY(collect_groups(e, json_get(item, "subGroups"), gone)); /* what is below goes first */
        if (apply_is_marked(e, item) && !wants_path(json_get(e->wanted, "groups"), path))
            TRY(add(e, gone, json_get_str(item, "id"), str_of(NULL, 0), path));
    }
    return 0;
}

/* Groups of others go with the group above them: then it stays. */
static int remove_group(struct apply *e, const struct gone *g)
{
    const struct inner get = {
        .method = HTTP_GET, .pattern = REALM "/groups/{group}", .params = {g->params[0]}};
    const struct inner gone = {
        .method = HTTP_DELETE, .pattern = REALM "/groups/{group}", .params = {g->params[0]}};
    const struct json_value *group;
    TRY(apply_call(e, &get, &group, NULL));
    bool empty = json_i64_or(group, "subGroupCount", 0) == 0;
    row_begin(e, empty ? APPLY_DELETE : APPLY_KEEP, kind_group.name, g->name);
    row_end(e);
    return empty ? apply_call(e, &gone, NULL, NULL) : 0;
}

static int prune_groups(struct apply *e)
{
    struct inner call = {
        .method = HTTP_GET, .pattern = REALM "/groups", .query = "q", .whole_list = true};
    const struct json_value *found;
    struct gone_list list = {0};
    TRY(mark_query(e, &call.query_value));
    TRY(apply_call(e, &call, &found, NULL));
    TRY(collect_groups(e, found, &list));
    apply_next(e);
    for (size_t i = 0; i < list.count; i++, apply_next(e))
        TRY(remove_group(e, &list.items[i]));
    return 0;
}

/* --- Roles and scopes: short lists --- */

static int collect_roles(struct apply *e, const struct inner *call, const struct json_value *wanted,
                         struct str client_uuid, struct str client_name, struct gone_list *list)
{
    const struct json_value *found, *item;
    TRY(apply_call(e, call, &found, NULL));
    for (struct json_iter it = json_iter(found); json_next(&it, NULL, &item);) {
        struct str name = json_get_str(item, "name"), label = name;
        if (!apply_is_marked(e, item) || wants(wanted, "name", name))
            continue;
        if (str_absent(client_uuid)) {
            TRY(add(e, list, name, str_of(NULL, 0), label));
        } else {
            label = ARENA_CONCAT(&e->step, client_name, STR("/"), name);
            TRY(add(e, list, client_uuid, name, label));
        }
    }
    return 0;
}

static int prune_realm_roles(struct apply *e)
{
    const struct inner call = {.method = HTTP_GET, .pattern = REALM "/roles", .whole_list = true};
    struct gone_list list = {0};
    TRY(collect_roles(e, &call, json_get(json_get(e->wanted, "roles"), "realm"), str_of(NULL, 0),
                      str_of(NULL, 0), &list));
    apply_next(e);
    return remove_all(e, kind_role.name, REALM "/roles/{role}", &list);
}

/* Of clients that the document names, under roles or by themselves. */
static int prune_roles_of(struct apply *e, struct str client_name)
{
    struct gone_list list = {0};
    struct inner call = {
        .method = HTTP_GET, .pattern = REALM "/clients/{client}/roles", .whole_list = true};
    const struct json_value *wanted =
        json_get_s(json_get(json_get(e->wanted, "roles"), "client"), client_name);
    TRY(apply_find_client(e, client_name, &call.params[0]));
    TRY(collect_roles(e, &call, wanted, call.params[0], client_name, &list));
    apply_next(e);
    return remove_all(e, kind_role.name, REALM "/clients/{client}/roles/{role}", &list);
}

static int prune_client_roles(struct apply *e)
{
    const struct json_value *of_clients = json_get(json_get(e->wanted, "roles"), "client");
    const struct json_value *clients = json_get(e->wanted, "clients"), *item;
    struct str name;
    for (struct json_iter it = json_iter(clients); json_next(&it, NULL, &item);)
        TRY(prune_roles_of(e, json_get_str(item, "clientId")));
    for (struct json_iter it = json_iter(of_clients); json_next(&it, &name, &item);)
        if (!wants(clients, "clientId", name))
            TRY(prune_roles_of(e, name));
    return 0;
}

static int prune_scopes(struct apply *e)
{
    const struct inner call = {.method = HTTP_GET, .pattern = REALM "/client-scopes"};
    const struct json_value *found, *item;
    struct gone_list list = {0};
    TRY(apply_call(e, &call, &found, NULL));
    for (struct json_iter it = json_iter(found); json_next(&it, NULL, &item);) {
        struct str name = json_get_str(item, "name");
        if (apply_is_marked(e, item) && !wants(json_get(e->wanted, "clientScopes"), "name", name))
            TRY(add(e, &list, json_get_str(item, "id"), str_of(NULL, 0), name));
    }
    apply_next(e);
    return remove_all(e, kind_scope.name, REALM "/client-scopes/{scope}", &list);
}

int apply_prune(struct apply *e)
{
    TRY(prune_users(e));
    TRY(prune_groups(e));
    TRY(prune_client_roles(e));
    TRY(prune_realm_roles(e));
    TRY(prune_clients(e));
    return prune_scopes(e);
}
