/* People with their credentials, roles, groups, consents and accounts elsewhere. */
#include "core/transfer/export_parts.h"

#include <stdlib.h>

#include "core/port/clients.h"
#include "core/port/roles.h"
#include "core/port/users.h"

#include "core/base/banned.h"

#define USER_PAGE      200
#define PAGE_MAX_BYTES ((size_t)64 << 20)

/* --- One person --- */

static bool has_otp(const struct credentials *list)
{
    for (size_t i = 0; i < list->count; i++)
        if (str_eq(list->items[i].type, STR(CREDENTIAL_OTP)))
            return true;
    return false;
}

static int write_credentials(struct exporter *e, const struct user *user)
{
    struct credentials list;
    TRY(credential_list(e->r, e->scratch, user->pk, &list));
    jw_member_bool(&e->w, "totp", has_otp(&list));
    if (!e->options->secrets)
        return 0;
    jw_member_array(&e->w, "credentials");
    for (size_t i = 0; i < list.count; i++)
        represent_credential(&e->w, &list.items[i], true);
    jw_end_array(&e->w);
    return 0;
}

static int write_federated(struct exporter *e, const struct user *user)
{
    struct federated_identity *items;
    size_t count;
    TRY(federated_identity_list(e->r, e->scratch, user->pk, &items, &count));
    if (count == 0)
        return 0;
    jw_member_array(&e->w, "federatedIdentities");
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(&e->w);
        jw_member_str(&e->w, "identityProvider", items[i].provider);
        jw_member_str(&e->w, "userId", items[i].user_id);
        jw_member_str(&e->w, "userName", items[i].user_name);
        jw_end_object(&e->w);
    }
    jw_end_array(&e->w);
    return 0;
}

static int write_consents(struct exporter *e, const struct user *user)
{
    struct consent *items;
    size_t count;
    TRY(consent_list(e->r, e->scratch, user->pk, &items, &count));
    if (count == 0)
        return 0;
    jw_member_array(&e->w, "clientConsents");
    for (size_t i = 0; i < count; i++) {
        jw_begin_object(&e->w);
        jw_member_str(&e->w, "clientId", items[i].client_id);
        represent_strs(&e->w, "grantedClientScopes", &items[i].scopes);
        jw_member_i64(&e->w, "createdDate", items[i].created_ms);
        jw_member_i64(&e->w, "lastUpdatedDate", items[i].updated_ms);
        jw_end_object(&e->w);
    }
    jw_end_array(&e->w);
    return 0;
}

/* By path: names repeat in a tree, and the order in which groups were made does not travel. */
static int by_path(const void *left, const void *right)
{
    const struct group *a = left, *b = right;
    return str_cmp(a->path, b->path);
}

static int write_memberships(struct exporter *e, const struct user *user)
{
    struct roles roles;
    struct groups groups;
    if (!e->options->groups_and_roles)
        return 0;
    TRY(user_roles(e->r, e->scratch, user->pk, &roles));
    represent_role_names(&e->w, &roles);
    TRY(user_groups(e->r, e->scratch, user->pk, &groups));
    if (groups.count > 1)
        qsort(groups.items, groups.count, sizeof(*groups.items), by_path);
    jw_member_array(&e->w, "groups");
    for (size_t i = 0; i < groups.count; i++)
        jw_str(&e->w, groups.items[i].path);
    jw_end_array(&e->w);
    return 0;
}

/* By the name that the protocol knows, as Keycloak has it in its files. */
static int write_service_client(struct exporter *e, const struct user *user)
{
    struct client client;
    if (str_empty(user->service_account_client_id))
        return 0;
    int rc = client_find_by_id(e->r, e->scratch, user->service_account_client_id, &client);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    jw_member_str(&e->w, "serviceAccountClientId", client.client_id);
    return 0;
}

static int write_user(struct exporter *e, const struct user *user)
{
    jw_begin_object(&e->w);
    represent_user_members(&e->w, user);
    represent_user_details(&e->w, user);
    TRY(write_service_client(e, user));
    TRY(write_credentials(e, user));
    TRY(write_federated(e, user));
    TRY(write_consents(e, user));
    TRY(write_memberships(e, user));
    jw_end_object(&e->w);
    e->counts.users++;
    return export_next(e);
}

/* --- All of them --- */

/* A walk in the order in which people were made. */
struct walk {
    struct arena page;
    int64_t after_pk;
};

static void walk_begin(struct walk *walk)
{
    walk->after_pk = 0;
    arena_init(&walk->page, PAGE_MAX_BYTES);
}

static void walk_end(struct walk *walk)
{
    arena_free(&walk->page);
}

/* The next people, at most so many; they live until the next call. */
static int walk_next(struct exporter *e, struct walk *walk, size_t limit, struct user **ret_users,
                     size_t *ret_count)
{
    arena_reset(&walk->page);
    TRY(user_list_all(e->r, &walk->page, walk->after_pk, limit, ret_users, ret_count));
    if (*ret_count > 0)
        walk->after_pk = (*ret_users)[*ret_count - 1].pk;
    return 0;
}

/* At most so many from the walk, as elements of the open array. */
static int write_users(struct exporter *e, struct walk *walk, size_t most)
{
    struct user *users;
    size_t count = 1;
    while (most > 0 && count > 0) {
        TRY(walk_next(e, walk, most < USER_PAGE ? most : USER_PAGE, &users, &count));
        for (size_t i = 0; i < count; i++)
            TRY(write_user(e, &users[i]));
        most -= count;
    }
    return 0;
}

static int write_everybody(struct exporter *e)
{
    struct walk walk;
    walk_begin(&walk);
    int rc = write_users(e, &walk, SIZE_MAX);
    walk_end(&walk);
    return rc;
}

static int write_service_account(struct exporter *e, const struct client *client)
{
    struct user user;
    if (str_empty(client->service_account_user_id))
        return 0;
    int rc = user_find_by_id(e->r, e->scratch, client->service_account_user_id, &user);
    return rc == 0 ? write_user(e, &user) : rc == ERR_NOT_FOUND ? 0 : rc;
}

int export_users(struct exporter *e)
{
    bool services = e->options->users == EXPORT_USERS_SERVICE_ACCOUNTS;
    if (services ? !e->options->clients : e->options->users != EXPORT_USERS_SAME_FILE)
        return 0;
    jw_member_array(&e->w, "users");
    TRY(services ? export_each_client(e, write_service_account) : write_everybody(e));
    jw_end_array(&e->w);
    return 0;
}

/* --- Files of people --- */

static int write_file(struct exporter *e, struct walk *walk, int number)
{
    struct str name = arena_printf(e->kept, "%.*s-users-%d.json", STR_ARG(e->realm.name), number);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(export_file_begin(e, name));
    jw_member_str(&e->w, "realm", e->realm.name);
    jw_member_array(&e->w, "users");
    TRY(write_users(e, walk, e->options->users_per_file));
    jw_end_array(&e->w);
    return export_file_end(e);
}

/* Whether anybody is left is known only by looking: a look that finds nobody begins no file. */
static int more_are_left(struct exporter *e, const struct walk *walk, bool *ret_more)
{
    struct user *users;
    size_t count;
    TRY(user_list_all(e->r, e->scratch, walk->after_pk, 1, &users, &count));
    *ret_more = count > 0;
    return export_next(e);
}

static int write_files(struct exporter *e, struct walk *walk)
{
    bool more;
    TRY(more_are_left(e, walk, &more));
    for (int number = 0; more; number++) {
        TRY(write_file(e, walk, number));
        TRY(more_are_left(e, walk, &more));
    }
    return 0;
}

int export_users_files(struct exporter *e)
{
    struct walk walk;
    walk_begin(&walk);
    int rc = write_files(e, &walk);
    walk_end(&walk);
    return rc;
}
