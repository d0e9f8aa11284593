/* From representations to what a resource server holds. */
#include "core/admin/rs_import.h"

#include "core/port/users.h"

#include "core/base/banned.h"

#define SCOPES_MAX 1000

static int malformed(const struct auth_ctx *ctx, const char *member, const char *what)
{
    return err_field(ctx->err, ERR_INVALID_REQUEST, member, "%s must be %s", member, what);
}

/* --- Members --- */

int rs_scopes_read(const struct auth_ctx *ctx, const struct json_value *json,
                   struct strs *ret_names, bool *ret_given)
{
    const struct json_value *list = json_get(json, "scopes"), *item;
    if (json_is_none(list)) /* as the protection API spells it */
        list = json_get(json, "resource_scopes");
    *ret_names = (struct strs){0};
    *ret_given = !json_is_none(list);
    if (!*ret_given)
        return 0;
    if (!json_is_array(list) || json_count(list) > SCOPES_MAX)
        return malformed(ctx, "scopes", "a list of at most 1000 scopes");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);) {
        struct str name =
            json_kind(item) == JSON_STRING ? json_str(item) : json_get_str(item, "name");
        if (str_empty(name))
            name = json_get_str(item, "id");
        if (str_empty(name))
            return malformed(ctx, "scopes", "a list of texts, or of objects with a name");
        TRY(strs_add(ret_names, ctx->arena, name));
    }
    return 0;
}

int rs_resource_merge(const struct auth_ctx *ctx, const struct json_value *json,
                      struct rs_resource *io_resource)
{
    struct str uri = json_get_str(json, "uri");
    TRY(fields_merge(rs_fields(RS_RESOURCE), io_resource, ctx->arena, json, ctx->err));
    if (str_empty(uri) || !json_is_none(json_get(json, "uris")))
        return 0;
    io_resource->uris = (struct strs){0};
    return strs_add(&io_resource->uris, ctx->arena, uri);
}

static bool is_client(const struct client *client, struct str name)
{
    return str_eq(name, client->id) || str_eq(name, client->client_id);
}

int rs_owner_read(const struct auth_ctx *ctx, struct store_read *r, const struct client *client,
                  const struct json_value *json, struct str *ret_owner)
{
    const struct json_value *owner = json_get(json, "owner");
    struct user user;
    bool plain = json_kind(owner) == JSON_STRING;
    struct str id = plain ? json_str(owner) : json_get_str(owner, "id");
    struct str name = plain ? id : json_get_str(owner, "name");
    *ret_owner = STR("");
    if ((str_empty(id) && str_empty(name)) || is_client(client, id) || is_client(client, name))
        return 0;
    int rc = str_empty(id) ? ERR_NOT_FOUND : user_find_by_id(r, ctx->arena, id, &user);
    if (rc == ERR_NOT_FOUND && !str_empty(name)) /* a file of another realm has other ids */
        rc = user_find_by_username(r, ctx->arena, name, &user);
    if (rc == ERR_NOT_FOUND)
        return err_field(ctx->err, ERR_INVALID_REQUEST, "owner", "There is no owner %.*s",
                         STR_ARG(str_empty(name) ? id : name));
    TRY(rc);
    *ret_owner = user.id;
    return 0;
}

int rs_wanted_read(const struct auth_ctx *ctx, struct str type, const struct json_value *json,
                   struct rs_wanted_links *ret_links)
{
    struct rs_wanted_links l = {.policies_given = false};
    for (size_t i = 0; i < rs_member_count; i++) {
        const struct rs_member *member = &rs_members[i];
        if (member->kind != RS_MEMBER_LINKS || !str_eq_c(type, member->type))
            continue;
        enum rs_kind kind = rs_kind_of_links(member->about);
        struct strs *names = kind == RS_RESOURCE ? &l.resources
                             : kind == RS_SCOPE  ? &l.scopes
                                                 : &l.policies;
        bool *given = kind == RS_RESOURCE ? &l.resources_given
                      : kind == RS_SCOPE  ? &l.scopes_given
                                          : &l.policies_given;
        TRY(rs_links_read(member, ctx->arena, json, names, given, ctx->err));
    }
    *ret_links = l;
    return 0;
}

/* --- One after the other --- */

struct taking {
    const struct auth_ctx *ctx; /* its arena is for one object */
    struct store_write *w;
    const struct client *client;
    struct strs *left;
    struct arena *lasting;
};

/* The id of a file, unless something of the realm has it: then a new one. */
static int free_id(const struct taking *t, enum rs_kind kind, struct str id, struct str *ret_id)
{
    bool taken;
    TRY(rs_id_exists(store_write_reader(t->w), kind, id, &taken));
    *ret_id = taken ? str_of(NULL, 0) : id;
    return 0;
}

static int find(const struct taking *t, enum rs_kind kind, struct str owner, struct str name,
                void *ret_object)
{
    struct rs_object row;
    TRY(rs_find_by_name(store_write_reader(t->w), t->ctx->arena, t->client->pk, kind, owner, name,
                        &row));
    return rs_object_read(t->ctx->arena, &row, ret_object);
}

static int take_settings(const struct taking *t, const struct json_value *json)
{
    struct rs_settings before, after;
    TRY(admin_rs_settings(t->ctx, store_write_reader(t->w), t->client, &before));
    after = before;
    TRY(fields_merge(rs_fields(RS_SETTINGS), &after, t->ctx->arena, json, t->ctx->err));
    return admin_rs_settings_update(t->ctx, t->w, &before, &after);
}

static int take_scope(const struct taking *t, const struct json_value *json)
{
    struct rs_scope before, after = {.row = {.client_pk = t->client->pk}};
    int rc = find(t, RS_SCOPE, STR(""), json_get_str(json, "name"), &before);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == 0)
        after = before;
    else
        fields_default(rs_fields(RS_SCOPE), &after);
    TRY(fields_merge(rs_fields(RS_SCOPE), &after, t->ctx->arena, json, t->ctx->err));
    if (rc == 0)
        return admin_rs_scope_update(t->ctx, t->w, &before, &after);
    TRY(free_id(t, RS_SCOPE, json_get_str(json, "id"), &after.row.id));
    return admin_rs_scope_insert(t->ctx, t->w, &after);
}

static int take_resource(const struct taking *t, const struct json_value *json)
{
    struct rs_resource before, after = {.row = {.client_pk = t->client->pk}};
    struct strs scopes;
    struct str owner;
    bool given;
    TRY(rs_owner_read(t->ctx, store_write_reader(t->w), t->client, json, &owner));
    int rc = find(t, RS_RESOURCE, owner, json_get_str(json, "name"), &before);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == 0)
        after = before;
    else
        fields_default(rs_fields(RS_RESOURCE), &after);
    TRY(rs_resource_merge(t->ctx, json, &after));
    TRY(rs_scopes_read(t->ctx, json, &scopes, &given));
    if (rc == 0)
        return admin_rs_resource_update(t->ctx, t->w, &before, &after, given ? &scopes : NULL);
    after.row.owner = owner;
    TRY(free_id(t, RS_RESOURCE, json_get_str(json, "_id"), &after.row.id));
    return admin_rs_resource_insert(t->ctx, t->w, &after, &scopes);
}

/* Those whose parts are there already, as policies may stand in any order: *ret_done is false for one that
 * has to wait. */
static int parts_are_there(const struct taking *t, const struct rs_wanted_links *links,
                           bool *ret_there)
{
    *ret_there = true;
    for (size_t i = 0; i < links->policies.count && *ret_there; i++) {
        struct rs_object row;
        int rc = admin_rs_find_named(t->ctx, store_write_reader(t->w), t->client->pk, RS_POLICY,
                                     links->policies.items[i], "policies", &row);
        if (rc != 0 && rc != ERR_INVALID_REQUEST)
            return rc;
        *ret_there = rc == 0;
    }
    return 0;
}

static int put_policy(const struct taking *t, const struct json_value *json, struct str type,
                      const struct rs_wanted_links *links)
{
    struct rs_policy before, after = {.row = {.client_pk = t->client->pk}};
    int rc = find(t, RS_POLICY, STR(""), json_get_str(json, "name"), &before);
    if (rc != 0 && rc != ERR_NOT_FOUND)
        return rc;
    if (rc == 0)
        after = before;
    else
        fields_default(rs_fields(RS_POLICY), &after);
    if (rc == 0 && !str_eq(before.row.type, type))
        return err_field(t->ctx->err, ERR_INVALID_REQUEST, "type",
                         "Policy [%.*s] is there and of another type", STR_ARG(before.row.name));
    after.row.type = type;
    TRY(rs_policy_merge(&after, t->ctx->arena, json, t->ctx->err));
    if (rc == 0)
        return admin_rs_policy_update(t->ctx, t->w, &before, &after, links);
    TRY(free_id(t, RS_POLICY, json_get_str(json, "id"), &after.row.id));
    return admin_rs_policy_insert(t->ctx, t->w, &after, links);
}

static int try_policy(const struct taking *t, const struct json_value *json, bool *ret_done)
{
    struct rs_wanted_links links;
    struct str type = json_get_str(json, "type");
    struct strs left = {0};
    bool there;
    TRY(rs_wanted_read(t->ctx, type, json, &links));
    links.left = t->left ? &left : NULL;
    TRY(parts_are_there(t, &links, &there));
    if (there)
        TRY(put_policy(t, json, type, &links));
    for (size_t i = 0; i < left.count; i++)
        TRY(strs_add(t->left, t->lasting, left.items[i]));
    *ret_done = there;
    return 0;
}

/* Round by round: each puts at least one, or what is left names something that is nowhere. */
static int take_policies(const struct taking *t, const struct json_value *list)
{
    size_t count = json_count(list), left = count;
    bool *done = ARENA_ARRAY(t->lasting, count + 1, bool);
    if (!done)
        return ERR_NO_MEMORY;
    while (left > 0) {
        const struct json_value *json;
        size_t before = left, i = 0;
        for (struct json_iter it = json_iter(list); json_next(&it, NULL, &json); i++) {
            if (done[i])
                continue;
            TRY(try_policy(t, json, &done[i]));
            left -= done[i];
            arena_reset(t->ctx->arena);
        }
        if (left == before) /* the words are those of the last that was looked for */
            return ERR_INVALID_REQUEST;
    }
    return 0;
}

typedef int take_one(const struct taking *t, const struct json_value *json);

static int take_list(const struct taking *t, const struct json_value *list, take_one *one)
{
    const struct json_value *json;
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &json);) {
        TRY(one(t, json));
        arena_reset(t->ctx->arena);
    }
    return 0;
}

static int list_of(const struct auth_ctx *ctx, const struct json_value *json, const char *member,
                   const struct json_value **ret_list)
{
    const struct json_value *list = json_get(json, member), *item;
    *ret_list = list;
    if (json_is_none(list))
        return 0;
    if (!json_is_array(list) || json_count(list) > RS_OBJECTS_MAX)
        return malformed(ctx, member, "a list of objects");
    for (struct json_iter it = json_iter(list); json_next(&it, NULL, &item);)
        if (!json_is_object(item) || str_empty(json_get_str(item, "name")))
            return malformed(ctx, member, "a list of objects with names");
    return 0;
}

int admin_rs_import(const struct auth_ctx *ctx, struct store_write *w, const struct client *client,
                    const struct json_value *json, struct strs *left)
{
    CLEANUP(arena_free) struct arena scratch;
    struct auth_ctx inner = *ctx;
    const struct taking t = {&inner, w, client, left, ctx->arena};
    const struct json_value *scopes, *resources, *policies;
    arena_init(&scratch, ARENA_REQUEST_MAX_BYTES);
    TRY(list_of(ctx, json, "scopes", &scopes));
    TRY(list_of(ctx, json, "resources", &resources));
    TRY(list_of(ctx, json, "policies", &policies));
    inner.arena = &scratch;
    TRY(take_settings(&t, json));
    TRY(take_list(&t, scopes, take_scope));
    TRY(take_list(&t, resources, take_resource));
    return take_policies(&t, policies);
}
