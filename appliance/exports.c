/* What fails is told as an event in master, in the log, by the metrics and by /health until the next one
 * succeeds. A realm that cannot be read keeps none of the others from being exported. */
#include "appliance/exports.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/backup_event.h"
#include "appliance/command/commands.h"
#include "appliance/command/export_files.h"
#include "appliance/routine.h"
#include "core/admin/each_realm.h"
#include "core/base/log.h"
#include "core/transfer/export.h"
#include "store/repl/backup.h"
#include "store/repl/backup_folder.h"
#include "store/repl/tree.h"
#include "store/store_open.h"

#include "core/base/banned.h"

#define ARENA_BYTES ((size_t)64 << 20)
#define FIRST_MS    15000 /* after the backup's first look */
#define LOOK_MS     60000
#define RETRY_MS    3600000
#define DAY_MS      INT64_C(86400000)
#define DAY_LEN     8 /* of an id: "20261126" */
#define HOUR_AT     9

struct exports {
    struct store *store;
    struct exports_settings settings;
    struct routine routine;
    char last[BACKUP_ID_LEN + 1]; /* empty: none */
};

/* One that is being made. */
struct round {
    struct exports *exports;
    int dir_fd;
    int64_t bytes, realms;
    bool published;
    struct err_ctx err; /* of the first realm that failed */
};

/* --- One realm --- */

static int begin_file(void *arg, struct str file)
{
    return export_files_begin(arg, file);
}

static int write_piece(void *arg, struct str piece)
{
    return export_files_write(arg, piece);
}

static int export_view(struct round *r, struct arena *a, struct realm_view *view, struct str name,
                       struct err_ctx *err)
{
    const struct export_options options = {.users = EXPORT_USERS_SAME_FILE,
                                           .users_per_file = 1,
                                           .secrets = r->exports->settings.secrets,
                                           .clients = true,
                                           .groups_and_roles = true};
    const struct now now = clock_now();
    CLEANUP(export_files_close) struct export_files files = {.dir_fd = -1, .fd = -1};
    struct auth_ctx ctx = {
        .arena = a, .now = &now, .err = err, .view = view, .issuer = STR(""), .base_url = STR("")};
    struct export_counts counts;
    program_actor(&ctx.actor);
    ctx.actor.client_id = STR("garita-export");
    TRY(export_files_in(a, err, r->dir_fd, &files));
    const struct export_sink sink = {begin_file, write_piece, &files};
    TRY(realm_export(&ctx, &options, &sink, &counts));
    TRY(export_files_finish(&files, name));
    r->bytes += counts.bytes;
    r->realms++;
    return 0;
}

static int export_realm(struct round *r, struct str name, struct err_ctx *err)
{
    CLEANUP(arena_free) struct arena a;
    struct realm_view *view;
    struct store_visit visit;
    arena_init(&a, ARENA_BYTES);
    TRY(store_visit_begin(r->exports->store, name, &visit));
    int rc = realm_view_acquire(r->exports->store, name, &view);
    if (rc == 0) {
        rc = export_view(r, &a, view, name, err);
        realm_view_release(view);
    }
    store_visit_end(&visit);
    return rc;
}

/* One that was deleted since the list was made is none. */
static int export_next(void *arg, const struct realm_summary *realm)
{
    struct round *r = arg;
    struct err_ctx err = {0};
    int rc = export_realm(r, realm->name, &err);
    if (rc == ERR_NO_MEMORY || rc == ERR_IO || rc == ERR_STORE_FULL)
        return err_set(&r->err, rc, "realm %.*s: %s", STR_ARG(realm->name),
                       err.detail[0] ? err.detail : err_text(rc));
    if (rc != 0 && rc != ERR_NOT_FOUND && r->err.err == 0)
        (void)err_set(&r->err, rc, "realm %.*s is missing: %s", STR_ARG(realm->name),
                      err.detail[0] ? err.detail : err_text(rc));
    return routine_pause(&r->exports->routine, 0) ? 0 : ERR_CANCELLED;
}

/* --- One day's --- */

static int export_all(struct round *r)
{
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, ARENA_BYTES);
    return each_realm(r->exports->store, &a, export_next, r);
}

static int only_files_of_realms(void *arg, const char *name)
{
    (void)arg;
    return str_ends(str_c(name), STR("-realm.json")) ? 0 : ERR_CONFLICT;
}

/* Whatever holds anything else, a backup among them, or cannot be looked into, is not ours to remove. */
static bool is_an_export(const struct backup_folder *folder, struct str id)
{
    int fd;
    if (backup_folder_enter(folder, id, &fd) != 0)
        return false;
    int rc = tree_each(fd, only_files_of_realms, NULL);
    (void)close(fd);
    return rc == 0;
}

/* The newest stays whatever its age. */
static int prune(const struct backup_folder *folder, int64_t before_ms)
{
    CLEANUP(arena_free) struct arena a;
    char before[BACKUP_ID_LEN + 1];
    struct str *ids;
    size_t count;
    arena_init(&a, ARENA_BYTES);
    backup_id_of(before_ms, before);
    TRY(backup_folder_list(folder, &a, &ids, &count));
    for (size_t i = 0; i + 1 < count && str_cmp(ids[i], str_c(before)) < 0; i++)
        if (is_an_export(folder, ids[i]))
            TRY(backup_folder_remove(folder, ids[i]));
    return 0;
}

static int make_in(struct round *r, const struct backup_folder *folder, const char *id)
{
    TRY(backup_folder_begin(folder, id, &r->dir_fd));
    int rc = export_all(r);
    if (rc == 0)
        rc = backup_folder_publish(folder, id, r->dir_fd);
    r->published = rc == 0;
    if (rc != 0)
        backup_folder_abandon(folder, id);
    (void)close(r->dir_fd);
    return rc;
}

/* Not all folders are there at the start: here this one is. */
static int open_folder(struct exports *e, struct backup_folder *ret_folder, struct err_ctx *err)
{
    TRY(backup_folder_open(e->settings.dir, true, ret_folder, err));
    return exports_check_folder(e->settings.dir, store_backup_dir(e->store), err);
}

/* A clock that leapt ahead ends no retention. */
static int make(struct exports *e, char id[BACKUP_ID_LEN + 1], struct round *r)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    const struct now now = clock_now();
    *r = (struct round){.exports = e, .dir_fd = -1};
    backup_id_of(now.wall_ms, id);
    TRY(open_folder(e, &folder, &r->err));
    TRY(make_in(r, &folder, id));
    if (r->err.err != 0)
        return r->err.err;
    return prune(&folder, now_steady_ms(&now) - e->settings.keep_days * DAY_MS);
}

/* --- Telling --- */

static void tell(struct exports *e, int rc, const char *id, struct round *r)
{
    if (rc != 0 && !r->err.detail[0])
        (void)err_set(&r->err, rc, "%s", err_text(rc));
    const struct export_made made = {
        .made_ms = r->published ? clock_now().wall_ms : 0, .bytes = r->bytes, .realms = r->realms};
    store_export_outcome(e->store, rc == 0, &made);
    if (r->published) /* also without a realm: another try today would not have it either */
        memcpy(e->last, id, sizeof(e->last));
    if (rc == 0)
        LOG_INFO("export", "%lld realms were exported as %s", (long long)r->realms, id);
    else
        LOG_ERROR("export", "daily export: %s", r->err.detail);
    backup_event(e->store, rc == 0 ? EVENT_RealmsExported : EVENT_ExportFailed, "export", str_c(id),
                 rc == 0 ? STR("") : str_c(r->err.detail));
}

/* --- The thread --- */

/* Of before this start: the folder knows. */
static void find_last(struct exports *e)
{
    CLEANUP(arena_free) struct arena a;
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    struct err_ctx err = {0};
    struct str *ids;
    size_t count;
    arena_init(&a, ARENA_BYTES);
    if (backup_folder_open(e->settings.dir, false, &folder, &err) != 0 ||
        backup_folder_list(&folder, &a, &ids, &count) != 0 || count == 0)
        return;
    memcpy(e->last, ids[count - 1].ptr, BACKUP_ID_LEN);
}

/* An id is made of the time, so one of now tells day and hour. */
static bool is_due(const struct exports *e)
{
    char now[BACKUP_ID_LEN + 1];
    backup_id_of(clock_now().wall_ms, now);
    int64_t hour = (now[HOUR_AT] - '0') * 10 + (now[HOUR_AT + 1] - '0');
    return e->settings.hour >= 0 && hour >= e->settings.hour && strncmp(now, e->last, DAY_LEN) != 0;
}

/* How long to wait for the next look; negative when it is time to end. */
static int64_t round_once(struct exports *e)
{
    char id[BACKUP_ID_LEN + 1];
    struct round r;
    if (!is_due(e))
        return LOOK_MS;
    int rc = make(e, id, &r);
    if (rc == ERR_CANCELLED)
        return -1;
    tell(e, rc, id, &r);
    return rc == 0 ? LOOK_MS : RETRY_MS;
}

static void *run(void *arg)
{
    struct exports *e = arg;
    int64_t wait_ms = FIRST_MS;
    find_last(e);
    while (wait_ms >= 0 && routine_pause(&e->routine, wait_ms))
        wait_ms = round_once(e);
    return NULL;
}

int exports_check_folder(const char *dir, const char *backup_dir, struct err_ctx *err)
{
    struct stat own, backups;
    if (!backup_dir)
        return 0;
    bool same = strcmp(dir, backup_dir) == 0 ||
                (stat(dir, &own) == 0 && stat(backup_dir, &backups) == 0 &&
                 own.st_dev == backups.st_dev && own.st_ino == backups.st_ino);
    return same ? err_set(err, ERR_CONFIG, "export-dir and backup-dir are two folders") : 0;
}

int exports_start(struct store *store, const struct exports_settings *settings,
                  struct exports **ret_exports)
{
    *ret_exports = NULL;
    if (!settings->dir)
        return 0;
    struct exports *e = calloc(1, sizeof(*e));
    if (!e)
        return ERR_NO_MEMORY;
    e->store = store;
    e->settings = *settings;
    store_exports_wanted(store);
    int rc = routine_start(&e->routine, run, e);
    if (rc == 0)
        *ret_exports = e;
    else
        free(e);
    return rc;
}

void exports_stop(struct exports *e)
{
    if (!e)
        return;
    routine_stop(&e->routine);
    free(e);
}
