/* Reading backups: what they hold, and whether it is all there. */
#include "store/repl/backup.h"

#include <fcntl.h>
#include <stdio.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/sealed_file.h"
#include "store/store.h"

#include "core/base/banned.h"

#define LOOK_ARENA_BYTES ((size_t)512 << 20)
#define NAME_ARENA_BYTES ((size_t)4 << 10)
#define COPY_BYTES       ((size_t)64 << 10)
#define PAGE_MAX_BYTES   ((size_t)64 << 10)

int backup_source_open(const char *dir, const struct secret *master_key,
                       struct backup_source *ret_source, struct err_ctx *ctx)
{
    struct backup_source s = {.folder = BACKUP_FOLDER_NONE};
    TRY(backup_folder_open(dir, false, &s.folder, ctx));
    int err = backup_key_of(master_key, &s.key);
    if (err != 0)
        backup_source_close(&s);
    else
        *ret_source = s;
    return err;
}

int backup_source_of_store(struct store *store, const char *dir, struct backup_source *ret_source,
                           struct err_ctx *ctx)
{
    return backup_source_open(dir, &store->master_key, ret_source, ctx);
}

void backup_source_close(struct backup_source *source)
{
    backup_folder_close(&source->folder);
    secret_free(&source->key);
}

int backup_look(const struct backup_source *source, struct str id, struct arena *a,
                struct backup_manifest *ret_manifest)
{
    int dir;
    TRY(backup_folder_enter(&source->folder, id, &dir));
    int err = manifest_read(dir, &source->key, id, a, ret_manifest);
    (void)close(dir);
    return err == 0 && !str_eq(ret_manifest->id, id) ? ERR_SEAL : err;
}

/* --- Pages and files --- */

static int open_file(int dir_fd, const struct secret *key, enum sealed_kind kind, struct str id,
                     struct str name, struct sealed_reader **ret_reader)
{
    CLEANUP(arena_free) struct arena a;
    char path[WHOLE_FILE_NAME_MAX];
    int fd;
    arena_init(&a, NAME_ARENA_BYTES);
    struct str context = backup_context(&a, id, name);
    if (str_absent(context))
        return ERR_NO_MEMORY;
    if (!whole_file_name(path, name, ""))
        return ERR_TOO_LARGE;
    TRY(plain_file_open(dir_fd, path, O_RDONLY, &fd));
    return sealed_reader_open(fd, key, kind, context, ret_reader);
}

static int at_end(struct sealed_reader *r)
{
    unsigned char byte;
    size_t n;
    TRY(sealed_read(r, &byte, 1, &n));
    return n == 0 ? 0 : ERR_STORE_CORRUPT;
}

static int read_pages(struct sealed_reader *r, const struct backup_realm *realm,
                      backup_take_page *take, void *arg)
{
    unsigned char page[PAGE_MAX_BYTES];
    size_t bytes = (size_t)realm->page_bytes;
    for (int64_t n = 1; n <= realm->pages; n++) {
        TRY(sealed_read_all(r, page, bytes));
        TRY(take(arg, n, page, bytes));
    }
    return at_end(r);
}

int backup_each_page(int dir_fd, const struct secret *key, struct str id,
                     const struct backup_realm *realm, backup_take_page *take, void *arg)
{
    CLEANUP(arena_free) struct arena a;
    struct sealed_reader *r;
    arena_init(&a, NAME_ARENA_BYTES);
    struct str name = backup_database_name(&a, realm);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(open_file(dir_fd, key, SEALED_DATABASE, id, name, &r));
    int err = read_pages(r, realm, take, arg);
    sealed_reader_close(r);
    return err;
}

static int read_bytes(struct sealed_reader *r, int64_t len, backup_take_bytes *take, void *arg)
{
    unsigned char bytes[COPY_BYTES];
    while (len > 0) {
        size_t n = len < (int64_t)sizeof(bytes) ? (size_t)len : sizeof(bytes);
        TRY(sealed_read_all(r, bytes, n));
        TRY(take(arg, bytes, n));
        len -= (int64_t)n;
    }
    return at_end(r);
}

int backup_file_read(int dir_fd, const struct secret *key, struct str id,
                     const struct backup_realm *realm, const struct backup_file *file,
                     backup_take_bytes *take, void *arg)
{
    CLEANUP(arena_free) struct arena a;
    struct sealed_reader *r;
    arena_init(&a, NAME_ARENA_BYTES);
    struct str name = backup_file_name(&a, realm, file);
    if (str_absent(name))
        return ERR_NO_MEMORY;
    TRY(open_file(dir_fd, key, SEALED_PLAIN_FILE, id, name, &r));
    int err = read_bytes(r, file->bytes, take, arg);
    sealed_reader_close(r);
    return err;
}

/* --- Verifying --- */

struct verifying {
    const struct backup_watch *watch;
    const struct backup_realm *realm;
};

static int pass_page(void *arg, int64_t number, const unsigned char *page, size_t bytes)
{
    const struct verifying *v = arg;
    (void)page;
    (void)bytes;
    return !v->watch || v->watch->step(v->watch->arg, v->realm->name, number, v->realm->pages)
               ? 0
               : ERR_CANCELLED;
}

static int pass_bytes(void *arg, const void *bytes, size_t len)
{
    (void)arg;
    (void)bytes;
    (void)len;
    return 0;
}

static int verify_realm(const struct backup_source *source, int dir, struct str id,
                        const struct backup_realm *realm, struct verifying *v)
{
    v->realm = realm;
    if (!str_absent(realm->trouble))
        return 0;
    TRY(backup_each_page(dir, &source->key, id, realm, pass_page, v));
    for (size_t i = 0; i < realm->file_count; i++)
        TRY(backup_file_read(dir, &source->key, id, realm, &realm->files[i], pass_bytes, NULL));
    return 0;
}

static int tell(struct err_ctx *ctx, int err, struct str id, struct str what)
{
    const char *why = err == ERR_BAD_KEY         ? "was sealed under another master key"
                      : err == ERR_SEAL          ? "was changed"
                      : err == ERR_STORE_CORRUPT ? "is damaged"
                      : err == ERR_STORE_VERSION ? "is of a newer version"
                      : err == ERR_NOT_FOUND     ? "is missing"
                                                 : err_text(err);
    if (err == ERR_CANCELLED || err == ERR_NO_MEMORY)
        return err;
    return err_set(ctx, ERR_BACKUP, "backup %.*s: %.*s %s", (int)(id.len < 32 ? id.len : 32),
                   id.ptr, (int)(what.len < 64 ? what.len : 64), what.ptr, why);
}

static int verify_all(const struct backup_source *source, int dir, struct str id,
                      const struct backup_watch *watch, struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct verifying v = {.watch = watch};
    struct backup_manifest m;
    arena_init(&a, LOOK_ARENA_BYTES);
    int err = backup_look(source, id, &a, &m);
    if (err != 0)
        return tell(ctx, err, id, STR("its list"));
    for (size_t i = 0; i < m.realm_count; i++) {
        err = verify_realm(source, dir, id, &m.realms[i], &v);
        if (err != 0)
            return tell(ctx, err, id, m.realms[i].name);
    }
    return 0;
}

int backup_verify(const struct backup_source *source, struct str id,
                  const struct backup_watch *watch, struct err_ctx *ctx)
{
    int dir;
    int err = backup_folder_enter(&source->folder, id, &dir);
    if (err != 0)
        return tell(ctx, err, id, STR("it"));
    err = verify_all(source, dir, id, watch, ctx);
    (void)close(dir);
    return err;
}

int backup_verify_realm(const struct backup_source *source, struct str id,
                        const struct backup_realm *realm, const struct backup_watch *watch,
                        struct err_ctx *ctx)
{
    struct verifying v = {.watch = watch};
    int dir;
    int err = backup_folder_enter(&source->folder, id, &dir);
    if (err != 0)
        return tell(ctx, err, id, STR("it"));
    err = verify_realm(source, dir, id, realm, &v);
    (void)close(dir);
    return err == 0 ? 0 : tell(ctx, err, id, realm->name);
}

int backup_check_newest(struct store *store, const struct backup_source *source,
                        struct err_ctx *ctx)
{
    CLEANUP(arena_free) struct arena a;
    struct backup_last last;
    struct backup_manifest m;
    TRY(backup_last_read(store, &last));
    if (last.serial == 0)
        return 0;
    arena_init(&a, LOOK_ARENA_BYTES);
    int err = backup_look(source, str_c(last.id), &a, &m);
    if (err == 0 && m.serial == last.serial)
        return 0;
    if (err != 0 && err != ERR_NOT_FOUND)
        return tell(ctx, err, str_c(last.id), STR("its list"));
    return err_set(ctx, ERR_CONFLICT,
                   "the folder lacks backup %s, the last that was made: it is an older state of "
                   "itself, or another folder",
                   last.id);
}
