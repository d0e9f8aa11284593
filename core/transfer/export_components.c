/* Components in the shape that files have: the kind of provider is a name, and what belongs to a component
 * stands inside it. The keys of the realm and the profile of its people are components there, too. */
#include "core/transfer/export_parts.h"

#include "core/port/documents.h"
#include "core/port/records.h"

#include "core/base/banned.h"

#define PROVIDER_KEYS       "org.keycloak.keys.KeyProvider"
#define PROVIDER_PROFILE    "org.keycloak.userprofile.UserProfileProvider"
#define COMPONENT_DEPTH_MAX 4

struct component {
    const struct realm_record *record;
    struct str type; /* of its provider */
};

struct components {
    struct component *items;
    size_t count;
};

/* Adds those of a parent. */
static int find_components(struct exporter *e, struct str parent, struct components *c)
{
    struct realm_record *records;
    const struct json_value *document;
    size_t count;
    TRY(record_list_children(e->r, e->kept, RECORD_COMPONENT, parent, &records, &count));
    c->items = arena_grow(e->kept, c->items, c->count, c->count + count + 1, sizeof(*c->items));
    if (!c->items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++) {
        TRY(export_record_parse(e, &records[i], &document));
        struct str type = arena_str(e->kept, json_str_or(document, "providerType", STR("")));
        if (str_absent(type))
            return ERR_NO_MEMORY;
        c->items[c->count++] = (struct component){&records[i], type};
        TRY(export_next(e));
    }
    return 0;
}

static bool is_first_of_type(const struct components *c, size_t at)
{
    for (size_t i = 0; i < at; i++)
        if (str_eq(c->items[i].type, c->items[at].type))
            return false;
    return true;
}

static int write_children(struct exporter *e, struct str parent, int depth);

static int write_component(struct exporter *e, const struct realm_record *record, int depth)
{
    static const char *const without[] = {"providerType", "parentId", "subComponents", "config",
                                          NULL};
    const struct json_value *document;
    TRY(export_record_parse(e, record, &document));
    jw_begin_object(&e->w);
    export_members(e, document, without);
    jw_key(&e->w, "config");
    export_config(e, json_get(document, "config"));
    TRY(export_next(e));
    jw_member_object(&e->w, "subComponents");
    TRY(write_children(e, record->id, depth + 1));
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    return export_next(e);
}

static int write_of_type(struct exporter *e, const struct components *c, struct str type, int depth)
{
    for (size_t i = 0; i < c->count; i++)
        if (str_eq(c->items[i].type, type))
            TRY(write_component(e, c->items[i].record, depth));
    return 0;
}

/* Providers of users have mappers, and these have nothing: deeper ones are no components of ours. */
static int write_children(struct exporter *e, struct str parent, int depth)
{
    struct components c = {NULL, 0};
    if (depth > COMPONENT_DEPTH_MAX)
        return 0;
    TRY(find_components(e, parent, &c));
    for (size_t i = 0; i < c.count; i++) {
        if (!is_first_of_type(&c, i))
            continue;
        jw_key_s(&e->w, c.items[i].type);
        jw_begin_array(&e->w);
        TRY(write_of_type(e, &c, c.items[i].type, depth));
        jw_end_array(&e->w);
    }
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
    jw_member_object(&e->w, "subComponents");
    jw_end_object(&e->w);
    jw_member_object(&e->w, "config");
    jw_member_array(&e->w, "kc.user.profile.config");
    jw_str(&e->w, profile);
    jw_end_array(&e->w);
    jw_end_object(&e->w);
    jw_end_object(&e->w);
    jw_end_array(&e->w);
    return export_next(e);
}

static int write_keys(struct exporter *e, const struct components *c)
{
    jw_member_array(&e->w, PROVIDER_KEYS);
    TRY(export_keys(e));
    TRY(write_of_type(e, c, STR(PROVIDER_KEYS), 0));
    jw_end_array(&e->w);
    return 0;
}

int export_components(struct exporter *e)
{
    struct components c = {NULL, 0};
    TRY(find_components(e, str_of(NULL, 0), &c));
    TRY(find_components(e, e->realm.id, &c));
    jw_member_object(&e->w, "components");
    TRY(write_profile(e));
    TRY(write_keys(e, &c));
    for (size_t i = 0; i < c.count; i++) {
        struct str type = c.items[i].type;
        if (str_eq(type, STR(PROVIDER_KEYS)) || str_eq(type, STR(PROVIDER_PROFILE)) ||
            !is_first_of_type(&c, i))
            continue;
        jw_key_s(&e->w, type);
        jw_begin_array(&e->w);
        TRY(write_of_type(e, &c, type, 0));
        jw_end_array(&e->w);
    }
    jw_end_object(&e->w);
    return 0;
}
