/* POST ~/partialImport: objects of a document put into a realm that is there, all or none, or tried and not
 * kept. Each is looked
 * for, removed and made by the Admin API's own handlers with the caller's rights (AD-03, AD-04): the line
 * asks for manage-realm, and each object for what its own call asks for. */
#include "web/apply/partial.h"

#include "web/admin/import.h"
#include "web/body.h"

#include "core/base/banned.h"

#define STEP_MAX_BYTES     ((size_t)48 << 20)
#define DOCUMENT_MAX_BYTES ((size_t)48 << 20) /* of the body, as it is taken apart */
#define ITEMS_MAX          10000

enum policy { POLICY_FAIL, POLICY_SKIP, POLICY_OVERWRITE };

struct partial {
    struct apply e;
    struct admin_call *call;
    struct arena *document; /* what came, and what is known of it */
    enum policy policy;
    struct partial_item *items; /* in the order in which one needs the other */
    size_t count, room;
};

static const char *const action_names[] = {[PARTIAL_ADDED] = "ADDED",
                                           [PARTIAL_SKIPPED] = "SKIPPED",
                                           [PARTIAL_OVERWRITTEN] = "OVERWRITTEN"};

static int malformed(struct partial *p, const char *member, const char *what)
{
    return err_field(&p->call->req->err, ERR_INVALID_REQUEST, member, "%s must be %s", member,
                     what);
}

/* --- The document --- */

static int take_policy(struct partial *p)
{
    static const char *const names[] = {
        [POLICY_FAIL] = "FAIL", [POLICY_SKIP] = "SKIP", [POLICY_OVERWRITE] = "OVERWRITE"};
    struct str name = STR("FAIL");
    TRY(admin_member_str(p->call, p->call->body, "ifResourceExists", &name));
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        if (str_eq_c(name, names[i])) {
            p->policy = (enum policy)i;
            return 0;
        }
    return malformed(p, "ifResourceExists", "FAIL, SKIP or OVERWRITE");
}

static int add_item(struct partial *p, const struct partial_item *item)
{
    if (p->count == ITEMS_MAX)
        return err_set(&p->call->req->err, ERR_LIMIT_REACHED, "at most %d objects are taken",
                       ITEMS_MAX);
    if (p->count == p->room) {
        size_t room = p->room ? 2 * p->room : 64;
        p->items = arena_grow(p->document, p->items, p->count, room, sizeof(*p->items));
        if (!p->items)
            return ERR_NO_MEMORY;
        p->room = room;
    }
    p->items[p->count++] = *item;
    return 0;
}

static int take_item(struct partial *p, const struct partial_kind *kind,
                     const struct json_value *json, struct str owner)
{
    struct partial_item item = {.kind = kind, .json = json, .owner = owner};
    if (!json_is_object(json))
        return malformed(p, kind->label, "an object");
    item.name = json_get_str(json, kind->name);
    if (kind == &partial_mapper)
        item.owner = json_get_str(json, "identityProviderAlias");
    if (str_empty(item.name) || (kind == &partial_mapper && str_empty(item.owner)))
        return err_field(&p->call->req->err, ERR_INVALID_REQUEST, kind->name,
                         "a %s without a name, or without what it belongs to", kind->label);
    return add_item(p, &item);
}

static int take_list(struct partial *p, const struct json_value *from, const char *member,
                     const struct partial_kind *kind, struct str owner)
{
    const struct json_value *list = json_get(from, member), *json;
    if (!json_is_none(list) && !json_is_array(list))
        return malformed(p, member, "a list");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &json);)
        TRY(take_item(p, kind, json, owner));
    return 0;
}

static int take_client_roles(struct partial *p, const struct json_value *roles)
{
    const struct json_value *of_clients = json_get(roles, "client"), *list, *json;
    struct str client_id;
    if (!json_is_none(of_clients) && !json_is_object(of_clients))
        return malformed(p, "roles.client", "lists by client");
    for (struct json_iter it = json_iter(of_clients); json_next(&it, &client_id, &list);) {
        if (!json_is_array(list))
            return malformed(p, "roles.client", "lists by client");
        for (struct json_iter in = json_iter(list); json_next(&in, NULL, &json);)
            TRY(take_item(p, &partial_client_role, json, client_id));
    }
    return 0;
}

static int take_document(struct partial *p)
{
    const struct json_value *body = p->call->body, *roles = json_get(body, "roles");
    const struct str none = {NULL, 0};
    TRY(take_policy(p));
    if (!json_is_none(roles) && !json_is_object(roles))
        return malformed(p, "roles", "an object");
    TRY(take_list(p, body, "clients", &partial_client, none));
    TRY(take_list(p, roles, "realm", &partial_realm_role, none));
    TRY(take_client_roles(p, roles));
    TRY(take_list(p, body, "identityProviders", &partial_provider, none));
    TRY(take_list(p, body, "identityProviderMappers", &partial_mapper, none));
    TRY(take_list(p, body, "groups", &partial_group, none));
    return take_list(p, body, "users", &partial_user, none);
}

/* --- The steps --- */

static int find_id(struct partial *p, struct partial_item *item)
{
    struct str id;
    TRY(item->kind->find(&p->e, item, &id));
    item->id = str_absent(id) ? id : arena_str(p->document, id);
    return str_absent(id) || !str_absent(item->id) ? 0 : ERR_NO_MEMORY;
}

static int look(struct partial *p, struct partial_item *item)
{
    static const enum partial_action actions[] = {
        [POLICY_SKIP] = PARTIAL_SKIPPED, [POLICY_OVERWRITE] = PARTIAL_OVERWRITTEN};
    TRY(find_id(p, item));
    if (str_absent(item->id))
        return 0;
    if (p->policy == POLICY_FAIL)
        return err_set(&p->e.req->err, ERR_CONFLICT, "it already exists");
    item->action = actions[p->policy];
    return 0;
}

static int remove_old(struct partial *p, struct partial_item *item)
{
    return item->action == PARTIAL_OVERWRITTEN ? item->kind->remove(&p->e, item) : 0;
}

static int make(struct partial *p, struct partial_item *item)
{
    return item->action == PARTIAL_SKIPPED ? 0 : item->kind->make(&p->e, item);
}

static int finish(struct partial *p, struct partial_item *item)
{
    if (item->action == PARTIAL_SKIPPED)
        return 0;
    if (item->kind->finish)
        TRY(item->kind->finish(&p->e, item));
    return find_id(p, item);
}

typedef int step_fn(struct partial *p, struct partial_item *item);

/* The object at fault stands in front of the sentence. */
static int run_one(struct partial *p, step_fn *step, struct partial_item *item)
{
    apply_next(&p->e);
    return apply_say_whose(&p->e, item->kind->label, item->name, step(p, item));
}

static int run_all(struct partial *p, step_fn *step)
{
    for (size_t i = 0; i < p->count; i++)
        TRY(run_one(p, step, &p->items[i]));
    return 0;
}

/* What needs others goes before them. */
static int run_backwards(struct partial *p, step_fn *step)
{
    for (size_t i = p->count; i > 0; i--)
        TRY(run_one(p, step, &p->items[i - 1]));
    return 0;
}

/* --- The answer --- */

static int64_t count_of(const struct partial *p, enum partial_action action)
{
    int64_t count = 0;
    for (size_t i = 0; i < p->count; i++)
        count += p->items[i].action == action;
    return count;
}

static void write_answer(const struct partial *p)
{
    struct json_writer *w = &p->call->out;
    jw_begin_object(w);
    jw_member_i64(w, "overwritten", count_of(p, PARTIAL_OVERWRITTEN));
    jw_member_i64(w, "added", count_of(p, PARTIAL_ADDED));
    jw_member_i64(w, "skipped", count_of(p, PARTIAL_SKIPPED));
    jw_member_array(w, "results");
    for (size_t i = 0; i < p->count; i++) {
        const struct partial_item *item = &p->items[i];
        jw_begin_object(w);
        jw_member_c(w, "action", action_names[item->action]);
        jw_member_c(w, "resourceType", item->kind->type);
        jw_member_str(w, "resourceName", item->name);
        jw_member_str_opt(w, "id", item->id);
        jw_end_object(w);
    }
    jw_end_array(w);
    jw_end_object(w);
}

/* --- All together --- */

static int begin_write(struct partial *p)
{
    if (p->call->w) {
        p->e.w = p->call->w;
        return 0;
    }
    TRY(store_write_begin_for(p->e.base, p->e.ctx.now, NEED_CHANGE, &p->e.w));
    return four_eyes_read(store_write_reader(p->e.w), p->e.req->arena, &p->e.four_eyes);
}

static int run(struct partial *p)
{
    TRY(apply_hash_ahead(&p->e, json_get(p->call->body, "users"), p->policy == POLICY_OVERWRITE));
    TRY(begin_write(p));
    TRY(run_all(p, look));
    TRY(run_backwards(p, remove_old));
    TRY(run_all(p, make));
    TRY(run_all(p, finish));
    write_answer(p);
    if (p->call->out.err != 0)
        return p->call->out.err;
    realm_view_release_p(&p->e.own);
    if (p->e.options->dry_run || apply_writes_for_call(&p->e))
        return 0;
    TRY(apply_judge(&p->e));
    return store_commit_p(&p->e.w, DURABLE_STANDBY);
}

/* Hashing takes processors. */
static int check_passwords(struct partial *p)
{
    const struct json_value *credential;
    size_t clear = 0;
    for (size_t i = 0; i < p->count; i++) {
        struct json_iter it = json_iter(json_get(p->items[i].json, "credentials"));
        while (p->items[i].kind == &partial_user && json_next(&it, NULL, &credential))
            clear += !json_is_none(json_get(credential, "value"));
    }
    return clear <= CLEAR_PASSWORDS_MAX
               ? 0
               : err_field(&p->call->req->err, ERR_LIMIT_REACHED, "credentials",
                           "at most %d passwords in clear are taken at once", CLEAR_PASSWORDS_MAX);
}

int rest_partial_import(struct admin_call *call)
{
    struct apply_options options = {.adopt = true};
    struct partial p = {.call = call,
                        .e = {.options = &options,
                              .caller = &call->caller,
                              .call = call,
                              .req = call->req,
                              .ctx = call->ctx,
                              .base = call->req->realm}};
    TRY(admin_query_dry_run(call, &options.dry_run));
    TRY(body_object_in(call->req, DOCUMENT_MAX_BYTES, &p.document, &call->body));
    p.e.realm = auth_realm(&call->ctx)->name;
    p.e.ctx.ret_problems = NULL; /* one sentence that names the object goes out instead */
    TRY(take_document(&p));
    TRY(check_passwords(&p));
    arena_init(&p.e.step, STEP_MAX_BYTES);
    int rc = run(&p);
    realm_view_release_p(&p.e.own);
    if (!apply_writes_for_call(&p.e))
        store_rollback_p(&p.e.w);
    arena_free(&p.e.step);
    return rc;
}
