/* Organizations. */
#include "core/admin/organizations.h"

#include "core/admin/identity_providers.h"
#include "core/admin/record.h"
#include "core/model/check.h"
#include "core/port/organizations.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define ID_MAX_BYTES    64
#define WOKEN_NAMES_MAX 16 /* roles that an event names */

int admin_organizations_on(const struct auth_ctx *ctx)
{
    return auth_realm(ctx)->organizations_enabled
               ? 0
               : err_set(ctx->err, ERR_NOT_FOUND, "Organizations not enabled for this realm.");
}

/* --- Records --- */

static int from_record(const struct auth_ctx *ctx, const struct realm_record *record,
                       struct organization *ret_organization)
{
    const struct json_value *json;
    struct organization o = {.id = record->id, .position = record->position};
    fields_default(&organization_fields, &o);
    int rc = json_parse(ctx->arena, record->json, RECORD_MAX_BYTES, &json);
    if (rc == 0)
        rc = organization_merge(&o, ctx->arena, json, ctx->err);
    if (rc != 0)
        return rc == ERR_NO_MEMORY ? rc : ERR_STORE_CORRUPT;
    o.name = record->name;
    *ret_organization = o;
    return 0;
}

static int to_record(const struct auth_ctx *ctx, const struct organization *o,
                     struct realm_record *ret_record)
{
    struct buf b;
    struct json_writer w;
    *ret_record = (struct realm_record){
        .kind = RECORD_ORGANIZATION, .id = o->id, .name = o->name, .position = o->position};
    buf_init(&b, ctx->arena, RECORD_MAX_BYTES);
    jw_init(&w, &b);
    jw_begin_object(&w);
    jw_member_str(&w, "id", o->id);
    organization_write(o, false, &w);
    jw_end_object(&w);
    int rc = jw_finish(&w, &ret_record->json);
    return rc == ERR_TOO_LARGE ? err_field(ctx->err, ERR_INVALID_REQUEST, "attributes",
                                           "The organization is too large")
                               : rc;
}

int admin_organization_list(const struct auth_ctx *ctx, struct store_read *r,
                            struct organizations *ret_organizations)
{
    struct realm_record *records;
    size_t count;
    TRY(record_list(r, ctx->arena, RECORD_ORGANIZATION, &records, &count));
    struct organization *items = ARENA_ARRAY(ctx->arena, count + 1, struct organization);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        TRY(from_record(ctx, &records[i], &items[i]));
    *ret_organizations = (struct organizations){items, count};
    return 0;
}

int admin_organization_find(const struct auth_ctx *ctx, struct store_read *r, struct str id,
                            struct organization *ret_organization)
{
    struct realm_record record;
    int rc = record_find(r, ctx->arena, RECORD_ORGANIZATION, id, &record);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "Organization not found.");
    TRY(rc);
    return from_record(ctx, &record, ret_organization);
}

/* --- Checking --- */

static bool has_domain(const struct organization *o, struct str name)
{
    for (size_t i = 0; i < o->domain_count; i++)
        if (str_eq(o->domains[i].name, name))
            return true;
    return false;
}

static int check_against(const struct auth_ctx *ctx, const struct organization *one,
                         const struct organization *other)
{
    if (str_eq(one->name, other->name))
        return organization_clash(ORGANIZATION_NAME, one->name, ctx->err);
    if (str_eq(one->alias, other->alias))
        return organization_clash(ORGANIZATION_ALIAS, one->alias, ctx->err);
    for (size_t i = 0; i < one->domain_count; i++)
        if (has_domain(other, one->domains[i].name))
            return organization_clash(ORGANIZATION_DOMAIN, one->domains[i].name, ctx->err);
    return 0;
}

static int check_alone(const struct auth_ctx *ctx, const struct organization *o)
{
    TRY(path_segment_check(o->id, ID_MAX_BYTES, "id", ctx->err));
    return organization_check(o, ctx->err);
}

static int check(const struct auth_ctx *ctx, struct store_read *r, const struct organization *o)
{
    struct organizations all;
    TRY(check_alone(ctx, o));
    TRY(admin_organization_list(ctx, r, &all));
    for (size_t i = 0; i < all.count; i++)
        if (!str_eq(all.items[i].id, o->id))
            TRY(check_against(ctx, o, &all.items[i]));
    return 0;
}

static int default_alias(const struct auth_ctx *ctx, struct organization *io)
{
    struct buf b;
    if (!str_empty(io->alias))
        return 0;
    buf_init(&b, ctx->arena, io->name.len + 1);
    for (size_t i = 0; i < io->name.len; i++)
        buf_add_byte(&b, io->name.ptr[i] == ' ' ? '-' : io->name.ptr[i]);
    return buf_finish(&b, &io->alias);
}

/* --- Changing --- */

static const struct detail nothing = {NULL, {NULL, 0}};

static int join_domains(const struct auth_ctx *ctx, const struct organization *o,
                        struct str *ret_text)
{
    struct buf b;
    buf_init(&b, ctx->arena, RECORD_MAX_BYTES);
    for (size_t i = 0; i < o->domain_count; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        buf_add(&b, o->domains[i].name);
    }
    return buf_finish(&b, ret_text);
}

static int record(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                  const struct organization *before, const struct organization *after,
                  struct detail woken)
{
    const struct organization *one = after ? after : before;
    struct str data, domains;
    TRY(join_domains(ctx, one, &domains));
    const struct detail details[] = {{"domains", domains}, woken, {NULL, {NULL, 0}}};
    TRY(change_data_with(ctx->arena, &organization_fields, before, after, "organization", one->name,
                         details, &data, NULL));
    return admin_record(ctx, w, type, "organization", one->id, data);
}

static int complete(const struct auth_ctx *ctx, struct organization *io_organization)
{
    TRY(default_alias(ctx, io_organization));
    return admin_id(ctx->arena, &io_organization->id);
}

static int insert_checked(const struct auth_ctx *ctx, struct store_write *w,
                          const struct organization *organization)
{
    struct realm_record row;
    TRY(to_record(ctx, organization, &row));
    int rc = record_insert(w, &row);
    if (rc == ERR_CONFLICT)
        return err_field(ctx->err, rc, "id", "There is an organization with this id already");
    TRY(rc);
    return record(ctx, w, EVENT_OrganizationCreated, NULL, organization, nothing);
}

int admin_organization_insert(const struct auth_ctx *ctx, struct store_write *w,
                              struct organization *io_organization)
{
    TRY(complete(ctx, io_organization));
    TRY(check(ctx, store_write_reader(w), io_organization));
    return insert_checked(ctx, w, io_organization);
}

int admin_organization_take_over(const struct auth_ctx *ctx, struct store_write *w,
                                 struct organization *io_organization,
                                 struct organization_names *io_names)
{
    TRY(complete(ctx, io_organization));
    TRY(check_alone(ctx, io_organization));
    TRY(organization_names_check(io_names, io_organization, ctx->err));
    TRY(insert_checked(ctx, w, io_organization));
    return organization_names_add(io_names, io_organization);
}

int admin_organization_update(const struct auth_ctx *ctx, struct store_write *w,
                              const struct organization *before, struct organization *after)
{
    struct realm_record row;
    struct detail woken = nothing;
    after->id = before->id;
    after->position = before->position;
    if (!str_eq(after->alias, before->alias))
        return err_field(ctx->err, ERR_INVALID_REQUEST, "alias", "Cannot change the alias");
    TRY(check(ctx, store_write_reader(w), after));
    TRY(to_record(ctx, after, &row));
    TRY(record_update(w, &row));
    if (after->enabled != before->enabled)
        TRY(organization_groups_rest(w, after->id, !after->enabled));
    if (after->enabled && !before->enabled)
        TRY(admin_organization_wakes(ctx, store_write_reader(w), after->id, &woken));
    return record(ctx, w, EVENT_OrganizationModified, before, after, woken);
}

int admin_organization_wakes(const struct auth_ctx *ctx, struct store_read *r,
                             struct str organization_id, struct detail *ret_woken)
{
    struct roles roles;
    struct buf b;
    TRY(organization_group_roles(r, ctx->arena, organization_id, &roles));
    buf_init(&b, ctx->arena, RECORD_MAX_BYTES);
    for (size_t i = 0; i < roles.count && i < WOKEN_NAMES_MAX; i++) {
        if (i > 0)
            buf_add_byte(&b, ' ');
        if (!str_empty(roles.items[i].client_id)) {
            buf_add(&b, roles.items[i].client_id);
            buf_add_byte(&b, '/');
        }
        buf_add(&b, roles.items[i].name);
    }
    *ret_woken = (struct detail){roles.count > 0 ? "wakes" : NULL, {NULL, 0}};
    return buf_finish(&b, &ret_woken->text);
}

int admin_organization_may_wake(const struct auth_ctx *ctx, const struct admin_caller *caller,
                                struct store_read *r, struct str organization_id)
{
    struct roles roles;
    TRY(organization_group_roles(r, ctx->arena, organization_id, &roles));
    return admin_may_give(ctx, caller, r, &roles);
}

static int release_providers(const struct auth_ctx *ctx, struct store_write *w,
                             const struct organization *o)
{
    struct identity_providers all;
    TRY(admin_identity_list(ctx, store_write_reader(w), &all));
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].organization_id, o->id))
            TRY(admin_identity_assign(ctx, w, &all.items[i], STR("")));
    return 0;
}

int admin_organization_delete(const struct auth_ctx *ctx, struct store_write *w,
                              const struct organization *organization)
{
    TRY(release_providers(ctx, w, organization));
    TRY(organization_members_remove(w, organization->id));
    TRY(organization_groups_remove(w, organization->id));
    TRY(record_delete_children(w, RECORD_INVITATION, organization->id));
    TRY(record_delete(w, RECORD_ORGANIZATION, organization->id));
    return record(ctx, w, EVENT_OrganizationDeleted, organization, NULL, nothing);
}

/* --- Members --- */

static int record_member(const struct auth_ctx *ctx, struct store_write *w, enum event_type type,
                         const struct organization *o, const struct user *user)
{
    return ADMIN_RECORD(ctx, w, type, "user", user->id, {"organizationId", o->id},
                        {"organization", o->name});
}

int admin_organization_join(const struct auth_ctx *ctx, struct store_write *w,
                            const struct organization *organization, const struct user *user)
{
    int rc = organization_member_add(w, organization->id, user->pk);
    if (rc == ERR_CONFLICT)
        return err_set(ctx->err, rc, "User is already a member of the organization.");
    TRY(rc);
    return record_member(ctx, w, EVENT_OrganizationMemberAdded, organization, user);
}

int admin_organization_leave(const struct auth_ctx *ctx, struct store_write *w,
                             const struct organization *organization, const struct user *user)
{
    int rc = organization_member_remove(w, organization->id, user->pk);
    if (rc == ERR_NOT_FOUND)
        return err_set(ctx->err, rc, "User is not a member of the organization.");
    TRY(rc);
    TRY(user_organization_groups_leave(w, user->pk, organization->id));
    return record_member(ctx, w, EVENT_OrganizationMemberRemoved, organization, user);
}

/* --- Identity providers --- */

int admin_organization_link(const struct auth_ctx *ctx, struct store_write *w,
                            const struct organization *organization,
                            const struct identity_provider *provider)
{
    if (!str_empty(provider->organization_id))
        return err_set(ctx->err, ERR_CONFLICT,
                       "Identity provider already associated to an organization");
    return admin_identity_assign(ctx, w, provider, organization->id);
}

int admin_organization_unlink(const struct auth_ctx *ctx, struct store_write *w,
                              const struct identity_provider *provider)
{
    return admin_identity_assign(ctx, w, provider, STR(""));
}
