/* Mappers that tell about the user: attributes, properties, names, address. */
#include "core/oidc/mapper.h"

#include "core/port/roles.h"

#include "core/base/banned.h"

static bool email_verified_claim(const struct mapper_run *run)
{
    return str_eq(mapper_config(run, "claim.name"), STR("email_verified"));
}

static int add_one(const struct mapper_run *run, struct str value)
{
    struct strs one = {&value, 1};
    return str_empty(value) ? 0 : mapper_add(run, CLAIM_FROM_USER, &one);
}

/* Properties by the names that Keycloak's mappers use. Absent: no such property. */
static struct str property(const struct mapper_run *run, struct str name)
{
    const struct user *user = &run->subject->user;
    if (str_eq(name, STR("username")))
        return user->username;
    if (str_eq(name, STR("email")))
        return user->email;
    if (str_eq(name, STR("emailVerified")))
        return user->email_verified ? STR("true") : STR("false");
    if (str_eq(name, STR("firstName")))
        return user->first_name;
    if (str_eq(name, STR("lastName")))
        return user->last_name;
    if (str_eq(name, STR("id")))
        return user->id;
    if (str_eq(name, STR("enabled")))
        return user->enabled ? STR("true") : STR("false");
    if (str_eq(name, STR("createdTimestamp")))
        return arena_printf(run->ctx->arena, "%lld", (long long)user->created_ms);
    return str_of(NULL, 0);
}

int mapper_user_property(const struct mapper_run *run)
{
    return add_one(run, property(run, mapper_config(run, "user.attribute")));
}

static int append_all(struct arena *a, struct strs *list, const struct strs *values)
{
    for (size_t i = 0; values && i < values->count; i++)
        if (!strs_has(list, values->items[i]))
            TRY(strs_add(list, a, values->items[i]));
    return 0;
}

/* The group above, by its path; ERR_NOT_FOUND at the top. */
static int parent_of(const struct mapper_run *run, struct str path, struct group *ret_group)
{
    size_t len = path.len;
    while (len > 0 && path.ptr[len - 1] != '/')
        len--;
    if (len <= 1)
        return ERR_NOT_FOUND;
    return group_find_by_path(run->r, run->ctx->arena, str_sub(path, 0, len - 1), ret_group);
}

/* A group's attributes hold for the groups below it as well. */
static int append_of_group(const struct mapper_run *run, struct group group, struct str name,
                           bool aggregate, struct strs *list)
{
    for (int depth = 0; depth < 32; depth++) {
        TRY(append_all(run->ctx->arena, list, attrs_get(&group.attributes, name)));
        if (list->count > 0 && !aggregate)
            return 0;
        int rc = parent_of(run, group.path, &group);
        if (rc == ERR_NOT_FOUND)
            return 0;
        TRY(rc);
    }
    return 0;
}

static int attribute_values(const struct mapper_run *run, struct str name, struct strs *ret_list)
{
    struct groups groups = {0};
    bool aggregate = mapper_config_true(run, "aggregate.attrs");
    TRY(append_all(run->ctx->arena, ret_list, attrs_get(&run->subject->user.attributes, name)));
    if (ret_list->count > 0 && !aggregate)
        return 0;
    TRY(user_groups(run->r, run->ctx->arena, run->subject->user.pk, &groups));
    for (size_t i = 0; i < groups.count; i++) {
        TRY(append_of_group(run, groups.items[i], name, aggregate, ret_list));
        if (ret_list->count > 0 && !aggregate)
            return 0;
    }
    return 0;
}

/* Newer Keycloak configurations read the built-in properties through this mapper. What people can
 * edit as an attribute never passes for one of these, nor for a proof (OI-07, OI-08). */
int mapper_user_attribute(const struct mapper_run *run)
{
    static const char *const built_in[] = {"username", "email", "firstName", "lastName"};
    struct strs values = {0};
    struct str name = mapper_config(run, "user.attribute");
    for (size_t i = 0; i < ARRAY_LEN(built_in); i++)
        if (str_eq_c(name, built_in[i]))
            return add_one(run, property(run, name));
    if (str_empty(name) || email_verified_claim(run))
        return 0;
    TRY(attribute_values(run, name, &values));
    return mapper_add(run, CLAIM_FROM_USER, &values);
}

int mapper_full_name(const struct mapper_run *run)
{
    const struct user *user = &run->subject->user;
    bool both = !str_empty(user->first_name) && !str_empty(user->last_name);
    struct str name =
        ARENA_CONCAT(run->ctx->arena, user->first_name, both ? STR(" ") : STR(""), user->last_name);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    return str_empty(name) ? 0 : claims_set_str(run->claims, STR("name"), name);
}

/* Core 5.1.1 */
int mapper_address(const struct mapper_run *run)
{
    static const struct {
        const char *config, *attribute, *member;
    } parts[] = {
        {"user.attribute.formatted", "formatted", "formatted"},
        {"user.attribute.street", "street", "street_address"},
        {"user.attribute.locality", "locality", "locality"},
        {"user.attribute.region", "region", "region"},
        {"user.attribute.postal_code", "postal_code", "postal_code"},
        {"user.attribute.country", "country", "country"},
    };
    for (size_t i = 0; i < ARRAY_LEN(parts); i++) {
        struct str name = mapper_config(run, parts[i].config);
        struct claim_path path = {.parts = {STR("address"), str_c(parts[i].member)}, .count = 2};
        struct str json;
        struct str value = attrs_first(&run->subject->user.attributes,
                                       str_empty(name) ? str_c(parts[i].attribute) : name);
        if (str_empty(value))
            continue;
        TRY(claim_json_str(run->ctx->arena, value, &json));
        TRY(claims_set_json(run->claims, &path, json));
    }
    return 0;
}
