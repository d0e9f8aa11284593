/* Policies and permissions: what they name and what they are made of. */
#include "core/admin/rs_parts.h"

#include "core/base/banned.h"

#define CLOSURE_MAX 1000 /* policies that one is made of, at all depths */

/* --- Names in lists become ids --- */

static int resolve_list(const struct auth_ctx *ctx, struct store_read *r,
                        const struct rs_member *member, struct rs_policy *io_policy,
                        struct strs *left, struct strs *io_words)
{
    struct rs_named_list list;
    size_t kept = 0;
    struct str text = str_map_get(&io_policy->config, str_c(member->config));
    TRY(rs_named_read(member, ctx->arena, text, &list, ctx->err));
    for (size_t i = 0; i < list.count; i++) {
        struct rs_named named = list.items[i];
        int rc = rs_name_resolve(ctx, r, member, named.id, &named.id);
        if (rc == ERR_INVALID_REQUEST && left) {
            TRY(strs_add(left, ctx->arena, named.id));
            continue;
        }
        TRY(rc);
        TRY(strs_add(io_words, ctx->arena, named.id));
        list.items[kept++] = named;
    }
    list.count = kept;
    TRY(rs_named_write(member, ctx->arena, &list, &text));
    return str_map_set(&io_policy->config, ctx->arena, str_c(member->config), text);
}

/* *ret_words: what the policy is found by. */
static int resolve(const struct auth_ctx *ctx, struct store_read *r, struct rs_policy *io_policy,
                   struct strs *left, struct strs *ret_words)
{
    struct strs words = {0};
    const struct rs_member *member = rs_list_of(io_policy->row.type);
    if (member)
        TRY(resolve_list(ctx, r, member, io_policy, left, &words));
    struct str type = str_map_get(&io_policy->config, STR(RS_CONFIG_RESOURCE_TYPE));
    if (!str_empty(type))
        TRY(strs_add(&words, ctx->arena, type));
    *ret_words = words;
    return 0;
}

/* --- Links --- */

struct links {
    struct rs_objects policies, resources, scopes;
};

static int find_links(const struct auth_ctx *ctx, struct store_read *r, int64_t client_pk,
                      enum rs_kind kind, const struct strs *names, const char *member,
                      struct rs_objects *ret_objects)
{
    struct rs_objects found = {ARENA_ARRAY(ctx->arena, names->count + 1, struct rs_object), 0};
    if (!found.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < names->count; i++)
        TRY(admin_rs_find_named(ctx, r, client_pk, kind, names->items[i], member,
                                &found.items[found.count++]));
    *ret_objects = found;
    return 0;
}

static int linked(const struct auth_ctx *ctx, struct store_read *r, const struct rs_object *row,
                  enum rs_kind kind, struct rs_objects *ret_objects)
{
    const struct rs_filter filter = {.client_pk = row->client_pk, .kind = kind, .from_pk = row->pk};
    *ret_objects = (struct rs_objects){NULL, 0};
    return row->pk == 0 ? 0 : rs_all(ctx, r, &filter, ret_objects);
}

/* Those that are told, else those that are there. */
static int settle_links(const struct auth_ctx *ctx, struct store_read *r,
                        const struct rs_object *row, const struct rs_wanted_links *wanted,
                        struct links *ret_links)
{
    int64_t client = row->client_pk;
    TRY(wanted->policies_given ? find_links(ctx, r, client, RS_POLICY, &wanted->policies,
                                            "policies", &ret_links->policies)
                               : linked(ctx, r, row, RS_POLICY, &ret_links->policies));
    TRY(wanted->resources_given ? find_links(ctx, r, client, RS_RESOURCE, &wanted->resources,
                                             "resources", &ret_links->resources)
                                : linked(ctx, r, row, RS_RESOURCE, &ret_links->resources));
    return wanted->scopes_given
               ? find_links(ctx, r, client, RS_SCOPE, &wanted->scopes, "scopes", &ret_links->scopes)
               : linked(ctx, r, row, RS_SCOPE, &ret_links->scopes);
}

static int wrong(const struct auth_ctx *ctx, const char *member, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, member, "%s %s", member, what);
}

static bool has_pk(const struct rs_objects *list, int64_t pk)
{
    for (size_t i = 0; i < list->count; i++)
        if (list->items[i].pk == pk)
            return true;
    return false;
}

/* Everything below the policy is looked at once; itself must not be there. */
static int check_no_circle(const struct auth_ctx *ctx, struct store_read *r,
                           const struct rs_object *row, const struct rs_objects *parts)
{
    struct rs_objects all = {ARENA_ARRAY(ctx->arena, CLOSURE_MAX, struct rs_object), 0};
    struct rs_objects next = *parts;
    if (!all.items)
        return ERR_NO_MEMORY;
    for (size_t at = 0;; at++) {
        for (size_t i = 0; i < next.count; i++) {
            if (next.items[i].pk == row->pk)
                return wrong(ctx, "policies", "would make a policy part of itself");
            if (has_pk(&all, next.items[i].pk))
                continue;
            if (all.count == CLOSURE_MAX)
                return wrong(ctx, "policies", "are made of too many others");
            all.items[all.count++] = next.items[i];
        }
        if (at == all.count)
            return 0;
        TRY(linked(ctx, r, &all.items[at], RS_POLICY, &next));
    }
}

static int check_links(const struct auth_ctx *ctx, struct store_read *r,
                       const struct rs_policy *policy, const struct links *l)
{
    struct str type = policy->row.type;
    bool scope_type = str_eq(type, STR(RS_TYPE_SCOPE));
    bool of_type = !str_empty(str_map_get(&policy->config, STR(RS_CONFIG_RESOURCE_TYPE)));
    for (size_t i = 0; i < l->policies.count; i++)
        if (rs_type_is_permission(l->policies.items[i].type))
            return wrong(ctx, "policies", "are not permissions");
    if (str_eq(type, STR(RS_TYPE_AGGREGATE)) && l->policies.count == 0)
        return wrong(ctx, "policies", "are required");
    if (scope_type && l->scopes.count == 0)
        return wrong(ctx, "scopes", "are required");
    if (str_eq(type, STR(RS_TYPE_RESOURCE)) && l->resources.count == 0 && !of_type)
        return wrong(ctx, "resources", "or resourceType are required");
    return check_no_circle(ctx, r, &policy->row, &l->policies);
}

static int put_links(struct store_write *w, const struct rs_object *row, const struct links *l,
                     const struct strs *words)
{
    TRY(rs_links_put(w, row->pk, RS_POLICY, &l->policies));
    TRY(rs_links_put(w, row->pk, RS_RESOURCE, &l->resources));
    TRY(rs_links_put(w, row->pk, RS_SCOPE, &l->scopes));
    return rs_words_put(w, row->pk, words);
}

/* --- Changing --- */

struct prepared {
    struct links links;
    struct strs words;
    struct detail details[4];
};

static int prepare(const struct auth_ctx *ctx, struct store_read *r, struct rs_policy *io_policy,
                   const struct rs_wanted_links *wanted, struct prepared *p)
{
    struct str policies, resources, scopes;
    TRY(rs_policy_check(io_policy, ctx->arena, ctx->err));
    TRY(resolve(ctx, r, io_policy, wanted->left, &p->words));
    TRY(settle_links(ctx, r, &io_policy->row, wanted, &p->links));
    TRY(check_links(ctx, r, io_policy, &p->links));
    TRY(rs_names_text(ctx, &p->links.policies, &policies));
    TRY(rs_names_text(ctx, &p->links.resources, &resources));
    TRY(rs_names_text(ctx, &p->links.scopes, &scopes));
    p->details[0] = (struct detail){"policies", policies};
    p->details[1] = (struct detail){"resources", resources};
    p->details[2] = (struct detail){"scopes", scopes};
    p->details[3] = (struct detail){NULL, {NULL, 0}};
    return 0;
}

int admin_rs_policy_insert(const struct auth_ctx *ctx, struct store_write *w,
                           struct rs_policy *io_policy, const struct rs_wanted_links *links)
{
    struct prepared p = {0};
    io_policy->row.kind = RS_POLICY;
    TRY(prepare(ctx, store_write_reader(w), io_policy, links, &p));
    TRY(rs_store_new(ctx, w, &io_policy->row, p.details));
    return put_links(w, &io_policy->row, &p.links, &p.words);
}

int admin_rs_policy_update(const struct auth_ctx *ctx, struct store_write *w,
                           const struct rs_policy *before, struct rs_policy *after,
                           const struct rs_wanted_links *links)
{
    struct prepared p = {0};
    after->row.type = before->row.type;
    TRY(prepare(ctx, store_write_reader(w), after, links, &p));
    TRY(rs_store_change(ctx, w, &before->row, &after->row, p.details));
    return put_links(w, &after->row, &p.links, &p.words);
}

/* --- Going --- */

/* Whether a policy that was linked to what goes is about nothing of that kind any more. */
static int is_empty(const struct auth_ctx *ctx, struct store_read *r, const struct rs_object *row,
                    enum rs_kind kind, bool *ret_empty)
{
    struct rs_objects left;
    const struct rs_filter filter = {.client_pk = row->client_pk, .kind = kind, .from_pk = row->pk};
    TRY(rs_list(r, ctx->arena, &filter, 0, 2, &left));
    *ret_empty = left.count < 2;
    return 0;
}

/* What goes, in the order in which it is met: the first one and whatever is made of it alone. Nothing is part
 * of itself, so that this ends. */
static int remove_policies(const struct auth_ctx *ctx, struct store_write *w,
                           const struct rs_object *first)
{
    struct store_read *r = store_write_reader(w);
    struct rs_objects queue = {ARENA_ARRAY(ctx->arena, CLOSURE_MAX, struct rs_object), 1};
    if (!queue.items)
        return ERR_NO_MEMORY;
    queue.items[0] = *first;
    for (size_t at = 0; at < queue.count; at++) {
        struct rs_objects dependent;
        const struct rs_filter filter = {
            .client_pk = first->client_pk, .kind = RS_POLICY, .to_pk = queue.items[at].pk};
        TRY(rs_all(ctx, r, &filter, &dependent));
        for (size_t i = 0; i < dependent.count; i++) {
            bool empty;
            TRY(is_empty(ctx, r, &dependent.items[i], RS_POLICY, &empty));
            if (!empty || has_pk(&queue, dependent.items[i].pk))
                continue;
            if (queue.count == CLOSURE_MAX)
                return wrong(ctx, "policies", "that hang on it are too many");
            queue.items[queue.count++] = dependent.items[i];
        }
        struct rs_policy gone;
        TRY(rs_object_read(ctx->arena, &queue.items[at], &gone));
        TRY(rs_store_removal(ctx, w, &gone.row));
    }
    return 0;
}

int admin_rs_policy_delete(const struct auth_ctx *ctx, struct store_write *w,
                           const struct rs_policy *policy)
{
    return remove_policies(ctx, w, &policy->row);
}

/* Such a permission is about other resources, too, whatever it is linked to. */
static int is_about_type(const struct auth_ctx *ctx, const struct rs_object *row, bool *ret_of_type)
{
    struct rs_policy policy;
    TRY(rs_object_read(ctx->arena, row, &policy));
    *ret_of_type = !str_empty(str_map_get(&policy.config, STR(RS_CONFIG_RESOURCE_TYPE)));
    return 0;
}

int rs_release(const struct auth_ctx *ctx, struct store_write *w, const struct rs_object *row)
{
    struct store_read *r = store_write_reader(w);
    struct rs_objects holders;
    const struct rs_filter filter = {
        .client_pk = row->client_pk, .kind = RS_POLICY, .to_pk = row->pk};
    TRY(rs_all(ctx, r, &filter, &holders));
    for (size_t i = 0; i < holders.count; i++) {
        bool empty, of_type = false;
        TRY(is_empty(ctx, r, &holders.items[i], row->kind, &empty));
        if (empty && row->kind == RS_RESOURCE)
            TRY(is_about_type(ctx, &holders.items[i], &of_type));
        if (empty && !of_type)
            TRY(remove_policies(ctx, w, &holders.items[i]));
    }
    return 0;
}

/* --- Forgetting --- */

static int without(const struct auth_ctx *ctx, const struct rs_member *member, struct str id,
                   struct rs_policy *io_policy, struct rs_named_list *ret_left)
{
    struct rs_named_list list;
    size_t kept = 0;
    struct str text = str_map_get(&io_policy->config, str_c(member->config));
    TRY(rs_named_read(member, ctx->arena, text, &list, ctx->err));
    for (size_t i = 0; i < list.count; i++)
        if (!str_eq(list.items[i].id, id))
            list.items[kept++] = list.items[i];
    list.count = kept;
    TRY(rs_named_write(member, ctx->arena, &list, &text));
    *ret_left = list;
    return str_map_set(&io_policy->config, ctx->arena, str_c(member->config), text);
}

static int put_words(struct store_write *w, struct arena *a, int64_t pk,
                     const struct rs_named_list *list)
{
    struct strs words = {0};
    for (size_t i = 0; i < list->count; i++)
        TRY(strs_add(&words, a, list->items[i].id));
    return rs_words_put(w, pk, &words);
}

static int forget_in(const struct auth_ctx *ctx, struct store_write *w, const struct rs_object *row,
                     struct str id)
{
    struct rs_policy before, after;
    struct rs_named_list left;
    const struct rs_member *member = rs_list_of(row->type);
    if (!member) /* a type of resources that is spelled like an id */
        return 0;
    TRY(rs_object_read(ctx->arena, row, &before));
    after = before;
    TRY(without(ctx, member, id, &after, &left));
    if (left.count == 0)
        return remove_policies(ctx, w, &before.row);
    TRY(rs_store_change(ctx, w, &before.row, &after.row, NULL));
    return put_words(w, ctx->arena, row->pk, &left);
}

/* With the permissions about nothing else: else these would be about everything. */
static int remove_owned(const struct auth_ctx *ctx, struct store_write *w, struct str owner)
{
    struct rs_objects owned;
    TRY(rs_owned(store_write_reader(w), ctx->arena, owner, &owned));
    for (size_t i = 0; i < owned.count; i++) {
        struct rs_resource resource;
        TRY(rs_object_read(ctx->arena, &owned.items[i], &resource));
        TRY(admin_rs_resource_delete(ctx, w, &resource));
    }
    return 0;
}

int admin_rs_forget(const struct auth_ctx *ctx, struct store_write *w, struct str id)
{
    struct rs_objects naming;
    TRY(rs_policies_with_word(store_write_reader(w), ctx->arena, id, &naming));
    for (size_t i = 0; i < naming.count; i++) {
        struct rs_object now;
        int rc = rs_find(store_write_reader(w), ctx->arena, naming.items[i].client_pk, RS_POLICY,
                         naming.items[i].id, &now);
        if (rc == ERR_NOT_FOUND) /* went with another one */
            continue;
        TRY(rc);
        TRY(forget_in(ctx, w, &now, id));
    }
    return remove_owned(ctx, w, id);
}
