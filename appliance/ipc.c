/* The local socket: who may call, and which commands wait for one another. */
#include "appliance/ipc.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "appliance/ipc_message.h"
#include "core/base/log.h"

#include "core/base/banned.h"

#define IO_TIMEOUT_S    10
#define REPLY_TIMEOUT_S 600 /* commands may hash many passwords */
#define POLL_MS         200
#define WORKERS         8
#define ARENA_MAX_BYTES ((size_t)96 << 20)

struct ipc_server {
    struct store *store;
    int dir_fd;
    int fd;
    pthread_t workers[WORKERS];
    size_t worker_count;
    pthread_mutex_t turn; /* held by the one command at work that waits for others */
    atomic_bool stopping;
};

/* Socket paths are short (108 bytes) and data folders may be deep: the way through the descriptor
 * of the folder always fits. */
static int address_of(int dir_fd, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    int n = snprintf(address->sun_path, sizeof(address->sun_path), "/proc/self/fd/%d/%s", dir_fd,
                     IPC_SOCKET);
    return n > 0 && (size_t)n < sizeof(address->sun_path) ? 0 : ERR_IO;
}

static void set_timeout(int fd, int seconds)
{
    const struct timeval tv = {.tv_sec = seconds};
    (void)setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
    (void)setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
}

/* CL-03: only the server's own user and root. */
static bool peer_is_allowed(int fd, struct ucred *ret_peer)
{
    socklen_t len = sizeof(*ret_peer);
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, ret_peer, &len) != 0)
        return false;
    return ret_peer->uid == geteuid() || ret_peer->uid == 0;
}

/* Where the parts of a result go. */
struct outlet {
    struct ipc_server *server;
    int fd;
};

static int send_part(void *arg, enum part_kind kind, struct str bytes)
{
    const struct outlet *outlet = arg;
    if (atomic_load(&outlet->server->stopping))
        return ERR_CANCELLED;
    return ipc_send_part(outlet->fd, kind, bytes);
}

/* Commands that only read, and at length: nobody waits for them. All others go one after another. */
static bool goes_beside(const struct call_request *request)
{
    static const char *const paths[][2] = {{"realm", "export"},
                                           {"user", "export"},
                                           {"audit", "list"},
                                           {"audit", "verify"},
                                           {"standby", "diverged"}};
    for (size_t i = 0; request->count >= 2 && i < ARRAY_LEN(paths); i++)
        if (str_eq_c(request->words[0], paths[i][0]) && str_eq_c(request->words[1], paths[i][1]))
            return true;
    return false;
}

static void execute_in_turn(struct ipc_server *s, struct arena *a, const struct event_actor *actor,
                            const struct call_request *request, struct reply *ret_reply)
{
    bool waits = !goes_beside(request);
    if (waits)
        (void)pthread_mutex_lock(&s->turn);
    command_execute(s->store, a, actor, request, ret_reply);
    if (waits)
        (void)pthread_mutex_unlock(&s->turn);
}

static int execute(struct outlet *outlet, const struct ucred *peer, struct arena *a,
                   struct str text, int attached, struct reply *ret_reply)
{
    const struct part_taker parts = {send_part, outlet};
    struct call_request request = {.parts = &parts, .attached = attached};
    struct str *words;
    int rc = ipc_request_read(a, text, &words, &request.count, &request.input);
    if (rc != 0) {
        if (attached >= 0)
            (void)close(attached);
        return rc;
    }
    const struct event_actor actor = {
        .username = arena_printf(a, "uid:%u", (unsigned)peer->uid),
        .client_id = STR("garita-cli"),
    };
    request.words = words;
    execute_in_turn(outlet->server, a, &actor, &request, ret_reply);
    return 0;
}

static int answer(struct ipc_server *s, int fd, const struct ucred *peer, struct arena *a)
{
    struct outlet outlet = {s, fd};
    struct str text;
    struct reply reply;
    int attached;
    TRY(ipc_receive_with(fd, a, REQUEST_MAX_BYTES, &text, &attached));
    TRY(execute(&outlet, peer, a, text, attached, &reply));
    TRY(ipc_reply_write(a, &reply, &text));
    return ipc_send(fd, text);
}

/* ipc_is_up() only knocks. */
static bool went_away(int fd)
{
    char byte;
    return recv(fd, &byte, 1, MSG_PEEK) == 0;
}

static void serve_one(struct ipc_server *s, int fd)
{
    struct ucred peer;
    struct arena a;
    set_timeout(fd, IO_TIMEOUT_S);
    if (!peer_is_allowed(fd, &peer)) {
        LOG_WARN("cli", "a command of another user was refused");
        return;
    }
    if (went_away(fd))
        return;
    arena_init(&a, ARENA_MAX_BYTES);
    int rc = answer(s, fd, &peer, &a);
    if (rc != 0)
        LOG_WARN("cli", "a command could not be answered: %s", err_text(rc));
    arena_free(&a);
}

/* At the end who had reached us is still served: a connection that nobody took would break off, and its command
 * would not know what was done. */
static void *serve(void *arg)
{
    struct ipc_server *s = arg;
    for (;;) {
        bool ends = atomic_load(&s->stopping);
        struct pollfd p = {.fd = s->fd, .events = POLLIN};
        if (poll(&p, 1, ends ? 0 : POLL_MS) <= 0) {
            if (ends)
                return NULL;
            continue;
        }
        int fd = accept4(s->fd, NULL, NULL, SOCK_CLOEXEC);
        if (fd < 0)
            continue;
        serve_one(s, fd);
        (void)close(fd);
    }
}

static int bind_socket(struct ipc_server *s)
{
    struct sockaddr_un address;
    TRY(address_of(s->dir_fd, &address));
    /* The folder's lock is ours, so a socket that is there was left by a process that is gone. */
    if (unlinkat(s->dir_fd, IPC_SOCKET, 0) != 0 && errno != ENOENT)
        return ERR_IO;
    s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (s->fd < 0 || bind(s->fd, (struct sockaddr *)&address, sizeof(address)) != 0 ||
        fchmodat(s->dir_fd, IPC_SOCKET, S_IRUSR | S_IWUSR, 0) != 0 || listen(s->fd, 16) != 0)
        return ERR_IO;
    return 0;
}

static void server_free(struct ipc_server *s)
{
    (void)pthread_mutex_destroy(&s->turn);
    if (s->fd >= 0)
        (void)close(s->fd);
    if (s->dir_fd >= 0)
        (void)close(s->dir_fd);
    free(s);
}

static void join_workers(struct ipc_server *s)
{
    atomic_store(&s->stopping, true);
    for (size_t i = 0; i < s->worker_count; i++)
        (void)pthread_join(s->workers[i], NULL);
}

static int start_workers(struct ipc_server *s)
{
    for (; s->worker_count < WORKERS; s->worker_count++)
        if (pthread_create(&s->workers[s->worker_count], NULL, serve, s) != 0) {
            join_workers(s);
            return ERR_NO_MEMORY;
        }
    return 0;
}

int ipc_start(const char *data_dir, struct store *store, struct err_ctx *err,
              struct ipc_server **ret_server)
{
    struct ipc_server *s = calloc(1, sizeof(*s));
    if (!s)
        return ERR_NO_MEMORY;
    s->store = store;
    s->fd = -1;
    (void)pthread_mutex_init(&s->turn, NULL);
    s->dir_fd = open(data_dir, O_PATH | O_DIRECTORY | O_CLOEXEC);
    int rc = s->dir_fd < 0 ? ERR_IO : bind_socket(s);
    if (rc == 0)
        rc = start_workers(s);
    if (rc != 0) {
        err_set(err, rc, "the socket %s cannot be made: %m", IPC_SOCKET);
        server_free(s);
        return rc;
    }
    *ret_server = s;
    return 0;
}

void ipc_stop(struct ipc_server *server)
{
    if (!server)
        return;
    (void)unlinkat(server->dir_fd, IPC_SOCKET, 0); /* nobody else comes */
    join_workers(server);
    server_free(server);
}

static int connect_to(int dir_fd, int *ret_fd)
{
    struct sockaddr_un address;
    TRY(address_of(dir_fd, &address));
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    if (connect(fd, (struct sockaddr *)&address, sizeof(address)) != 0) {
        int rc = errno == EACCES || errno == EPERM ? ERR_FORBIDDEN : ERR_NOT_RUNNING;
        (void)close(fd);
        return rc;
    }
    set_timeout(fd, REPLY_TIMEOUT_S);
    *ret_fd = fd;
    return 0;
}

bool ipc_is_up(int dir_fd)
{
    int fd;
    if (connect_to(dir_fd, &fd) != 0)
        return false;
    (void)close(fd);
    return true;
}

/* A part lives until it is taken, the reply as long as its arena. */
static int receive_next(int fd, struct arena *a, const struct part_taker *parts,
                        struct str *ret_reply)
{
    CLEANUP(arena_free) struct arena part;
    struct str bytes;
    enum part_kind kind;
    arena_init(&part, 4 * REPLY_MAX_BYTES + PART_MAX_BYTES);
    TRY(ipc_receive_any(fd, &part, 4 * REPLY_MAX_BYTES, &kind, &bytes));
    if (kind != PART_REPLY)
        return parts ? parts->take(parts->arg, kind, bytes) : ERR_INVALID_SYNTAX;
    *ret_reply = arena_str(a, bytes);
    return str_absent(*ret_reply) ? ERR_NO_MEMORY : 0;
}

static int exchange(int fd, struct arena *a, struct str request_text,
                    const struct call_request *request, struct reply *ret_reply)
{
    struct str text = {NULL, 0};
    TRY(ipc_send_with(fd, request_text, request->attached));
    while (str_absent(text))
        TRY(receive_next(fd, a, request->parts, &text));
    return ipc_reply_read(a, text, ret_reply);
}

int ipc_call(int dir_fd, struct arena *a, const struct call_request *request,
             struct reply *ret_reply)
{
    struct str text;
    int fd;
    TRY(ipc_request_write(a, request->words, request->count, request->input, &text));
    TRY(connect_to(dir_fd, &fd));
    int rc = exchange(fd, a, text, request, ret_reply);
    (void)close(fd);
    return rc;
}
