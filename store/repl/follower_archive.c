/* Files of archived events on a standby: whole and as announced, or not there. */
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "store/archive/folder.h"
#include "store/repl/following.h"
#include "store/repl/kept_archive.h"

#include "core/base/banned.h"

struct follower_archive {
    char realm_file[FILE_NAME_MAX + 1];
    char name[WHOLE_FILE_NAME_MAX];
    struct repl_archive head; /* texts point to the two above */
    bool offered;             /* by this connection */
    struct whole_file file;   /* head.there bytes of it */
};

/* A whole file is hashed, and brought to disk, by a thread of its own, as both may take many seconds: beats
 * and commits go on meanwhile, so that leases last. Until it is joined the thread of the link touches nothing
 * here but the two flags. */
struct archive_look {
    struct follower *follower;
    struct follower_archive *archive; /* owned */
    int fd;       /* owned; of the file that is there, or -1: what came is looked at */
    bool is_kept; /* it is not in its place, but kept aside since this node rejoined */
    pthread_t thread;
    atomic_bool is_cancelled, is_done;
    bool differs; /* the file that is there, from what is offered */
    bool is_over; /* what came has its name, or is of no use */
};

/* --- One file, in memory --- */

static bool copy_text(char *out, size_t size, struct str text)
{
    if (text.len >= size)
        return false;
    memcpy(out, text.ptr, text.len);
    out[text.len] = '\0';
    return true;
}

static void archive_free(struct follower_archive *a)
{
    if (!a)
        return;
    whole_file_close(&a->file);
    free(a);
}

static int archive_new(const struct repl_archive *head, struct follower_archive **ret_archive)
{
    struct follower_archive *a = calloc(1, sizeof(*a));
    if (!a)
        return ERR_NO_MEMORY;
    a->file = WHOLE_FILE_NONE;
    a->head = *head;
    if (!copy_text(a->realm_file, sizeof(a->realm_file), head->file) ||
        !copy_text(a->name, sizeof(a->name), head->name)) {
        archive_free(a);
        return ERR_INVALID_REQUEST;
    }
    a->head.file = str_c(a->realm_file);
    a->head.name = str_c(a->name);
    a->head.there = 0;
    *ret_archive = a;
    return 0;
}

static void acknowledge(struct follower *f, const struct repl_archive *head, uint64_t there)
{
    struct repl_message m = {.type = REPL_ARCHIVE_ACK, .archive = *head};
    m.archive.there = there;
    follower_send(f, &m);
}

/* --- Looking at a whole file --- */

static int is_what_is_offered(struct archive_look *l, bool *ret_same)
{
    const struct repl_archive *head = &l->archive->head;
    unsigned char hash[BLAKE2B_BYTES];
    uint64_t bytes;
    int fd = l->fd >= 0 ? l->fd : l->archive->file.fd;
    TRY(archive_file_sum(fd, &l->is_cancelled, &bytes, hash));
    *ret_same = bytes == head->bytes && memcmp(hash, head->hash, sizeof(hash)) == 0;
    return 0;
}

/* Where files cannot have two names all of it comes. */
static bool put_in_place(struct archive_look *l)
{
    const struct follower_archive *a = l->archive;
    return archive_file_link(&l->follower->store->folder, a->realm_file, a->head.name, l->fd) == 0;
}

/* What came and is not what was announced is of no use to the next connection either. */
static int look(struct archive_look *l)
{
    bool same;
    TRY(is_what_is_offered(l, &same));
    if (l->fd >= 0) {
        l->differs = !same || (l->is_kept && !put_in_place(l));
        return 0;
    }
    l->is_over = true;
    return same ? whole_file_publish(&l->archive->file) : ERR_INVALID_REQUEST;
}

/* Done before the primary hears of it: it may speak of the next one at once. */
static void *look_apart(void *arg)
{
    struct archive_look *l = arg;
    struct follower *f = l->follower;
    int err = look(l);
    atomic_store(&l->is_done, true);
    if (err == 0)
        acknowledge(f, &l->archive->head, l->differs ? 0 : l->archive->head.bytes);
    else if (err != ERR_CANCELLED)
        follower_trouble(f, err);
    return NULL;
}

static void look_free(struct archive_look *l)
{
    archive_free(l->archive);
    if (l->fd >= 0)
        (void)close(l->fd);
    free(l);
}

/* Takes archive and fd. fd: of the file that is there, or kept aside; -1: what came is looked at. */
static int look_begin(struct follower *f, struct follower_archive *archive, int fd, bool is_kept)
{
    struct archive_look *l = calloc(1, sizeof(*l));
    if (!l) {
        archive_free(archive);
        if (fd >= 0)
            (void)close(fd);
        return ERR_NO_MEMORY;
    }
    l->follower = f;
    l->archive = archive;
    l->fd = fd;
    l->is_kept = is_kept;
    int err = follower_thread(look_apart, l, &l->thread);
    if (err != 0)
        look_free(l);
    else
        f->look = l;
    return err;
}

/* The caller frees it. */
static struct archive_look *look_join(struct follower *f)
{
    struct archive_look *l = f->look;
    atomic_store(&l->is_cancelled, true);
    (void)pthread_join(l->thread, NULL);
    f->look = NULL;
    return l;
}

/* Harmless without one. What came whole and was not looked at to the end is kept for the next connection. */
static void look_end(struct follower *f)
{
    if (!f->look)
        return;
    struct archive_look *l = look_join(f);
    if (l->fd < 0 && !l->is_over && !f->archive) {
        f->archive = l->archive;
        l->archive = NULL;
    }
    look_free(l);
}

static int file_create(struct follower *f, struct follower_archive *a)
{
    return archive_file_create(&f->store->folder, a->realm_file, a->head.name, &a->file);
}

/* One that is there and another than offered was answered with nothing: all of it comes. */
static int begin_anew(struct follower *f, struct archive_look *l)
{
    archive_drop(f);
    f->archive = l->archive;
    l->archive = NULL;
    int err = file_create(f, f->archive);
    if (err == 0)
        f->archive->offered = true;
    else
        archive_drop(f);
    return err;
}

/* Nothing may be said of archives while one is looked at. */
static int look_settle(struct follower *f)
{
    if (!f->look)
        return 0;
    if (!atomic_load(&f->look->is_done))
        return ERR_INVALID_REQUEST;
    struct archive_look *l = look_join(f);
    int err = l->differs ? begin_anew(f, l) : 0;
    look_free(l);
    return err;
}

/* --- What is offered --- */

static bool is_same(const struct follower_archive *a, const struct repl_archive *head)
{
    return str_eq(a->head.file, head->file) && str_eq(a->head.name, head->name) &&
           a->head.bytes == head->bytes &&
           memcmp(a->head.hash, head->hash, sizeof(head->hash)) == 0;
}

static int finish(struct follower *f)
{
    struct follower_archive *a = f->archive;
    f->archive = NULL;
    a->offered = false;
    return look_begin(f, a, -1, false);
}

/* What an earlier connection brought of it counts. */
static int take_file(struct follower *f, const struct repl_archive *head)
{
    if (f->archive && !is_same(f->archive, head))
        archive_drop(f);
    int err = 0;
    if (!f->archive) {
        TRY(archive_new(head, &f->archive));
        err = file_create(f, f->archive);
    }
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

/* -1: there is none of that length. */
static int open_there(const struct slot *slot, const struct repl_archive *head, int *ret_fd)
{
    struct stat st;
    int err = archive_open_read(slot, head->name, ret_fd);
    if (err != 0) {
        *ret_fd = -1;
        return err == ERR_NOT_FOUND ? 0 : err;
    }
    if (fstat(*ret_fd, &st) == 0 && (uint64_t)st.st_size == head->bytes)
        return 0;
    (void)close(*ret_fd);
    *ret_fd = -1;
    return 0;
}

/* One of which an earlier connection brought a part was looked for already. */
static bool may_be_kept(const struct follower *f, const struct repl_archive *head)
{
    return !f->archive || !is_same(f->archive, head);
}

static int take_offer(struct follower *f, const struct slot *slot, const struct repl_archive *head)
{
    struct follower_archive *a;
    int fd;
    if (head->bytes == 0)
        return ERR_INVALID_REQUEST;
    TRY(open_there(slot, head, &fd));
    bool is_kept =
        fd < 0 && may_be_kept(f, head) && kept_archive_open(&f->store->folder, head, &fd) == 0;
    if (fd < 0)
        return take_file(f, head);
    int err = archive_new(head, &a);
    if (err != 0) {
        (void)close(fd);
        return err;
    }
    return look_begin(f, a, fd, is_kept);
}

int archive_begin(struct follower *f, const struct repl_archive *head)
{
    struct slot *slot;
    TRY(look_settle(f));
    if (f->archive && f->archive->offered)
        return ERR_INVALID_REQUEST;
    TRY(slot_of_file(f->store, head->file, &slot));
    if (!head->removed)
        return take_offer(f, slot, head);
    TRY(archive_unlink(slot, head->name));
    acknowledge(f, head, head->bytes);
    return 0;
}

/* --- What comes --- */

int archive_bytes(struct follower *f, struct str bytes)
{
    TRY(look_settle(f));
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
    TRY(look_settle(f));
    const struct follower_archive *a = f->archive;
    if (!a || !a->offered || a->head.there != a->head.bytes || !str_eq_c(file, a->realm_file))
        return ERR_INVALID_REQUEST;
    return finish(f);
}

void archive_break(struct follower *f)
{
    look_end(f);
    if (f->archive)
        f->archive->offered = false;
}

void archive_forget(struct follower *f, struct str file)
{
    if (f->look && str_eq_c(file, f->look->archive->realm_file))
        look_end(f);
    if (f->archive && str_eq_c(file, f->archive->realm_file))
        archive_drop(f);
}

void archive_drop(struct follower *f)
{
    archive_free(f->archive);
    f->archive = NULL;
}
