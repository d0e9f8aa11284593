#include "tests/torture/failover_pair.h"

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MS 90000 /* then it hangs */

static const char *const order_words[] = {[ORDER_LINK] = "link",
                                          [ORDER_LOAD] = "work",
                                          [ORDER_SETTLE] = "settle",
                                          [ORDER_BEGIN_ANEW] = "begin anew",
                                          [ORDER_HEAR] = "hear",
                                          [ORDER_CHECK] = "check",
                                          [ORDER_VERIFY] = "compare",
                                          [ORDER_PROMOTE] = "reign",
                                          [ORDER_DISK_FULL] = "fill the disk",
                                          [ORDER_CLOCK] = "leap",
                                          [ORDER_END] = "end"};

bool pair_good(const struct pair *p)
{
    return p->complaint[0] == '\0';
}

void pair_complain(struct pair *p, const char *fmt, ...)
{
    va_list args;
    if (!pair_good(p))
        return;
    va_start(args, fmt);
    (void)vsnprintf(p->complaint, sizeof(p->complaint), fmt, args);
    va_end(args);
}

/* --- Processes --- */

void pair_found(struct pair *p)
{
    for (int i = 0; i < 2; i++) {
        char name[16];
        p->nodes[i] = (struct pair_node){.orders_fd = -1};
        (void)snprintf(name, sizeof(name), "node%d", i);
        if (i == 0)
            world_copy(name, p->nodes[i].root);
        else
            world_empty(name, p->nodes[i].root);
    }
    p->primary = 0;
    p->cable_fd = -1;
    p->leapt = false;
    history_clear(p->history);
    failover_found(p->nodes[0].root, p->nodes[1].root);
}

void pair_end(struct pair *p)
{
    pair_cut(p);
    for (int i = 0; i < 2; i++)
        pair_kill(p, i);
}

bool pair_runs(const struct pair *p, int node)
{
    return p->nodes[node].pid != 0;
}

/* A child has nothing of what the parent holds of the other one: a socket that stays open somewhere hides
 * that its end died. */
static _Noreturn void be_node(struct pair *p, int node, int orders_fd)
{
    const struct failover_node n = {.root = p->nodes[node].root,
                                    .history = p->history,
                                    .control = p->control,
                                    .serial = p->serial,
                                    .seed = p->seed + p->serial,
                                    .orders_fd = orders_fd};
    if (pair_runs(p, 1 - node))
        (void)close(p->nodes[1 - node].orders_fd);
    if (p->cable_fd >= 0)
        (void)close(p->cable_fd);
    failover_node_run(&n);
}

static void launch(struct pair *p, int node)
{
    int fds[2];
    struct pair_node *n = &p->nodes[node];
    if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    p->serial++;
    (void)fflush(stdout);
    pid_t child = fork();
    if (child < 0)
        abort();
    if (child == 0) {
        (void)close(fds[0]);
        be_node(p, node, fds[1]);
    }
    (void)close(fds[1]);
    n->pid = child;
    n->orders_fd = fds[0];
    n->loaded = false;
}

void pair_start(struct pair *p, int node)
{
    if (!pair_good(p) || pair_runs(p, node))
        return;
    launch(p, node);
    pair_must(p, node, ORDER_CLOCK, p->nodes[node].clock_ms);
}

void pair_start_and_kill(struct pair *p, int node, uint64_t after_us)
{
    if (!pair_good(p) || pair_runs(p, node))
        return;
    launch(p, node);
    (void)usleep((useconds_t)after_us);
    pair_kill(p, node);
}

static int wait_for(struct pair_node *n)
{
    int status = 0;
    if (waitpid(n->pid, &status, 0) != n->pid)
        abort();
    (void)close(n->orders_fd);
    n->pid = 0;
    n->orders_fd = -1;
    return status;
}

void pair_kill(struct pair *p, int node)
{
    struct pair_node *n = &p->nodes[node];
    if (!pair_runs(p, node))
        return;
    (void)kill(n->pid, SIGKILL);
    int status = wait_for(n);
    if (!WIFSIGNALED(status) || WTERMSIG(status) != SIGKILL)
        pair_complain(p, "node %d had ended by itself (status %d)", node, status);
}

void pair_stop(struct pair *p, int node)
{
    if (!pair_runs(p, node) || !pair_good(p))
        return;
    pair_must(p, node, ORDER_END, 0);
    if (!pair_good(p))
        return;
    int status = wait_for(&p->nodes[node]);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        pair_complain(p, "node %d did not end well (status %d)", node, status);
}

/* --- Orders --- */

static bool send_order(int orders_fd, const struct order *o, int fd)
{
    union {
        struct cmsghdr header;
        char bytes[CMSG_SPACE(sizeof(int))];
    } control;
    struct order copy = *o;
    struct iovec io = {.iov_base = &copy, .iov_len = sizeof(copy)};
    struct msghdr m = {.msg_iov = &io, .msg_iovlen = 1};
    memset(&control, 0, sizeof(control));
    if (fd >= 0) {
        m.msg_control = &control;
        m.msg_controllen = sizeof(control);
        struct cmsghdr *c = CMSG_FIRSTHDR(&m);
        c->cmsg_level = SOL_SOCKET;
        c->cmsg_type = SCM_RIGHTS;
        c->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(c), &fd, sizeof(fd));
    }
    return sendmsg(orders_fd, &m, MSG_NOSIGNAL) == (ssize_t)sizeof(copy);
}

static bool hear_answer(int orders_fd, struct answer *ret_answer)
{
    struct pollfd f = {.fd = orders_fd, .events = POLLIN};
    return poll(&f, 1, ANSWER_MS) == 1 &&
           recv(orders_fd, ret_answer, sizeof(*ret_answer), 0) == (ssize_t)sizeof(*ret_answer);
}

static int order(struct pair *p, int node, enum order_kind kind, int64_t number, int fd,
                 struct answer *ret_answer)
{
    const struct order o = {kind, number};
    *ret_answer = (struct answer){.err = ERR_CANCELLED};
    if (!pair_good(p))
        return ERR_CANCELLED;
    if (!send_order(p->nodes[node].orders_fd, &o, fd) ||
        !hear_answer(p->nodes[node].orders_fd, ret_answer)) {
        pair_complain(p, "node %d hangs or died when it was to %s", node, order_words[kind]);
        return ERR_CANCELLED;
    }
    return ret_answer->err;
}

int pair_order(struct pair *p, int node, enum order_kind kind, int64_t number,
               struct answer *ret_answer)
{
    return order(p, node, kind, number, -1, ret_answer);
}

void pair_must(struct pair *p, int node, enum order_kind kind, int64_t number)
{
    struct answer a;
    int err = pair_order(p, node, kind, number, &a);
    if (err != 0)
        pair_complain(p, "node %d was to %s: %s: %s", node, order_words[kind], err_name(err),
                      a.text);
}

void pair_work(struct pair *p, int node, bool works)
{
    struct answer a;
    enum load_kind kind = !works ? LOAD_NONE : p->leapt ? LOAD_WHATEVER : LOAD_KNOWN;
    if (works == p->nodes[node].loaded)
        return;
    p->nodes[node].loaded = works;
    if (pair_order(p, node, ORDER_LOAD, kind, &a) != 0)
        pair_complain(p, "people at node %d: %s", node, a.text);
}

/* --- The cable --- */

void pair_connect(struct pair *p, int dials)
{
    int fds[2];
    struct answer a;
    pair_cut(p);
    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) != 0)
        abort();
    for (int i = 0; i < 2; i++)
        if (order(p, i, ORDER_LINK, i == dials, fds[i], &a) != 0)
            pair_complain(p, "node %d was not connected", i);
    (void)close(fds[1]);
    p->cable_fd = fds[0];
}

bool pair_is_cut(const struct pair *p)
{
    struct pollfd f = {.fd = p->cable_fd, .events = POLLRDHUP};
    return p->cable_fd < 0 || poll(&f, 1, 0) != 0;
}

void pair_cut(struct pair *p)
{
    if (p->cable_fd < 0)
        return;
    (void)shutdown(p->cable_fd, SHUT_RDWR);
    (void)close(p->cable_fd);
    p->cable_fd = -1;
}
