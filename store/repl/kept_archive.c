#include "store/repl/kept_archive.h"

#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/plain_file.h"
#include "store/repl/diverged.h"
#include "store/repl/node_folder.h"
#include "store/repl/tree.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

struct looking {
    const struct repl_archive *archive;
    int dir_fd; /* of what is kept */
    int fd;     /* found; -1 */
};

/* Names that came over the link are names of files and nothing else (message.c). */
static int open_below(int at, const char *name, int *ret_fd)
{
    *ret_fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

static int open_folder_of(int kept_fd, struct str realm_file, int *ret_fd)
{
    char name[WHOLE_FILE_NAME_MAX];
    int root;
    if (!whole_file_name(name, realm_file, ""))
        return ERR_NOT_FOUND;
    TRY(open_below(kept_fd, ARCHIVES_NAME, &root));
    int err = open_below(root, name, ret_fd);
    (void)close(root);
    return err;
}

static int open_file_in(int dir_fd, const struct repl_archive *archive, int *ret_fd)
{
    char name[WHOLE_FILE_NAME_MAX];
    struct stat st;
    if (!whole_file_name(name, archive->name, ""))
        return ERR_NOT_FOUND;
    TRY(plain_file_open(dir_fd, name, O_RDONLY, ret_fd));
    if (fstat(*ret_fd, &st) == 0 && (uint64_t)st.st_size == archive->bytes)
        return 0;
    (void)close(*ret_fd);
    return ERR_NOT_FOUND;
}

/* What is not there, or cannot be opened, comes over the link. */
static int look_in(void *arg, const char *name)
{
    struct looking *l = arg;
    int kept, dir;
    if (l->fd >= 0 || !str_starts(str_c(name), STR(DIVERGED_PREFIX)) ||
        open_below(l->dir_fd, name, &kept) != 0)
        return 0;
    if (open_folder_of(kept, l->archive->file, &dir) == 0) {
        if (open_file_in(dir, l->archive, &l->fd) != 0)
            l->fd = -1;
        (void)close(dir);
    }
    (void)close(kept);
    return 0;
}

int kept_archive_open(const struct folder *folder, const struct repl_archive *archive, int *ret_fd)
{
    struct looking l = {.archive = archive, .fd = -1};
    TRY(node_folder_open(folder->fd, &l.dir_fd));
    int err = tree_each(l.dir_fd, look_in, &l);
    (void)close(l.dir_fd);
    *ret_fd = l.fd;
    return err != 0 ? err : l.fd >= 0 ? 0 : ERR_NOT_FOUND;
}
