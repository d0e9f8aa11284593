/* A sorted list of names, searched by halves. */
#include "core/admin/organization_names.h"

#include "core/base/banned.h"

#define FIRST_ROOM 256

static const char letters[] = {
    [ORGANIZATION_NAME] = 'n', [ORGANIZATION_ALIAS] = 'a', [ORGANIZATION_DOMAIN] = 'd'};

int organization_clash(enum organization_name kind, struct str name, struct err_ctx *err)
{
    if (kind == ORGANIZATION_DOMAIN)
        return err_field(err, ERR_INVALID_REQUEST, "domains",
                         "Domain %.*s is already linked to another organization", STR_ARG(name));
    return err_set(err, ERR_CONFLICT, "A organization with the same %s already exists.",
                   kind == ORGANIZATION_NAME ? "name" : "alias");
}

static int compare(char letter, struct str name, struct str item)
{
    if (letter != item.ptr[0])
        return letter < item.ptr[0] ? -1 : 1;
    return str_cmp(name, str_from(item, 1));
}

/* Where it stands, or would. */
static size_t place_of(const struct organization_names *names, enum organization_name kind,
                       struct str name, bool *ret_there)
{
    size_t low = 0, high = names->count;
    *ret_there = false;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = compare(letters[kind], name, names->items[middle]);
        if (order == 0) {
            *ret_there = true;
            return middle;
        }
        if (order < 0)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

static int check_one(const struct organization_names *names, enum organization_name kind,
                     struct str name, struct err_ctx *err)
{
    bool there;
    (void)place_of(names, kind, name, &there);
    return there ? organization_clash(kind, name, err) : 0;
}

int organization_names_check(const struct organization_names *names, const struct organization *o,
                             struct err_ctx *err)
{
    TRY(check_one(names, ORGANIZATION_NAME, o->name, err));
    TRY(check_one(names, ORGANIZATION_ALIAS, o->alias, err));
    for (size_t i = 0; i < o->domain_count; i++)
        TRY(check_one(names, ORGANIZATION_DOMAIN, o->domains[i].name, err));
    return 0;
}

static int make_room(struct organization_names *names)
{
    if (names->count < names->room)
        return 0;
    size_t room = names->room ? 2 * names->room : FIRST_ROOM;
    struct str *items =
        arena_grow(names->arena, names->items, names->count, room, sizeof(*names->items));
    if (!items)
        return ERR_NO_MEMORY;
    names->items = items;
    names->room = room;
    return 0;
}

static int add_one(struct organization_names *names, enum organization_name kind, struct str name)
{
    bool there;
    size_t at = place_of(names, kind, name, &there);
    if (there)
        return 0;
    TRY(make_room(names));
    struct str item = ARENA_CONCAT(names->arena, str_of(&letters[kind], 1), name);
    if (str_absent(item))
        return ERR_NO_MEMORY;
    memmove(&names->items[at + 1], &names->items[at], (names->count - at) * sizeof(*names->items));
    names->items[at] = item;
    names->count++;
    return 0;
}

int organization_names_add(struct organization_names *names, const struct organization *o)
{
    TRY(add_one(names, ORGANIZATION_NAME, o->name));
    TRY(add_one(names, ORGANIZATION_ALIAS, o->alias));
    for (size_t i = 0; i < o->domain_count; i++)
        TRY(add_one(names, ORGANIZATION_DOMAIN, o->domains[i].name));
    return 0;
}
