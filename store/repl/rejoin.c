#include "store/repl/rejoin.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/crypto/init.h"
#include "store/folder.h"
#include "store/plain_file.h"
#include "store/repl/ask.h"
#include "store/repl/node_folder.h"

#include "core/base/banned.h"

#define ASK_AT_ONCE_MS 2000
#define REALMS_NAME    "realms"

/* --- Moving aside --- */

struct moving {
    int realms_fd; /* from here */
    int aside_fd;  /* to here */
};

static int make_dir(int at, const char *name, int *ret_fd)
{
    if (mkdirat(at, name, S_IRWXU) != 0 && errno != EEXIST)
        return file_err();
    *ret_fd = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return *ret_fd < 0 ? file_err() : 0;
}

/* What is there of an earlier try stays. */
static int move(int from_fd, const char *name, int to_fd)
{
    struct stat st;
    if (fstatat(to_fd, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return ERR_CONFLICT;
    return renameat(from_fd, name, to_fd, name) == 0 || errno == ENOENT ? 0 : file_err();
}

static int move_one(void *arg, struct str name)
{
    const struct moving *m = arg;
    char text[NAME_MAX + 1];
    if (name.len > NAME_MAX)
        return ERR_TOO_LARGE;
    if (str_eq(name, STR(".")) || str_eq(name, STR("..")))
        return 0;
    memcpy(text, name.ptr, name.len);
    text[name.len] = '\0';
    return move(m->realms_fd, text, m->aside_fd);
}

static int move_in(const struct folder *folder, int aside_fd)
{
    struct moving m = {.realms_fd = folder->realms_fd};
    TRY(make_dir(aside_fd, REALMS_NAME, &m.aside_fd));
    int err = folder_each(folder, move_one, &m);
    if (err == 0 && (fsync(m.aside_fd) != 0 || fsync(folder->realms_fd) != 0))
        err = file_err();
    (void)close(m.aside_fd);
    TRY(err);
    TRY(move(folder->fd, ARCHIVES_NAME, aside_fd));
    return fsync(aside_fd) == 0 && fsync(folder->fd) == 0 ? 0 : file_err();
}

static int move_aside(const struct folder *folder, const char *name)
{
    int parent, aside;
    TRY(node_folder_make(folder->fd, &parent));
    int err = make_dir(parent, name, &aside);
    if (err == 0) {
        err = fsync(parent) == 0 ? move_in(folder, aside) : file_err();
        (void)close(aside);
    }
    (void)close(parent);
    return err;
}

/* --- The role --- */

static int become_standby(void *arg, struct node_state *state)
{
    (void)arg;
    state->role = REPL_STANDBY;
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

static int rejoin(const struct folder *folder, int64_t wait_ms, char aside[REJOIN_ASIDE_MAX],
                  struct err_ctx *ctx)
{
    struct node_state state;
    struct node *node;
    TRY(node_open(folder->fd, &node, ctx));
    int err = find_out(folder, node, wait_ms, &state, ctx);
    char name[REJOIN_ASIDE_MAX / 2];
    (void)snprintf(name, sizeof(name), "diverged-%llu", (unsigned long long)state.epoch);
    if (err == 0)
        err = move_aside(folder, name);
    if (err == 0)
        err = node_change(node, become_standby, NULL);
    if (err == 0)
        (void)snprintf(aside, REJOIN_ASIDE_MAX, NODE_FOLDER "/%s", name);
    node_close(node);
    return err;
}

static int open_and_rejoin(const char *data_dir, int64_t wait_ms, char aside[REJOIN_ASIDE_MAX],
                           struct err_ctx *ctx)
{
    struct folder folder;
    TRY(crypto_init());
    (void)umask(077);
    TRY(folder_open(data_dir, &folder, ctx));
    int err = rejoin(&folder, wait_ms, aside, ctx);
    folder_close(&folder);
    return err;
}

int rejoin_folder(const char *data_dir, int64_t wait_ms, char aside[REJOIN_ASIDE_MAX],
                  struct err_ctx *ctx)
{
    return open_and_rejoin(data_dir, wait_ms, aside, ctx);
}

int rejoin_fenced_folder(const char *data_dir, char aside[REJOIN_ASIDE_MAX], struct err_ctx *ctx)
{
    return open_and_rejoin(data_dir, 0, aside, ctx);
}
