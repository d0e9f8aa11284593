/* The files of a realm import. */
#include "appliance/import_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/banned.h"

struct import_files {
    struct arena *arena;
    int fd; /* of the file or of the folder */
    bool is_folder;
    struct import_source *sources;
    struct entry *entries;
    size_t count;
    const struct entry *open; /* whose file is open now */
    int open_fd;
};

struct entry {
    struct import_files *files;
    const char *name; /* in the folder */
};

/* --- Reading --- */

/* One file of a folder is open at a time: there may be thousands. */
static int switch_to(struct import_files *files, const struct entry *entry)
{
    struct stat st;
    if (files->open == entry)
        return 0;
    if (files->open_fd >= 0)
        (void)close(files->open_fd);
    files->open = NULL;
    files->open_fd =
        openat(files->fd, entry->name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (files->open_fd < 0 || fstat(files->open_fd, &st) != 0 || !S_ISREG(st.st_mode))
        return ERR_IO;
    files->open = entry;
    return 0;
}

static int read_at(void *context, uint64_t offset, char *into, size_t size, size_t *ret_len)
{
    const struct entry *entry = context;
    struct import_files *files = entry->files;
    int fd = files->fd;
    if (offset > INT64_MAX)
        return ERR_TOO_LARGE;
    if (files->is_folder) {
        TRY(switch_to(files, entry));
        fd = files->open_fd;
    }
    ssize_t n;
    do
        n = pread(fd, into, size, (off_t)offset);
    while (n < 0 && errno == EINTR);
    if (n < 0)
        return ERR_IO;
    *ret_len = (size_t)n;
    return 0;
}

/* --- Which ones --- */

static int add(struct import_files *files, struct str name)
{
    size_t count = files->count;
    if (count >= IMPORT_SOURCES_MAX)
        return ERR_LIMIT_REACHED;
    if (count % 64 == 0) {
        files->entries =
            arena_grow(files->arena, files->entries, count, count + 64, sizeof(struct entry));
        if (!files->entries)
            return ERR_NO_MEMORY;
    }
    struct str copy = arena_str(files->arena, name);
    files->entries[count] = (struct entry){files, copy.ptr};
    files->count++;
    return copy.ptr ? 0 : ERR_NO_MEMORY;
}

static int list_folder(struct import_files *files, DIR *dir)
{
    for (;;) {
        /* cppcheck-suppress readdirCalled ; the stream is ours alone */
        const struct dirent *e = readdir(dir);
        if (!e)
            return 0;
        struct str name = str_c(e->d_name);
        if (str_ends(name, STR(".json")) && !str_starts(name, STR(".")))
            TRY(add(files, name));
    }
}

static int compare(const void *a, const void *b)
{
    return strcmp(((const struct entry *)a)->name, ((const struct entry *)b)->name);
}

static int read_folder(struct import_files *files, struct err_ctx *err)
{
    int fd = openat(files->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
    if (!dir) {
        if (fd >= 0)
            (void)close(fd);
        return err_set(err, ERR_IO, "the folder cannot be read: %s", strerror(errno));
    }
    int rc = list_folder(files, dir);
    (void)closedir(dir);
    if (rc == ERR_LIMIT_REACHED)
        return err_set(err, rc, "there are more than %d files in the folder", IMPORT_SOURCES_MAX);
    TRY(rc);
    if (files->count == 0)
        return err_set(err, ERR_NOT_FOUND, "there is no file NAME.json in the folder");
    qsort(files->entries, files->count, sizeof(struct entry), compare);
    return 0;
}

static int make_sources(struct import_files *files, struct str name)
{
    files->sources = ARENA_ARRAY(files->arena, files->count, struct import_source);
    if (!files->sources)
        return ERR_NO_MEMORY;
    for (size_t i = 0; i < files->count; i++)
        files->sources[i] =
            (struct import_source){.name = files->is_folder ? str_c(files->entries[i].name) : name,
                                   .json = {read_at, &files->entries[i]}};
    return 0;
}

static int look(struct import_files *files, struct str name, struct err_ctx *err)
{
    struct stat st;
    if (fstat(files->fd, &st) != 0 || (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode)))
        return err_set(err, ERR_IO, "what is imported must be a file or a folder");
    files->is_folder = S_ISDIR(st.st_mode);
    TRY(files->is_folder ? read_folder(files, err) : add(files, STR("")));
    return make_sources(files, name);
}

int import_files_open(int fd, struct str name, struct arena *a, struct err_ctx *err,
                      struct import_files **ret_files)
{
    struct import_files *files = ARENA_NEW(a, struct import_files);
    if (!files) {
        (void)close(fd);
        return ERR_NO_MEMORY;
    }
    *files = (struct import_files){.arena = a, .fd = fd, .open_fd = -1};
    int rc = look(files, name, err);
    if (rc != 0) {
        import_files_close(files);
        return rc;
    }
    *ret_files = files;
    return 0;
}

const struct import_source *import_files_sources(const struct import_files *files,
                                                 size_t *ret_count)
{
    *ret_count = files->count;
    return files->sources;
}

void import_files_close(struct import_files *files)
{
    if (!files)
        return;
    if (files->open_fd >= 0)
        (void)close(files->open_fd);
    (void)close(files->fd);
}

void import_files_close_p(struct import_files **files)
{
    import_files_close(*files);
    *files = NULL;
}

int import_path_open(const char *path, struct err_ctx *err, int *ret_fd)
{
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0)
        return err_set(err, ERR_IO, "cannot read %.150s: %s", path, strerror(errno));
    *ret_fd = fd;
    return 0;
}
