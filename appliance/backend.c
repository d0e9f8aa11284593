/* Where the calls of a command go: into a stopped data folder, or to the server that runs on it. */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "appliance/command/commands.h"
#include "appliance/ipc.h"
#include "appliance/store_setup.h"
#include "core/base/clock.h"
#include "store/repl/node.h"
#include "store/repl/node_folder.h"

#include "core/base/banned.h"

#define WAIT_MS 5000
#define ANEW_MS 5000
#define LOOK_MS 50

static int say_empty(int dir_fd, struct err_ctx *err)
{
    if (faccessat(dir_fd, NODE_FOLDER "/" NODE_FILE, F_OK, 0) == 0)
        return err_set(err, ERR_NOT_FOUND,
                       "this standby has received nothing yet: start it (garita serve), so that it "
                       "follows its primary");
    return err_set(err, ERR_NOT_FOUND, "the data folder is empty: garita init makes it ready");
}

/* A standby to which it is still to come says itself what it can do. */
static int check_initialised(int dir_fd, struct store *store, struct err_ctx *err)
{
    struct realm_view *view;
    int rc = realm_view_acquire(store, STR(REALM_MASTER), &view);
    if (rc == ERR_STORE_BUSY && store_is_standby(store))
        return 0;
    if (rc == ERR_NOT_FOUND)
        return say_empty(dir_fd, err);
    TRY(rc);
    realm_view_release(view);
    return 0;
}

static int open_stopped(struct backend *backend, const struct config *config, struct err_ctx *err)
{
    /* Opening makes what is missing, which is for init and serve; a look leaves nothing behind. What is
     * missing although it was there opening tells. */
    if (!store_folder_was_used(backend->socket_dir))
        return say_empty(backend->socket_dir, err);
    int rc = store_open_configured(config, &backend->store, err);
    if (rc == ERR_STORE_LOCKED)
        return err_set(err, rc, "%s is held by another process that takes no commands",
                       config->data);
    TRY(rc);
    rc = check_initialised(backend->socket_dir, backend->store, err);
    if (rc != 0) {
        store_close(backend->store);
        backend->store = NULL;
    }
    return rc;
}

/* Another command may hold the folder, and a server that starts, or begins anew in another role, before it
 * takes commands: neither takes long. */
static int open_either(struct backend *backend, const struct config *config, struct err_ctx *err)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t until_ms = clock_now().monotonic_ms + WAIT_MS;
    while (!ipc_is_up(backend->socket_dir)) {
        int rc = open_stopped(backend, config, err);
        if (rc != ERR_STORE_LOCKED || clock_now().monotonic_ms >= until_ms)
            return rc;
        *err = (struct err_ctx){0};
        (void)nanosleep(&pause, NULL);
    }
    return 0;
}

int backend_open(struct backend *ret_backend, const struct config *config, struct err_ctx *err)
{
    struct backend backend = {.socket_dir = open(config->data, O_PATH | O_DIRECTORY | O_CLOEXEC)};
    if (backend.socket_dir < 0)
        return err_set(err, ERR_NOT_FOUND, "cannot open the data folder %s: %s", config->data,
                       strerror(errno));
    int rc = open_either(&backend, config, err);
    if (rc != 0) {
        (void)close(backend.socket_dir);
        return rc;
    }
    *ret_backend = backend;
    return 0;
}

/* --- A stopped folder that has a standby --- */

static bool has_standby(struct store *store, struct node_state *ret_state)
{
    node_look(store_node(store), ret_state);
    return ret_state->role == REPL_PRIMARY && node_has_peer(ret_state);
}

/* Asked anew each time: letting the standby go, and mode async, are the ways out. */
static int admit(void *store)
{
    struct node_state state;
    return has_standby(store, &state) && state.mode != REPL_ASYNC ? ERR_NO_STANDBY : 0;
}

static int wait_for_nobody(void *store, struct str file, const struct repl_position *position)
{
    (void)store;
    (void)file;
    (void)position;
    return 0;
}

/* The server sends them when it runs. */
static bool keeps_archives(void *store, struct str file)
{
    struct node_state state;
    (void)file;
    return !has_standby(store, &state);
}

int backend_guard(struct backend *backend)
{
    if (!backend->store)
        return 0;
    backend->guard = (struct repl_gate){admit, wait_for_nobody, keeps_archives, backend->store};
    TRY(repl_gate_set(backend->store, &backend->guard));
    backend->guarded = true;
    return 0;
}

static void explain(struct arena *a, struct reply *reply)
{
    if (reply->err == ERR_NO_STANDBY)
        reply->error = arena_str_c(
            a, "changes of this node wait for its standby: start the server, or make this one with "
               "--without-standby, garita standby mode async or garita standby forget");
}

void backend_close(struct backend *backend)
{
    if (backend->guarded)
        repl_gate_clear(backend->store);
    if (backend->store)
        store_close(backend->store);
    if (backend->socket_dir >= 0)
        (void)close(backend->socket_dir);
    *backend = (struct backend){.socket_dir = -1};
}

/* A server that begins anew in another role right then takes commands again in a moment; nothing reached it. */
static int call_server(const struct backend *backend, struct arena *a,
                       const struct call_request *request, struct reply *ret_reply)
{
    const struct timespec pause = {.tv_nsec = LOOK_MS * 1000000L};
    int64_t until_ms = clock_now().monotonic_ms + ANEW_MS;
    int rc = ipc_call(backend->socket_dir, a, request, ret_reply);
    while (rc == ERR_NOT_RUNNING && clock_now().monotonic_ms < until_ms) {
        (void)nanosleep(&pause, NULL);
        rc = ipc_call(backend->socket_dir, a, request, ret_reply);
    }
    return rc;
}

int backend_call(struct backend *backend, struct arena *a, const struct call_request *request,
                 struct reply *ret_reply)
{
    struct event_actor actor;
    if (!backend->store) {
        int rc = call_server(backend, a, request, ret_reply);
        if (request->attached >= 0)
            (void)close(request->attached);
        return rc;
    }
    program_actor(&actor);
    actor.username = arena_printf(a, "uid:%u", (unsigned)getuid());
    command_execute(backend->store, a, &actor, request, ret_reply);
    if (backend->guarded)
        explain(a, ret_reply);
    return 0;
}
