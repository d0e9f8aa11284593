/* The protocols of a call over HTTPS: https://connectrpc.com/docs/protocol and gRPC's PROTOCOL-WEB. */
#include "web/validation/wire.h"

#include "core/base/clock.h"
#include "core/codec/base64.h"
#include "core/codec/header.h"
#include "core/codec/json.h"
#include "web/fail.h"
#include "web/grpc/internal.h"
#include "web/respond.h"

#include "core/base/banned.h"

#define FLAG_COMPRESSED       1
#define FLAG_CONNECT_END      2
#define FLAG_WEB_TRAILER      0x80
#define TIMEOUT_MAX_DIGITS    10 /* of Connect-Timeout-Ms */
#define STREAM_END_MAX        ((size_t)8 << 10)
#define STATUS_TEXT_MAX_BYTES (GRPC_MESSAGE_MAX * 3 + GRPC_DETAILS_MAX * 2)
#define TRAILER_NAMES_BYTES   128

/* Message types of application/; the first of a protocol and codec is what answers say. */
static const struct {
    const char *subtype;
    struct wire wire;
} types[] = {
    {"json", {WIRE_CONNECT, WIRE_JSON}},
    {"proto", {WIRE_CONNECT, WIRE_PROTO}},
    {"connect+json", {WIRE_CONNECT_STREAM, WIRE_JSON}},
    {"connect+proto", {WIRE_CONNECT_STREAM, WIRE_PROTO}},
    {"grpc-web+proto", {WIRE_GRPC_WEB, WIRE_PROTO}},
    {"grpc-web", {WIRE_GRPC_WEB, WIRE_PROTO}},
    {"grpc-web+json", {WIRE_GRPC_WEB, WIRE_JSON}},
    {"grpc-web-text+proto", {WIRE_GRPC_WEB_TEXT, WIRE_PROTO}},
    {"grpc-web-text", {WIRE_GRPC_WEB_TEXT, WIRE_PROTO}},
};

bool wire_of(struct str content_type, struct wire *ret_wire)
{
    struct media_type type;
    *ret_wire = (struct wire){WIRE_CONNECT, WIRE_JSON};
    if (str_absent(content_type) || media_type_parse(content_type, &type) != 0)
        return false;
    for (size_t i = 0; i < ARRAY_LEN(types); i++) {
        if (!media_type_is(&type, "application", types[i].subtype))
            continue;
        *ret_wire = types[i].wire;
        return true;
    }
    return false;
}

struct wire wire_of_request(const struct request *req)
{
    struct wire wire;
    (void)wire_of(request_header(req, STR("Content-Type")), &wire);
    return wire;
}

static bool is_web(const struct wire *wire)
{
    return wire->protocol == WIRE_GRPC_WEB || wire->protocol == WIRE_GRPC_WEB_TEXT;
}

static struct str type_of(struct arena *a, const struct wire *wire)
{
    size_t i = 0;
    while (types[i].wire.protocol != wire->protocol || types[i].wire.codec != wire->codec)
        i++;
    return ARENA_CONCAT(a, STR("application/"), str_c(types[i].subtype));
}

/* --- headers --- */

static int connect_timeout_ms(struct str text, int64_t *ret_ms)
{
    if (str_empty(text) || text.len > TIMEOUT_MAX_DIGITS || text.ptr[0] == '-')
        return ERR_INVALID_NUMBER;
    return str_to_i64(text, ret_ms);
}

static int check_timeout(struct request *req, const struct wire *wire, int64_t *ret_deadline_ms)
{
    const char *name = is_web(wire) ? "Grpc-Timeout" : "Connect-Timeout-Ms";
    struct str text = request_header(req, str_c(name));
    int64_t time_ms = -1;
    *ret_deadline_ms = 0;
    if (str_absent(text))
        return 0;
    if (is_web(wire))
        time_ms = grpc_timeout_ms(text);
    else if (connect_timeout_ms(text, &time_ms) != 0)
        time_ms = -1;
    if (time_ms < 0)
        return err_set(&req->err, ERR_INVALID_REQUEST, "Malformed %s", name);
    *ret_deadline_ms = req->now.monotonic_ms + time_ms;
    return 0;
}

static int check_encoding(struct request *req, const struct wire *wire)
{
    static const struct str names[] = {[WIRE_CONNECT_STREAM] = STR_INIT("Connect-Content-Encoding"),
                                       [WIRE_GRPC_WEB] = STR_INIT("Grpc-Encoding"),
                                       [WIRE_GRPC_WEB_TEXT] = STR_INIT("Grpc-Encoding")};
    if (wire->protocol == WIRE_CONNECT) /* Content-Encoding, which no route takes */
        return 0;
    struct str coding = request_header(req, names[wire->protocol]);
    if (str_absent(coding) || str_eq(coding, STR("identity")))
        return 0;
    return err_set(&req->err, ERR_UNIMPLEMENTED, "Only identity encoding is known");
}

static int check_version(struct request *req, const struct wire *wire)
{
    struct str version = request_header(req, STR("Connect-Protocol-Version"));
    if (is_web(wire) || str_absent(version) || str_eq(version, STR("1")))
        return 0;
    return err_set(&req->err, ERR_INVALID_REQUEST, "Connect-Protocol-Version must be 1");
}

int wire_check(struct request *req, const struct wire *wire, int64_t *ret_deadline_ms)
{
    TRY(check_version(req, wire));
    TRY(check_encoding(req, wire));
    return check_timeout(req, wire, ret_deadline_ms);
}

/* --- the message --- */

int wire_frame_read(struct str body, struct err_ctx *err, struct str *ret_message)
{
    const unsigned char *p = (const unsigned char *)body.ptr;
    if (body.len < WIRE_FRAME_PREFIX)
        return err_set(err, ERR_INVALID_REQUEST, "The message is missing or cut off");
    size_t len = (size_t)p[1] << 24 | (size_t)p[2] << 16 | (size_t)p[3] << 8 | p[4];
    struct str rest = str_from(body, WIRE_FRAME_PREFIX);
    if (p[0] == FLAG_COMPRESSED)
        return err_set(err, ERR_UNIMPLEMENTED, "Compressed messages are not taken");
    if (p[0] != 0)
        return err_set(err, ERR_INVALID_REQUEST, "Malformed message frame");
    if (rest.len < len)
        return err_set(err, ERR_INVALID_REQUEST, "The message is missing or cut off");
    if (rest.len > len)
        return err_set(err, ERR_INVALID_REQUEST, "More than one message");
    *ret_message = rest;
    return 0;
}

/* Up to the end of the first padding, or all. */
static struct str text_piece(struct str text)
{
    ptrdiff_t pad = str_find(text, '=');
    return pad < 0 ? text : str_sub(text, 0, ((size_t)pad / 4 + 1) * 4);
}

int wire_text_read(struct arena *a, struct str text, struct str *ret_bytes)
{
    struct buf out;
    buf_init(&out, a, base64_bytes_max(text.len) + 1);
    while (text.len > 0) {
        struct str piece = text_piece(text), bytes;
        TRY(base64_decode(a, piece, BASE64_PADDED, &bytes));
        buf_add(&out, bytes);
        text = str_from(text, piece.len);
    }
    return buf_finish(&out, ret_bytes);
}

int wire_message(struct request *req, const struct wire *wire, struct str *ret_message)
{
    struct str body = req->body;
    if (wire->protocol == WIRE_CONNECT) {
        *ret_message = body;
        return 0;
    }
    if (wire->protocol == WIRE_GRPC_WEB_TEXT) {
        int rc = wire_text_read(req->arena, body, &body);
        if (rc == ERR_INVALID_SYNTAX)
            return err_set(&req->err, ERR_INVALID_REQUEST, "The body is not base64");
        TRY(rc);
    }
    return wire_frame_read(body, &req->err, ret_message);
}

/* --- answers --- */

static void add_frame(struct buf *out, unsigned char flags, struct str message)
{
    const unsigned char prefix[WIRE_FRAME_PREFIX] = {
        flags, (unsigned char)(message.len >> 24), (unsigned char)(message.len >> 16),
        (unsigned char)(message.len >> 8), (unsigned char)message.len};
    buf_add_bytes(out, prefix, sizeof(prefix));
    buf_add(out, message);
}

static void begin(struct request *req, struct response *res, const struct wire *wire)
{
    struct str type = type_of(req->arena, wire);
    respond_status(res, 200);
    if (!str_absent(type))
        respond_header(res, "Content-Type", type);
    respond_no_store(res);
}

/* As the protocol has it on the wire: as text each frame is base64 of its own, padded. */
static void add_wire_frame(const struct wire *wire, struct arena *a, unsigned char flags,
                           struct str message, struct buf *out)
{
    struct buf frame;
    if (wire->protocol != WIRE_GRPC_WEB_TEXT) {
        add_frame(out, flags, message);
        return;
    }
    buf_init(&frame, a, message.len + WIRE_FRAME_PREFIX);
    add_frame(&frame, flags, message);
    base64_add(out, buf_str(&frame));
    out->failed = out->failed || frame.failed;
}

/* PROTOCOL-WEB: trailers are a last frame, in the form of HTTP/1 header lines. */
static void add_trailers(const struct wire *wire, struct arena *a, const struct grpc_status *status,
                         struct buf *out)
{
    struct buf lines;
    buf_init(&lines, a, STATUS_TEXT_MAX_BYTES + TRAILER_NAMES_BYTES);
    buf_printf(&lines, "grpc-status: %d\r\n", (int)status->code);
    if (status->message[0]) {
        buf_add_c(&lines, "grpc-message: ");
        grpc_message_encode(str_c(status->message), &lines);
        buf_add_c(&lines, "\r\n");
    }
    if (status->reason[0] || status->field[0]) {
        buf_add_c(&lines, "grpc-status-details-bin: ");
        grpc_details_encode(status, &lines);
        buf_add_c(&lines, "\r\n");
    }
    add_wire_frame(wire, a, FLAG_WEB_TRAILER, buf_str(&lines), out);
    out->failed = out->failed || lines.failed;
}

/* As text, an answer that is there as a whole is one piece of base64: not every client takes more. */
static void reply_web(struct request *req, struct response *res, const struct wire *wire,
                      struct str message)
{
    const struct wire binary = {WIRE_GRPC_WEB, wire->codec};
    const struct grpc_status good = {.code = GRPC_OK};
    bool is_text = wire->protocol == WIRE_GRPC_WEB_TEXT;
    struct buf text;
    buf_init(&text, req->arena, req->arena->max_bytes);
    struct buf *frames = is_text ? &text : &res->body;
    begin(req, res, wire);
    add_wire_frame(&binary, req->arena, 0, message, frames);
    add_trailers(&binary, req->arena, &good, frames);
    if (is_text)
        base64_add(&res->body, buf_str(&text));
    res->body.failed = res->body.failed || text.failed;
}

void wire_reply(struct request *req, struct response *res, const struct wire *wire,
                struct str message)
{
    if (is_web(wire)) {
        reply_web(req, res, wire, message);
    } else if (wire->codec == WIRE_JSON) {
        respond_json(res, 200, message);
    } else {
        begin(req, res, wire);
        buf_add(&res->body, message);
    }
}

static void add_text_header(struct request *req, struct response *res, const char *name,
                            void (*write)(const struct grpc_status *, struct buf *),
                            const struct grpc_status *status)
{
    struct buf text;
    struct str value;
    buf_init(&text, req->arena, STATUS_TEXT_MAX_BYTES);
    write(status, &text);
    if (buf_finish(&text, &value) == 0 && !str_empty(value))
        respond_header(res, name, value);
}

static void write_code(const struct grpc_status *status, struct buf *out)
{
    buf_add_i64(out, status->code);
}

static void write_text(const struct grpc_status *status, struct buf *out)
{
    grpc_message_encode(str_c(status->message), out);
}

/* What would be a 400 or 401 elsewhere. */
static bool is_refusal(const struct grpc_status *status)
{
    return status->code == GRPC_UNAUTHENTICATED || status->code == GRPC_INVALID_ARGUMENT;
}

/* Nothing but a status: all in the header (Trailers-Only). */
static void fail_web(struct request *req, struct response *res, const struct wire *wire, int err)
{
    struct grpc_status status = grpc_status_from(err, &req->err);
    begin(req, res, wire);
    res->elsewhere = err == ERR_STORE_STANDBY;
    add_text_header(req, res, "Grpc-Status", write_code, &status);
    add_text_header(req, res, "Grpc-Message", write_text, &status);
    add_text_header(req, res, "Grpc-Status-Details-Bin", grpc_details_encode, &status);
    res->refused = is_refusal(&status);
}

/* --- streams --- */

/* The end of a stream in Connect, which is JSON in either codec. */
static void add_connect_end(struct arena *a, int err, const struct err_ctx *detail, struct buf *out)
{
    struct buf text;
    struct str end;
    struct json_writer w;
    buf_init(&text, a, STREAM_END_MAX);
    jw_init(&w, &text);
    jw_begin_object(&w);
    if (err != 0) {
        jw_key(&w, "error");
        fail_connect_write(a, detail, &w, err, NULL);
    }
    jw_end_object(&w);
    if (jw_finish(&w, &end) != 0)
        end = STR("{\"error\":{\"code\":\"internal\"}}");
    add_frame(out, FLAG_CONNECT_END, end);
}

void wire_stream_begin(struct request *req, struct response *res, const struct wire *wire)
{
    begin(req, res, wire);
}

void wire_stream_message(const struct wire *wire, struct arena *a, struct str message,
                         struct buf *out)
{
    add_wire_frame(wire, a, 0, message, out);
}

void wire_stream_end(const struct wire *wire, struct arena *a, int err,
                     const struct err_ctx *detail, struct buf *out)
{
    struct grpc_status status = grpc_status_from(err, detail);
    if (is_web(wire))
        add_trailers(wire, a, &status, out);
    else
        add_connect_end(a, err, detail, out);
}

/* A stream of nothing but its end. */
static void fail_stream(struct request *req, struct response *res, const struct wire *wire, int err)
{
    struct grpc_status status = grpc_status_from(err, &req->err);
    begin(req, res, wire);
    add_connect_end(req->arena, err, &req->err, &res->body);
    res->refused = is_refusal(&status);
}

void wire_fail(struct request *req, struct response *res, int err)
{
    struct wire wire = wire_of_request(req);
    if (err == ERR_NOT_FOUND && !req->route && wire.protocol != WIRE_CONNECT)
        err = err_set(&req->err, ERR_UNIMPLEMENTED, "No such method");
    if (is_web(&wire))
        fail_web(req, res, &wire, err);
    else if (wire.protocol == WIRE_CONNECT_STREAM)
        fail_stream(req, res, &wire, err);
    else
        fail_connect(req, res, err);
}
