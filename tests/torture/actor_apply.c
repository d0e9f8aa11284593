/* Declarative changes (web/apply), as a command makes them: one document, one transaction. */
#include <stdio.h>

#include "core/port/clients.h"
#include "core/port/roles.h"
#include "core/port/users.h"
#include "tests/torture/actor_change.h"
#include "tests/torture/world.h"
#include "web/apply/apply.h"

#define DOCUMENT_BYTES 2048
#define ANSWER_BYTES   ((size_t)256 << 10)
#define HALF           "half of it"

/* --- Applying --- */

static int apply_text(struct actor *a, const char *owner, const char *document, bool prune)
{
    const struct event_actor operator= {.username = STR("torture")};
    const struct apply_options options = {.owner = str_c(owner), .prune = prune};
    struct err_ctx err = {0};
    struct buf b;
    struct json_writer w;
    buf_init(&b, &a->arena, ANSWER_BYTES);
    jw_init(&w, &b);
    return apply_as_operator(a->store, &a->arena, &a->now, &operator, str_c(document), &options, &w,
                             &err);
}

/* Objects that hang on each other, and all say the same. */
static void write_objects(char text[DOCUMENT_BYTES], const char *realm, const char *settings,
                          const char *name, const char *value)
{
    (void)snprintf(
        text, DOCUMENT_BYTES,
        "{\"realm\":\"%s\",%s\"roles\":{\"realm\":[{\"name\":\"%s\",\"description\":\"%s\"}]},"
        "\"groups\":[{\"name\":\"%s\",\"attributes\":{\"text\":[\"%s\"]},\"realmRoles\":[\"%s\"]}],"
        "\"clients\":[{\"clientId\":\"%s\",\"description\":\"%s\",\"publicClient\":true,"
        "\"redirectUris\":[\"" WORLD_CALLBACK "\"]}],"
        "\"users\":[{\"username\":\"%s\",\"firstName\":\"Person\",\"lastName\":\"%s\","
        "\"groups\":[\"/%s\"],\"realmRoles\":[\"%s\"]}]}",
        realm, settings, name, value, name, value, name, name, value, name, value, name, name);
}

/* The name of the n-th document of this actor is that of its objects, and of their owner. */
static int apply(struct actor *a, unsigned number, const char *value)
{
    char subject[SUBJECT_BYTES], document[DOCUMENT_BYTES];
    actor_subject(a, "applied", number, subject);
    const char *name = strchr(subject, ' ') + 1;
    bool gone = strcmp(value, VALUE_ABSENT) == 0;
    if (gone)
        (void)snprintf(document, sizeof(document), "{\"realm\":\"" WORLD_REALM "\"}");
    else
        write_objects(document, WORLD_REALM, "", name, value);
    struct change *c = history_begin(a->history, subject, value);
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = apply_text(a, name, document, gone);
    history_end(a->history, c, actor_outcome_of(err), NULL);
    actor_leave(a);
    return err;
}

int actor_apply_new(struct actor *a)
{
    return apply(a, a->number++, "made");
}

int actor_apply(struct actor *a, unsigned number, const char *text)
{
    return apply(a, number, text);
}

int actor_apply_nothing(struct actor *a, unsigned number)
{
    return apply(a, number, VALUE_ABSENT);
}

/* Two changes of one subject, as there are two steps. */
int actor_apply_realm(struct actor *a, const char *name, const char *display_name)
{
    char subject[SUBJECT_BYTES], settings[SUBJECT_BYTES], document[DOCUMENT_BYTES];
    (void)snprintf(subject, sizeof(subject), "applied-realm %s", name);
    (void)snprintf(settings, sizeof(settings), "\"displayName\":\"%s\",", display_name);
    write_objects(document, name, settings, "filled", display_name);
    struct change *made = history_begin(a->history, subject, "empty");
    struct change *filled = history_begin(a->history, subject, display_name);
    int err = actor_enter(a, REALM_MASTER);
    if (err == 0)
        err = apply_text(a, "torture", document, false);
    history_end(a->history, made, actor_outcome_of_several(err), NULL);
    history_end(a->history, filled, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}

/* --- What is there --- */

struct found {
    struct str role, group, client, person; /* absent: there is none */
    bool linked;
};

static int find_person(struct actor *a, struct store_read *r, struct str name, struct found *f)
{
    struct user user;
    struct groups groups = {0};
    struct roles roles = {0};
    int err = user_find_by_username(r, &a->arena, name, &user);
    if (err != 0)
        return err;
    f->person = user.last_name;
    TRY(user_groups(r, &a->arena, user.pk, &groups));
    TRY(user_roles(r, &a->arena, user.pk, &roles));
    for (size_t i = 0; i < roles.count; i++)
        f->linked = f->linked || (str_eq(roles.items[i].name, name) && groups.count == 1);
    return 0;
}

static int or_absent(int err)
{
    return err == ERR_NOT_FOUND ? 0 : err;
}

static int find_all(struct actor *a, struct store_read *r, struct str name, struct found *f)
{
    struct role role = {0};
    struct group group = {0};
    struct client client = {0};
    struct str path = ARENA_CONCAT(&a->arena, STR("/"), name);
    if (str_absent(path))
        return ERR_NO_MEMORY;
    TRY(or_absent(role_find(r, &a->arena, 0, name, &role)));
    TRY(or_absent(group_find_by_path(r, &a->arena, path, &group)));
    TRY(or_absent(client_find(r, &a->arena, name, &client)));
    f->role = role.description;
    f->group = attrs_first(&group.attributes, STR("text"));
    f->client = client.description;
    return or_absent(find_person(a, r, name, f));
}

int actor_read_applied(struct actor *a, struct store_read *r, struct str name,
                       char value[VALUE_BYTES])
{
    struct found f = {0};
    TRY(find_all(a, r, name, &f));
    bool none =
        str_absent(f.role) && str_absent(f.group) && str_absent(f.client) && str_absent(f.person);
    bool all =
        f.linked && str_eq(f.role, f.group) && str_eq(f.role, f.client) && str_eq(f.role, f.person);
    if (none)
        return ERR_NOT_FOUND;
    (void)snprintf(value, VALUE_BYTES, "%.*s", all ? (int)f.role.len : (int)strlen(HALF),
                   all ? f.role.ptr : HALF);
    return 0;
}

int actor_read_applied_realm(struct actor *a, const char *name, char value[VALUE_BYTES])
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    TRY(actor_enter(a, name));
    const struct realm *realm = realm_view_realm(a->ctx.view);
    if (!str_eq(str_map_get(&realm->attributes, STR(APPLY_MARK)), STR("torture"))) {
        (void)snprintf(value, VALUE_BYTES, "without a mark");
        return 0;
    }
    TRY(store_read_begin(a->ctx.view, &r));
    int err = actor_read_applied(a, r, STR("filled"), value);
    if (err == ERR_NOT_FOUND && str_empty(realm->display_name)) {
        (void)snprintf(value, VALUE_BYTES, "empty");
        return 0;
    }
    if (err == 0 && !str_eq_c(realm->display_name, value))
        (void)snprintf(value, VALUE_BYTES, "%s", HALF);
    return err;
}
