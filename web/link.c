/* Moving bytes of one connection, plain or TLS, without ever waiting. */
#include "web/link.h"

#include <arpa/inet.h>
#include <errno.h>
#include <sys/socket.h>

#include "core/base/banned.h"

void link_enter(struct link *l, enum link_phase phase, int64_t time_ms)
{
    int64_t now_ms = clock_now().monotonic_ms;
    atomic_store_explicit(&l->phase, phase, memory_order_relaxed);
    atomic_store_explicit(&l->since_ms, now_ms, memory_order_relaxed);
    atomic_store_explicit(&l->deadline_ms, now_ms + time_ms, memory_order_relaxed);
}

static ssize_t outcome(ssize_t n, int want)
{
    if (n >= 0)
        return n;
    return errno == EAGAIN || errno == EINTR ? want : TLS_FAILED;
}

ssize_t link_read(struct link *l, void *buf, size_t size)
{
    if (l->kind.is_tls)
        return tls_session_read(l->tls, buf, size);
    return outcome(recv(l->fd, buf, size, 0), TLS_WANT_READ);
}

static ssize_t write_some(struct link *l, const void *data, size_t len)
{
    if (l->kind.is_tls)
        return tls_session_write(l->tls, data, len);
    return outcome(send(l->fd, data, len, MSG_NOSIGNAL), TLS_WANT_WRITE);
}

static bool keep(struct lot *lot, struct link *l, const char *data, size_t len)
{
    struct link_bytes *out = &l->out;
    size_t cap = out->cap;
    while (cap < out->len + len)
        cap = cap ? cap * 2 : len;
    if (link_bytes_reserve(lot, out, cap) != 0)
        return false;
    memcpy(out->ptr + out->len, data, len);
    out->len += len;
    return true;
}

bool link_send(struct lot *lot, struct link *l, const void *data, size_t len)
{
    const char *p = data;
    while (len > 0 && l->out.len == 0) {
        ssize_t n = write_some(l, p, len);
        if (n == TLS_FAILED || n == 0)
            return false;
        if (n < 0)
            break;
        p += n;
        len -= (size_t)n;
    }
    return len == 0 || keep(lot, l, p, len);
}

int link_flush(struct lot *lot, struct link *l)
{
    while (l->out_sent < l->out.len) {
        ssize_t n = write_some(l, l->out.ptr + l->out_sent, l->out.len - l->out_sent);
        if (n == 0)
            return TLS_FAILED;
        if (n < 0)
            return (int)n;
        l->out_sent += (size_t)n;
    }
    link_bytes_free(lot, &l->out);
    l->out_sent = 0;
    return 0;
}

struct str link_address(const struct link *l, struct arena *a)
{
    const struct sockaddr_in6 *six = (const struct sockaddr_in6 *)&l->peer;
    const struct sockaddr_in *four = (const struct sockaddr_in *)&l->peer;
    char text[INET6_ADDRSTRLEN];
    const char *p;
    if (l->peer.ss_family == AF_INET)
        p = inet_ntop(AF_INET, &four->sin_addr, text, sizeof(text));
    else if (IN6_IS_ADDR_V4MAPPED(&six->sin6_addr))
        p = inet_ntop(AF_INET, six->sin6_addr.s6_addr + 12, text, sizeof(text));
    else
        p = inet_ntop(AF_INET6, &six->sin6_addr, text, sizeof(text));
    return arena_str_c(a, p);
}
