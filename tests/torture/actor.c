/* The steps of administration, and what all steps share. */
#include "tests/torture/actor_change.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/admin/bootstrap.h"
#include "core/admin/keys.h"
#include "core/admin/realms.h"
#include "core/admin/users.h"
#include "core/base/rng.h"
#include "core/port/events.h"
#include "core/port/keys.h"
#include "core/port/sessions.h"
#include "core/port/users.h"
#include "tests/torture/world.h"

#define ACTOR_ARENA_BYTES ((size_t)32 << 20)

struct actor *actor_new(struct history *history, const char *tag)
{
    struct actor *a = calloc(1, sizeof(*a));
    if (!a)
        abort();
    a->history = history;
    a->tag = tag;
    arena_init(&a->arena, ACTOR_ARENA_BYTES);
    return a;
}

void actor_free(struct actor *a)
{
    arena_free(&a->arena);
    free(a);
}

void actor_use(struct actor *a, struct store *store)
{
    a->store = store;
}

int actor_enter(struct actor *a, const char *realm)
{
    arena_reset(&a->arena);
    a->now = clock_now();
    a->now.wall_ms += a->ahead_ms;
    a->err = (struct err_ctx){0};
    a->ctx = (struct auth_ctx){
        .arena = &a->arena,
        .now = &a->now,
        .err = &a->err,
        .issuer = STR(WORLD_ISSUER),
        .base_url = STR("https://id.example"),
        .actor = {.ip = STR("192.0.2.7"), .user_agent = STR("torture")},
    };
    return realm_view_acquire(a->store, str_c(realm), &a->ctx.view);
}

void actor_leave(struct actor *a)
{
    realm_view_release_p(&a->ctx.view);
    arena_reset(&a->arena);
}

/* What may be there after an error. Only a failed flush, and a standby that did not confirm in time, leave it
 * open: every other error of a single transaction promises that nothing was changed. */
enum outcome actor_outcome_of(int err)
{
    if (err == 0)
        return CHANGE_DONE;
    return err == ERR_STORE_FAILED || err == ERR_UNCONFIRMED ? CHANGE_UNKNOWN : CHANGE_REFUSED;
}

enum outcome actor_outcome_of_several(int err)
{
    return err == 0 ? CHANGE_DONE : CHANGE_UNKNOWN;
}

void actor_subject(const struct actor *a, const char *kind, unsigned number,
                   char subject[SUBJECT_BYTES])
{
    (void)snprintf(subject, SUBJECT_BYTES, "%s t-%s-%u", kind, a->tag, number);
}

void actor_learnt(struct actor *a, const char *kind, const char *name, const char *value)
{
    history_end(a->history, actor_begin(a, kind, name, value), CHANGE_DONE, NULL);
}

struct change *actor_begin(struct actor *a, const char *kind, const char *name, const char *value)
{
    char subject[SUBJECT_BYTES];
    (void)snprintf(subject, sizeof(subject), "%s %s", kind, name);
    return history_begin(a->history, subject, value);
}

/* The name within the subject. */
static struct str name_in(const char *subject)
{
    return str_c(strchr(subject, ' ') + 1);
}

int actor_change(struct actor *a, const char *subject, const char *value, actor_change_fn *f)
{
    struct store_write *w = NULL;
    struct change *c = history_begin(a->history, subject, value);
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = store_write_begin(a->ctx.view, &a->now, &w);
    if (err == 0) {
        err = f(a, w, name_in(subject), value);
        if (err == 0)
            err = store_commit(w, DURABLE_STANDBY);
        else
            store_rollback(w);
    }
    history_end(a->history, c, actor_outcome_of(err), NULL);
    actor_leave(a);
    return err;
}

static int insert_person(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.username = name;
    user.first_name = STR("Person");
    user.last_name = str_c(value);
    user.email = ARENA_CONCAT(&a->arena, name, STR("@example.pe"));
    if (str_absent(user.email))
        return ERR_NO_MEMORY;
    TRY(admin_user_prepare(&a->ctx, &user));
    return admin_user_insert(&a->ctx, w, &user);
}

int actor_add_person(struct actor *a)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "person", a->number++, subject);
    return actor_change(a, subject, "Mamani", insert_person);
}

static int update_person(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct user before;
    TRY(user_find_by_username(store_write_reader(w), &a->arena, name, &before));
    struct user after = before;
    after.last_name = str_c(value);
    return admin_user_update(&a->ctx, w, &before, &after, NULL);
}

int actor_change_person(struct actor *a, unsigned number, const char *last_name)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "person", number, subject);
    return actor_change(a, subject, last_name, update_person);
}

static int remove_person(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct user user;
    (void)value;
    TRY(user_find_by_username(store_write_reader(w), &a->arena, name, &user));
    return admin_user_delete(&a->ctx, w, &user);
}

int actor_delete_person(struct actor *a, unsigned number)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "person", number, subject);
    return actor_change(a, subject, VALUE_ABSENT, remove_person);
}

static int spend(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    bool first;
    (void)a;
    (void)value;
    TRY(once_spend(w, STR("jti"), name, INT64_MAX, &first));
    return first ? 0 : ERR_CONFLICT;
}

int actor_spend_once(struct actor *a)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "once", a->number++, subject);
    return actor_change(a, subject, "spent", spend);
}

static int insert_pair(struct actor *a, struct store_write *w, struct str name, const char *value)
{
    struct user user = {0};
    fields_default(&user_fields, &user);
    user.id = uuid_new(&a->arena);
    user.username = name;
    user.created_ms = a->now.wall_ms;
    struct event event = {.type = EVENT_UserCreated, .actor = {.user_id = user.id}};
    TRY(user_insert(w, &user));
    TRY(spend(a, w, name, value));
    return event_append(w, &event);
}

int actor_add_pair(struct actor *a)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "pair", a->number++, subject);
    return actor_change(a, subject, "present", insert_pair);
}

int actor_append_event(struct actor *a)
{
    char subject[SUBJECT_BYTES];
    actor_subject(a, "event", a->number++, subject);
    const struct event event = {.type = EVENT_ClientLoginFailed,
                                .actor = {.client_id = name_in(subject)}};
    struct change *c = history_begin(a->history, subject, "present");
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = event_append_alone(a->ctx.view, &a->now, &event, DURABLE_STANDBY);
    history_end(a->history, c, actor_outcome_of(err), NULL);
    actor_leave(a);
    return err;
}

int actor_archive(struct actor *a)
{
    struct event_archived archived;
    bool more = true;
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = event_archive_month(a->ctx.view, &a->now, &a->ctx.actor, a->now.wall_ms, &a->arena,
                                  &archived, &more);
    while (err == 0 && more)
        err = event_archive_prune(a->ctx.view, &a->now, &more);
    actor_leave(a);
    return err;
}

int actor_remove_archive(struct actor *a, int64_t before_ms)
{
    struct event_archived removed;
    bool done;
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = event_archive_remove(a->ctx.view, &a->now, &a->ctx.actor, before_ms, &a->arena,
                                   &removed, &done);
    actor_leave(a);
    return err;
}

int actor_rotate_key(struct actor *a)
{
    struct realm_key key = {0};
    char kid[VALUE_BYTES] = "";
    struct store_write *w = NULL;
    struct change *c = history_begin(a->history, "key ES256", VALUE_NEW);
    int err = actor_enter(a, WORLD_REALM);
    if (err == 0)
        err = store_write_begin(a->ctx.view, &a->now, &w);
    if (err == 0) {
        err = admin_key_rotate(&a->ctx, w, STR("ES256"), KEY_OVERLAP_DEFAULT_MS, &key);
        (void)snprintf(kid, sizeof(kid), "%.*s", STR_ARG(key.kid));
        if (err == 0)
            err = store_commit(w, DURABLE_STANDBY);
        else
            store_rollback(w);
    }
    history_end(a->history, c, actor_outcome_of(err), kid);
    actor_leave(a);
    return err;
}

/* --- Realms --- */

struct change *actor_begin_realm(struct actor *a, const char *name, const char *value)
{
    char subject[SUBJECT_BYTES];
    (void)snprintf(subject, sizeof(subject), "realm %s", name);
    return history_begin(a->history, subject, value);
}

static int create_realm(struct actor *a, const char *name)
{
    struct realm realm;
    bool is_master = str_eq_c(str_c(name), REALM_MASTER);
    int err = actor_enter(a, REALM_MASTER);
    if (err != 0 && !is_master)
        return err;
    TRY(bootstrap_settings(&a->arena, str_c(name), &realm));
    realm.display_name = STR("made");
    /* What hashing costs is not what is tested. */
    realm.password_policy = STR("hashAlgorithm(pbkdf2-sha512) and hashIterations(1000)");
    return admin_realm_create(&a->ctx, a->store, &realm);
}

int actor_make_realm(struct actor *a, const char *name)
{
    struct change *c = actor_begin_realm(a, name, "made");
    int err = create_realm(a, name);
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}

static int update_realm(struct actor *a, const char *name, const char *display_name)
{
    CLEANUP(store_rollback_p) struct store_write *w = NULL;
    TRY(actor_enter(a, name));
    struct realm after = *realm_view_realm(a->ctx.view);
    after.display_name = str_c(display_name);
    TRY(store_write_begin(a->ctx.view, &a->now, &w));
    TRY(admin_realm_update(&a->ctx, w, realm_view_realm(a->ctx.view), &after));
    return store_commit_p(&w, DURABLE_STANDBY);
}

int actor_change_realm(struct actor *a, const char *name, const char *display_name)
{
    struct change *c = actor_begin_realm(a, name, display_name);
    int err = update_realm(a, name, display_name);
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}

int actor_delete_realm(struct actor *a, const char *name)
{
    struct change *c = actor_begin_realm(a, name, VALUE_ABSENT);
    int err = actor_enter(a, REALM_MASTER);
    if (err == 0)
        err = admin_realm_delete(&a->ctx, str_c(name));
    history_end(a->history, c, actor_outcome_of_several(err), NULL);
    actor_leave(a);
    return err;
}
