/* ~/organizations: list, make, read, change, delete, and whose identity providers they have. */
#include "web/admin/organizations.h"

#include "web/admin/identity_providers.h"

#include "core/base/banned.h"

#define TEXT_MAX_BYTES 256

/* --- Finding and showing --- */

static int find_by_id(struct admin_call *call, struct organization *ret_organization)
{
    return admin_organization_find(&call->ctx, call->r, admin_param(call, 1), ret_organization);
}

int organizations_find(struct admin_call *call, struct organization *ret_organization)
{
    TRY(admin_organizations_on(&call->ctx));
    TRY(admin_read(call));
    return find_by_id(call, ret_organization);
}

int organizations_find_to_change(struct admin_call *call, struct organization *ret_organization)
{
    TRY(admin_organizations_on(&call->ctx));
    TRY(admin_write(call));
    return find_by_id(call, ret_organization);
}

int organizations_body_text(struct admin_call *call, const char *name, struct str *ret_text)
{
    struct str text = str_trim(call->req->body);
    const struct json_value *json;
    if (str_starts(text, STR("\"")) &&
        json_parse(call->req->arena, text, ADMIN_BODY_TEXT, &json) == 0)
        text = json_str(json);
    if (str_empty(text) || text.len > TEXT_MAX_BYTES)
        return err_field(&call->req->err, ERR_INVALID_REQUEST, name, "%s is required", name);
    *ret_text = text;
    return 0;
}

void represent_organization(struct admin_call *call, const struct organization *organization,
                            bool brief)
{
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", organization->id);
    organization_write(organization, brief, &call->out);
    jw_end_object(&call->out);
}

/* --- The list --- */

struct filter {
    struct str search; /* in lower case; absent: any */
    bool exact;
    struct str_map pairs; /* attributes */
};

static int take_filter(struct admin_call *call, struct filter *ret_filter)
{
    TRY(admin_query(call, "search", &ret_filter->search));
    TRY(admin_query_bool(call, "exact", false, &ret_filter->exact));
    TRY(admin_query_pairs(call, &ret_filter->pairs));
    if (!str_absent(ret_filter->search))
        ret_filter->search = arena_lower(call->req->arena, ret_filter->search);
    return 0;
}

static bool is_found(const struct filter *f, struct str lower)
{
    return f->exact ? str_eq(lower, f->search) : str_find_str(lower, f->search) >= 0;
}

/* By name, or by a domain. */
static bool matches(const struct filter *f, struct arena *a, const struct organization *o)
{
    for (size_t i = 0; i < f->pairs.count; i++) {
        const struct strs *values = attrs_get(&o->attributes, f->pairs.items[i].name);
        if (!values || !strs_has(values, f->pairs.items[i].value))
            return false;
    }
    if (str_absent(f->search) || is_found(f, arena_lower(a, o->name)))
        return true;
    for (size_t i = 0; i < o->domain_count; i++)
        if (is_found(f, o->domains[i].name))
            return true;
    return false;
}

static int find_matching(struct admin_call *call, struct organizations *ret_organizations)
{
    struct filter f;
    struct organizations all;
    size_t kept = 0;
    TRY(admin_organizations_on(&call->ctx));
    TRY(take_filter(call, &f));
    TRY(admin_read(call));
    TRY(admin_organization_list(&call->ctx, call->r, &all));
    for (size_t i = 0; i < all.count; i++)
        if (matches(&f, call->req->arena, &all.items[i]))
            all.items[kept++] = all.items[i];
    *ret_organizations = (struct organizations){all.items, kept};
    return 0;
}

int rest_organizations_list(struct admin_call *call)
{
    struct admin_page page;
    struct organizations found;
    bool brief;
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", true, &brief));
    TRY(find_matching(call, &found));
    TRY(admin_page_check(call, &page, found.count));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < found.count; i++)
        if (admin_page_has(&page, i))
            represent_organization(call, &found.items[i], brief);
    jw_end_array(&call->out);
    return 0;
}

int rest_organizations_count(struct admin_call *call)
{
    struct organizations found;
    TRY(find_matching(call, &found));
    jw_i64(&call->out, (int64_t)found.count);
    return 0;
}

/* --- One --- */

int rest_organization_get(struct admin_call *call)
{
    struct organization organization;
    TRY(organizations_find(call, &organization));
    represent_organization(call, &organization, false);
    return 0;
}

int rest_organizations_create(struct admin_call *call)
{
    struct organization organization = {.position = 0};
    fields_default(&organization_fields, &organization);
    TRY(admin_organizations_on(&call->ctx));
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "id", &organization.id));
    TRY(organization_merge(&organization, call->req->arena, call->body, &call->req->err));
    TRY(admin_write(call));
    TRY(admin_organization_insert(&call->ctx, call->w, &organization));
    return admin_created(call, "organizations", organization.id);
}

int rest_organization_put(struct admin_call *call)
{
    struct organization before, after;
    TRY(admin_body_object(call));
    TRY(organizations_find_to_change(call, &before));
    after = before;
    TRY(organization_merge(&after, call->req->arena, call->body, &call->req->err));
    if (after.enabled && !before.enabled)
        TRY(admin_organization_may_wake(&call->ctx, &call->caller, call->r, before.id));
    return admin_organization_update(&call->ctx, call->w, &before, &after);
}

int rest_organization_remove(struct admin_call *call)
{
    struct organization organization;
    TRY(organizations_find_to_change(call, &organization));
    return admin_organization_delete(&call->ctx, call->w, &organization);
}

/* --- Identity providers --- */

/* Those of the organization alone: others are missing here (AD-03). */
int organizations_find_provider(struct admin_call *call, const struct organization *organization,
                                struct identity_provider *ret_provider)
{
    TRY(admin_identity_find(&call->ctx, call->r, admin_param(call, 2), ret_provider));
    return str_eq(ret_provider->organization_id, organization->id)
               ? 0
               : err_set(&call->req->err, ERR_NOT_FOUND,
                         "Identity provider not associated with the organization");
}

int rest_organization_providers(struct admin_call *call)
{
    struct organization organization;
    struct identity_providers all;
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_IDENTITY_PROVIDERS));
    TRY(admin_identity_list(&call->ctx, call->r, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++)
        if (str_eq(all.items[i].organization_id, organization.id))
            TRY(represent_identity(call, &all.items[i]));
    jw_end_array(&call->out);
    return 0;
}

int rest_organization_provider(struct admin_call *call)
{
    struct organization organization;
    struct identity_provider provider;
    TRY(organizations_find(call, &organization));
    TRY(admin_require(call, ADMIN_VIEW_IDENTITY_PROVIDERS));
    TRY(organizations_find_provider(call, &organization, &provider));
    return represent_identity(call, &provider);
}

int rest_organization_link(struct admin_call *call)
{
    struct organization organization;
    struct identity_provider provider;
    struct str alias;
    TRY(organizations_body_text(call, "alias", &alias));
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_MANAGE_IDENTITY_PROVIDERS));
    TRY(admin_identity_find(&call->ctx, call->r, alias, &provider));
    return admin_organization_link(&call->ctx, call->w, &organization, &provider);
}

int rest_organization_unlink(struct admin_call *call)
{
    struct organization organization;
    struct identity_provider provider;
    TRY(organizations_find_to_change(call, &organization));
    TRY(admin_require(call, ADMIN_MANAGE_IDENTITY_PROVIDERS));
    TRY(organizations_find_provider(call, &organization, &provider));
    return admin_organization_unlink(&call->ctx, call->w, &provider);
}
