/* A web front on ports of the system's choice with a few routes, and a client that sends bytes as
 * they are. For the tests of the transport and the pipeline. */
#ifndef GARITA_TESTS_UNIT_WEB_WEB_FIXTURE_H
#define GARITA_TESTS_UNIT_WEB_WEB_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/base/log.h"
#include "web/respond.h"
#include "web/stream.h"
#include "web/web.h"

void manage_health(struct request *req, struct response *res);
void manage_metrics(struct request *req, struct response *res);

static void handle_hello(struct request *req, struct response *res)
{
    (void)req;
    respond_json(res, 200, STR("{\"hello\":\"world\"}"));
}

static void handle_echo(struct request *req, struct response *res)
{
    respond_text(res, 200, req->body);
}

static void handle_about(struct request *req, struct response *res)
{
    struct str text = arena_printf(req->arena, "ip=%.*s url=%.*s path=%.*s query=%.*s cert=%zu",
                                   STR_ARG(req->client_ip), STR_ARG(web_public_url(req)),
                                   STR_ARG(req->path), STR_ARG(req->raw_query), req->peer_cert.len);
    respond_text(res, 200, text);
}

static void handle_large(struct request *req, struct response *res)
{
    (void)req;
    for (int i = 0; i < 16384; i++)
        buf_add(&res->body,
                STR("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"));
    respond_status(res, 200);
}

#define SLOW_MS 2000

static atomic_int fixture_slow_begun;

static void handle_slow(struct request *req, struct response *res)
{
    (void)req;
    atomic_fetch_add(&fixture_slow_begun, 1);
    usleep(SLOW_MS * 1000);
    respond_text(res, 200, STR("at last"));
}

static void handle_nasty(struct request *req, struct response *res)
{
    (void)req;
    respond_header(res, "Location", STR("/x\r\nSet-Cookie: a=b"));
    respond_text(res, 200, STR("secret"));
}

static void handle_page(struct request *req, struct response *res)
{
    (void)request_nonce(req);
    respond_html_csp(req, res, 200, STR("<p>hi"), STR("form-action https://app.example"));
    respond_cookie(req, res, STR("SID"), STR("abc"), -1, SAME_SITE_LAX);
}

/* Says "piece N " for each one that a test asked for; ends after the last, or when the server stops. */
struct fixture_stream {
    struct stream stream;
    const struct web *web;
    atomic_int said;
};
static _Atomic(struct fixture_stream *) fixture_stream_last;
static atomic_int fixture_stream_asked, fixture_stream_most, fixture_stream_size;

static bool fixture_stream_pull(struct stream *s, struct arena *a, struct buf *out)
{
    struct fixture_stream *f = (struct fixture_stream *)s;
    (void)a;
    for (; f->said < atomic_load(&fixture_stream_asked) && out->len < 30000; f->said++) {
        buf_printf(out, "piece %d ", atomic_load(&f->said));
        for (int i = 0; i < atomic_load(&fixture_stream_size); i++)
            buf_add_byte(out, 'x');
    }
    return f->said < atomic_load(&fixture_stream_most) && !atomic_load(&f->web->stopping);
}

static void fixture_stream_free(struct stream *s)
{
    free(s);
}

static void handle_stream(struct request *req, struct response *res)
{
    struct fixture_stream *f = calloc(1, sizeof(*f));
    assert_non_null(f);
    f->stream = (struct stream){.pull = fixture_stream_pull, .free = fixture_stream_free};
    f->web = req->web;
    if (stream_open(req->web->streams, &f->stream, STR("owner")) != 0) {
        free(f);
        respond_text(res, 503, STR("too many"));
        return;
    }
    atomic_store(&fixture_stream_last, f);
    res->stream = &f->stream;
    respond_status(res, 200);
}

static const struct route fixture_routes[] = {
    {HTTP_GET, "/hello", handle_hello, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_POST, "/echo", handle_echo, ACCESS_PUBLIC, 100000, CONTENT_ANY, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/about", handle_about, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/large", handle_large, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/stream", handle_stream, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/slow", handle_slow, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/nasty", handle_nasty, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/page", handle_page, ACCESS_PUBLIC, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_POST, "/form", handle_hello, ACCESS_PUBLIC, 100, CONTENT_FORM, CSRF_SAME_ORIGIN,
     RATE_LOGIN, CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/health", manage_health, ACCESS_LOCAL, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
    {HTTP_GET, "/metrics", manage_metrics, ACCESS_LOCAL, 0, CONTENT_NONE, CSRF_OPEN, RATE_NONE,
     CACHE_NO_STORE, ADMIN_NONE, NULL, NULL, NULL},
};

static bool fixture_cors(struct request *req, struct str origin)
{
    (void)req;
    return str_eq(origin, STR("https://app.example"));
}

static struct web *fixture_web;
static char fixture_folder[] = "/tmp/garita-test-XXXXXX";

static void fixture_defaults(struct web_config *c)
{
    web_config_defaults(c);
    c->dev = true;
    c->https_address = "127.0.0.1";
    c->https_port = c->http_port = c->management_port = WEB_PORT_ANY;
    c->tls.folder = fixture_folder;
    c->limits.workers = 8;
    c->limits.connections = 400;
    c->limits.stop_ms = 2000;
}

static void fixture_start(const struct web_config *c)
{
    static const struct web_services services = {.routes = fixture_routes,
                                                 .route_count = ARRAY_LEN(fixture_routes),
                                                 .cors_allowed = fixture_cors};
    struct err_ctx err = {0};
    log_setup(LOG_LEVEL_ERROR, STDERR_FILENO, true);
    if (web_start(c, &services, &err, &fixture_web) != 0)
        fail_msg("web_start: %s", err.detail);
}

static void fixture_restart(const struct web_config *c)
{
    web_stop(fixture_web);
    fixture_web = NULL;
    fixture_start(c);
}

static int fixture_setup(void **state)
{
    struct web_config c;
    (void)state;
    assert_non_null(mkdtemp(fixture_folder));
    fixture_defaults(&c);
    fixture_start(&c);
    return 0;
}

static int fixture_teardown(void **state)
{
    char file[128];
    (void)state;
    web_stop(fixture_web);
    (void)snprintf(file, sizeof(file), "%s/tls.crt", fixture_folder);
    (void)unlink(file);
    (void)snprintf(file, sizeof(file), "%s/tls.key", fixture_folder);
    (void)unlink(file);
    (void)rmdir(fixture_folder);
    return 0;
}

static int dial(uint16_t port)
{
    struct sockaddr_in to = {.sin_family = AF_INET, .sin_port = htons(port)};
    int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    to.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    assert_true(fd >= 0);
    assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), 0);
    return fd;
}

static UNUSED uint16_t http_port(void)
{
    return web_port(fixture_web, LISTENER_PUBLIC, false);
}

static void say(int fd, struct str bytes)
{
    assert_int_equal(send(fd, bytes.ptr, bytes.len, MSG_NOSIGNAL), bytes.len);
}

#define PATIENCE_MS 10000 /* until anything comes, on a slow machine */

/* Reads for at most wait_ms, until the end of the connection or size bytes. Returns the number of
 * bytes; *ret_closed tells whether the other side ended it. */
static size_t hear(int fd, char *text, size_t size, int wait_ms, bool *ret_closed)
{
    size_t len = 0;
    int first_ms = wait_ms > PATIENCE_MS ? wait_ms : PATIENCE_MS;
    *ret_closed = false;
    while (len + 1 < size) {
        struct pollfd p = {.fd = fd, .events = POLLIN};
        if (poll(&p, 1, len == 0 ? first_ms : wait_ms) <= 0)
            break;
        ssize_t n = recv(fd, text + len, size - 1 - len, 0);
        if (n <= 0) {
            *ret_closed = true;
            break;
        }
        len += (size_t)n;
    }
    text[len] = '\0';
    return len;
}

struct answer {
    int status;
    bool closed;
    char text[65536];
};

/* Sends bytes on a fresh connection and collects what comes back. */
static struct answer *ask_bytes(uint16_t port, struct str bytes)
{
    static struct answer a;
    int fd = dial(port);
    say(fd, bytes);
    (void)hear(fd, a.text, sizeof(a.text), 1000, &a.closed);
    a.status = strncmp(a.text, "HTTP/1.1 ", 9) == 0 ? (int)strtol(a.text + 9, NULL, 10) : 0;
    close(fd);
    return &a;
}

/* "GET /hello" with the right Host and more header lines (each with CRLF), and a body. */
static UNUSED struct answer *ask(const char *line, const char *headers, const char *body)
{
    static char text[200000];
    const char *end = strstr(headers, "Connection:") ? "" : "Connection: close\r\n";
    int n = snprintf(text, sizeof(text), "%s HTTP/1.1\r\nHost: 127.0.0.1:%u\r\n%s%s\r\n%s", line,
                     http_port(), headers, end, body);
    assert_true(n > 0 && (size_t)n < sizeof(text));
    return ask_bytes(http_port(), str_of(text, (size_t)n));
}

static UNUSED bool says(const struct answer *a, const char *text)
{
    return strstr(a->text, text) != NULL;
}

#endif
