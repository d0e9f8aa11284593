/* Making a backup, and what the node knows of the last one. */
#include "store/repl/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/base/log.h"
#include "store/plain_file.h"
#include "store/repl/backup_realm.h"
#include "store/repl/sealed_file.h"
#include "store/sql/store_info.h"

#include "core/base/banned.h"

#define MANIFEST_ARENA_BYTES ((size_t)256 << 20)
#define LIST_PAGE            500
#define REALMS_MAX           100000
#define LAST_NAME            "backup.last"
#define LAST_MAX_BYTES       96

struct str backup_database_name(struct arena *a, const struct backup_realm *realm)
{
    return ARENA_CONCAT(a, realm->file, STR(".db"));
}

struct str backup_file_name(struct arena *a, const struct backup_realm *realm,
                            const struct backup_file *file)
{
    return ARENA_CONCAT(a, realm->file, STR("."), file->name);
}

/* --- What was made last --- */

static int parse_last(struct str text, struct backup_last *ret_last)
{
    struct str line, serial, id, made;
    if (!str_next(&text, '\n', &line) || !str_next_word(&line, &serial) ||
        !str_next_word(&line, &id) || !str_next_word(&line, &made) ||
        str_to_i64(made, &ret_last->made_ms) != 0 || str_to_i64(serial, &ret_last->serial) != 0 ||
        ret_last->serial < 1 || !backup_id_is_valid(id))
        return ERR_STORE_CORRUPT;
    memcpy(ret_last->id, id.ptr, BACKUP_ID_LEN);
    ret_last->id[BACKUP_ID_LEN] = '\0';
    return 0;
}

int backup_last_read(const struct store *store, struct backup_last *ret_last)
{
    char text[LAST_MAX_BYTES];
    int fd;
    *ret_last = (struct backup_last){0};
    int err = plain_file_open(store->folder.fd, LAST_NAME, O_RDONLY, &fd);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    ssize_t n = pread(fd, text, sizeof(text), 0);
    (void)close(fd);
    return n < 0 ? ERR_IO : parse_last(str_of(text, (size_t)n), ret_last);
}

int backup_last_write(const struct store *store, const struct backup_last *last)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    char text[LAST_MAX_BYTES];
    int len = snprintf(text, sizeof(text), "%lld %s %lld\n", (long long)last->serial, last->id,
                       (long long)last->made_ms);
    int dir = fcntl(store->folder.fd, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return ERR_IO;
    TRY(whole_file_create(dir, STR(LAST_NAME), &file));
    TRY(whole_file_write(&file, text, (size_t)len));
    return whole_file_publish(&file);
}

void store_backup_last(struct store *store, char id[BACKUP_ID_LEN + 1])
{
    struct backup_last last;
    id[0] = '\0';
    if (backup_last_read(store, &last) == 0)
        memcpy(id, last.id, sizeof(last.id));
}

void backup_recall(struct store *store)
{
    struct backup_last last;
    int err = backup_last_read(store, &last);
    if (err != 0)
        LOG_WARN("backup", "%s cannot be read: %s", LAST_NAME, err_text(err));
    else
        atomic_store(&store->backup.made_ms, last.made_ms);
}

void store_backup_outcome(struct store *store, bool well)
{
    atomic_store(&store->backup.failed, !well);
    atomic_fetch_add(&store->backup.failures, !well);
}

void store_backup_told(struct store *store, struct backups_told *ret_told)
{
    struct backup_state *b = &store->backup;
    *ret_told = (struct backups_told){.made_ms = atomic_load(&b->made_ms),
                                      .made_bytes = atomic_load(&b->made_bytes),
                                      .proved_ms = atomic_load(&b->proved_ms),
                                      .failed = atomic_load(&b->failed)};
}

void store_archive_told(struct store *store, struct archive_told *ret_told)
{
    struct backup_state *b = &store->backup;
    *ret_told = (struct archive_told){.there = atomic_load(&b->archives),
                                      .failed = atomic_load(&b->archive_failed),
                                      .until_ms = atomic_load(&b->archived_ms),
                                      .gaps = (int64_t)atomic_load(&b->archive_gaps)};
}

void store_copies_wanted(struct store *store)
{
    atomic_store(&store->backup.copies, true);
}

void store_copy_outcome(struct store *store, int64_t copied_ms)
{
    struct backup_state *b = &store->backup;
    atomic_store(&b->copy_failed, copied_ms == 0);
    atomic_fetch_add(&b->copy_failures, copied_ms == 0);
    if (copied_ms != 0)
        atomic_store(&b->copied_ms, copied_ms);
}

void store_copies_told(struct store *store, struct copies_told *ret_told)
{
    struct backup_state *b = &store->backup;
    *ret_told = (struct copies_told){.wanted = atomic_load(&b->copies),
                                     .failed = atomic_load(&b->copy_failed),
                                     .copied_ms = atomic_load(&b->copied_ms)};
}

void store_exports_wanted(struct store *store)
{
    atomic_store(&store->backup.exports, true);
}

void store_export_outcome(struct store *store, bool good, const struct export_made *made)
{
    struct backup_state *b = &store->backup;
    atomic_store(&b->export_failed, !good);
    atomic_fetch_add(&b->export_failures, !good);
    if (made->made_ms == 0)
        return;
    atomic_fetch_add(&b->exports_made, 1);
    atomic_store(&b->exported_ms, made->made_ms);
    atomic_store(&b->export_bytes, made->bytes);
    atomic_store(&b->export_realms, made->realms);
}

void store_exports_told(struct store *store, struct exports_told *ret_told)
{
    struct backup_state *b = &store->backup;
    *ret_told = (struct exports_told){.wanted = atomic_load(&b->exports),
                                      .failed = atomic_load(&b->export_failed),
                                      .last = {.made_ms = atomic_load(&b->exported_ms),
                                               .bytes = atomic_load(&b->export_bytes),
                                               .realms = atomic_load(&b->export_realms)}};
}

/* --- Making one --- */

struct realm_names {
    struct realm_summary *items;
    size_t count, cap;
};

static int add_names(struct arena *a, struct realm_names *names, const struct realm_summary *items,
                     size_t count)
{
    if (names->count + count > REALMS_MAX)
        return ERR_TOO_LARGE;
    if (names->count + count > names->cap) {
        size_t cap = names->cap * 2 + count;
        struct realm_summary *grown = ARENA_ARRAY(a, cap, struct realm_summary);
        if (!grown)
            return ERR_NO_MEMORY;
        if (names->count > 0)
            memcpy(grown, names->items, names->count * sizeof(*grown));
        names->items = grown;
        names->cap = cap;
    }
    if (count > 0)
        memcpy(names->items + names->count, items, count * sizeof(*items));
    names->count += count;
    return 0;
}

static int list_realms(struct backup_work *w, struct realm_names *names)
{
    struct realm_summary *items;
    size_t count = LIST_PAGE;
    struct str after = STR("");
    while (count == LIST_PAGE) {
        TRY(store_realm_list(w->store, w->arena, after, LIST_PAGE, &items, &count));
        TRY(add_names(w->arena, names, items, count));
        if (count > 0)
            after = items[count - 1].name;
    }
    return names->count > 0 ? 0 : ERR_NOT_FOUND;
}

static int name_realms(struct backup_work *w, struct realm_names *names)
{
    return w->only ? add_names(w->arena, names, w->only, 1) : list_realms(w, names);
}

struct realms_read {
    struct backup_realm *items; /* at most as many as there are names */
    size_t count;
};

/* Its name now; ERR_NOT_FOUND when it was deleted. */
static int name_of_id(struct backup_work *w, struct str id, struct realm_summary *ret_realm)
{
    struct realm_names names = {0};
    TRY(list_realms(w, &names));
    for (size_t i = 0; i < names.count; i++)
        if (str_eq(names.items[i].id, id)) {
            *ret_realm = names.items[i];
            return 0;
        }
    return ERR_NOT_FOUND;
}

/* Under the name by which the list of this backup knows it; that is settled when it is restored. */
static int read_renamed(struct backup_work *w, const struct realm_summary *realm,
                        struct backup_realm *ret_realm)
{
    struct realm_summary now;
    TRY(name_of_id(w, realm->id, &now));
    TRY(backup_realm(w, &now, ret_realm));
    ret_realm->name = realm->name;
    return 0;
}

/* One that was deleted since the list was made is none. */
static int read_realm(struct backup_work *w, const struct realm_summary *realm,
                      struct realms_read *realms)
{
    int err = backup_realm(w, realm, &realms->items[realms->count]);
    if (err == ERR_NOT_FOUND)
        err = read_renamed(w, realm, &realms->items[realms->count]);
    if (err == ERR_NOT_FOUND)
        return 0;
    TRY(err);
    realms->count++;
    return 0;
}

/* Master goes first: of a realm that it lists and that is not in the backup, restoring knows what to do;
 * one that it does not list would be lost. */
static int read_realms(struct backup_work *w, const struct realm_names *names,
                       struct realms_read *ret_realms)
{
    *ret_realms =
        (struct realms_read){.items = ARENA_ARRAY(w->arena, names->count, struct backup_realm)};
    if (!ret_realms->items)
        return ERR_NO_MEMORY;
    for (int round = 0; round < 2; round++)
        for (size_t i = 0; i < names->count; i++)
            if ((round == 0) == str_eq_c(names->items[i].name, REALM_MASTER))
                TRY(read_realm(w, &names->items[i], ret_realms));
    const struct backup_realm *realms = ret_realms->items;
    if (w->only)
        return 0;
    return ret_realms->count > 0 && str_eq_c(realms[0].name, REALM_MASTER) &&
                   str_absent(realms[0].trouble)
               ? 0
               : ERR_STORE_CORRUPT;
}

static int node_id(const struct store *store, struct arena *a, struct str *ret_id)
{
    CLEANUP(store_read_end_p) struct store_read *r = NULL;
    struct str mark;
    TRY(tx_config_read_begin(store->master, NULL, &r));
    return store_info_read(r, a, ret_id, &mark);
}

static void count_realms(const struct backup_manifest *m, const struct backup_work *w,
                         struct backup_made *made)
{
    made->pages = w->pages;
    made->bytes = w->bytes;
    for (size_t i = 0; i < m->realm_count; i++) {
        bool there = str_absent(m->realms[i].trouble);
        made->realms += there;
        made->missing += !there;
        if (!there)
            LOG_ERROR("backup", "realm %.*s is not in backup %s: %.*s", STR_ARG(m->realms[i].name),
                      made->id, STR_ARG(m->realms[i].trouble));
    }
}

static int fill(struct backup_work *w, struct backup_made *made)
{
    struct backup_manifest m = {
        .id = str_c(made->id), .serial = made->serial, .begun_ms = clock_now().wall_ms};
    struct realm_names names = {0};
    struct realms_read realms;
    int64_t bytes;
    TRY(node_id(w->store, w->arena, &m.node));
    TRY(name_realms(w, &names));
    TRY(read_realms(w, &names, &realms));
    m.realms = realms.items;
    m.realm_count = realms.count;
    m.ended_ms = clock_now().wall_ms;
    TRY(manifest_write(w->dir_fd, &w->key, &m, &bytes));
    w->bytes += bytes;
    count_realms(&m, w, made);
    return 0;
}

static int make_in(const struct backup_folder *folder, struct backup_work *w,
                   struct backup_made *made)
{
    TRY(backup_folder_begin(folder, made->id, &w->dir_fd));
    int err = backup_key_of(&w->store->master_key, &w->key);
    if (err == 0)
        err = fill(w, made);
    if (err == 0)
        err = backup_folder_publish(folder, made->id, w->dir_fd);
    secret_free(&w->key);
    (void)close(w->dir_fd);
    if (err != 0)
        backup_folder_abandon(folder, made->id);
    return err;
}

static int number(const struct store *store, struct backup_made *made)
{
    struct backup_last last;
    TRY(backup_last_read(store, &last));
    made->serial = last.serial + 1;
    return 0;
}

static int note(const struct store *store, const struct backup_made *made)
{
    struct backup_last last = {.serial = made->serial, .made_ms = clock_now().wall_ms};
    memcpy(last.id, made->id, sizeof(last.id));
    return backup_last_write(store, &last);
}

static void count(struct store *store, const struct backup_made *made, int64_t begun_ms)
{
    struct backup_state *s = &store->backup;
    struct now now = clock_now();
    atomic_store(&s->made_ms, now.wall_ms);
    atomic_store(&s->made_bytes, made->bytes);
    atomic_store(&s->took_ms, now.monotonic_ms - begun_ms);
    atomic_fetch_add(&s->made, 1);
}

static int tell(struct err_ctx *ctx, int err)
{
    if (err == ERR_CANCELLED || err == ERR_NO_MEMORY)
        return err;
    return err_set(ctx, ERR_BACKUP, "no backup was made: %s", err_text(err));
}

static int make(struct store *store, const char *dir, struct backup_work *work,
                struct backup_made *made, struct err_ctx *ctx)
{
    CLEANUP(backup_folder_close) struct backup_folder folder = BACKUP_FOLDER_NONE;
    TRY(backup_folder_open(dir, true, &folder, ctx));
    backup_id_of(clock_now().wall_ms, made->id);
    work->id = made->id;
    int err = number(store, made);
    if (err == 0)
        err = make_in(&folder, work, made);
    if (err == 0 && !work->only)
        err = note(store, made);
    return err == 0 ? 0 : tell(ctx, err);
}

int backup_make(struct store *store, const char *dir, const struct backup_watch *watch,
                struct backup_made *ret_made, struct err_ctx *ctx)
{
    struct backup_made made = {0};
    CLEANUP(arena_free) struct arena a;
    struct backup_work work = {.store = store, .arena = &a, .watch = watch};
    arena_init(&a, MANIFEST_ARENA_BYTES);
    int64_t begun_ms = clock_now().monotonic_ms;
    TRY(make(store, dir, &work, &made, ctx));
    count(store, &made, begun_ms);
    *ret_made = made;
    return 0;
}

int backup_make_base(struct store *store, const char *dir, const struct realm_summary *realm,
                     const struct backup_watch *watch, struct backup_made *ret_made,
                     struct err_ctx *ctx)
{
    struct backup_made made = {0};
    CLEANUP(arena_free) struct arena a;
    struct backup_work work = {.store = store, .arena = &a, .watch = watch, .only = realm};
    arena_init(&a, MANIFEST_ARENA_BYTES);
    TRY(make(store, dir, &work, &made, ctx));
    *ret_made = made;
    return 0;
}
