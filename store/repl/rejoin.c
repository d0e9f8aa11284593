#include "store/repl/rejoin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/crypto/init.h"
#include "core/port/store.h"
#include "store/folder.h"
#include "store/plain_file.h"
#include "store/repl/ask.h"
#include "store/repl/node_folder.h"
#include "store/repl/tree.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define ASK_AT_ONCE_MS 2000
#define REALMS_NAME    "realms"
#define COPIED_NAME    "copied"
#define COPY_BYTES     ((size_t)64 << 10)

/* --- Moving aside --- */

struct moving {
    int realms_fd; /* from here */
    int aside_fd;  /* to here */
    bool over;     /* what has the same name there is a copy of an earlier try */
};

static int make_dir(int at, const char *name, int *ret_fd)
{
    if (mkdirat(at, name, S_IRWXU) != 0 && errno != EEXIST)
        return file_err();
    *ret_fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

/* What was moved there by an earlier try stays. */
static int move(int from_fd, const char *name, int to_fd, bool over)
{
    struct stat st;
    if (!over && fstatat(to_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return ERR_CONFLICT;
    return renameat(from_fd, name, to_fd, name) == 0 || errno == ENOENT ? 0 : file_err();
}

/* False for what is no file of ours. */
static bool name_of(struct str name, char text[NAME_MAX + 1])
{
    if (name.len > NAME_MAX || str_eq(name, STR(".")) || str_eq(name, STR("..")))
        return false;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return true;
}

static int move_one(void *arg, struct str name)
{
    const struct moving *m = arg;
    char text[NAME_MAX + 1];
    return name_of(name, text) ? move(m->realms_fd, text, m->aside_fd, m->over) : 0;
}

/* --- Copying aside --- */

static int copy_bytes(int from_fd, struct whole_file *to)
{
    unsigned char bytes[COPY_BYTES];
    ssize_t n;
    while ((n = read(from_fd, bytes, sizeof(bytes))) > 0)
        TRY(whole_file_write(to, bytes, (size_t)n));
    return n == 0 ? 0 : ERR_IO;
}

/* It has its name once it is whole and on disk; what an earlier try copied is copied again. */
static int copy_file(int from_fd, int to_dir, struct str name)
{
    CLEANUP(whole_file_close) struct whole_file to = WHOLE_FILE_NONE;
    int dir = fcntl(to_dir, F_DUPFD_CLOEXEC, 0);
    if (dir < 0)
        return file_err();
    TRY(whole_file_create(dir, name, &to));
    TRY(copy_bytes(from_fd, &to));
    return whole_file_publish(&to);
}

static int copy_one(void *arg, struct str name)
{
    const struct moving *m = arg;
    char text[NAME_MAX + 1];
    int fd;
    if (!name_of(name, text))
        return 0;
    TRY(plain_file_open(m->realms_fd, text, O_RDONLY, &fd));
    int err = copy_file(fd, m->aside_fd, name);
    (void)close(fd);
    return err;
}

/* A copy whose original is here; what was moved stays. */
static int drop_copy(void *arg, struct str name)
{
    const struct moving *m = arg;
    char text[NAME_MAX + 1];
    if (name_of(name, text))
        (void)unlinkat(m->aside_fd, text, 0);
    return 0;
}

static int copy_all(const struct folder *folder, struct moving *m)
{
    int err = folder_each(folder, copy_one, m);
    if (err != 0 && folder_each(folder, drop_copy, m) != 0)
        err = ERR_IO;
    return err;
}

/* --- Both --- */

/* Half a copy of an earlier try, whose original was moved since. */
static int drop_half(void *arg, const char *name)
{
    const struct moving *m = arg;
    if (!str_ends(str_c(name), STR(WHOLE_FILE_TEMPORARY)))
        return 0;
    return unlinkat(m->aside_fd, name, 0) == 0 || errno == ENOENT ? 0 : file_err();
}

/* Says that what is in the folder and has its original here is a copy. */
static int mark_copied(int aside_fd)
{
    int fd;
    TRY(plain_file_open(aside_fd, COPIED_NAME, O_WRONLY | O_CREAT, &fd));
    (void)close(fd);
    return fsync(aside_fd) == 0 ? 0 : file_err();
}

static int put_aside(const struct folder *folder, int aside_fd, bool copies)
{
    struct moving m = {.realms_fd = folder->realms_fd};
    m.over = faccessat(aside_fd, COPIED_NAME, F_OK, 0) == 0;
    if (copies)
        TRY(mark_copied(aside_fd));
    TRY(make_dir(aside_fd, REALMS_NAME, &m.aside_fd));
    int err = copies ? copy_all(folder, &m) : folder_each(folder, move_one, &m);
    if (err == 0)
        err = tree_each(m.aside_fd, drop_half, &m);
    if (err == 0 && (fsync(m.aside_fd) != 0 || fsync(folder->realms_fd) != 0))
        err = file_err();
    (void)close(m.aside_fd);
    TRY(err);
    TRY(move(folder->fd, ARCHIVES_NAME, aside_fd, false));
    return fsync(aside_fd) == 0 && fsync(folder->fd) == 0 ? 0 : file_err();
}

static int keep_aside(const struct folder *folder, const char *name, bool copies)
{
    int parent, aside;
    TRY(node_folder_make(folder->fd, &parent));
    int err = make_dir(parent, name, &aside);
    if (err == 0) {
        err = fsync(parent) == 0 ? put_aside(folder, aside, copies) : file_err();
        (void)close(aside);
    }
    (void)close(parent);
    return err;
}

/* --- The role --- */

static int become_standby(void *arg, struct node_state *state)
{
    state->role = REPL_STANDBY;
    state->rewinds = *(const bool *)arg;
    state->epoch = state->newer_epoch;
    state->newer_epoch = 0;
    return 0;
}

static int ask(const struct folder *folder, struct node *node, int64_t wait_ms)
{
    struct link_identity identity;
    int64_t until_ms = clock_now().monotonic_ms + wait_ms;
    TRY(link_identity_load(folder->fd, false, &identity));
    int err;
    do
        err = node_ask_peer(node, &identity, clock_now().monotonic_ms + ASK_AT_ONCE_MS);
    while (err != 0 && clock_now().monotonic_ms < until_ms && usleep(100000) == 0);
    link_identity_free(&identity);
    return err;
}

static int find_out(const struct folder *folder, struct node *node, int64_t wait_ms,
                    struct node_state *ret_state, struct err_ctx *ctx)
{
    node_look(node, ret_state);
    if (ret_state->role != REPL_PRIMARY || !node_has_peer(ret_state))
        return err_set(ctx, ERR_CONFLICT, "this node is no old primary");
    /* Also who knows it already: without the new primary this node would give its data up for nothing. */
    int err = wait_ms > 0 ? ask(folder, node, wait_ms) : 0;
    if (err != 0)
        return err_set(ctx, err, "%s cannot be asked whether it reigns: %s",
                       ret_state->peer.address, err_text(err));
    node_look(node, ret_state);
    if (!node_is_fenced(ret_state))
        return err_set(ctx, ERR_CONFLICT, "the other node was not promoted: this is the primary");
    return 0;
}

static int note_any(void *arg, const char *name)
{
    (void)name;
    *(bool *)arg = true;
    return 0;
}

/* Whether something of the databases was moved there: then a log may have gone without its database. */
static bool has_moved(int aside_fd)
{
    bool any = false;
    if (faccessat(aside_fd, COPIED_NAME, F_OK, 0) == 0)
        return false;
    int realms_fd = openat(aside_fd, REALMS_NAME, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (realms_fd < 0)
        return false;
    int err = tree_each(realms_fd, note_any, &any);
    (void)close(realms_fd);
    return any || err != 0;
}

/* An earlier try that moved the databases and was cut short: what is left here is not whole. */
static bool move_was_begun(const struct folder *folder, const char *name)
{
    int parent;
    bool begun = false;
    if (node_folder_open(folder->fd, &parent) != 0)
        return false;
    int aside = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    if (aside >= 0) {
        begun = has_moved(aside);
        (void)close(aside);
    }
    (void)close(parent);
    return begun;
}

/* What is here of the databases is of use to the new primary, which then sends what differs. */
static bool may_rewind(const struct folder *folder, const char *aside, bool anew)
{
    return !anew && folder_db_bytes(folder, STR(REALM_MASTER)) > 0 &&
           !move_was_begun(folder, aside);
}

static int rejoin(const struct folder *folder, const struct rejoin_wish *wish,
                  char aside[REJOIN_ASIDE_MAX], struct err_ctx *ctx)
{
    struct node_state state;
    struct node *node;
    TRY(node_open(folder->fd, &node, ctx));
    int err = find_out(folder, node, wish->wait_ms, &state, ctx);
    char name[REJOIN_ASIDE_MAX / 2];
    (void)snprintf(name, sizeof(name), "diverged-%llu", (unsigned long long)state.epoch);
    bool rewinds = may_rewind(folder, name, wish->anew);
    if (err == 0)
        err = keep_aside(folder, name, rewinds);
    if (err == ERR_STORE_FULL && rewinds)
        err = err_set(ctx, err,
                      "there is no room for a copy of what this node has: with --anew it is "
                      "moved aside, and all comes from the new primary");
    if (err == 0)
        err = node_change(node, become_standby, &rewinds);
    if (err == 0)
        (void)snprintf(aside, REJOIN_ASIDE_MAX, NODE_FOLDER "/%s", name);
    node_close(node);
    return err;
}

int rejoin_folder(const char *data_dir, const struct rejoin_wish *wish,
                  char aside[REJOIN_ASIDE_MAX], struct err_ctx *ctx)
{
    struct folder folder;
    TRY(crypto_init());
    (void)umask(077);
    TRY(folder_open(data_dir, &folder, ctx));
    int err = rejoin(&folder, wish, aside, ctx);
    folder_close(&folder);
    return err;
}
