/* Components in the shape that files have: the kind of provider is a name, and what belongs to a component
 * stands inside it. The keys of the realm and the profile of its people are components there, too. */
#include "core/transfer/export_parts.h"

#include "core/admin/component_records.h"
#include "core/admin/components.h"
#include "core/admin/providers.h"
#include "core/port/documents.h"

#include "core/base/banned.h"

#define COMPONENT_DEPTH_MAX 4

static int write_children(struct exporter *e, const struct components *all, struct str parent,
                          int depth);

static int write_component(struct exporter *e, const struct components *all,
                           const struct component *c, int depth)
{
    struct component shown = *c;
    if (!e->options->secrets)
        TRY(admin_component_mask(&e->ctx, c, &shown));
    jw_begin_object(&e->w);
    jw_member_str(&e->w, "id", c->id);
    jw_member_str(&e->w, "name", c->name);
    jw_member_str(&e->w, "providerId", c->provider_id);
    if (!str_empty(c->sub_type))
        jw_member_str(&e->w, "subType", c->sub_type);
    represent_attrs(&e->w, "config", &shown.config);
    TRY(export_next(e));
    jw_member_object(&e->w, "subComponents");
    TRY(write_children(e, all, c->id, depth + 1));
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    return export_next(e);
}

static bool is_kind(const struct component *c, struct str parent, struct str type)
{
    return str_eq(c->parent_id, parent) && str_eq(c->provider_type, type);
}

static bool is_first_of_kind(const struct components *all, size_t at)
{
    const struct component *c = &all->items[at];
    for (size_t i = 0; i < at; i++)
        if (is_kind(&all->items[i], c->parent_id, c->provider_type))
            return false;
    return true;
}

/* From the first of its kind on: the others of the parent and the type. */
static int write_kind(struct exporter *e, const struct components *all, size_t first, int depth)
{
    const struct component *c = &all->items[first];
    jw_key_s(&e->w, c->provider_type);
    jw_begin_array(&e->w);
    for (size_t i = first; i < all->count; i++)
        if (is_kind(&all->items[i], c->parent_id, c->provider_type))
            TRY(write_component(e, all, &all->items[i], depth));
    jw_end_array(&e->w);
    return 0;
}

/* What stands elsewhere in the file. */
static bool is_written(const struct component *c)
{
    return str_eq(c->provider_type, STR(PROVIDER_KEY)) ||
           str_eq(c->provider_type, STR(PROVIDER_PROFILE));
}

/* Providers of users have mappers, and these have nothing: deeper ones are no components of ours. */
static int write_children(struct exporter *e, const struct components *all, struct str parent,
                          int depth)
{
    if (depth > COMPONENT_DEPTH_MAX)
        return 0;
    for (size_t i = 0; i < all->count; i++)
        if (str_eq(all->items[i].parent_id, parent) && !is_written(&all->items[i]) &&
            is_first_of_kind(all, i))
            TRY(write_kind(e, all, i, depth));
    return 0;
}

/* --- Of the realm --- */

static int write_profile(struct exporter *e)
{
    struct str profile;
    int rc = document_find(e->r, e->scratch, STR(DOCUMENT_USER_PROFILE), &profile);
    if (rc == ERR_NOT_FOUND)
        return 0;
    TRY(rc);
    jw_member_array(&e->w, PROVIDER_PROFILE);
    jw_begin_object(&e->w);
    jw_member_c(&e->w, "providerId", "declarative-user-profile");
    jw_member_object(&e->w, "config");
    jw_member_array(&e->w, "kc.user.profile.config");
    jw_str(&e->w, profile);
    jw_end_array(&e->w);
    jw_end_object(&e->w);
    jw_member_object(&e->w, "subComponents");
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    jw_end_array(&e->w);
    return export_next(e);
}

int export_components(struct exporter *e)
{
    struct components all;
    struct auth_ctx ctx = e->ctx;
    ctx.arena = e->kept;
    TRY(component_records(&ctx, e->r, &all));
    jw_member_object(&e->w, "components");
    TRY(write_profile(e));
    TRY(export_keys(e, &all));
    TRY(write_children(e, &all, e->realm.id, 0));
    jw_end_object(&e->w);
    return 0;
}
