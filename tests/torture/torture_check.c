/* Controls of the checks themselves. A good folder passes; then one thing is spoiled at a time, as a
 * fault in the store might leave it, and the check must say so. */
#include <fcntl.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/auth/otp.h"
#include "core/auth/session.h"
#include "tests/torture/torture.h"
#include "tests/torture/world.h"

#define PAGE_BYTES      4096
#define HASH_TEXT_BYTES (2 * HANDLE_HASH_BYTES + 1)

struct scene {
    char root[WORLD_PATH_MAX];
    char peru[WORLD_PATH_MAX]; /* the database of the realm */
    char pushed[64];           /* the request that was opened */
    char link[64];             /* the link that was followed */
    char hash[HASH_TEXT_BYTES];
    struct history *history;
};

/* --- What is spoiled --- */

static void run_sql(const char *path, const char *sql)
{
    sqlite3 *db;
    MUST(sqlite3_open_v2(path, &db, SQLITE_OPEN_READWRITE, NULL));
    MUST(sqlite3_exec(db, sql, NULL, NULL, NULL));
    MUST(sqlite3_close(db));
}

/* One byte of every page of the second half, which may be an index or a table. */
static void damage_pages(struct scene *s)
{
    int fd = open(s->peru, O_RDWR | O_CLOEXEC);
    off_t size = lseek(fd, 0, SEEK_END);
    for (off_t at = size / 2 / PAGE_BYTES * PAGE_BYTES; at < size; at += PAGE_BYTES)
        if (pwrite(fd, "\xff", 1, at + 5) != 1)
            abort();
    (void)close(fd);
}

static void alter_event(struct scene *s)
{
    run_sql(s->peru, "DROP TRIGGER event_no_update; UPDATE event SET time_ms = time_ms + 1"
                     " WHERE seq = 2");
}

static void remove_event(struct scene *s)
{
    run_sql(s->peru, "DROP TRIGGER event_no_delete; DELETE FROM event WHERE seq = 3");
}

static void person_without_event(struct scene *s)
{
    run_sql(s->peru, "INSERT INTO user (id, username, email_verified, enabled, created_ms,"
                     " not_before_s) VALUES ('x', 'nobody', 0, 1, 0, 0)");
}

static void person_without_role(struct scene *s)
{
    run_sql(s->peru, "DELETE FROM user_role");
}

static void session_of_nobody(struct scene *s)
{
    run_sql(s->peru, "PRAGMA foreign_keys = OFF; UPDATE session SET user_pk = 4711");
}

static void realm_without_keys(struct scene *s)
{
    run_sql(s->peru, "DELETE FROM signing_key");
}

static void list_says_otherwise(struct scene *s)
{
    char master[WORLD_PATH_MAX];
    world_database(s->root, REALM_MASTER, master);
    run_sql(master, "UPDATE realm_list SET enabled = 0 WHERE name = 'peru'");
}

static void file_too_many(struct scene *s)
{
    char path[WORLD_PATH_MAX];
    world_database(s->root, "orphan", path);
    FILE *f = fopen(path, "we");
    if (!f || fclose(f) != 0)
        abort();
}

static void file_missing(struct scene *s)
{
    MUST(unlink(s->peru));
}

static void change_lost(struct scene *s)
{
    run_sql(s->peru, "UPDATE user SET last_name = 'Quispe' WHERE username = 't-c-1'");
}

static void code_alive_again(struct scene *s)
{
    run_sql(s->peru, "UPDATE auth_code SET spent_ms = 0");
}

static void hash_text(enum handle_kind kind, const char *handle, char hex[HASH_TEXT_BYTES])
{
    struct arena arena;
    arena_init(&arena, 4096);
    struct str hash = handle_hash(&arena, kind, str_c(handle));
    for (size_t i = 0; i < HANDLE_HASH_BYTES; i++)
        (void)snprintf(hex + 2 * i, 3, "%02x", (unsigned char)hash.ptr[i]);
    arena_free(&arena);
}

static void request_alive_again(struct scene *s)
{
    char sql[512];
    hash_text(HANDLE_PUSHED_REQUEST, s->pushed, s->hash);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO pushed_request (hash, client_pk, request, expires_ms)"
                   " SELECT x'%s', min(pk), '', 0 FROM client",
                   s->hash);
    run_sql(s->peru, sql);
}

static void link_alive_again(struct scene *s)
{
    char sql[512];
    hash_text(HANDLE_ACTION_TOKEN, s->link, s->hash);
    (void)snprintf(sql, sizeof(sql),
                   "INSERT INTO action_token (hash, user_pk, purpose, person, actions,"
                   " redirect_uri, created_ms, expires_ms)"
                   " SELECT x'%s', min(pk), 1, x'00', '', '', 0, 0 FROM user",
                   s->hash);
    run_sql(s->peru, sql);
}

static void token_alive_again(struct scene *s)
{
    run_sql(s->peru, "UPDATE refresh_family SET current_hash = zeroblob(32)");
}

static void once_forgotten(struct scene *s)
{
    run_sql(s->peru, "DELETE FROM once");
}

static void step_alive_again(struct scene *s)
{
    run_sql(s->peru, "DELETE FROM once WHERE kind = '" OTP_ONCE "'");
}

static void pair_is_half(struct scene *s)
{
    run_sql(s->peru, "UPDATE user SET username = 'other' WHERE username = 't-c-0'");
}

/* The child of the document that changed last. */
static void record_is_half(struct scene *s)
{
    run_sql(s->peru, "DELETE FROM record WHERE kind = 'authenticator-config' AND name = 't-c-3'");
}

static void applied_is_half(struct scene *s)
{
    run_sql(s->peru, "UPDATE user SET last_name = 'other' WHERE username = 't-c-4'");
}

static void nothing(struct scene *s)
{
    (void)s;
}

static const struct spoil {
    const char *name;
    void (*spoil)(struct scene *s);
    bool is_good;
} spoils[] = {
    {"nothing is spoiled", nothing, true},
    {"damaged pages", damage_pages, false},
    {"an event was altered", alter_event, false},
    {"an event is gone", remove_event, false},
    {"a person without event", person_without_event, false},
    {"a person without role", person_without_role, false},
    {"a session of nobody", session_of_nobody, false},
    {"a realm without keys", realm_without_keys, false},
    {"the list of realms says otherwise", list_says_otherwise, false},
    {"a file too many", file_too_many, false},
    {"a file is missing", file_missing, false},
    {"an acknowledged change is lost", change_lost, false},
    {"a spent code lives again", code_alive_again, false},
    {"an opened request lives again", request_alive_again, false},
    {"a link that was followed lives again", link_alive_again, false},
    {"a refresh token moved back", token_alive_again, false},
    {"a spent value is forgotten", once_forgotten, false},
    {"a one-time password lives again", step_alive_again, false},
    {"half of a transaction", pair_is_half, false},
    {"half of a document", record_is_half, false},
    {"half of what was applied", applied_is_half, false},
};

/* --- --- */

static void find_realm_file(struct scene *s)
{
    char master[WORLD_PATH_MAX];
    sqlite3 *db;
    sqlite3_stmt *stmt;
    world_database(s->root, REALM_MASTER, master);
    MUST(sqlite3_open_v2(master, &db, SQLITE_OPEN_READWRITE, NULL));
    MUST(
        sqlite3_prepare_v2(db, "SELECT file FROM realm_list WHERE name = 'peru'", -1, &stmt, NULL));
    MUST(sqlite3_step(stmt) == SQLITE_ROW ? 0 : ERR_NOT_FOUND);
    world_database(s->root, (const char *)sqlite3_column_text(stmt, 0), s->peru);
    MUST(sqlite3_finalize(stmt));
    MUST(sqlite3_close(db));
}

static void set_up(struct scene *s)
{
    struct store *store;
    struct actor *a = actor_new(s->history, "c");
    history_clear(s->history);
    world_copy("check", s->root);
    MUST(world_open(s->root, NULL, &store));
    actor_use(a, store);
    MUST(actor_add_pair(a));
    MUST(actor_add_person(a));
    MUST(actor_change_person(a, 1, "Huanca"));
    MUST(actor_spend_once(a));
    MUST(actor_add_record(a));
    MUST(actor_apply_new(a));
    MUST(actor_authorize(a));
    MUST(actor_exchange(a));
    MUST(actor_refresh(a));
    MUST(actor_push(a));
    MUST(actor_open_pushed(a));
    MUST(actor_add_holder(a));
    MUST(actor_login_otp(a));
    (void)snprintf(s->pushed, sizeof(s->pushed), "%s", a->pushed);
    MUST(actor_make_link(a, 1));
    MUST(actor_follow_link(a));
    (void)snprintf(s->link, sizeof(s->link), "%s", a->link);
    actor_free(a);
    store_close(store);
    find_realm_file(s);
}

static void control(struct scene *s, const struct spoil *spoil)
{
    char name[96];
    struct check c = {.root = s->root, .history = s->history, .cut = NO_CUT};
    set_up(s);
    spoil->spoil(s);
    bool good = check_folder(&c);
    (void)snprintf(name, sizeof(name), "check control: %s", spoil->name);
    result(good == spoil->is_good, name, "%s", good ? "all is well" : c.complaint);
}

int main(int argc, char **argv)
{
    struct options o = options_read(argc, argv);
    struct scene scene = {.history = history_open()};
    world_start();
    for (size_t i = 0; i < ARRAY_LEN(spoils); i++)
        if (options_want(&o, spoils[i].name))
            control(&scene, &spoils[i]);
    history_close(scene.history);
    world_end();
    return results_end();
}
