/* Files of archived events on a standby: whole and as announced, or not there. */
#include <stdlib.h>
#include <unistd.h>

#include "store/archive/folder.h"
#include "store/repl/following.h"

#include "core/base/banned.h"

struct follower_archive {
    char realm_file[FILE_NAME_MAX + 1];
    char name[WHOLE_FILE_NAME_MAX];
    struct repl_archive head; /* texts point to the two above */
    bool offered;             /* by this connection */
    struct whole_file file;   /* head.there bytes of it */
};

static bool copy_text(char *out, size_t size, struct str text)
{
    if (text.len >= size)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static int is_what_is_offered(int fd, const struct repl_archive *head, bool *ret_same)
{
    unsigned char hash[BLAKE2B_BYTES];
    uint64_t bytes;
    TRY(archive_file_sum(fd, &bytes, hash));
    *ret_same = bytes == head->bytes && memcmp(hash, head->hash, sizeof(hash)) == 0;
    return 0;
}

static int is_there(const struct slot *slot, const struct repl_archive *head, bool *ret_there)
{
    int fd;
    int err = archive_open_read(slot, head->name, &fd);
    *ret_there = false;
    if (err != 0)
        return err == ERR_NOT_FOUND ? 0 : err;
    err = is_what_is_offered(fd, head, ret_there);
    (void)close(fd);
    return err;
}

static void acknowledge(struct follower *f, const struct repl_archive *head, uint64_t there)
{
    struct repl_message m = {.type = REPL_ARCHIVE_ACK, .archive = *head};
    m.archive.there = there;
    follower_send(f, &m);
}

/* One that is not what was announced is of no use to the next connection either. */
static int publish(struct follower *f)
{
    struct follower_archive *a = f->archive;
    bool same;
    TRY(is_what_is_offered(a->file.fd, &a->head, &same));
    if (!same)
        return ERR_INVALID_REQUEST;
    TRY(whole_file_publish(&a->file));
    acknowledge(f, &a->head, a->head.bytes);
    return 0;
}

static int finish(struct follower *f)
{
    int err = publish(f);
    archive_drop(f);
    return err;
}

/* --- What is offered --- */

static bool is_same(const struct follower_archive *a, const struct repl_archive *head)
{
    return str_eq(a->head.file, head->file) && str_eq(a->head.name, head->name) &&
           a->head.bytes == head->bytes &&
           memcmp(a->head.hash, head->hash, sizeof(head->hash)) == 0;
}

static int begin_file(struct follower *f, const struct repl_archive *head)
{
    struct follower_archive *a = calloc(1, sizeof(*a));
    if (!a)
        return ERR_NO_MEMORY;
    f->archive = a;
    a->file = WHOLE_FILE_NONE;
    a->head = *head;
    if (!copy_text(a->realm_file, sizeof(a->realm_file), head->file) ||
        !copy_text(a->name, sizeof(a->name), head->name))
        return ERR_INVALID_REQUEST;
    a->head.file = str_c(a->realm_file);
    a->head.name = str_c(a->name);
    a->head.there = 0;
    return archive_file_create(&f->store->folder, a->realm_file, a->head.name, &a->file);
}

/* What an earlier connection brought of it counts. */
static int take_file(struct follower *f, const struct repl_archive *head)
{
    if (f->archive && !is_same(f->archive, head))
        archive_drop(f);
    int err = f->archive ? 0 : begin_file(f, head);
    if (err != 0) {
        archive_drop(f);
        return err;
    }
    if (f->archive->head.there == head->bytes) /* but for its end, which did not come */
        return finish(f);
    f->archive->offered = true;
    acknowledge(f, head, f->archive->head.there);
    return 0;
}

int archive_begin(struct follower *f, const struct repl_archive *head)
{
    struct slot *slot;
    bool there = true;
    if (f->archive && f->archive->offered)
        return ERR_INVALID_REQUEST;
    TRY(slot_of_file(f->store, head->file, &slot));
    if (head->removed)
        TRY(archive_unlink(slot, head->name));
    else
        TRY(is_there(slot, head, &there));
    if (!there)
        return head->bytes > 0 ? take_file(f, head) : ERR_INVALID_REQUEST;
    acknowledge(f, head, head->bytes);
    return 0;
}

/* --- What comes --- */

int archive_bytes(struct follower *f, struct str bytes)
{
    struct follower_archive *a = f->archive;
    if (!a || !a->offered || bytes.len > a->head.bytes - a->head.there)
        return ERR_INVALID_REQUEST;
    int err = whole_file_write(&a->file, bytes.ptr, bytes.len);
    if (err == 0)
        a->head.there += bytes.len;
    else
        archive_drop(f); /* how much of it got there is not known */
    return err;
}

int archive_end(struct follower *f, struct str file)
{
    const struct follower_archive *a = f->archive;
    if (!a || !a->offered || a->head.there != a->head.bytes || !str_eq_c(file, a->realm_file))
        return ERR_INVALID_REQUEST;
    return finish(f);
}

void archive_break(struct follower *f)
{
    if (f->archive)
        f->archive->offered = false;
}

void archive_forget(struct follower *f, struct str file)
{
    if (f->archive && str_eq_c(file, f->archive->realm_file))
        archive_drop(f);
}

void archive_drop(struct follower *f)
{
    if (!f->archive)
        return;
    whole_file_close(&f->archive->file);
    free(f->archive);
    f->archive = NULL;
}
