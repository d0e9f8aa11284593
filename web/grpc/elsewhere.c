/* A call that a standby refuses as it changes something, passed on to the primary: as gRPC-Web, which the
 * primary answers over HTTPS like any other client's, and back. */
#include <stdatomic.h>

#include "core/codec/base64.h"
#include "core/codec/form.h"
#include "web/grpc/caller.h"
#include "web/grpc/pb.h"
#include "web/relay.h"
#include "web/validation/wire.h"

#include "core/base/banned.h"

#define MESSAGE_MAX_BYTES ((size_t)1 << 20)
#define FLAG_TRAILER      0x80
#define STATUS_AT         9 /* "HTTP/1.1 200 OK" */
#define STATUS_LEN        3

/* --- The request --- */

static void add_header(struct buf *b, const char *name, struct str value)
{
    if (str_absent(value))
        return;
    if (!str_has_no_control(value)) /* it would be more than one header */
        b->failed = true;
    buf_add_c(b, name);
    buf_add(b, STR(": "));
    buf_add(b, value);
    buf_add(b, STR("\r\n"));
}

static void add_frame(struct buf *b, struct str message)
{
    const unsigned char prefix[WIRE_FRAME_PREFIX] = {
        0, (unsigned char)(message.len >> 24), (unsigned char)(message.len >> 16),
        (unsigned char)(message.len >> 8), (unsigned char)message.len};
    buf_add_bytes(b, prefix, sizeof(prefix));
    buf_add(b, message);
}

static void write_request(const struct grpc_work *w, struct buf *b)
{
    buf_add(b, STR("POST "));
    buf_add(b, w->server->web->config.base_path);
    buf_add(b, grpc_meta_get(w->meta, META_PATH));
    buf_add(b, STR(" HTTP/1.1\r\nContent-Type: application/grpc-web+proto\r\n"));
    add_header(b, "Host", grpc_meta_get(w->meta, META_AUTHORITY));
    add_header(b, "Authorization", grpc_meta_get(w->meta, META_AUTHORIZATION));
    add_header(b, "X-Tenant-ID", grpc_meta_get(w->meta, META_TENANT));
    add_header(b, "User-Agent", grpc_meta_get(w->meta, META_USER_AGENT));
    add_header(b, "traceparent", grpc_meta_get(w->meta, META_TRACEPARENT));
    buf_printf(b, "Content-Length: %zu\r\n\r\n", w->message.len + WIRE_FRAME_PREFIX);
    add_frame(b, w->message);
}

/* --- The answer --- */

struct answer {
    struct str headers, body;
};

static struct str header_of(const struct answer *a, const char *name)
{
    struct str left = a->headers, wanted = str_c(name);
    while (!str_empty(left)) {
        ptrdiff_t end = str_find_str(left, STR("\r\n"));
        struct str line = end < 0 ? left : str_sub(left, 0, (size_t)end);
        left = end < 0 ? STR("") : str_from(left, (size_t)end + 2);
        bool is_it = line.len > wanted.len && line.ptr[wanted.len] == ':' &&
                     str_ieq(str_sub(line, 0, wanted.len), wanted);
        if (is_it)
            return str_trim(str_from(line, wanted.len + 1));
    }
    return str_of(NULL, 0);
}

static int split(struct str bytes, struct answer *ret_answer)
{
    ptrdiff_t end = str_find_str(bytes, STR("\r\n\r\n"));
    if (end < 0 || !str_eq(str_sub(bytes, STATUS_AT, STATUS_LEN), STR("200")))
        return ERR_UPSTREAM;
    *ret_answer = (struct answer){.headers = str_sub(bytes, 0, (size_t)end),
                                  .body = str_from(bytes, (size_t)end + 4)};
    return 0;
}

/* The reason of google.rpc.ErrorInfo, in google.rpc.Status: 3 (Any), 2 (its value), 1. */
static struct str reason_of(struct str status)
{
    static const uint32_t path[] = {3, 2, 1};
    struct str at = status;
    for (size_t i = 0; i < ARRAY_LEN(path); i++) {
        struct pb_reader r = pb_reader(at);
        struct pb_field f;
        bool found = false;
        while (!found && pb_next(&r, &f))
            found = pb_is(&f, path[i], PB_BYTES);
        if (!found)
            return STR("");
        at = f.bytes;
    }
    return at;
}

static void copy_text(char *out, size_t size, struct str text)
{
    size_t len = text.len < size ? text.len : size - 1;
    if (len > 0)
        memcpy(out, text.ptr, len);
    out[len] = '\0';
}

static int take_failure(struct grpc_work *w, const struct answer *a, struct str code_text)
{
    struct str message, details;
    int64_t code;
    TRY(str_to_i64(code_text, &code));
    if (code <= GRPC_OK || code >= GRPC_CODES)
        return ERR_UPSTREAM;
    w->told = (struct grpc_status){.code = (enum grpc_code)code};
    if (percent_decode(w->arena, header_of(a, "Grpc-Message"), &message) == 0)
        copy_text(w->told.message, sizeof(w->told.message), message);
    if (base64_decode(w->arena, header_of(a, "Grpc-Status-Details-Bin"), BASE64_PADDED, &details) ==
        0)
        copy_text(w->told.reason, sizeof(w->told.reason), reason_of(details));
    return ERR_UPSTREAM;
}

/* A message and then the trailers, which say nothing but that all is well. */
static int take_answer(struct grpc_work *w, struct str bytes)
{
    struct answer a;
    TRY(split(bytes, &a));
    struct str code = header_of(&a, "Grpc-Status");
    if (!str_absent(code))
        return take_failure(w, &a, code);
    const unsigned char *p = (const unsigned char *)a.body.ptr;
    if (a.body.len < WIRE_FRAME_PREFIX || p[0] != 0)
        return ERR_UPSTREAM;
    size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    struct str rest = str_from(a.body, WIRE_FRAME_PREFIX);
    if (rest.len <= len || (unsigned char)rest.ptr[len] != FLAG_TRAILER)
        return ERR_UPSTREAM;
    buf_clear(w->out);
    buf_add(w->out, str_sub(rest, 0, len));
    return 0;
}

/* --- All of it --- */

static int ask(struct grpc_work *w, struct str origin)
{
    const struct web_services *s = &w->server->web->services;
    struct web_relayed relayed = {.client_ip = w->peer_ip,
                                  .public_origin = origin,
                                  .own_origin = origin,
                                  .https = w->server->tls != NULL,
                                  .listener = LISTENER_PUBLIC};
    struct buf message, answer;
    bool ends;
    buf_init(&message, NULL, MESSAGE_MAX_BYTES);
    write_request(w, &message);
    int err = buf_finish(&message, &relayed.message);
    if (err == 0)
        err = s->pass_on(s->context, &relayed, &answer, &ends);
    buf_free(&message);
    if (err != 0)
        return err == ERR_TOO_LARGE ? ERR_STORE_STANDBY : err;
    err = take_answer(w, buf_str(&answer));
    buf_free(&answer);
    return err;
}

/* Of the threads that answer, half are never kept waiting for the primary. A caller who is known by a
 * certificate alone shows none to the primary. */
int grpc_pass_on(struct grpc_work *w)
{
    struct grpc_server *server = w->server;
    const struct web *web = server->web;
    struct str url = web_url_by_host(web, w->arena, grpc_meta_get(w->meta, META_AUTHORITY));
    if (!web->services.pass_on || str_absent(grpc_meta_get(w->meta, META_AUTHORIZATION)))
        return ERR_STORE_STANDBY;
    if (str_absent(url))
        return ERR_NO_MEMORY;
    struct str origin = str_sub(url, 0, url.len - web->config.base_path.len);
    int err = ERR_OVERLOADED;
    if (atomic_fetch_add(&server->passing_on, 1) < (int)grpc_pool_threads(server->pool) / 2 + 1)
        err = ask(w, origin);
    atomic_fetch_sub(&server->passing_on, 1);
    return err;
}
