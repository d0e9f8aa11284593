/* /admin/realms: the realms that the caller may see, and their settings. */
#include "web/admin/held.h"

#include "core/admin/bootstrap.h"
#include "core/admin/each_realm.h"
#include "core/admin/logo.h"
#include "core/admin/organizations.h"
#include "core/admin/quota.h"
#include "core/admin/realms.h"
#include "core/admin/smtp.h"
#include "core/model/represent.h"
#include "core/port/roles.h"
#include "web/admin/import.h"
#include "web/respond.h"
#include "web/web.h"

#include "core/base/banned.h"

/* --- Reading --- */

static int write_default_role(struct store_read *r, struct admin_call *call,
                              const struct realm *realm)
{
    struct role role;
    struct json_writer *w = &call->out;
    int rc = role_find_by_id(r, call->req->arena, realm->default_role_id, &role);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    jw_member_object(w, "defaultRole");
    jw_member_str(w, "id", role.id);
    jw_member_str(w, "name", role.name);
    jw_member_str(w, "description", role.description);
    jw_member_bool(w, "composite", true);
    jw_member_bool(w, "clientRole", false);
    jw_member_str(w, "containerId", realm->id);
    jw_end_object(w);
    return 0;
}

/* RE-04: the marks of set-up are nobody's setting. */
static void hide_setup(const struct str_map *from, struct str_map *ret_map)
{
    size_t kept = 0;
    for (size_t i = 0; i < from->count; i++)
        if (!str_starts(from->items[i].name, STR(REALM_ATTR_SETUP_PREFIX)))
            ret_map->items[kept++] = from->items[i];
    ret_map->count = kept;
}

/* As Keycloak: there also when there is none. */
static int write_smtp(struct admin_call *call, struct store_read *r, struct realm_view *view)
{
    struct auth_ctx ctx = call->ctx;
    struct str_map settings, shown;
    ctx.view = view;
    TRY(smtp_settings(&ctx, r, &settings));
    TRY(smtp_mask(ctx.arena, &settings, &shown));
    represent_map(&call->out, SMTP_MEMBER, &shown);
    return 0;
}

static int write_realm(struct admin_call *call, struct realm_view *view)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct realm realm = *realm_view_realm(view);
    struct json_writer *w = &call->out;
    struct str_map shown = {
        ARENA_ARRAY(call->req->arena, realm.attributes.count + 1, struct str_pair), 0};
    if (!shown.items)
        return ERR_NO_MEMORY;
    hide_setup(&realm.attributes, &shown);
    realm.attributes = shown;
    TRY(store_read_begin(view, &r));
    jw_begin_object(w);
    jw_member_str(w, "id", realm.id);
    jw_member_str(w, "realm", realm.name);
    fields_write(&realm_fields, &realm, w);
    TRY(write_smtp(call, r, view));
    TRY(write_default_role(r, call, &realm));
    jw_end_object(w);
    return 0;
}

/* For who administers something of the realm and may not see its settings. */
static void write_name(struct admin_call *call, const struct realm *realm)
{
    struct json_writer *w = &call->out;
    jw_begin_object(w);
    jw_member_str(w, "realm", realm->name);
    if (!str_empty(realm->display_name))
        jw_member_str(w, "displayName", realm->display_name);
    if (admin_may(&call->caller, realm->name, ADMIN_VIEW_USERS)) {
        jw_member_bool(w, "registrationEmailAsUsername", realm->registration_email_as_username);
        jw_member_bool(w, "editUsernameAllowed", realm->edit_username_allowed);
    }
    jw_end_object(w);
}

int rest_realm_get(struct admin_call *call)
{
    if (admin_has(call, ADMIN_VIEW_REALM))
        return write_realm(call, call->ctx.view);
    write_name(call, auth_realm(&call->ctx));
    return 0;
}

/* A realm as the list of realms knows it: its database stays closed. */
static void write_brief(struct admin_call *call, const struct realm_summary *realm)
{
    struct json_writer *w = &call->out;
    bool seen = admin_may(&call->caller, realm->name, ADMIN_VIEW_REALM);
    jw_begin_object(w);
    if (seen)
        jw_member_str(w, "id", realm->id);
    jw_member_str(w, "realm", realm->name);
    if (!str_empty(realm->display_name))
        jw_member_str(w, "displayName", realm->display_name);
    if (seen)
        jw_member_bool(w, "enabled", realm->enabled);
    jw_end_object(w);
}

static int list_one(struct admin_call *call, struct str name)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    int rc = realm_view_acquire(call->req->web->services.store, name, &view);
    if (rc == ERR_NOT_FOUND || rc == ERR_STORE_CORRUPT || rc == ERR_STORE_VERSION)
        return 0; /* `garita realm list` tells of damaged ones */
    TRY(rc);
    if (admin_may(&call->caller, name, ADMIN_VIEW_REALM))
        return write_realm(call, view);
    write_name(call, realm_view_realm(view));
    return 0;
}

struct listing {
    struct admin_call *call;
    bool brief;
};

static int list_next(void *arg, const struct realm_summary *realm)
{
    const struct listing *listing = arg;
    struct admin_call *call = listing->call;
    if (!admin_may(&call->caller, realm->name, ADMIN_ANY_ROLE))
        return 0;
    if (!listing->brief)
        return list_one(call, realm->name);
    if (str_eq_c(str_c(realm->state), "ok"))
        write_brief(call, realm);
    return 0;
}

/* For an administrator of one realm, whose database is open. */
static int list_own(struct admin_call *call, bool brief)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct str name = call->caller.realm;
    if (!admin_may(&call->caller, name, ADMIN_ANY_ROLE))
        return 0;
    if (!brief)
        return list_one(call, name);
    TRY(realm_view_acquire(call->req->web->services.store, name, &view));
    const struct realm *realm = realm_view_realm(view);
    write_brief(call, &(struct realm_summary){.id = realm->id,
                                              .name = realm->name,
                                              .display_name = realm->display_name,
                                              .enabled = realm->enabled});
    return 0;
}

/* Keycloak refuses who administers nothing. */
int rest_realms_list(struct admin_call *call)
{
    bool brief;
    TRY(admin_query_bool(call, "briefRepresentation", false, &brief));
    struct listing listing = {call, brief};
    jw_begin_array(&call->out);
    if (call->caller.of_master)
        TRY(each_realm(call->req->web->services.store, call->req->arena, list_next, &listing));
    else
        TRY(list_own(call, brief));
    jw_end_array(&call->out);
    return call->text.len > 2 ? 0 : ERR_FORBIDDEN;
}

/* --- Changing --- */

/* What is no setting is never dropped in silence. */
static const char *contents_of(const struct json_value *body)
{
    for (const char *const *member = admin_import_members; *member; member++)
        if (json_count(json_get(body, *member)) > 0)
            return *member;
    return NULL;
}

static int refuse_contents(struct admin_call *call)
{
    const char *member = contents_of(call->body);
    if (!member)
        return 0;
    return err_field(&call->req->err, ERR_NOT_IMPLEMENTED, member,
                     "%s of a realm are changed by their own calls", member);
}

static int read_new(struct admin_call *call, struct realm *ret_realm)
{
    struct str name = {NULL, 0}, id = {NULL, 0};
    struct err_ctx *err = &call->req->err;
    TRY(admin_member_str(call, call->body, "realm", &name));
    TRY(admin_member_str(call, call->body, "id", &id));
    if (str_empty(name))
        return err_field(err, ERR_INVALID_REQUEST, "realm", "Realm name cannot be empty");
    TRY(realm_name_check(name, err));
    TRY(bootstrap_settings(call->req->arena, name, ret_realm));
    ret_realm->enabled = false; /* as Keycloak's, unless the body says otherwise */
    if (!str_empty(id))
        ret_realm->id = id;
    return fields_merge(&realm_fields, ret_realm, call->req->arena, call->body, err);
}

static int say_taken(struct admin_call *call)
{
    return err_set(&call->req->err, ERR_CONFLICT, "Realm with same name exists");
}

static int make_plain(struct admin_call *call, struct str *ret_name)
{
    struct realm realm;
    TRY(read_new(call, &realm));
    *ret_name = realm.name;
    int rc = admin_realm_create(&call->ctx, call->req->web->services.store, &realm);
    return rc == ERR_CONFLICT ? say_taken(call) : rc;
}

static int make_filled(struct admin_call *call, struct str name, bool dry_run, struct str *ret_name)
{
    const struct admin_import import = {.text = call->req->body, .dry_run = dry_run};
    return str_eq(name, STR(REALM_MASTER)) ? say_taken(call)
                                           : admin_import_realm(call, &import, ret_name);
}

/* What making it would say, with the report; nothing is kept, and nobody gets rights over it. */
static int try_out(struct admin_call *call, struct str name, bool is_filled)
{
    struct realm realm;
    if (!is_filled)
        TRY(read_new(call, &realm));
    return make_filled(call, name, true, &name);
}

static bool has_logo(const struct json_value *body)
{
    return !json_is_none(json_get(json_get(body, "attributes"), LOGO_EXPORT_ATTR));
}

/* Whether it is more than settings. A realm with all its people is not read as a whole for that: it would
 * take more memory than a request has. */
static int look_through(struct admin_call *call, bool *ret_filled, struct str *ret_name)
{
    struct import_survey survey;
    TRY(admin_import_survey(call, call->req->body, &survey));
    *ret_filled = survey.is_filled;
    *ret_name = survey.realm;
    if (survey.is_filled)
        return 0;
    TRY(admin_body_object(call));
    *ret_filled = json_count(json_get(call->body, SMTP_MEMBER)) > 0 || has_logo(call->body);
    return admin_member_str(call, call->body, "realm", ret_name);
}

int rest_realms_create(struct admin_call *call)
{
    struct str name = {NULL, 0};
    bool dry_run, is_filled;
    TRY(admin_query_dry_run(call, &dry_run));
    TRY(look_through(call, &is_filled, &name));
    if (dry_run)
        return try_out(call, name, is_filled);
    TRY(is_filled ? make_filled(call, name, false, &name) : make_plain(call, &name));
    return admin_realm_made(call, name);
}

static int may_set(struct admin_call *call, const struct realm *before, const struct realm *after,
                   struct str name)
{
    if (str_eq(str_map_get(&before->attributes, name), str_map_get(&after->attributes, name)))
        return 0;
    return err_set(&call->req->err, ERR_FORBIDDEN, "Only administrators of master change %.*s",
                   STR_ARG(name));
}

/* Nobody lifts his own quota. */
static int may_set_quotas(struct admin_call *call, const struct realm *before,
                          const struct realm *after, const struct str_map *names)
{
    for (size_t i = 0; i < names->count; i++)
        if (str_starts(names->items[i].name, STR(REALM_ATTR_QUOTA_PREFIX)))
            TRY(may_set(call, before, after, names->items[i].name));
    return 0;
}

/* What an administrator did must not go with a setting that he may change: how long the audit chain is
 * kept is decided in master, and so is how much a realm may hold. */
static int may_set_all(struct admin_call *call, const struct realm *before,
                       const struct realm *after)
{
    static const char *const names[] = {REALM_ATTR_AUDIT_ARCHIVE_DAYS,
                                        REALM_ATTR_AUDIT_RETENTION_DAYS,
                                        REALM_ATTR_AUDIT_UNKNOWN_DAYS};
    if (call->caller.of_master)
        return 0;
    for (size_t i = 0; i < ARRAY_LEN(names); i++)
        TRY(may_set(call, before, after, str_c(names[i])));
    TRY(may_set_quotas(call, before, after, &before->attributes));
    return may_set_quotas(call, before, after, &after->attributes);
}

static int put_smtp(struct admin_call *call)
{
    const struct json_value *json = json_get(call->body, SMTP_MEMBER);
    struct str_map settings;
    if (json_is_none(json))
        return 0;
    TRY(smtp_of_json(&call->ctx, json, &settings));
    return smtp_put(&call->ctx, &call->caller, call->w, &settings);
}

int rest_realm_put(struct admin_call *call)
{
    struct realm before = *auth_realm(&call->ctx), after = before;
    struct str name = before.name;
    TRY(admin_body_object(call));
    TRY(refuse_contents(call));
    TRY(admin_member_str(call, call->body, "realm", &name));
    if (!str_eq(name, before.name))
        return err_field(&call->req->err, ERR_NOT_IMPLEMENTED, "realm",
                         "A realm keeps its name: its issuer is made of it");
    TRY(fields_merge(&realm_fields, &after, call->req->arena, call->body, &call->req->err));
    TRY(may_set_all(call, &before, &after));
    TRY(admin_write(call));
    if (after.organizations_enabled && !before.organizations_enabled)
        TRY(admin_organization_may_wake(&call->ctx, &call->caller, call->r, (struct str){NULL, 0}));
    TRY(admin_realm_update(&call->ctx, call->w, &before, &after));
    return put_smtp(call);
}

int rest_realm_remove(struct admin_call *call)
{
    CLEANUP(realm_view_release_p) struct realm_view *view = NULL;
    struct auth_ctx master;
    TRY(held_judge_deletion(call));
    TRY(admin_master(call, &master, &view));
    return admin_realm_delete(&master, auth_realm(&call->ctx)->name);
}
