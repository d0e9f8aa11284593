/* Roles of an imported realm and of its clients, and what they are made of. */
#include "core/transfer/import_parts.h"

#include "core/admin/roles.h"
#include "core/port/roles.h"

#include "core/base/banned.h"

/* --- Roles --- */

static int read_role(struct import *im, const struct json_value *json, const struct import_at *at,
                     struct role *ret_role)
{
    struct role role = {.pk = 0};
    fields_default(&role_fields, &role);
    TRY(import_id(im, json, at, &role.id));
    TRY(import_fields(im, &role_fields, &role, json, at));
    *ret_role = role;
    return 0;
}

static int realm_role(struct import *im, const struct json_value *json, struct str client_id,
                      const struct import_at *at)
{
    struct role role;
    (void)client_id;
    TRY(read_role(im, json, at, &role));
    if (str_eq(role.name, im->default_role.name))
        role.id = im->realm.default_role_id;
    TRY(import_explain(im, at, admin_role_insert(&im->ctx, im->w, NULL, &role)));
    import_report_took(im->report, "realm roles", 1);
    return 0;
}

static int client_role(struct import *im, const struct json_value *json, struct str client_id,
                       const struct import_at *at)
{
    struct role role;
    const struct import_client *found = import_client_find(im, client_id);
    if (!found) {
        import_left(im, at, "the client of this role is not there");
        return 0;
    }
    const struct client client = {.pk = found->pk, .client_id = found->client_id};
    TRY(read_role(im, json, at, &role));
    TRY(import_explain(im, at, admin_role_insert(&im->ctx, im->w, &client, &role)));
    import_report_took(im->report, "client roles", 1);
    return 0;
}

int import_realm_roles(struct import *im)
{
    return import_each_role(im, false, realm_role);
}

int import_client_roles(struct import *im)
{
    return import_each_role(im, true, client_role);
}

/* --- What they are made of --- */

static int compose(struct import *im, const struct role *part, const void *whole)
{
    int rc = admin_role_compose(&im->ctx, im->w, whole, part);
    if (rc == ERR_CONFLICT) /* the place says which */
        return err_set(im->ctx.err, rc, "that would make a role part of itself");
    return rc;
}

static int compose_all(struct import *im, const struct json_value *composites,
                       const struct import_at *at, const struct role *whole)
{
    const struct json_value *of_realm, *of_clients, *of_applications;
    TRY(import_list(im, composites, "realm", at, &of_realm));
    TRY(import_object(im, composites, "client", at, &of_clients));
    TRY(import_object(im, composites, "application", at, &of_applications));
    TRY(import_named_roles(im, NULL, of_realm, AT_MEMBER(at, "realm"), compose, whole));
    TRY(import_named_client_roles(im, of_clients, AT_MEMBER(at, "client"), compose, whole));
    return import_named_client_roles(im, of_applications, AT_MEMBER(at, "application"), compose,
                                     whole);
}

static int composites_of(struct import *im, const struct json_value *json, struct str client_id,
                         const struct import_at *at)
{
    const struct json_value *composites;
    struct role role;
    const struct import_client *client = NULL;
    TRY(import_object(im, json, "composites", at, &composites));
    if (!str_absent(client_id))
        client = import_client_find(im, client_id);
    if (!composites || (!client && !str_absent(client_id)))
        return 0;
    TRY(import_role_find(im, client, json_get_str(json, "name"), &role));
    return compose_all(im, composites, AT_MEMBER(at, "composites"), &role);
}

/* Before version 13 the realm named the roles that everybody gets. */
static int old_default_roles(struct import *im)
{
    const struct json_value *names;
    struct role role;
    TRY(import_list(im, im->main->top, "defaultRoles", NULL, &names));
    if (!names)
        return 0;
    TRY(role_find_by_id(im->r, import_arena(im), im->realm.default_role_id, &role));
    return import_named_roles(im, NULL, names, AT_MEMBER(NULL, "defaultRoles"), compose, &role);
}

int import_composites(struct import *im)
{
    TRY(import_each_role(im, false, composites_of));
    TRY(import_each_role(im, true, composites_of));
    return old_default_roles(im);
}
