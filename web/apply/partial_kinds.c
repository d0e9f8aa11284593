/* The kinds of a partial import: which calls find, remove and make one. */
#include "web/apply/partial.h"

#include "core/base/banned.h"

#define REALM          "/admin/realms/{realm}"
#define CLIENT_ROLES   REALM "/clients/{client}/roles"
#define PROVIDERS      REALM "/identity-provider/instances"
#define MAPPERS        PROVIDERS "/{alias}/mappers"
#define BODY_MAX_BYTES ((size_t)4 << 20)

#define GET(...)    ((struct inner){.method = HTTP_GET, __VA_ARGS__})
#define POST(...)   ((struct inner){.method = HTTP_POST, __VA_ARGS__})
#define DELETE(...) ((struct inner){.method = HTTP_DELETE, __VA_ARGS__})

/* --- Bodies --- */

static void write_member(struct json_writer *w, struct str name, const struct json_value *value)
{
    if (str_eq(name, STR("protocolMappers")) && json_is_array(value)) {
        apply_write_mappers(w, NULL, value);
        return;
    }
    jw_key_s(w, name);
    jw_value(w, value);
}

/* The object as the document has it, without the members named: ids are given anew, as Keycloak does, and
 * what hangs on the object comes by its own calls. */
static int body_without(struct apply *e, const struct json_value *json, const char *names,
                        struct str *ret_body)
{
    const struct json_value *value;
    struct str name;
    struct buf b;
    struct json_writer w;
    buf_init(&b, &e->step, BODY_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    for (struct json_iter it = json_iter(json); json_next(&it, &name, &value);)
        if (!str_has_word(str_c(names), name) && !json_is_none(value))
            write_member(&w, name, value);
    jw_end_object(&w);
    return jw_finish(&w, ret_body);
}

static int post(struct apply *e, struct inner call, const struct json_value *json,
                const char *without, struct str *ret_id)
{
    TRY(body_without(e, json, without, &call.body));
    return apply_call(e, &call, NULL, ret_id);
}

/* The id of what a GET shows: of the object, or of the first of a list. */
static int look_id(struct apply *e, const struct inner *call, const char *member,
                   struct str *ret_id)
{
    const struct json_value *found;
    TRY(apply_look(e, call, &found));
    *ret_id = json_get_str(json_is_array(found) ? json_at(found, 0) : found, member);
    return 0;
}

static int call_off(struct apply *e, const struct inner *call)
{
    return apply_call(e, call, NULL, NULL);
}

/* --- Clients --- */

static int find_client(struct apply *e, struct str client_id, struct str *ret_id)
{
    const struct inner list =
        GET(.pattern = REALM "/clients", .query = "clientId", .query_value = client_id);
    return look_id(e, &list, "id", ret_id);
}

static int client_find_by_name(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    return find_client(e, item->name, ret_id);
}

static int client_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = REALM "/clients/{client}", .params = {item->id});
    return call_off(e, &call);
}

static int client_make(struct apply *e, const struct partial_item *item)
{
    return post(e, POST(.pattern = REALM "/clients"), item->json, "id", NULL);
}

/* --- Roles --- */

static int realm_role_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    const struct inner get = GET(.pattern = REALM "/roles/{role}", .params = {item->name});
    return look_id(e, &get, "id", ret_id);
}

static int realm_role_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = REALM "/roles/{role}", .params = {item->name});
    return call_off(e, &call);
}

static int realm_role_make(struct apply *e, const struct partial_item *item)
{
    return post(e, POST(.pattern = REALM "/roles"), item->json, "id composites", NULL);
}

/* A client that comes with the same document has no roles yet. */
static int client_role_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    struct inner get = GET(.pattern = CLIENT_ROLES "/{role}");
    *ret_id = str_of(NULL, 0);
    TRY(find_client(e, item->owner, &get.params[0]));
    if (str_absent(get.params[0]))
        return 0;
    get.params[1] = item->name;
    return look_id(e, &get, "id", ret_id);
}

static int client_role_remove(struct apply *e, const struct partial_item *item)
{
    struct inner call = DELETE(.pattern = CLIENT_ROLES "/{role}");
    TRY(apply_find_client(e, item->owner, &call.params[0]));
    call.params[1] = item->name;
    return call_off(e, &call);
}

static int client_role_make(struct apply *e, const struct partial_item *item)
{
    struct inner call = POST(.pattern = CLIENT_ROLES);
    TRY(apply_find_client(e, item->owner, &call.params[0]));
    return post(e, call, item->json, "id composites", NULL);
}

static int role_finish(struct apply *e, const struct partial_item *item)
{
    const struct json_value *composites = json_get(item->json, "composites");
    struct apply_parts parts = {.name = item->name,
                                .pattern = REALM "/roles/{role}/composites",
                                .params = {item->name},
                                .of_realm = json_get(composites, "realm"),
                                .of_clients = json_get(composites, "client"),
                                .ours = true,
                                .quiet = true};
    if (json_is_none(parts.of_realm) && json_is_none(parts.of_clients))
        return 0;
    if (!str_absent(item->owner)) {
        parts.pattern = CLIENT_ROLES "/{role}/composites";
        parts.params[1] = item->name;
        TRY(apply_find_client(e, item->owner, &parts.params[0]));
    }
    return apply_composites(e, &parts);
}

/* --- Identity providers and their mappers --- */

static int provider_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    const struct inner get = GET(.pattern = PROVIDERS "/{alias}", .params = {item->name});
    return look_id(e, &get, "internalId", ret_id);
}

static int provider_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = PROVIDERS "/{alias}", .params = {item->name});
    return call_off(e, &call);
}

static int provider_make(struct apply *e, const struct partial_item *item)
{
    return post(e, POST(.pattern = PROVIDERS), item->json, "internalId", NULL);
}

static int mapper_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    const struct inner list = GET(.pattern = MAPPERS, .params = {item->owner});
    const struct json_value *all, *mapper;
    *ret_id = str_of(NULL, 0);
    TRY(apply_look(e, &list, &all));
    for (struct json_iter it = json_iter(all); json_next(&it, NULL, &mapper);)
        if (str_eq(json_get_str(mapper, "name"), item->name))
            *ret_id = json_get_str(mapper, "id");
    return 0;
}

static int mapper_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = MAPPERS "/{id}", .params = {item->owner, item->id});
    return call_off(e, &call);
}

static int mapper_make(struct apply *e, const struct partial_item *item)
{
    return post(e, POST(.pattern = MAPPERS, .params = {item->owner}), item->json, "id", NULL);
}

/* --- Groups, with those below --- */

#define GROUP_PARTS "id path parentId subGroups subGroupCount realmRoles clientRoles access"

static int group_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    const struct inner get = GET(.pattern = REALM "/group-by-path/{path*}",
                                 .params = {ARENA_CONCAT(&e->step, STR("/"), item->name)});
    if (str_absent(get.params[0]))
        return ERR_NO_MEMORY;
    return look_id(e, &get, "id", ret_id);
}

static int group_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = REALM "/groups/{group}", .params = {item->id});
    return call_off(e, &call);
}

/* At most as deep as JSON may be. */
static int make_group(struct apply *e, const struct json_value *json, struct inner where)
{
    const struct json_value *below = json_get(json, "subGroups"), *item;
    struct str id;
    TRY(post(e, where, json, GROUP_PARTS, &id));
    TRY(apply_group_roles(e, json, json_get_str(json, "name"), id, true, true));
    for (struct json_iter it = json_iter(below); json_next(&it, NULL, &item);)
        TRY(make_group(e, item, POST(.pattern = REALM "/groups/{group}/children", .params = {id})));
    return 0;
}

static int group_make(struct apply *e, const struct partial_item *item)
{
    return make_group(e, item->json, POST(.pattern = REALM "/groups"));
}

/* --- People --- */

#define USER_PARTS                                                                                 \
    "id groups realmRoles clientRoles federatedIdentities clientConsents access totp notBefore "   \
    "createdTimestamp disableableCredentialTypes serviceAccountClientId"

static int find_user(struct apply *e, const char *by, struct str value, struct str *ret_id)
{
    const struct inner list =
        GET(.pattern = REALM "/users", .query = by, .query_value = value, .whole_list = true);
    return look_id(e, &list, "id", ret_id);
}

static int find_service_account(struct apply *e, struct str client_id, struct str *ret_id)
{
    struct inner get = GET(.pattern = REALM "/clients/{client}/service-account-user");
    TRY(find_client(e, client_id, &get.params[0]));
    *ret_id = get.params[0];
    return str_absent(get.params[0]) ? 0 : look_id(e, &get, "id", ret_id);
}

/* By name, or by an address that is nobody else's. */
static int user_find(struct apply *e, const struct partial_item *item, struct str *ret_id)
{
    struct str email = json_get_str(item->json, "email");
    struct str client_id = apply_service_client_of(item->json, item->name);
    if (!str_absent(client_id))
        return find_service_account(e, client_id, ret_id);
    TRY(find_user(e, "username", item->name, ret_id));
    if (!str_absent(*ret_id) || str_empty(email) || auth_realm(&e->ctx)->duplicate_emails_allowed)
        return 0;
    return find_user(e, "email", email, ret_id);
}

/* A service account goes with its client, and stays with it. */
static int user_remove(struct apply *e, const struct partial_item *item)
{
    const struct inner call = DELETE(.pattern = REALM "/users/{id}", .params = {item->id});
    return str_absent(apply_service_client_of(item->json, item->name)) ? call_off(e, &call) : 0;
}

static int link_accounts(struct apply *e, const struct json_value *json, struct str id)
{
    const struct json_value *account;
    struct json_iter it = json_iter(json_get(json, "federatedIdentities"));
    while (json_next(&it, NULL, &account)) {
        struct inner call = POST(.pattern = REALM "/users/{id}/federated-identity/{provider}",
                                 .params = {id, json_get_str(account, "identityProvider")});
        if (str_empty(call.params[1]))
            return err_field(&e->req->err, ERR_INVALID_REQUEST, "federatedIdentities",
                             "each needs an identityProvider");
        TRY(post(e, call, account, "identityProvider", NULL));
    }
    return 0;
}

static int user_make(struct apply *e, const struct partial_item *item)
{
    struct str client_id = apply_service_client_of(item->json, item->name), id;
    if (!str_absent(client_id))
        return apply_service_account(e, item->json, item->name, client_id, true);
    TRY(post(e, POST(.pattern = REALM "/users"), item->json, USER_PARTS, &id));
    TRY(apply_memberships(e, item->json, item->name, id, true, true));
    return link_accounts(e, item->json, id);
}

/* clang-format off */
const struct partial_kind
partial_client = {"CLIENT", "client", "clientId", client_find_by_name, client_remove, client_make, NULL},
partial_realm_role = {"REALM_ROLE", "role", "name", realm_role_find, realm_role_remove, realm_role_make,
    role_finish},
partial_client_role = {"CLIENT_ROLE", "client role", "name", client_role_find, client_role_remove,
    client_role_make, role_finish},
partial_provider = {"IDP", "identity provider", "alias", provider_find, provider_remove, provider_make, NULL},
partial_mapper = {"IDP_MAPPER", "identity provider mapper", "name", mapper_find, mapper_remove, mapper_make,
    NULL},
partial_group = {"GROUP", "group", "name", group_find, group_remove, group_make, NULL},
partial_user = {"USER", "user", "username", user_find, user_remove, user_make, NULL};
/* clang-format on */
