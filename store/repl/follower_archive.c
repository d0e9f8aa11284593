/* Files of archived events on a standby: whole and as announced, or not there. */
#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/crypto/digest.h"
#include "store/archive/folder.h"
#include "store/repl/following.h"

#include "core/base/banned.h"

struct follower_archive {
    char realm_file[FILE_NAME_MAX + 1];
    char name[WHOLE_FILE_NAME_MAX];
    struct repl_archive head; /* texts point to the two above */
    uint64_t left;            /* bytes to come */
    bool there;               /* the same file is here already: nothing is written */
    struct whole_file file;
};

static bool copy_text(char *out, size_t size, struct str text)
{
    if (text.len >= size)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static int hash_is(int fd, uint64_t bytes, const unsigned char hash[BLAKE2B_BYTES], bool *ret_same)
{
    unsigned char found[BLAKE2B_BYTES];
    struct stat st;
    *ret_same = false;
    if (fstat(fd, &st) != 0)
        return ERR_IO;
    if (st.st_size < 0 || (uint64_t)st.st_size != bytes || bytes == 0)
        return 0;
    void *content = mmap(NULL, (size_t)bytes, PROT_READ, MAP_PRIVATE, fd, 0);
    if (content == MAP_FAILED)
        return ERR_NO_MEMORY;
    blake2b_256_of(str_of(content, (size_t)bytes), found);
    (void)munmap(content, (size_t)bytes);
    *ret_same = memcmp(found, hash, sizeof(found)) == 0;
    return 0;
}

static int is_there(const struct slot *slot, const struct repl_archive *head, bool *ret_there)
{
    int fd;
    int err = archive_open_read(slot, head->name, &fd);
    *ret_there = false;
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = hash_is(fd, head->bytes, head->hash, ret_there);
    (void)close(fd);
    return err;
}

static int open_file(struct follower *f, struct follower_archive *a)
{
    struct slot *slot;
    TRY(slot_of_file(f->store, a->head.file, &slot));
    if (a->head.removed)
        return archive_unlink(slot, a->head.name);
    TRY(is_there(slot, &a->head, &a->there));
    return a->there ? 0
                    : archive_file_create(&f->store->folder, a->realm_file, a->head.name, &a->file);
}

static void acknowledge(struct follower *f, const struct follower_archive *a)
{
    const struct repl_message m = {.type = REPL_ARCHIVE_ACK, .archive = a->head};
    follower_send(f, &m);
}

int archive_begin(struct follower *f, const struct repl_archive *archive)
{
    struct follower_archive *a = calloc(1, sizeof(*a));
    if (!a)
        return ERR_NO_MEMORY;
    f->archive = a;
    a->file = WHOLE_FILE_NONE;
    a->head = *archive;
    a->left = archive->removed ? 0 : archive->bytes;
    if (!copy_text(a->realm_file, sizeof(a->realm_file), archive->file) ||
        !copy_text(a->name, sizeof(a->name), archive->name))
        return ERR_INVALID_REQUEST;
    a->head.file = str_c(a->realm_file);
    a->head.name = str_c(a->name);
    TRY(open_file(f, a));
    if (!archive->removed)
        return 0;
    acknowledge(f, a);
    archive_drop(f);
    return 0;
}

int archive_bytes(struct follower *f, struct str bytes)
{
    struct follower_archive *a = f->archive;
    if (!a || bytes.len > a->left)
        return ERR_INVALID_REQUEST;
    a->left -= bytes.len;
    return a->there ? 0 : whole_file_write(&a->file, bytes.ptr, bytes.len);
}

int archive_end(struct follower *f, struct str file)
{
    struct follower_archive *a = f->archive;
    bool same;
    if (!a || a->left != 0 || !str_eq_c(file, a->realm_file))
        return ERR_INVALID_REQUEST;
    if (!a->there) {
        TRY(hash_is(a->file.fd, a->head.bytes, a->head.hash, &same));
        if (!same)
            return ERR_INVALID_REQUEST;
        TRY(whole_file_publish(&a->file));
    }
    acknowledge(f, a);
    archive_drop(f);
    return 0;
}

void archive_drop(struct follower *f)
{
    if (!f->archive)
        return;
    whole_file_close(&f->archive->file);
    free(f->archive);
    f->archive = NULL;
}
