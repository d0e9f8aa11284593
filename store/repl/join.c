#include "store/repl/join.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/base/clock.h"
#include "core/base/ct.h"
#include "core/crypto/init.h"
#include "store/folder.h"
#include "store/link/dialer.h"
#include "store/plain_file.h"
#include "store/repl/node_folder.h"
#include "store/whole_file.h"

#include "core/base/banned.h"

#define MASTER_KEY_NAME "master.key"
#define MARK_NAME       "joining" /* in the node's folder, as long as it is half made */

const struct join_file join_files[] = {
    {"file:tls.crt", "tls", "tls.crt"},
    {"file:tls.key", "tls", "tls.key"},
    {"file:installed.pem", "tls", "installed.pem"}, /* TLS_INSTALLED_FILE */
};
const size_t join_file_count = ARRAY_LEN(join_files);

/* --- Whether it is new --- */

static int count_database(void *arg, struct str name)
{
    size_t *count = arg;
    *count += str_ends(name, STR(".db"));
    return 0;
}

static bool has_mark(const struct folder *folder)
{
    struct stat st;
    return fstatat(folder->fd, NODE_FOLDER "/" MARK_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0;
}

static int check_new(const struct folder *folder, struct err_ctx *ctx)
{
    struct node *node;
    struct node_state state;
    struct stat st;
    size_t realms = 0;
    TRY(node_open(folder->fd, &node, ctx));
    node_look(node, &state);
    node_close(node);
    TRY(folder_each(folder, count_database, &realms));
    if (state.role != REPL_ALONE || realms > 0)
        return err_set(ctx, ERR_CONFLICT, "the folder is in use: a standby begins with a new one");
    if (!has_mark(folder) && fstatat(folder->fd, MASTER_KEY_NAME, &st, AT_SYMLINK_NOFOLLOW) == 0)
        return err_set(ctx, ERR_CONFLICT,
                       "there is a " MASTER_KEY_NAME
                       " already: a standby gets the one of its primary");
    return folder_check_unused(folder, ctx);
}

/* --- Writing --- */

static int write_in(int dir_fd, struct str name, struct str bytes)
{
    CLEANUP(whole_file_close) struct whole_file file = WHOLE_FILE_NONE;
    TRY(whole_file_create(dir_fd, name, &file));
    TRY(whole_file_write(&file, bytes.ptr, bytes.len));
    return whole_file_publish(&file);
}

static int set_mark(const struct folder *folder)
{
    int dir;
    TRY(node_folder_make(folder->fd, &dir));
    return write_in(dir, STR(MARK_NAME), str_of(NULL, 0));
}

static int clear_mark(const struct folder *folder)
{
    return unlinkat(folder->fd, NODE_FOLDER "/" MARK_NAME, 0) == 0 ? 0 : file_err();
}

/* A key that is kept elsewhere is the owner's to copy. */
static int compare_key(const struct folder *folder, const char *path, const struct secret *key,
                       struct err_ctx *ctx)
{
    CLEANUP(secret_free) struct secret there = {NULL, 0};
    TRY(master_key_load(folder, path, false, &there, ctx));
    if (ct_eq(secret_view(&there), secret_view(key)))
        return 0;
    return err_set(ctx, ERR_SEAL, "%s is not the master key of the primary", path);
}

static int put_key(const struct folder *folder, const struct join_wish *wish,
                   const struct secret *key, struct err_ctx *ctx)
{
    if (wish->master_key_path)
        return compare_key(folder, wish->master_key_path, key, ctx);
    int dir = fcntl(folder->fd, F_DUPFD_CLOEXEC, 0);
    return dir < 0 ? ERR_IO : write_in(dir, STR(MASTER_KEY_NAME), secret_view(key));
}

static int put_file(const struct folder *folder, const struct join_file *file, struct str bytes)
{
    if (mkdirat(folder->fd, file->folder, S_IRWXU) != 0 && errno != EEXIST)
        return file_err();
    int dir = openat(folder->fd, file->folder, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
    return dir < 0 ? file_err() : write_in(dir, str_c(file->name), bytes);
}

static int put_files(const struct folder *folder, const struct repl_settings *settings)
{
    for (size_t i = 0; i < settings->count; i++)
        for (size_t j = 0; j < join_file_count; j++)
            if (str_eq_c(settings->names[i], join_files[j].setting))
                TRY(put_file(folder, &join_files[j], settings->values[i]));
    return fsync(folder->fd) == 0 ? 0 : file_err();
}

struct joining {
    const struct join_wish *wish;
    const struct pairing_gift *gift;
    const char *id;
};

static int become_standby(void *arg, struct node_state *state)
{
    const struct joining *j = arg;
    state->role = REPL_STANDBY;
    state->epoch = j->gift->epoch;
    state->mode = j->gift->mode;
    memcpy(state->cluster, j->gift->cluster, sizeof(state->cluster));
    memcpy(state->id, j->id, sizeof(state->id));
    node_note_epoch(state, j->gift->epoch, str_c(j->gift->node), clock_now().wall_ms);
    memcpy(state->peer.node, j->gift->node, sizeof(state->peer.node));
    memcpy(state->peer.pin, j->wish->token->pin.bytes, sizeof(state->peer.pin));
    int n =
        snprintf(state->peer.address, sizeof(state->peer.address), "%.*s", STR_ARG(j->wish->from));
    return n > 0 && (size_t)n < sizeof(state->peer.address) ? 0 : ERR_TOO_LARGE;
}

static int put_down(const struct folder *folder, struct joining *j, struct err_ctx *ctx)
{
    struct node *node;
    TRY(put_key(folder, j->wish, &j->gift->master_key, ctx));
    TRY(put_files(folder, &j->gift->settings));
    TRY(node_open(folder->fd, &node, ctx));
    int err = node_change(node, become_standby, j);
    node_close(node);
    return err;
}

/* --- Asking --- */

static int reach(const struct join_wish *wish, const struct link_identity *identity,
                 int64_t deadline_ms, struct channel **ret_channel, struct err_ctx *ctx)
{
    int err = link_reach(wish->from, identity, &wish->token->pin, deadline_ms, ret_channel);
    if (err == ERR_UNAUTHENTICATED)
        return err_set(ctx, err, "%.*s is not the node that made the token", STR_ARG(wish->from));
    if (err != 0)
        return err_set(ctx, err, "%.*s cannot be reached: %s", STR_ARG(wish->from), err_text(err));
    return 0;
}

static int ask(const struct folder *folder, const struct join_wish *wish, const char *id,
               struct arena *a, struct pairing_gift *ret_gift, struct err_ctx *ctx)
{
    struct link_identity identity;
    struct channel *channel;
    const struct pairing_wish pairing = {.token = wish->token,
                                         .node = id,
                                         .address = wish->address,
                                         .deadline_ms = clock_now().monotonic_ms + wish->wait_ms};
    TRY(link_identity_load(folder->fd, true, &identity));
    int err = reach(wish, &identity, pairing.deadline_ms, &channel, ctx);
    if (err == 0) {
        err = pairing_ask(&pairing, channel, a, ret_gift, ctx);
        channel_free(channel);
    }
    link_identity_free(&identity);
    return err;
}

static int join(const struct folder *folder, const struct join_wish *wish, struct arena *a,
                struct pairing_gift *ret_gift, struct err_ctx *ctx)
{
    char id[UUID_TEXT_LEN + 1];
    struct joining j = {wish, ret_gift, id};
    TRY(check_new(folder, ctx));
    TRY(set_mark(folder));
    uuid_v4(id);
    TRY(ask(folder, wish, id, a, ret_gift, ctx));
    int err = put_down(folder, &j, ctx);
    if (err == 0)
        err = clear_mark(folder);
    if (err != 0)
        pairing_gift_free(ret_gift);
    return err;
}

int join_folder(const char *data_dir, const struct join_wish *wish, struct arena *a,
                struct pairing_gift *ret_gift, struct err_ctx *ctx)
{
    struct folder folder;
    TRY(crypto_init());
    (void)umask(077);
    TRY(folder_open(data_dir, &folder, ctx));
    int err = join(&folder, wish, a, ret_gift, ctx);
    folder_close(&folder);
    return err;
}
