/* Writing the files of an export. */
#include "appliance/command/export_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "appliance/file.h"

#include "core/base/banned.h"

#define NAME_MAX_BYTES 256
#define TEMPORARY      ".%.*s.garita-export"

static int fail(struct export_files *f, const char *what, struct str name)
{
    return err_set(f->err, ERR_IO, "cannot %s %.*s: %s", what,
                   (int)(name.len < 200 ? name.len : 200), name.ptr, strerror(errno));
}

static int temporary_name(struct str name, char *ret_name)
{
    int n = snprintf(ret_name, NAME_MAX_BYTES, TEMPORARY, STR_ARG(name));
    return n > 0 && n < NAME_MAX_BYTES ? 0 : ERR_TOO_LARGE;
}

static int plain_name(struct str name, char *ret_name)
{
    int n = snprintf(ret_name, NAME_MAX_BYTES, "%.*s", STR_ARG(name));
    return n > 0 && n < NAME_MAX_BYTES ? 0 : ERR_TOO_LARGE;
}

/* --- Where to --- */

static bool is_there(const struct export_files *f, const char *name)
{
    struct stat st;
    return fstatat(f->dir_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int refuse_existing(struct export_files *f, struct str name)
{
    char path[NAME_MAX_BYTES];
    TRY(plain_name(name, path));
    if (f->force || !is_there(f, path))
        return 0;
    return err_set(f->err, ERR_CONFLICT, "%.200s is there already: --force replaces it", path);
}

/* The file that every export of the realm has, and the first that one with people apart has. */
static int refuse_existing_files(struct export_files *f, struct str realm)
{
    struct str first = ARENA_CONCAT(f->arena, realm, STR("-realm.json"));
    struct str second = ARENA_CONCAT(f->arena, realm, STR("-users-0.json"));
    if (str_absent(first) || str_absent(second))
        return ERR_NO_MEMORY;
    TRY(refuse_existing(f, first));
    return refuse_existing(f, second);
}

static int open_dir(struct export_files *f, const char *path, bool make)
{
    if (make && mkdir(path, S_IRWXU) != 0 && errno != EEXIST)
        return fail(f, "make", str_c(path));
    f->dir_fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return f->dir_fd >= 0 ? 0 : fail(f, "open", str_c(path));
}

static int open_parent(struct export_files *f, struct str path)
{
    const char *slash = memrchr(path.ptr, '/', path.len);
    size_t dir_len = slash ? (size_t)(slash - path.ptr) + 1 : 0;
    const char *dir = dir_len > 0 ? arena_str(f->arena, str_sub(path, 0, dir_len)).ptr : ".";
    if (!dir)
        return ERR_NO_MEMORY;
    f->name = str_from(path, dir_len);
    TRY(open_dir(f, dir, false));
    return refuse_existing(f, f->name);
}

int export_files_open(struct arena *a, struct err_ctx *err, struct str to, bool is_dir, bool force,
                      struct str realm, struct export_files *ret_files)
{
    struct export_files *f = ret_files;
    struct stat st;
    *f = (struct export_files){.arena = a, .err = err, .dir_fd = -1, .force = force, .fd = -1};
    if (str_empty(to))
        return 0;
    const char *path = arena_str(a, to).ptr;
    if (!path)
        return ERR_NO_MEMORY;
    if (!is_dir && !str_ends(to, STR("/")) && !(stat(path, &st) == 0 && S_ISDIR(st.st_mode)))
        return open_parent(f, str_c(path));
    TRY(open_dir(f, path, true));
    return refuse_existing_files(f, realm);
}

int export_files_in(struct arena *a, struct err_ctx *err, int dir_fd,
                    struct export_files *ret_files)
{
    *ret_files = (struct export_files){.arena = a, .err = err, .dir_fd = -1, .fd = -1};
    ret_files->dir_fd = fcntl(dir_fd, F_DUPFD_CLOEXEC, 0);
    return ret_files->dir_fd >= 0 ? 0 : fail(ret_files, "open", STR("the folder"));
}

/* --- Writing --- */

static int finish_current(struct export_files *f)
{
    if (f->fd < 0)
        return 0;
    int rc = fsync(f->fd) == 0 ? 0 : ERR_IO;
    if (close(f->fd) != 0)
        rc = ERR_IO;
    f->fd = -1;
    return rc == 0 ? 0 : fail(f, "write", f->done.items[f->done.count - 1]);
}

static bool leads_elsewhere(struct str name)
{
    return str_empty(name) || name.ptr[0] == '.' || str_find(name, '/') >= 0 ||
           str_find(name, '\0') >= 0;
}

int export_files_begin(struct export_files *f, struct str name)
{
    char temporary[NAME_MAX_BYTES];
    if (f->dir_fd < 0)
        return 0;
    if (leads_elsewhere(name))
        return ERR_INVALID_SYNTAX;
    TRY(finish_current(f));
    TRY(strs_add(&f->done, f->arena, str_absent(f->name) ? name : f->name));
    TRY(temporary_name(f->done.items[f->done.count - 1], temporary));
    /* One that a broken-off export left. */
    if (unlinkat(f->dir_fd, temporary, 0) != 0 && errno != ENOENT)
        return fail(f, "replace", str_c(temporary));
    f->fd = openat(f->dir_fd, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
                   S_IRUSR | S_IWUSR);
    return f->fd >= 0 ? 0 : fail(f, "make", str_c(temporary));
}

int export_files_write(struct export_files *f, struct str bytes)
{
    if (f->dir_fd < 0)
        return write_all(STDOUT_FILENO, bytes) == 0 ? 0 : fail(f, "write to", STR("the output"));
    if (f->fd < 0)
        return ERR_INVALID_SYNTAX;
    return write_all(f->fd, bytes) == 0 ? 0 : fail(f, "write", f->done.items[f->done.count - 1]);
}

/* --- The end --- */

static int put_in_place(struct export_files *f, struct str name)
{
    char temporary[NAME_MAX_BYTES], final[NAME_MAX_BYTES];
    TRY(temporary_name(name, temporary));
    TRY(plain_name(name, final));
    if (renameat2(f->dir_fd, temporary, f->dir_fd, final, f->force ? 0 : RENAME_NOREPLACE) == 0)
        return 0;
    return errno == EEXIST ? refuse_existing(f, name) : fail(f, "make", name);
}

/* Files of people are numbered without gaps: those beyond ours are of an older export. */
static int remove_older(struct export_files *f, struct str realm)
{
    char name[NAME_MAX_BYTES];
    for (size_t i = f->done.count - 1; f->force; i++) {
        int n = snprintf(name, sizeof(name), "%.*s-users-%zu.json", STR_ARG(realm), i);
        if (n < 0 || n >= (int)sizeof(name))
            return ERR_TOO_LARGE;
        if (unlinkat(f->dir_fd, name, 0) != 0)
            return errno == ENOENT ? 0 : fail(f, "remove", str_c(name));
    }
    return 0;
}

/* The file of the realm comes last: where it stands, the others stand. */
int export_files_finish(struct export_files *f, struct str realm)
{
    if (f->dir_fd < 0)
        return 0;
    if (f->done.count == 0)
        return ERR_INVALID_SYNTAX;
    TRY(finish_current(f));
    if (str_absent(f->name))
        TRY(remove_older(f, realm));
    while (f->done.count > 0) {
        TRY(put_in_place(f, f->done.items[f->done.count - 1]));
        f->done.count--;
    }
    return fsync(f->dir_fd) == 0 ? 0 : fail(f, "write", STR("the folder"));
}

void export_files_close(struct export_files *f)
{
    char temporary[NAME_MAX_BYTES];
    if (f->fd >= 0)
        (void)close(f->fd);
    for (size_t i = 0; i < f->done.count; i++)
        if (temporary_name(f->done.items[i], temporary) == 0)
            (void)unlinkat(f->dir_fd, temporary, 0);
    if (f->dir_fd >= 0)
        (void)close(f->dir_fd);
    f->fd = f->dir_fd = -1;
    f->done.count = 0;
}
