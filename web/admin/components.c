/* ~/components, and what kinds of them there are. */
#include "core/admin/components.h"

#include "core/admin/providers.h"
#include "web/admin/admin.h"

#include "core/base/banned.h"

/* --- Finding and showing --- */

static int find(struct admin_call *call, struct component *ret_component)
{
    return admin_component_find(&call->ctx, call->r, admin_param(call, 1), ret_component);
}

/* AD-06: secrets are shown to nobody. */
static int represent(struct admin_call *call, const struct component *component)
{
    struct component shown;
    struct json_writer *w = &call->out;
    TRY(admin_component_mask(&call->ctx, component, &shown));
    jw_begin_object(w);
    jw_member_str(w, "id", shown.id);
    fields_write(&component_fields, &shown, w);
    if (shown.config.count == 0) {
        jw_member_object(w, "config");
        jw_end_object(w);
    }
    jw_end_object(w);
    return 0;
}

struct filter {
    struct str parent, type, name; /* absent: any */
};

static bool fits(struct str wanted, struct str value)
{
    return str_absent(wanted) || str_eq(wanted, value);
}

static bool matches(const struct filter *f, const struct component *c)
{
    return fits(f->parent, c->parent_id) && fits(f->type, c->provider_type) &&
           fits(f->name, c->name);
}

int rest_components_list(struct admin_call *call)
{
    struct filter f;
    struct components all;
    TRY(admin_query(call, "parent", &f.parent));
    TRY(admin_query(call, "type", &f.type));
    TRY(admin_query(call, "name", &f.name));
    TRY(admin_read(call));
    TRY(admin_component_list(&call->ctx, call->r, &all));
    jw_begin_array(&call->out);
    for (size_t i = 0; i < all.count; i++)
        if (matches(&f, &all.items[i]))
            TRY(represent(call, &all.items[i]));
    jw_end_array(&call->out);
    return 0;
}

int rest_component_get(struct admin_call *call)
{
    struct component component;
    TRY(admin_read(call));
    TRY(find(call, &component));
    return represent(call, &component);
}

/* --- Changing --- */

static int read_body(struct admin_call *call, struct component *io_component)
{
    return fields_merge(&component_fields, io_component, call->req->arena, call->body,
                        &call->req->err);
}

int rest_components_create(struct admin_call *call)
{
    struct component component = {.id = {NULL, 0}};
    fields_default(&component_fields, &component);
    TRY(admin_body_object(call));
    TRY(admin_member_str(call, call->body, "id", &component.id));
    TRY(read_body(call, &component));
    TRY(admin_write(call));
    TRY(admin_component_insert(&call->ctx, &call->caller, call->w, &component));
    return admin_created(call, "components", component.id);
}

/* A configuration is replaced as a whole. */
int rest_component_put(struct admin_call *call)
{
    struct component before, after;
    TRY(admin_body_object(call));
    TRY(admin_write(call));
    TRY(find(call, &before));
    after = before;
    TRY(read_body(call, &after));
    return admin_component_update(&call->ctx, &call->caller, call->w, &before, &after);
}

int rest_component_remove(struct admin_call *call)
{
    struct component component;
    TRY(admin_write(call));
    TRY(find(call, &component));
    return admin_component_delete(&call->ctx, call->w, &component);
}

/* For consoles, beside a person who comes from there. */
int rest_storage_name(struct admin_call *call)
{
    struct component component;
    TRY(admin_read(call));
    TRY(find(call, &component));
    if (!str_eq(component.provider_type, STR(PROVIDER_STORAGE)))
        return err_set(&call->req->err, ERR_NOT_FOUND, "Could not find component");
    jw_begin_object(&call->out);
    jw_member_str(&call->out, "id", component.id);
    jw_member_str(&call->out, "name", component.name);
    jw_end_object(&call->out);
    return 0;
}

/* --- Kinds --- */

static void write_types(struct json_writer *w, struct str type)
{
    const struct provider *provider = NULL;
    jw_begin_array(w);
    while ((provider = provider_next(type, provider)) != NULL) {
        jw_begin_object(w);
        jw_member_c(w, "id", provider->id);
        jw_member_c(w, "helpText", "");
        jw_key(w, "properties");
        provider_write_settings(w, provider);
        jw_member_object(w, "metadata");
        jw_end_object(w);
        jw_end_object(w);
    }
    jw_end_array(w);
}

int rest_component_types(struct admin_call *call)
{
    struct component component;
    struct str type;
    TRY(admin_query(call, "type", &type));
    TRY(admin_read(call));
    TRY(find(call, &component));
    if (str_absent(type))
        return err_field(&call->req->err, ERR_INVALID_REQUEST, "type", "type is required");
    write_types(&call->out, type);
    return 0;
}

int rest_registration_policies(struct admin_call *call)
{
    write_types(&call->out, STR(PROVIDER_REGISTRATION));
    return 0;
}
