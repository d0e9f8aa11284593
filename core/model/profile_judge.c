/* A person against the profile. */
#include "core/model/check.h"
#include "core/model/profile.h"
#include "core/model/profile_value.h"

#include "core/base/banned.h"

struct judging {
    struct arena *arena;
    const struct profile *profile;
    struct str role;
    const struct user *before; /* NULL: a new person */
    struct user *after;
    struct profile_problems *problems;
};

/* What a person has of one attribute. */
struct values {
    const struct str *items;
    size_t count;
};

/* The members of a user that the profile counts among the attributes. */
static const struct str *member_of(const struct user *user, struct str name)
{
    if (str_eq(name, STR("username")))
        return &user->username;
    if (str_eq(name, STR("email")))
        return &user->email;
    if (str_eq(name, STR("firstName")))
        return &user->first_name;
    return str_eq(name, STR("lastName")) ? &user->last_name : NULL;
}

/* A member that is empty has none; nor has nobody. */
static struct values values_of(const struct user *user, struct str name)
{
    const struct str *member = user ? member_of(user, name) : NULL;
    const struct strs *list = user ? attrs_get(&user->attributes, name) : NULL;
    if (member)
        return (struct values){member, str_empty(*member) ? 0 : 1};
    return list ? (struct values){list->items, list->count} : (struct values){0};
}

static bool same(struct values a, struct values b)
{
    if (a.count != b.count)
        return false;
    for (size_t i = 0; i < a.count; i++)
        if (!str_eq(a.items[i], b.items[i]))
            return false;
    return true;
}

static bool is_blank(struct values values)
{
    for (size_t i = 0; i < values.count; i++)
        if (!text_is_blank(values.items[i]))
            return false;
    return true;
}

static int complain(const struct judging *j, struct str name, const char *message)
{
    return profile_problem_add(j->arena, j->problems, name, str_c(message), NULL, NULL);
}

static int put_back(const struct judging *j, struct str name)
{
    struct user *after = j->after;
    const struct strs *list = attrs_get(&j->before->attributes, name);
    if (str_eq(name, STR("email")))
        after->email = j->before->email;
    else if (str_eq(name, STR("firstName")))
        after->first_name = j->before->first_name;
    else if (str_eq(name, STR("lastName")))
        after->last_name = j->before->last_name;
    else if (list)
        return attrs_set(&after->attributes, j->arena, name, *list);
    return 0;
}

/* An attribute that the role may not change: what was not sent stays, what was sent must be what it
 * was. */
static int keep(const struct judging *j, struct str name)
{
    struct values before = values_of(j->before, name), after = values_of(j->after, name);
    if (same(before, after))
        return 0;
    if (after.count == 0)
        return put_back(j, name);
    return complain(j, name, "error-user-attribute-read-only");
}

static int judge_values(const struct judging *j, const struct profile_attribute *attribute)
{
    struct values before = values_of(j->before, attribute->name);
    struct values after = values_of(j->after, attribute->name);
    /* Who keeps his name may have one from before there were rules. */
    if (str_eq(attribute->name, STR("username")) && j->before && same(before, after))
        return 0;
    if (is_blank(after))
        return profile_requires(attribute, j->role)
                   ? complain(j, attribute->name, "error-user-attribute-required")
                   : 0;
    return profile_values_judge(j->arena, attribute, after.items, after.count, j->problems);
}

static int judge_attribute(const struct judging *j, const struct profile_attribute *attribute)
{
    bool name_of_new = !j->before && str_eq(attribute->name, STR("username"));
    if (!strs_has(&attribute->edit, j->role) && !name_of_new)
        return keep(j, attribute->name);
    return judge_values(j, attribute);
}

static bool is_free(const struct judging *j, struct str name)
{
    return profile_find(j->profile, name) || profile_edits(j->profile, name, j->role);
}

/* Those that were there, that the profile does not name and the role may not change. */
static int judge_unmanaged_old(const struct judging *j)
{
    struct attrs before = j->before ? j->before->attributes : (struct attrs){0};
    for (size_t i = 0; i < before.count; i++) {
        struct str name = before.items[i].name;
        if (is_free(j, name))
            continue;
        TRY(j->profile->unmanaged == PROFILE_UNMANAGED_DISABLED ? put_back(j, name)
                                                                : keep(j, name));
    }
    return 0;
}

/* Those that are new: left out where they do not exist (as Keycloak's), else refused. One that has the name of a
 * member is never kept: whoever looks for it would take it for what it is called (OI-07). */
static int judge_unmanaged_new(const struct judging *j)
{
    bool left_out = j->profile->unmanaged == PROFILE_UNMANAGED_DISABLED;
    struct attrs *attrs = &j->after->attributes;
    size_t kept = 0;
    for (size_t i = 0; i < attrs->count; i++) {
        struct str name = attrs->items[i].name;
        if (member_of(j->after, name))
            continue;
        bool fine = is_free(j, name) || (j->before && attrs_get(&j->before->attributes, name));
        if (fine || !left_out)
            attrs->items[kept++] = attrs->items[i];
        if (!fine && !left_out)
            TRY(complain(j, name, "error-user-attribute-read-only"));
    }
    attrs->count = kept;
    return 0;
}

static bool attrs_same(const struct attrs *a, const struct attrs *b)
{
    if (a->count != b->count)
        return false;
    for (size_t i = 0; i < a->count; i++) {
        const struct strs *values = attrs_get(b, a->items[i].name);
        struct values mine = {a->items[i].values.items, a->items[i].values.count};
        if (!values || !same(mine, (struct values){values->items, values->count}))
            return false;
    }
    return true;
}

static bool is_touched(const struct judging *j)
{
    static const struct str members[] = {STR_INIT("username"), STR_INIT("email"),
                                         STR_INIT("firstName"), STR_INIT("lastName")};
    if (!j->before)
        return true;
    for (size_t i = 0; i < ARRAY_LEN(members); i++)
        if (!same(values_of(j->before, members[i]), values_of(j->after, members[i])))
            return true;
    return !attrs_same(&j->before->attributes, &j->after->attributes);
}

/* The list of a change is often that of before: ours to alter it is only as a copy. */
static int own_attributes(const struct judging *j)
{
    struct attrs *attrs = &j->after->attributes;
    struct attr *items = ARENA_ARRAY(j->arena, attrs->count + 1, struct attr);
    if (!items)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < attrs->count; i++)
        items[i] = attrs->items[i];
    attrs->items = items;
    return 0;
}

int profile_judge(struct arena *a, const struct profile *profile, struct str role,
                  const struct user *before, struct user *io_after,
                  struct profile_problems *ret_problems)
{
    struct judging j = {a, profile, role, before, io_after, ret_problems};
    ret_problems->count = 0;
    if (!is_touched(&j))
        return 0;
    TRY(own_attributes(&j));
    for (size_t i = 0; i < profile->count; i++)
        TRY(judge_attribute(&j, &profile->attributes[i]));
    TRY(judge_unmanaged_old(&j));
    return judge_unmanaged_new(&j);
}
