/* ~/identity-provider/instances: list, make, read, change, delete. */
#include "web/admin/identity_providers.h"

#include "core/admin/providers.h"
#include "web/admin/permissions.h"

#include "core/base/banned.h"

/* --- Finding and showing --- */

int identity_find(struct admin_call *call, struct identity_provider *ret_provider)
{
    TRY(admin_read(call));
    return admin_identity_find(&call->ctx, call->r, admin_param(call, 1), ret_provider);
}

int identity_find_to_change(struct admin_call *call, struct identity_provider *ret_provider)
{
    TRY(admin_write(call));
    return admin_identity_find(&call->ctx, call->r, admin_param(call, 1), ret_provider);
}

int represent_identity(struct admin_call *call, const struct identity_provider *provider)
{
    struct identity_provider shown;
    struct json_writer *w = &call->out;
    TRY(admin_identity_mask(&call->ctx, provider, &shown));
    jw_begin_object(w);
    jw_member_str(w, "internalId", shown.id);
    fields_write(&identity_provider_fields, &shown, w);
    if (shown.config.count == 0) {
        jw_member_object(w, "config");
        jw_end_object(w);
    }
    jw_end_object(w);
    return 0;
}

static void represent_brief(struct json_writer *w, const struct identity_provider *provider)
{
    jw_begin_object(w);
    jw_member_str(w, "internalId", provider->id);
    jw_member_str(w, "alias", provider->alias);
    jw_member_str(w, "displayName", provider->display_name);
    jw_member_str(w, "providerId", provider->provider_id);
    jw_member_bool(w, "enabled", provider->enabled);
    jw_end_object(w);
}

/* --- The list --- */

struct filter {
    struct str search; /* in lower case, without its stars; absent: any */
    bool anywhere, exact;
    bool realm_only; /* none of organizations */
};

/* As Keycloak: mar finds beginnings, *mar* any place, "mar" the name itself. */
static int take_filter(struct admin_call *call, struct filter *ret_filter)
{
    struct filter f = {.anywhere = false};
    TRY(admin_query(call, "search", &f.search));
    TRY(admin_query_bool(call, "realmOnly", false, &f.realm_only));
    f.search = arena_lower(call->req->arena, f.search);
    f.exact = f.search.len > 1 && str_starts(f.search, STR("\"")) && str_ends(f.search, STR("\""));
    f.anywhere = !f.exact && str_starts(f.search, STR("*"));
    if (f.exact || f.anywhere)
        f.search = str_from(f.search, 1);
    if (f.exact || str_ends(f.search, STR("*")))
        f.search = str_sub(f.search, 0, f.search.len - 1);
    *ret_filter = f;
    return 0;
}

static bool is_found(const struct filter *f, struct arena *a, struct str name)
{
    struct str lower = arena_lower(a, name);
    if (f->exact)
        return str_eq(lower, f->search);
    return f->anywhere ? str_find_str(lower, f->search) >= 0 : str_starts(lower, f->search);
}

static bool matches(const struct filter *f, struct arena *a, const struct identity_provider *p)
{
    if (f->realm_only && !str_empty(p->organization_id))
        return false;
    return str_empty(f->search) || is_found(f, a, p->alias) || is_found(f, a, p->display_name);
}

int rest_identities_list(struct admin_call *call)
{
    struct filter f;
    struct admin_page page;
    struct identity_providers all;
    bool brief;
    size_t at = 0;
    TRY(take_filter(call, &f));
    TRY(admin_page(call, &page));
    TRY(admin_query_bool(call, "briefRepresentation", false, &brief));
    TRY(admin_read(call));
    TRY(admin_identity_list(&call->ctx, call->r, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++) {
        const struct identity_provider *p = &all.items[i];
        if (!matches(&f, call->req->arena, p) || !admin_page_has(&page, at++))
            continue;
        if (brief)
            represent_brief(&call->out, p);
        else
            TRY(represent_identity(call, p));
    }
    jw_end_array(&call->out);
    return 0;
}

/* --- One --- */

int rest_identity_get(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find(call, &provider));
    return represent_identity(call, &provider);
}

/* An organization is told who logs in there only by who manages it, here as by its own calls (AD-03). */
static int may_assign(struct admin_call *call, struct str before, struct str after)
{
    return str_eq(before, after) ? 0 : admin_require(call, ADMIN_MANAGE_REALM);
}

int rest_identities_create(struct admin_call *call)
{
    struct identity_provider provider = {.position = 0};
    fields_default(&identity_provider_fields, &provider);
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "internalId", &provider.id));
    TRY(fields_merge(&identity_provider_fields, &provider, call->req->arena, call->body,
                     &call->req->err));
    TRY(admin_write(call));
    TRY(may_assign(call, STR(""), provider.organization_id));
    TRY(admin_identity_insert(&call->ctx, call->w, &provider));
    return admin_created(call, "identity-provider/instances", provider.alias);
}

/* A configuration is replaced as a whole. */
int rest_identity_put(struct admin_call *call)
{
    struct identity_provider before, after;
    TRY(admin_body_object(call));
    TRY(identity_find_to_change(call, &before));
    after = before;
    TRY(fields_merge(&identity_provider_fields, &after, call->req->arena, call->body,
                     &call->req->err));
    TRY(may_assign(call, before.organization_id, after.organization_id));
    return admin_identity_update(&call->ctx, &call->caller, call->w, &before, &after);
}

int rest_identity_remove(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find_to_change(call, &provider));
    return admin_identity_delete(&call->ctx, call->w, &provider);
}

/* What a provider would have to be told about us: an OpenID client has no file for that, as in
 * Keycloak, which answers 204. */
int rest_identity_export(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find(call, &provider));
    return str_eq(provider.provider_id, STR("saml"))
               ? err_set(&call->req->err, ERR_NOT_IMPLEMENTED, "SAML metadata do not exist here")
               : 0;
}

/* Nobody logs in by it, so that no keys are held that could be stale: none are fetched. */
int rest_identity_reload_keys(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find(call, &provider));
    jw_bool(&call->out, false);
    return 0;
}

int rest_identity_permissions_get(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find(call, &provider));
    return permissions_show(call);
}

int rest_identity_permissions_put(struct admin_call *call)
{
    struct identity_provider provider;
    TRY(identity_find(call, &provider));
    return permissions_put(call);
}

/* --- Kinds --- */

int rest_identity_kind(struct admin_call *call)
{
    const struct provider *kind = provider_find(STR(PROVIDER_IDENTITY), admin_param(call, 1));
    struct json_writer *w = &call->out;
    if (!kind)
        return err_set(&call->req->err, ERR_NOT_FOUND, "Could not find identity provider kind");
    jw_begin_object(w);
    jw_member_c(w, "id", kind->id);
    jw_member_c(w, "name", kind->id);
    jw_key(w, "configProperties");
    provider_write_settings(w, kind);
    jw_end_object(w);
    return 0;
}
