#include "store/link/socket.h"

#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/clock.h"

#include "core/base/banned.h"

#define HOST_MAX 255
#define BACKLOG  16

struct target {
    char host[HOST_MAX + 1];
    char port[6];
};

static bool port_is_valid(struct str port)
{
    int64_t number;
    return port.len <= 5 && str_to_i64(port, &number) == 0 && number > 0 && number <= UINT16_MAX;
}

/* A colon in a host is of an IPv6 address, which stands in brackets. */
static bool split(struct str address, struct target *ret_target)
{
    struct str host = address, port;
    ptrdiff_t end = str_starts(address, STR("[")) ? str_find(address, ']') : str_find(address, ':');
    if (end <= 0)
        return false;
    port = str_from(address, (size_t)end);
    host = str_sub(address, 0, (size_t)end);
    if (host.ptr[0] == '[') {
        host = str_from(host, 1);
        port = str_from(port, 1);
    }
    if (!str_starts(port, STR(":")) || !port_is_valid(str_from(port, 1)) || str_empty(host) ||
        host.len > HOST_MAX || !str_has_no_control(host))
        return false;
    (void)snprintf(ret_target->host, sizeof(ret_target->host), "%.*s", STR_ARG(host));
    (void)snprintf(ret_target->port, sizeof(ret_target->port), "%.*s", STR_ARG(str_from(port, 1)));
    return true;
}

bool link_address_is_valid(struct str address)
{
    struct target target;
    return split(address, &target);
}

void link_socket_setup(int fd)
{
    const int on = 1;
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
    (void)setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &on, sizeof(on));
}

/* --- Connecting --- */

static int outcome_of(int fd)
{
    int why = 0;
    socklen_t len = sizeof(why);
    if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &why, &len) == 0)
        errno = why;
    return errno == 0 ? 0 : ERR_IO;
}

static int wait_connected(int fd, int64_t deadline_ms, int wake_fd)
{
    struct pollfd p[] = {{.fd = fd, .events = POLLOUT}, {.fd = wake_fd, .events = POLLIN}};
    for (;;) {
        int64_t left = deadline_ms - clock_now().monotonic_ms;
        int n = left > 0 ? poll(p, 2, (int)(left < 60000 ? left : 60000)) : 0;
        if (n < 0 && errno != EINTR)
            return ERR_IO;
        if (n > 0 && p[1].revents)
            return ERR_CANCELLED;
        if (n > 0)
            return outcome_of(fd);
        errno = ETIMEDOUT;
        if (left <= 0)
            return ERR_TIMEOUT;
    }
}

static int connect_one(const struct addrinfo *at, int64_t deadline_ms, int wake_fd, int *ret_fd)
{
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return ERR_IO;
    int err = 0;
    if (connect(fd, at->ai_addr, at->ai_addrlen) != 0)
        err = errno == EINPROGRESS ? wait_connected(fd, deadline_ms, wake_fd) : ERR_IO;
    if (err != 0) {
        int why = errno;
        (void)close(fd);
        errno = why;
        return err;
    }
    link_socket_setup(fd);
    *ret_fd = fd;
    return 0;
}

int link_connect(struct str address, int64_t deadline_ms, int wake_fd, int *ret_fd)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_NUMERICSERV};
    struct addrinfo *list;
    struct target target;
    int err = ERR_NOT_FOUND;
    if (!split(address, &target))
        return ERR_INVALID_REQUEST;
    if (getaddrinfo(target.host, target.port, &hints, &list) != 0)
        return ERR_NOT_FOUND;
    for (const struct addrinfo *at = list; at && err != 0 && err != ERR_CANCELLED; at = at->ai_next)
        err = connect_one(at, deadline_ms, wake_fd, ret_fd);
    freeaddrinfo(list);
    return err;
}

/* --- Listening --- */

static int listen_at(const struct addrinfo *at)
{
    const int on = 1, off = 0;
    int fd = socket(at->ai_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->ai_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    if (bind(fd, at->ai_addr, at->ai_addrlen) == 0 && listen(fd, BACKLOG) == 0)
        return fd;
    int why = errno;
    (void)close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd)
{
    union {
        struct sockaddr any;
        struct sockaddr_in four;
        struct sockaddr_in6 six;
    } at = {.any = {0}};
    socklen_t len = sizeof(at);
    if (getsockname(fd, &at.any, &len) != 0)
        return 0;
    return ntohs(at.any.sa_family == AF_INET6 ? at.six.sin6_port : at.four.sin_port);
}

static int listen_on(const char *host, const char *port, int *ret_fd)
{
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM,
                                   .ai_flags = AI_NUMERICSERV | AI_NUMERICHOST | AI_PASSIVE};
    struct addrinfo *list;
    if (getaddrinfo(host, port, &hints, &list) != 0)
        return ERR_INVALID_REQUEST;
    *ret_fd = listen_at(list);
    freeaddrinfo(list);
    return *ret_fd >= 0 ? 0 : ERR_IO;
}

int link_listen(const char *address, uint16_t port, int *ret_fd, uint16_t *ret_port,
                struct err_ctx *ctx)
{
    char text[6];
    bool all = address[0] == '\0';
    (void)snprintf(text, sizeof(text), "%u", port);
    int err = listen_on(all ? "::" : address, text, ret_fd);
    if (err != 0 && all && errno == EAFNOSUPPORT)
        err = listen_on("0.0.0.0", text, ret_fd); /* a kernel without IPv6 */
    if (err == ERR_INVALID_REQUEST)
        return err_set(ctx, ERR_CONFIG, "'%s' is not an address to listen on", address);
    if (err != 0)
        return err_set(ctx, ERR_CONFIG, "cannot listen on %s port %u for replication: %s",
                       all ? "*" : address, port, strerror(errno));
    *ret_port = port_of(*ret_fd);
    return 0;
}
