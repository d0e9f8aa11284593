#include "web/door.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/tcp.h>

#include "web/web.h"

#include "core/base/banned.h"

struct place {
    struct sockaddr_storage any;
    socklen_t len;
    bool loopback;
};

static int parse(const char *text, uint16_t port, struct place *ret_place)
{
    struct sockaddr_in *four = (struct sockaddr_in *)&ret_place->any;
    struct sockaddr_in6 *six = (struct sockaddr_in6 *)&ret_place->any;
    *ret_place = (struct place){0};
    if (strcmp(text, "localhost") == 0)
        text = "127.0.0.1";
    if (inet_pton(AF_INET, text, &four->sin_addr) == 1) {
        four->sin_family = AF_INET;
        four->sin_port = htons(port);
        ret_place->len = sizeof(*four);
        ret_place->loopback = ntohl(four->sin_addr.s_addr) >> 24 == 127;
        return 0;
    }
    if (inet_pton(AF_INET6, text, &six->sin6_addr) != 1)
        return ERR_CONFIG;
    six->sin6_family = AF_INET6;
    six->sin6_port = htons(port);
    ret_place->len = sizeof(*six);
    ret_place->loopback = IN6_IS_ADDR_LOOPBACK(&six->sin6_addr);
    return 0;
}

static int listen_at(const struct place *at, int backlog)
{
    int on = 1, off = 0;
    int fd = socket(at->any.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return -1;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (at->any.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)); /* for what it accepts */
    if (bind(fd, (const struct sockaddr *)&at->any, at->len) == 0 && listen(fd, backlog) == 0)
        return fd;
    int why = errno;
    close(fd);
    errno = why;
    return -1;
}

static uint16_t port_of(int fd)
{
    struct sockaddr_storage ss = {0};
    socklen_t len = sizeof(ss);
    if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
        return 0;
    return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
                                          : ((struct sockaddr_in *)&ss)->sin_port);
}

int door_open(const char *address, uint16_t port, int backlog, const char *what,
              struct err_ctx *err, struct door_socket *ret_door)
{
    struct place at;
    uint16_t wanted = port == WEB_PORT_ANY ? 0 : port;
    bool all = !address || !*address;
    if (parse(all ? "::" : address, wanted, &at) != 0)
        return err_set(err, ERR_CONFIG, "'%s' is not an address to listen on", address);
    int fd = listen_at(&at, backlog);
    if (fd < 0 && errno == EAFNOSUPPORT && parse("0.0.0.0", wanted, &at) == 0)
        fd = listen_at(&at, backlog); /* a kernel without IPv6 */
    if (fd < 0)
        return err_set(err, ERR_CONFIG, "cannot listen on %s port %u%s: %s", all ? "*" : address,
                       wanted, what, strerror(errno));
    *ret_door = (struct door_socket){fd, port_of(fd)};
    return 0;
}

bool door_is_loopback(const char *address)
{
    struct place at;
    return address && parse(address, 0, &at) == 0 && at.loopback;
}
