/* Pages go through the layer that keeps their sums (store/page_file.h), as SQLite's own do. */
#include "store/repl/restore.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "store/archive/folder.h"
#include "store/conn.h"
#include "store/page_file.h"
#include "store/sql/event_row.h"
#include "store/sql/name_forms.h"
#include "store/sql/page.h"
#include "store/sql/position.h"

#include "core/base/banned.h"

#define CHECK_ARENA_BYTES ((size_t)16 << 20)

struct placing {
    const struct restore_files *r;
    struct arena *arena;
    const struct event_segment *months; /* whose files the database names; of a moment */
    size_t month_count;
    sqlite3_file *file;
    struct whole_file archive;
    int64_t pages; /* of the file, while commits are put on top */
    struct err_ctx *ctx;
};

static int refuse(struct err_ctx *ctx, const struct restore_files *r, int err, const char *why)
{
    if (err == ERR_CANCELLED || err == ERR_NO_MEMORY || err == ERR_STORE_FULL)
        return err;
    return err_set(ctx, ERR_BACKUP, "backup %.*s: realm %.*s %s", (int)BACKUP_ID_LEN, r->id.ptr,
                   (int)(r->realm->name.len < 64 ? r->realm->name.len : 64), r->realm->name.ptr,
                   why);
}

static const char *reason_of(int err)
{
    switch (err) {
    case ERR_SEAL: return "was changed";
    case ERR_BAD_KEY: return "was sealed under another master key";
    case ERR_STORE_CORRUPT: return "is damaged";
    case ERR_NOT_FOUND: return "is missing";
    default: return err_text(err);
    }
}

/* --- The database --- */

static int put_page(void *arg, int64_t number, const unsigned char *page, size_t bytes)
{
    struct placing *p = arg;
    const struct backup_watch *watch = p->r->watch;
    int rc = p->file->pMethods->xWrite(p->file, page, (int)bytes, (number - 1) * (int64_t)bytes);
    if (rc != SQLITE_OK)
        return conn_err(NULL, rc);
    bool on = !watch || watch->step(watch->arg, p->r->realm->name, number, p->r->realm->pages);
    return on ? 0 : ERR_CANCELLED;
}

/* What is cut off goes at once: it must not be met again where the database has grown meanwhile. */
static int put_commit(void *arg, const struct reel_commit *commit)
{
    struct placing *p = arg;
    const sqlite3_io_methods *io = p->file->pMethods;
    if (commit->page_count < p->pages)
        TRY(conn_err(NULL, io->xTruncate(p->file, (int64_t)commit->page_count * PAGE_BYTES)));
    for (uint32_t i = 0; i < commit->count; i++) {
        struct repl_page page = reel_page(commit, i);
        TRY(conn_err(NULL, io->xWrite(p->file, page.image, PAGE_BYTES,
                                      (int64_t)(page.number - 1) * PAGE_BYTES)));
    }
    p->pages = commit->page_count;
    const struct backup_watch *watch = p->r->watch;
    bool on = !watch ||
              watch->step(watch->arg, p->r->realm->name, p->r->realm->pages, p->r->realm->pages);
    return on ? 0 : ERR_CANCELLED;
}

static int replay_commits(struct placing *p)
{
    const struct restore_files *r = p->r;
    p->pages = r->realm->pages;
    if (!r->replay || r->replay->reel_count == 0)
        return 0;
    if (r->realm->page_bytes != PAGE_BYTES)
        return ERR_STORE_CORRUPT;
    return replay_run(r->replay, put_commit, p, p->ctx);
}

static int fill_file(struct placing *p, int dir)
{
    const struct restore_files *r = p->r;
    TRY(backup_each_page(dir, &r->source->key, r->id, r->realm, put_page, p));
    TRY(replay_commits(p));
    return conn_err(NULL, p->file->pMethods->xSync(p->file, SQLITE_SYNC_NORMAL));
}

static int place_database(struct placing *p, int dir, const char *path)
{
    char name[FOLDER_PATH_MAX + 8] = ""; /* SQLite looks beyond the end of names */
    const char *layer;
    TRY(page_file_vfs(p->r->vfs, &layer));
    sqlite3_vfs *vfs = sqlite3_vfs_find(layer);
    if (!vfs || snprintf(name, FOLDER_PATH_MAX, "%s", path) >= FOLDER_PATH_MAX)
        return ERR_CONFIG;
    p->file = calloc(1, (size_t)vfs->szOsFile);
    if (!p->file)
        return ERR_NO_MEMORY;
    int rc = vfs->xOpen(vfs, name, p->file,
                        SQLITE_OPEN_MAIN_DB | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE |
                            SQLITE_OPEN_EXCLUSIVE | SQLITE_OPEN_NOFOLLOW,
                        NULL);
    int err = rc == SQLITE_OK ? fill_file(p, dir) : conn_err(NULL, rc);
    if (p->file->pMethods)
        (void)p->file->pMethods->xClose(p->file);
    free(p->file);
    return err;
}

/* --- Archives of events --- */

static int put_bytes(void *arg, const void *bytes, size_t len)
{
    struct placing *p = arg;
    return whole_file_write(&p->archive, bytes, len);
}

static int place_archive(struct placing *p, int dir, const struct replay_base *base,
                         const struct backup_file *file)
{
    const struct restore_files *r = p->r;
    TRY(archive_file_create(r->folder, r->file, file->name, &p->archive));
    int err = backup_file_read(dir, &base->source->key, base->id, base->realm, file, put_bytes, p);
    if (err == 0)
        err = whole_file_publish(&p->archive);
    whole_file_close(&p->archive);
    return err;
}

/* A month that was moved out of the database after the base: files are never changed, so any backup that
 * has it will do. */
static int place_month(struct placing *p, struct str name)
{
    const struct replay *replay = p->r->replay;
    int dir;
    for (size_t i = 0; i < replay->other_count; i++) {
        const struct replay_base *other = &replay->others[i];
        const struct backup_file *file = manifest_file(other->realm, name);
        if (!file || !str_eq(other->realm->file, p->r->realm->file))
            continue;
        TRY(backup_folder_enter(&other->source->folder, other->id, &dir));
        int err = place_archive(p, dir, other, file);
        (void)close(dir);
        return err;
    }
    return err_set(p->ctx, ERR_BACKUP, "the archive of events %.*s is in no backup yet",
                   (int)(name.len < 96 ? name.len : 96), name.ptr);
}

static int place_archives(struct placing *p, int dir)
{
    const struct restore_files *r = p->r;
    const struct replay_base base = {.source = r->source, .id = r->id, .realm = r->realm};
    for (size_t i = 0; i < r->realm->file_count; i++)
        TRY(place_archive(p, dir, &base, &r->realm->files[i]));
    for (size_t i = 0; i < p->month_count; i++)
        if (!p->months[i].removed && !manifest_file(r->realm, p->months[i].file))
            TRY(place_month(p, p->months[i].file));
    return 0;
}

/* --- What came --- */

/* Of a moment: it is the one, and these are the months of events beside it. */
static int look_at_moment(struct placing *p, struct conn *conn)
{
    struct slot slot = {.id = p->r->realm->id};
    struct store_read read = {.conn = conn, .slot = &slot};
    struct repl_position at = {0};
    struct event_segment *months;
    if (p->r->replay->position.lsn != 0)
        TRY(position_read(conn, &at));
    if (memcmp(&at, &p->r->replay->position, sizeof(at)) != 0)
        return ERR_STORE_CORRUPT;
    if (p->r->replay->reel_count == 0)
        return 0;
    TRY(event_segment_list(&read, p->arena, &months, &p->month_count));
    p->months = months;
    return 0;
}

static int check_conn(struct placing *p, struct conn *conn, bool *ret_whole)
{
    struct str finding;
    if (p->r->replay)
        TRY(look_at_moment(p, conn));
    TRY(name_forms_register(conn));
    TRY(page_integrity(conn, p->arena, &finding));
    *ret_whole = str_eq(finding, STR("ok"));
    return 0;
}

/* As nobody uses it yet, what reading makes beside it is taken away again. */
static int check_database(struct placing *p, const char *path)
{
    const struct restore_files *r = p->r;
    struct conn *conn = NULL;
    bool whole = false;
    TRY(conn_open(path, r->vfs, CONN_WRITER, false, &conn));
    int err = check_conn(p, conn, &whole);
    conn_close(conn, true);
    folder_log_tidy(r->folder, str_c(r->file));
    return err == 0 && !whole ? ERR_STORE_CORRUPT : err;
}

static int place_all(const struct restore_files *r, int dir, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct placing p = {.r = r, .arena = &a, .archive = WHOLE_FILE_NONE, .ctx = ctx};
    char path[FOLDER_PATH_MAX];
    arena_init(&a, CHECK_ARENA_BYTES);
    TRY(folder_db_path(r->folder, str_c(r->file), path));
    TRY(place_database(&p, dir, path));
    TRY(check_database(&p, path));
    TRY(place_archives(&p, dir));
    return folder_sync_realms(r->folder);
}

int restore_files(const struct restore_files *r, struct err_ctx *ctx)
{
    int dir;
    if (!str_absent(r->realm->trouble))
        return refuse(ctx, r, ERR_BACKUP, "could not be read when the backup was made");
    int err = backup_folder_enter(&r->source->folder, r->id, &dir);
    if (err == 0) {
        err = place_all(r, dir, ctx);
        (void)close(dir);
    }
    if (err != 0 && folder_db_remove(r->folder, str_c(r->file)) != 0)
        err = ERR_IO;
    bool told = err == ERR_BACKUP && ctx && ctx->detail[0];
    return err == 0 || told ? err : refuse(ctx, r, err, reason_of(err));
}
