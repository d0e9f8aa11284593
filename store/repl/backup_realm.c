/* Reading a realm for a backup: a connection of its own holds one moment while pages go out; the log
 * cannot start anew meanwhile, and nobody waits. */
#include "store/repl/backup_realm.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "core/port/users.h"
#include "store/archive/folder.h"
#include "store/fence.h"
#include "store/page_file.h"
#include "store/repl/sealed_file.h"
#include "store/sql/event_row.h"
#include "store/sql/page.h"
#include "store/sql/position.h"

#include "core/base/banned.h"

#define COPY_BYTES     ((size_t)64 << 10)
#define PAGE_MAX_BYTES ((size_t)64 << 10)

struct reading {
    struct backup_work *work;
    struct slot *slot;
    struct conn *conn;
    struct backup_realm *realm;
    int trouble; /* what is wrong with the realm, not with the backup */
};

/* --- A file of the backup --- */

struct output {
    struct whole_file file;
    struct sealed_writer *sealed;
};

static void output_close(struct output *o)
{
    sealed_writer_close(o->sealed);
    whole_file_close(&o->file);
}

static int output_open(struct backup_work *w, struct str name, enum sealed_kind kind,
                       struct output *o)
{
    CLEANUP(arena_free) struct arena a;
    arena_init(&a, (size_t)4 << 10);
    struct str context = backup_context(&a, str_c(w->id), name);
    int dir = fcntl(w->dir_fd, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return ERR_IO;
    TRY(whole_file_create(dir, name, &o->file));
    return str_absent(context) ? ERR_NO_MEMORY
                               : sealed_writer_open(&o->file, &w->key, kind, context, &o->sealed);
}

static int output_end(struct backup_work *w, struct output *o)
{
    int64_t bytes;
    TRY(sealed_writer_end(o->sealed, &bytes));
    w->bytes += bytes;
    return whole_file_publish(&o->file);
}

/* --- The database --- */

static bool go_on(const struct reading *r, int64_t done)
{
    const struct backup_watch *watch = r->work->watch;
    return !watch || watch->step(watch->arg, r->realm->name, done, r->realm->pages);
}

static int copy_pages(struct reading *r, struct output *o)
{
    unsigned char page[PAGE_MAX_BYTES];
    size_t bytes = (size_t)r->realm->page_bytes;
    for (int64_t n = 1; n <= r->realm->pages; n++) {
        r->trouble = page_read(r->conn, n, page, bytes);
        if (r->trouble != 0)
            return 0;
        TRY(sealed_write(o->sealed, page, bytes));
        r->work->pages++;
        if (!go_on(r, n))
            return ERR_CANCELLED;
    }
    return output_end(r->work, o);
}

static int copy_database(struct reading *r)
{
    CLEANUP(output_close) struct output o = {.file = WHOLE_FILE_NONE};
    struct str name = backup_database_name(r->work->arena, r->realm);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(output_open(r->work, name, SEALED_DATABASE, &o));
    return copy_pages(r, &o);
}

/* --- Archives of events --- */

static int copy_bytes(struct reading *r, int fd, struct output *o, int64_t *ret_bytes)
{
    unsigned char bytes[COPY_BYTES];
    *ret_bytes = 0;
    for (;;) {
        ssize_t n = read(fd, bytes, sizeof(bytes));
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            r->trouble = ERR_IO;
        if (n <= 0)
            return r->trouble == 0 ? output_end(r->work, o) : 0;
        TRY(sealed_write(o->sealed, bytes, (size_t)n));
        *ret_bytes += n;
    }
}

static int copy_file(struct reading *r, struct backup_file *file)
{
    CLEANUP(output_close) struct output o = {.file = WHOLE_FILE_NONE};
    struct str name = backup_file_name(r->work->arena, r->realm, file);
    int fd;
    if (str_absent(name))
        return ERR_NO_MEMORY;
    r->trouble = archive_open_read(r->slot, file->name, &fd);
    if (r->trouble != 0)
        return 0;
    int err = output_open(r->work, name, SEALED_PLAIN_FILE, &o);
    if (err == 0)
        err = copy_bytes(r, fd, &o, &file->bytes);
    (void)close(fd);
    return err;
}

static int list_files(struct reading *r, struct backup_file **ret_files, size_t *ret_count)
{
    struct store_read read = {.conn = r->conn, .slot = r->slot};
    struct event_segment *segments;
    size_t count, n = 0;
    r->trouble = event_segment_list(&read, r->work->arena, &segments, &count);
    if (r->trouble != 0)
        return 0;
    struct backup_file *files = ARENA_ARRAY(r->work->arena, count + 1, struct backup_file);
    if (!files)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < count; i++)
        if (!segments[i].removed)
            files[n++] = (struct backup_file){.name = segments[i].file};
    *ret_files = files;
    *ret_count = n;
    return 0;
}

static int copy_files(struct reading *r)
{
    struct backup_file *files = NULL;
    size_t count = 0;
    TRY(list_files(r, &files, &count));
    for (size_t i = 0; i < count && r->trouble == 0; i++)
        TRY(copy_file(r, &files[i]));
    r->realm->files = files;
    r->realm->file_count = count;
    return 0;
}

/* --- One moment --- */

static int begin(struct reading *r)
{
    struct store_read read = {.conn = r->conn, .slot = r->slot};
    unsigned char hash[AUDIT_HASH_BYTES];
    TRY(conn_exec(r->conn, "BEGIN"));
    /* The first read fixes the moment; what is answered by now was committed before. */
    r->realm->taken_ms = clock_now().wall_ms;
    TRY(page_count(r->conn, &r->realm->pages));
    r->realm->until_ms = clock_now().wall_ms;
    TRY(position_read(r->conn, &r->realm->position));
    TRY(page_bytes(r->conn, &r->realm->page_bytes));
    TRY(user_count(&read, &r->realm->people));
    return event_head_of_chain(&read, &r->realm->events, hash);
}

static int open_conn(struct reading *r)
{
    const struct store *store = r->slot->store;
    char path[FOLDER_PATH_MAX];
    int lenient = 1; /* a page that is free may never have been written */
    TRY(folder_db_path(&store->folder, str_c(r->slot->file), path));
    TRY(conn_open(path, store->config.vfs, CONN_READER, false, &r->conn));
    (void)sqlite3_file_control(r->conn->db, "main", PAGE_OP_LENIENT, &lenient);
    return begin(r);
}

static int copy_open(struct reading *r)
{
    r->trouble = open_conn(r);
    int err = r->trouble == 0 ? copy_database(r) : 0;
    if (err == 0 && r->trouble == 0)
        err = copy_files(r);
    if (r->conn && atomic_load(&r->conn->damaged))
        fence_raise(r->slot, ERR_STORE_CORRUPT, "a page is not what was written", true);
    conn_close(r->conn, true);
    return err;
}

/* While it is read, nobody moves events to archives or removes these. */
static int copy_realm(struct reading *r)
{
    struct realm_db *db;
    int err = 0;
    (void)pthread_mutex_lock(&r->slot->archiving);
    r->trouble = slot_db_acquire(r->slot, &db);
    if (r->trouble == 0) {
        err = copy_open(r);
        slot_db_release(r->slot, db);
    }
    (void)pthread_mutex_unlock(&r->slot->archiving);
    return err;
}

static int name_realm(struct arena *a, const struct realm_summary *summary, const char *file,
                      struct backup_realm *ret_realm)
{
    *ret_realm = (struct backup_realm){.name = arena_str(a, summary->name),
                                       .id = arena_str(a, summary->id),
                                       .file = arena_str_c(a, file)};
    return str_absent(ret_realm->name) || str_absent(ret_realm->id) || str_absent(ret_realm->file)
               ? ERR_NO_MEMORY
               : 0;
}

int backup_realm(struct backup_work *work, const struct realm_summary *realm,
                 struct backup_realm *ret_realm)
{
    struct store_visit visit;
    struct reading r = {.work = work, .realm = ret_realm};
    r.trouble = store_visit_begin(work->store, realm->name, &visit);
    if (r.trouble == ERR_NOT_FOUND && !work->only)
        return r.trouble;
    if (r.trouble != 0) {
        TRY(name_realm(work->arena, realm, "-", ret_realm));
    } else {
        r.slot = visit.slot;
        TRY(name_realm(work->arena, realm, r.slot->file, ret_realm));
        int err = copy_realm(&r);
        store_visit_end(&visit);
        TRY(err);
    }
    if (r.trouble == ERR_NO_MEMORY)
        return r.trouble;
    if (r.trouble != 0)
        ret_realm->trouble = str_c(err_text(r.trouble));
    return 0;
}
