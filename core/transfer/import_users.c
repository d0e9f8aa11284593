/* People of an imported realm: who they are, how they prove it, what they may, where they belong. */
#include "core/transfer/import_parts.h"

#include "core/admin/user_parts.h"
#include "core/admin/users.h"
#include "core/model/required_action.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

/* --- Who it is --- */

/* Keycloak takes addresses that are none; here they cannot be stored. */
static int prepare(struct import *im, struct user *user, const struct import_at *at)
{
    int rc = admin_user_prepare_known(&im->ctx, user);
    if (rc == ERR_INVALID_REQUEST && str_eq_c(STR("email"), im->ctx.err->field)) {
        import_note_check(im, IMPORT_LEFT, AT_MEMBER(at, "email"));
        user->email = STR("");
        user->email_verified = false;
        rc = admin_user_prepare_known(&im->ctx, user);
    }
    return import_explain(im, at, rc);
}

/* False when this is the account of a client that is not there: it is left. */
static int find_service_client(struct import *im, const struct json_value *json,
                               const struct import_at *at, struct user *user, bool *ret_fits)
{
    struct str client_id = {NULL, 0};
    *ret_fits = true;
    TRY(import_str(im, json, "serviceAccountClientId", at, &client_id));
    if (str_empty(client_id))
        return 0;
    struct import_client *client = import_client_find(im, client_id);
    *ret_fits = client && client->wants_service_account && str_absent(client->service_user_id);
    if (!*ret_fits) {
        import_left(im, AT_MEMBER(at, "serviceAccountClientId"),
                    "no client with a service account has this name, or it has one already");
        return 0;
    }
    TRY(admin_id(import_arena(im), &user->id));
    client->service_user_id = arena_str(im->lasting, user->id);
    user->service_account_client_id = client->id;
    return str_absent(client->service_user_id) ? ERR_NO_MEMORY : 0;
}

/* Kept, so that what stood between a person and his login still does. */
static void tell_actions(struct import *im, const struct user *user, const struct import_at *at)
{
    at = AT_MEMBER(at, "requiredActions");
    for (size_t i = 0; i < user->required_actions.count; i++)
        if (!action_is_here(user->required_actions.items[i]))
            import_adapted(im, AT_INDEX(at, i),
                           "this server cannot carry it out: while the realm does not switch it "
                           "off, it keeps its person out");
}

static int read_user(struct import *im, const struct json_value *json, const struct import_at *at,
                     struct user *user, bool *ret_fits)
{
    fields_default(&user_fields, user);
    user->enabled = false; /* as Keycloak's, unless the file says otherwise */
    TRY(import_id(im, json, at, &user->id));
    TRY(import_fields(im, &user_fields, user, json, at));
    if (str_empty(user->username) && im->realm.registration_email_as_username)
        user->username = user->email;
    for (size_t i = 0; i < user->required_actions.count; i++)
        user->required_actions.items[i] = action_alias_today(user->required_actions.items[i]);
    TRY(find_service_client(im, json, at, user, ret_fits));
    return *ret_fits ? prepare(im, user, at) : 0;
}

/* --- What belongs to it --- */

int import_note_given(struct import *im, struct str *io_list, struct str name)
{
    *io_list = str_absent(*io_list) ? arena_str(import_arena(im), name)
                                    : ARENA_CONCAT(import_arena(im), *io_list, STR(", "), name);
    return str_absent(*io_list) ? ERR_NO_MEMORY : 0;
}

/* "teller", "portal/approve" */
static int note_role(struct import *im, const struct role *role)
{
    struct str name = role->client_pk == 0
                          ? role->name
                          : ARENA_CONCAT(import_arena(im), role->client_id, STR("/"), role->name);
    return str_absent(name) ? ERR_NO_MEMORY : import_note_given(im, &im->given.roles, name);
}

static int give(struct import *im, const struct role *role, const void *holder)
{
    TRY(note_role(im, role));
    return user_role_add(im->w, ((const struct user *)holder)->pk, role->pk);
}

static int give_roles(struct import *im, const struct json_value *json, const struct import_at *at,
                      const struct user *user)
{
    static const char *const by_client[] = {"clientRoles", "applicationRoles"};
    const struct json_value *names;
    TRY(import_list(im, json, "realmRoles", at, &names));
    TRY(import_named_roles(im, NULL, names, AT_MEMBER(at, "realmRoles"), give, user));
    for (size_t i = 0; i < ARRAY_LEN(by_client); i++) {
        TRY(import_object(im, json, by_client[i], at, &names));
        TRY(import_named_client_roles(im, names, AT_MEMBER(at, by_client[i]), give, user));
    }
    return 0;
}

static int join_groups(struct import *im, const struct json_value *json, const struct import_at *at,
                       const struct user *user)
{
    const struct json_value *paths, *path;
    TRY(import_list(im, json, "groups", at, &paths));
    struct json_iter it = json_iter(paths);
    at = AT_MEMBER(at, "groups");
    for (size_t i = 0; json_next(&it, NULL, &path); i++) {
        struct group group;
        TRY(import_expect_text(im, path, AT_INDEX(at, i)));
        int rc = group_find_by_path(im->r, import_arena(im), json_str(path), &group);
        if (rc == ERR_NOT_FOUND) {
            import_left(im, AT_INDEX(at, i), "there is no such group");
            continue;
        }
        TRY(rc);
        TRY(user_group_add(im->w, user->pk, group.pk));
        TRY(import_note_given(im, &im->given.groups, group.path));
    }
    return 0;
}

static int link_account(struct import *im, const struct json_value *json,
                        const struct import_at *at, const struct user *user)
{
    struct federated_identity account = {.user_name = STR("")};
    TRY(import_expect_object(im, json, at));
    TRY(import_str(im, json, "identityProvider", at, &account.provider));
    TRY(import_str(im, json, "userId", at, &account.user_id));
    TRY(import_str(im, json, "userName", at, &account.user_name));
    return import_explain(im, at, admin_federated_link(&im->ctx, im->w, user, &account));
}

static int note_consent(struct import *im, const struct json_value *json,
                        const struct import_at *at, const struct user *user)
{
    struct str client_id = {NULL, 0};
    struct consent consent = {.created_ms = im->ctx.now->wall_ms};
    const struct json_value *scopes, *scope;
    TRY(import_expect_object(im, json, at));
    TRY(import_str(im, json, "clientId", at, &client_id));
    TRY(import_i64(im, json, "createdDate", at, &consent.created_ms));
    consent.updated_ms = consent.created_ms;
    TRY(import_i64(im, json, "lastUpdatedDate", at, &consent.updated_ms));
    TRY(import_list(im, json, "grantedClientScopes", at, &scopes));
    const struct import_client *client = import_client_find(im, client_id);
    if (!client) {
        import_left(im, at, "there is no such client");
        return 0;
    }
    for (struct json_iter it = json_iter(scopes); json_next(&it, NULL, &scope);) {
        TRY(import_expect_text(im, scope, AT_MEMBER(at, "grantedClientScopes")));
        TRY(strs_add(&consent.scopes, import_arena(im), json_str(scope)));
    }
    consent.client_pk = client->pk;
    consent.client_id = client->client_id;
    TRY(import_note_given(im, &im->given.consents, client->client_id));
    return import_explain(im, at, consent_put(im->w, user->pk, &consent));
}

typedef int part_fn(struct import *im, const struct json_value *json, const struct import_at *at,
                    const struct user *user);

static int each_part(struct import *im, const struct json_value *json, const struct import_at *at,
                     const char *member, part_fn *fn, const struct user *user)
{
    const struct json_value *list, *part;
    TRY(import_list(im, json, member, at, &list));
    struct json_iter it = json_iter(list);
    for (size_t i = 0; json_next(&it, NULL, &part); i++)
        TRY(fn(im, part, AT_INDEX(AT_MEMBER(at, member), i), user));
    return 0;
}

static void tell_federation(struct import *im, const struct json_value *json,
                            const struct import_at *at)
{
    if (!str_empty(json_get_str(json, "federationLink")))
        import_left(
            im, AT_MEMBER(at, "federationLink"),
            "people are not looked up in another directory: this one lives here from now on");
}

static int take_user(struct import *im, const struct json_value *json, const struct import_at *at)
{
    struct user user = {.pk = 0};
    bool fits;
    TRY(read_user(im, json, at, &user, &fits));
    if (!fits)
        return 0;
    im->given = (struct user_belongings){0};
    TRY(import_explain(im, at, admin_user_take_over(&im->ctx, im->w, &user)));
    tell_actions(im, &user, at);
    TRY(import_credentials(im, json, at, &user));
    TRY(give_roles(im, json, at, &user));
    TRY(join_groups(im, json, at, &user));
    TRY(each_part(im, json, at, "clientConsents", note_consent, &user));
    TRY(admin_user_taken_over(&im->ctx, im->w, &user, &im->given));
    TRY(each_part(im, json, at, "federatedIdentities", link_account, &user));
    tell_federation(im, json, at);
    import_report_took(im->report, "users", 1);
    return 0;
}

int import_users(struct import *im)
{
    return import_each(im, SECTION_USERS, take_user);
}
