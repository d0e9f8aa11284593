#include "appliance/given_tls.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/file.h"
#include "core/base/log.h"
#include "store/plain_file.h"
#include "store/repl/leader.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define FOLDER_NAME  "tls"
#define FILE_NAME    "given"
#define LABEL        "given-certificates"
#define SEALED_BYTES (WEB_TLS_EXPORT_MAX + 1024)
#define PIECE_BYTES  60000 /* of a setting */
#define ARENA_BYTES  (16 * WEB_TLS_EXPORT_MAX)
#define PATH_BYTES   4096

/* --- The primary --- */

int given_tls_add(struct store *store, const struct web *web, struct arena *a,
                  struct repl_settings *settings)
{
    struct str text, sealed;
    TRY(web_tls_export(web, a, &text));
    if (str_absent(text))
        return 0;
    TRY(store_seal(store, a, LABEL, text, &sealed));
    for (size_t at = 0; at < sealed.len; at += PIECE_BYTES) {
        if (settings->count == ARRAY_LEN(settings->names))
            return ERR_TOO_LARGE;
        settings->names[settings->count] = STR(REPL_SETTING_CERTIFICATES);
        settings->values[settings->count++] = str_sub(sealed, at, PIECE_BYTES);
    }
    return 0;
}

/* --- The standby --- */

static int open_folder(const char *data_dir, bool make, int *ret_fd)
{
    char path[PATH_BYTES];
    if (snprintf(path, sizeof(path), "%s/" FOLDER_NAME, data_dir) >= (int)sizeof(path))
        return ERR_TOO_LARGE;
    if (make && mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return file_err();
    *ret_fd = open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

static int read_fd(int fd, struct arena *a, struct str *ret_bytes)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return file_err();
    if (st.st_size <= 0 || (size_t)st.st_size > SEALED_BYTES)
        return ERR_SEAL;
    char *bytes = arena_alloc(a, (size_t)st.st_size);
    if (!bytes)
        return ERR_NO_MEMORY;
    *ret_bytes = str_of(bytes, (size_t)st.st_size);
    return read(fd, bytes, ret_bytes->len) == (ssize_t)ret_bytes->len ? 0 : ERR_IO;
}

static int read_sealed(const char *data_dir, struct arena *a, struct str *ret_sealed)
{
    int dir, fd;
    TRY(open_folder(data_dir, false, &dir));
    int rc = plain_file_open(dir, FILE_NAME, O_RDONLY, &fd);
    (void)close(dir);
    TRY(rc);
    rc = read_fd(fd, a, ret_sealed);
    (void)close(fd);
    return rc;
}

static int read_kept(struct store *store, const char *data_dir, struct arena *a,
                     struct str *ret_text)
{
    struct str sealed;
    TRY(read_sealed(data_dir, a, &sealed));
    return store_unseal(store, a, LABEL, sealed, ret_text);
}

int given_tls_read(struct store *store, const char *data_dir, struct arena *a, struct str *ret_text)
{
    int rc = read_kept(store, data_dir, a, ret_text);
    if (rc != 0 && rc != ERR_NOT_FOUND && rc != ERR_NO_MEMORY) {
        LOG_ERROR("tls",
                  "the certificate that the primary gave (" FOLDER_NAME "/" FILE_NAME
                  ") cannot be read: %s",
                  err_text(rc));
        return ERR_NOT_FOUND;
    }
    return rc;
}

static int put(const char *data_dir, struct str sealed)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    int dir;
    TRY(open_folder(data_dir, true, &dir));
    TRY(whole_file_create(dir, STR(FILE_NAME), &file));
    TRY(whole_file_write(&file, sealed.ptr, sealed.len));
    return whole_file_publish(&file);
}

static int join_pieces(const struct repl_settings *settings, struct arena *a,
                       struct str *ret_sealed)
{
    struct buf b;
    buf_init(&b, a, SEALED_BYTES);
    for (size_t i = 0; i < settings->count; i++)
        if (str_eq_c(settings->names[i], REPL_SETTING_CERTIFICATES))
            buf_add(&b, settings->values[i]);
    return buf_finish(&b, ret_sealed);
}

int given_tls_keep(struct store *store, const char *data_dir, const struct repl_settings *settings,
                   bool *ret_news, struct err_ctx *err)
{
    CLEANUP(arena_free) struct arena a;
    struct str sealed, text, before;
    arena_init(&a, ARENA_BYTES);
    *ret_news = false;
    TRY(join_pieces(settings, &a, &sealed));
    if (str_empty(sealed))
        return 0;
    TRY(store_unseal(store, &a, LABEL, sealed, &text));
    if (read_kept(store, data_dir, &a, &before) == 0 && str_eq(before, text))
        return 0;
    TRY(web_tls_check(&a, text, err));
    TRY(put(data_dir, sealed));
    *ret_news = true;
    return 0;
}

bool given_tls_is_there(const char *data_dir)
{
    int dir;
    if (open_folder(data_dir, false, &dir) != 0)
        return false;
    bool there = faccessat(dir, FILE_NAME, F_OK, AT_SYMLINK_NOFOLLOW) == 0;
    (void)close(dir);
    return there;
}

void given_tls_forget(const char *data_dir)
{
    int dir;
    if (open_folder(data_dir, false, &dir) != 0)
        return;
    if (unlinkat(dir, FILE_NAME, 0) == 0)
        (void)fsync(dir);
    (void)close(dir);
}
