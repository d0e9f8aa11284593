/* Mappers of roles and groups. */
#include "core/oidc/mapper.h"

#include "core/jose/jws.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

static bool is_of_client(const struct role *role, struct str client_id)
{
    return str_empty(client_id) ? str_empty(role->client_id)
                                : str_eq(role->client_id, client_id) && role->client_pk != 0;
}

/* Names of the realm's roles (client_id absent) or of a client's, with a prefix. */
static int role_names(const struct mapper_run *run, struct str client_id, struct str prefix,
                      struct strs *ret_names)
{
    struct strs names = {0};
    size_t count = 0;
    for (size_t i = 0; i < run->roles->count; i++)
        count += is_of_client(&run->roles->items[i], client_id);
    names.items = ARENA_ARRAY(run->ctx->arena, count + 1, struct str);
    if (!names.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < run->roles->count; i++) {
        const struct role *role = &run->roles->items[i];
        if (!is_of_client(role, client_id))
            continue;
        struct str name = role->name;
        if (!str_empty(prefix))
            name = ARENA_CONCAT(run->ctx->arena, prefix, name);
        if (str_absent(name))
            return ERR_NO_MEMORY;
        names.items[names.count++] = name;
    }
    *ret_names = names;
    return 0;
}

/* The path of claim.name, in which one part may be "${client_id}" and then stands for the client,
 * dots included. */
static int role_path(const struct mapper_run *run, const char *fallback, struct str client_id,
                     struct claim_path *ret_path)
{
    struct str name = mapper_config(run, "claim.name");
    TRY(claim_path_parse(run->ctx->arena, str_empty(name) ? str_c(fallback) : name, ret_path));
    for (size_t i = 0; i < ret_path->count; i++)
        if (str_eq(ret_path->parts[i], STR("${client_id}")))
            ret_path->parts[i] = client_id;
    return 0;
}

static int add_names(const struct mapper_run *run, const char *fallback, struct str client_id,
                     const struct strs *names)
{
    struct claim_path path;
    int rc = role_path(run, fallback, client_id, &path);
    if (rc == ERR_INVALID_SYNTAX)
        return 0;
    TRY(rc);
    /* Single-valued role claims are an oddity, but a setting of the mapper. */
    if (str_eq(mapper_config(run, "multivalued"), STR("false")) && names->count > 0) {
        struct str json;
        if (!mapper_claim_allowed(CLAIM_FROM_ROLES, path.parts[0]))
            return 0;
        TRY(claim_json_str(run->ctx->arena, names->items[0], &json));
        return claims_set_json(run->claims, &path, json);
    }
    return mapper_add_list(run, CLAIM_FROM_ROLES, &path, names);
}

int mapper_realm_roles(const struct mapper_run *run)
{
    struct strs names;
    TRY(role_names(run, str_of(NULL, 0),
                   mapper_config(run, "usermodel.realmRoleMapping.rolePrefix"), &names));
    return add_names(run, "realm_access.roles", STR(""), &names);
}

static int add_of_client(const struct mapper_run *run, struct str client_id)
{
    struct strs names;
    TRY(role_names(run, client_id, mapper_config(run, "usermodel.clientRoleMapping.rolePrefix"),
                   &names));
    return add_names(run, "resource_access.${client_id}.roles", client_id, &names);
}

/* The clients that have a role in the list, each once. */
static int role_clients(const struct mapper_run *run, struct strs *ret_clients)
{
    for (size_t i = 0; i < run->roles->count; i++) {
        struct str client_id = run->roles->items[i].client_id;
        /* Sorted by client, but for what mappers added. */
        if (i > 0 && str_eq(client_id, run->roles->items[i - 1].client_id))
            continue;
        if (!str_empty(client_id) && !strs_has(ret_clients, client_id))
            TRY(strs_add(ret_clients, run->ctx->arena, client_id));
    }
    return 0;
}

/* What no token can hold is refused before it is put together. */
static int check_room(const struct mapper_run *run)
{
    size_t bytes = 0;
    if (run->target != MAPPER_ACCESS && run->target != MAPPER_ID)
        return 0;
    for (size_t i = 0; i < run->roles->count; i++)
        if (!str_empty(run->roles->items[i].client_id))
            bytes += run->roles->items[i].name.len;
    return bytes < JWS_MAX_BYTES
               ? 0
               : err_set(run->ctx->err, ERR_INVALID_REQUEST,
                         "The token would name too many roles: narrow the client's scope");
}

int mapper_client_roles(const struct mapper_run *run)
{
    struct str only = mapper_config(run, "usermodel.clientRoleMapping.clientId");
    struct strs clients = {0};
    if (!str_empty(only))
        return add_of_client(run, only);
    TRY(check_room(run));
    TRY(role_clients(run, &clients));
    for (size_t i = 0; i < clients.count; i++)
        TRY(add_of_client(run, clients.items[i]));
    return 0;
}

/* A token is for the clients whose roles it carries. */
int mapper_audience_resolve(const struct mapper_run *run)
{
    struct strs clients = {0};
    TRY(role_clients(run, &clients));
    for (size_t i = 0; i < clients.count; i++) {
        struct str client_id = clients.items[i];
        if (!str_eq(client_id, run->subject->client->client_id) &&
            !strs_has(run->audience, client_id))
            TRY(strs_add(run->audience, run->ctx->arena, client_id));
    }
    return 0;
}

/* "client.role" or "role" as configuration writes it: the client is known by being one. */
static void split_role(const struct mapper_run *run, struct str text, struct str *ret_client,
                       struct str *ret_name)
{
    const struct client *client;
    *ret_client = str_of(NULL, 0);
    *ret_name = text;
    for (size_t i = 1; i + 1 < text.len; i++) {
        if (text.ptr[i] != '.')
            continue;
        if (realm_view_client(run->ctx->view, str_sub(text, 0, i), &client) != 0 ||
            !str_eq(client->client_id, str_sub(text, 0, i)))
            continue;
        *ret_client = client->client_id;
        *ret_name = str_from(text, i + 1);
        return;
    }
}

static bool same_role(const struct role *role, struct str client_id, struct str name)
{
    return str_eq(role->name, name) && is_of_client(role, client_id);
}

static int copy_roles(const struct mapper_run *run, size_t extra)
{
    struct role *items = ARENA_ARRAY(run->ctx->arena, run->roles->count + extra + 1, struct role);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < run->roles->count; i++)
        items[i] = run->roles->items[i];
    run->roles->items = items;
    return 0;
}

int mapper_hardcoded_role(const struct mapper_run *run)
{
    struct str client_id, name;
    split_role(run, mapper_config(run, "role"), &client_id, &name);
    if (str_empty(name))
        return 0;
    for (size_t i = 0; i < run->roles->count; i++)
        if (same_role(&run->roles->items[i], client_id, name))
            return 0;
    TRY(copy_roles(run, 1));
    run->roles->items[run->roles->count++] = (struct role){
        .name = name,
        .client_id = client_id,
        .client_pk = str_empty(client_id) ? 0 : -1, /* any: only the name goes into the token */
    };
    return 0;
}

int mapper_role_name(const struct mapper_run *run)
{
    struct str client_id, name, new_client_id, new_name;
    split_role(run, mapper_config(run, "role"), &client_id, &name);
    split_role(run, mapper_config(run, "new.role.name"), &new_client_id, &new_name);
    if (str_empty(name) || str_empty(new_name))
        return 0;
    TRY(copy_roles(run, 0));
    for (size_t i = 0; i < run->roles->count; i++) {
        struct role *role = &run->roles->items[i];
        if (!same_role(role, client_id, name))
            continue;
        role->name = new_name;
        if (!str_absent(new_client_id))
            role->client_id = new_client_id;
    }
    return 0;
}

int mapper_groups(const struct mapper_run *run)
{
    struct groups groups = {0};
    struct strs names = {0};
    struct claim_path path;
    /* Full paths unless the configuration says otherwise, as Keycloak has it. */
    bool full = !str_eq(mapper_config(run, "full.path"), STR("false"));
    struct str name = mapper_config(run, "claim.name");
    TRY(user_groups(run->r, run->ctx->arena, run->subject->user.pk, &groups));
    names.items = ARENA_ARRAY(run->ctx->arena, groups.count + 1, struct str);
    if (!names.items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < groups.count; i++)
        names.items[names.count++] = full ? groups.items[i].path : groups.items[i].name;
    int rc = claim_path_parse(run->ctx->arena, str_empty(name) ? STR("groups") : name, &path);
    if (rc == ERR_INVALID_SYNTAX)
        return 0;
    TRY(rc);
    return mapper_add_list(run, CLAIM_FROM_USER, &path, &names);
}
