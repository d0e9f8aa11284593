/* What must hold whatever happened. */
#include "tests/torture/check.h"

#include <dirent.h>
#include <stdarg.h>
#include <stdio.h>
#include <unistd.h>

#include "core/port/events.h"
#include "store/conn.h"
#include "tests/torture/actor.h"
#include "tests/torture/world.h"

#define REALMS_MAX 1000

static bool complain(struct check *c, const char *fmt, ...) PRINTF_LIKE(2, 3);

static bool complain(struct check *c, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    (void)vsnprintf(c->complaint, sizeof(c->complaint), fmt, args);
    va_end(args);
    for (char *at = c->complaint; *at; at++)
        if (*at == '\n')
            *at = ';'; /* a result is one line */
    return false;
}

/* --- SQL on the files themselves --- */

static bool query_text(struct conn *conn, const char *sql, char *text, size_t size)
{
    sqlite3_stmt *stmt = NULL;
    bool good = sqlite3_prepare_v2(conn->db, sql, -1, &stmt, NULL) == SQLITE_OK;
    text[0] = '\0';
    int rc = good ? sqlite3_step(stmt) : SQLITE_ERROR;
    if (rc == SQLITE_ROW)
        (void)snprintf(text, size, "%s", (const char *)sqlite3_column_text(stmt, 0));
    (void)sqlite3_finalize(stmt);
    return rc == SQLITE_ROW || rc == SQLITE_DONE;
}

static bool expect(struct check *c, struct conn *conn, const char *file, const char *sql,
                   const char *want)
{
    char text[200];
    if (!query_text(conn, sql, text, sizeof(text)))
        return complain(c, "%s: %s: %s", file, sql, sqlite3_errmsg(conn->db));
    if (strcmp(text, want) != 0)
        return complain(c, "%s: %s: \"%s\" and not \"%s\"", file, sql, text, want);
    return true;
}

/* People come and go with an event each, as long as all events are in the database. */
static const char people_balance[] =
    "SELECT CASE WHEN EXISTS (SELECT 1 FROM event_segment) THEN 0 ELSE (SELECT count(*) FROM event e JOIN event_text t ON t.pk = e.type"
    " WHERE t.text = 'UserCreated') - (SELECT count(*) FROM event e JOIN event_text t"
    " ON t.pk = e.type WHERE t.text = 'UserDeleted') - (SELECT count(*) FROM user) END";
/* Whoever was made through the use case has the default role. */
static const char people_whole[] = "SELECT count(*) FROM user u WHERE first_name IS NOT NULL"
                                   " AND NOT EXISTS (SELECT 1 FROM user_role WHERE user_pk = u.pk)";

static bool migration_whole(struct check *c, struct conn *conn, const char *file)
{
    return expect(c, conn, file, "PRAGMA user_version", "9001") &&
           expect(c, conn, file,
                  "SELECT count(*) FROM user WHERE username = 'ana'"
                  " AND torture_name IS NOT 'ANA'",
                  "0") &&
           expect(c, conn, file,
                  "SELECT count(*) FROM event e LEFT JOIN torture t ON t.pk = e.seq"
                  " WHERE t.hash IS NOT e.hash AND e.seq <= (SELECT max(pk) FROM torture)",
                  "0");
}

static bool database_whole(struct check *c, const char *file)
{
    char path[WORLD_PATH_MAX];
    struct conn *conn;
    world_database(c->root, file, path);
    int err = conn_open(path, c->vfs ? c->vfs : "unix-excl", CONN_READER, false, &conn);
    if (err != 0)
        return complain(c, "%s: cannot be opened: %s", file, err_name(err));
    bool good = expect(c, conn, file, "PRAGMA integrity_check", "ok") &&
                expect(c, conn, file, "PRAGMA foreign_key_check", "") &&
                expect(c, conn, file, people_balance, "0") &&
                expect(c, conn, file, people_whole, "0") &&
                (!c->migrated || migration_whole(c, conn, file));
    conn_close(conn, true);
    return good;
}

/* --- The list of realms and the files --- */

static size_t count_databases(const char *root)
{
    char path[WORLD_PATH_MAX + 16];
    size_t count = 0;
    (void)snprintf(path, sizeof(path), "%s/data/realms", root);
    DIR *dir = opendir(path);
    for (struct dirent *e = dir ? readdir(dir) : NULL; e; e = readdir(dir)) {
        size_t len = strlen(e->d_name);
        count += len > 3 && strcmp(e->d_name + len - 3, ".db") == 0;
    }
    if (dir)
        (void)closedir(dir);
    return count;
}

static bool files_agree(struct check *c, struct conn *master)
{
    sqlite3_stmt *stmt = NULL;
    size_t listed = 0;
    bool good = sqlite3_prepare_v2(master->db, "SELECT file FROM realm_list ORDER BY file", -1,
                                   &stmt, NULL) == SQLITE_OK;
    while (good && sqlite3_step(stmt) == SQLITE_ROW) {
        char file[64];
        (void)snprintf(file, sizeof(file), "%s", (const char *)sqlite3_column_text(stmt, 0));
        listed++;
        good = database_whole(c, file);
    }
    (void)sqlite3_finalize(stmt);
    if (!good)
        return c->complaint[0] ? false : complain(c, "the list of realms cannot be read");
    /* Before its first realm the master database is there all the same. */
    size_t files = count_databases(c->root);
    if (files != (listed ? listed : 1))
        return complain(c, "%zu realms are listed and %zu databases there", listed, files);
    return true;
}

static bool list_agrees(struct check *c)
{
    char path[WORLD_PATH_MAX];
    struct conn *master;
    world_database(c->root, REALM_MASTER, path);
    int err = conn_open(path, c->vfs ? c->vfs : "unix-excl", CONN_READER, false, &master);
    if (err != 0)
        return complain(c, "master: cannot be opened: %s", err_name(err));
    bool good =
        expect(c, master, "master", "SELECT count(*) FROM realm_list WHERE state <> 0", "0") &&
        files_agree(c, master);
    conn_close(master, true);
    return good;
}

/* --- Realms as the store shows them --- */

static bool chain_whole(struct check *c, struct actor *a, struct str name)
{
    struct store_read *r;
    struct event_verdict verdict = {0};
    int err = store_read_begin(a->ctx.view, &r);
    if (err == 0) {
        err = event_verify(r, &a->arena, &verdict);
        store_read_end(r);
    }
    if (err != 0)
        return complain(c, "%.*s: events: %s", STR_ARG(name), err_name(err));
    if (verdict.bad_seq != 0)
        return complain(c, "%.*s: event %lld is bad: %.*s", STR_ARG(name),
                        (long long)verdict.bad_seq, STR_ARG(verdict.reason));
    return true;
}

static bool realm_whole(struct check *c, struct actor *a, const struct realm_summary *listed)
{
    char name[80];
    (void)snprintf(name, sizeof(name), "%.*s", STR_ARG(listed->name));
    int err = actor_enter(a, name);
    if (err != 0)
        return complain(c, "realm %s is listed but: %s", name, err_name(err));
    const struct realm *realm = realm_view_realm(a->ctx.view);
    if (!str_eq_c(realm->name, name) || realm->enabled != listed->enabled)
        return complain(c, "realm %s is listed otherwise than it is", name);
    if (realm_view_keys(a->ctx.view)->count < 2)
        return complain(c, "realm %s lacks keys", name);
    return chain_whole(c, a, realm->name);
}

static bool realms_whole(struct check *c, struct actor *a, struct store *store)
{
    CLEANUP(arena_free) struct arena arena;
    struct realm_summary *realms;
    size_t count;
    arena_init(&arena, (size_t)1 << 20);
    int err = store_realm_list(store, &arena, str_of(NULL, 0), REALMS_MAX, &realms, &count);
    if (err != 0)
        return complain(c, "realms cannot be listed: %s", err_name(err));
    bool good = true;
    for (size_t i = 0; i < count && good; i++) {
        good = realm_whole(c, a, &realms[i]);
        actor_leave(a);
    }
    return good;
}

/* --- The history --- */

static bool subject_holds(struct check *c, struct actor *a, const char *subject)
{
    char value[VALUE_BYTES];
    int err = actor_read(a, subject, value);
    if (err != 0)
        return complain(c, "%s cannot be read: %s", subject, err_name(err));
    if (!history_allows(c->history, c->cut, subject, value)) {
        const char *last = history_last_done(c->history, c->cut, subject);
        return complain(c, "%s is \"%s\", last acknowledged \"%s\"", subject, value,
                        last ? last : VALUE_ABSENT);
    }
    return true;
}

static bool history_holds(struct check *c, struct actor *a)
{
    const char *subject;
    size_t at = 0;
    while (history_next_subject(c->history, c->cut, &at, &subject))
        if (!subject_holds(c, a, subject))
            return false;
    return true;
}

/* Spent is spent: also for whoever brings the code again. */
static bool codes_stay_spent(struct check *c, struct actor *a)
{
    const char *subject;
    size_t at = 0;
    while (history_next_subject(c->history, c->cut, &at, &subject)) {
        const char *last = history_last_done(c->history, c->cut, subject);
        if (strncmp(subject, "code ", 5) != 0 || !last || strcmp(last, "live") == 0)
            continue;
        int err = actor_try_code(a, subject + 5);
        if (err != ERR_INVALID_GRANT)
            return complain(c, "a spent code is answered with %s", err_name(err));
    }
    return true;
}

bool check_store(struct check *c, struct store *store)
{
    struct history *nobody = history_open();
    struct actor *a = actor_new(nobody, "check");
    actor_use(a, store);
    c->complaint[0] = '\0';
    bool good = realms_whole(c, a, store) && list_agrees(c) && history_holds(c, a) &&
                (!c->try_codes || codes_stay_spent(c, a));
    actor_free(a);
    history_close(nobody);
    return good;
}

bool check_folder(struct check *c)
{
    struct store *store;
    int err = world_open(c->root, c->vfs, &store);
    if (err != 0)
        return complain(c, "the store does not open: %s", err_name(err));
    bool good = check_store(c, store);
    store_close(store);
    return good;
}
