/* Codes, texts and details of a call's end. */
#include "web/grpc/status.h"

#include <stdio.h>

#include "core/codec/base64.h"
#include "web/grpc/pb.h"

#include "core/base/banned.h"

#define ERROR_DOMAIN     "garita"
#define TYPE_ERROR_INFO  "type.googleapis.com/google.rpc.ErrorInfo"
#define TYPE_BAD_REQUEST "type.googleapis.com/google.rpc.BadRequest"

enum told { FIXED, DETAIL };

static const struct {
    enum grpc_code code;
    const char *text;
    enum told told;
} outcomes[ERR_COUNT] = {
#define G(name, code, text, told) [ERR_##name] = {GRPC_##code, text, told},
#include "web/grpc/status.def"
#undef G
};

static const char *const names[GRPC_CODES] = {
    "OK",
    "CANCELLED",
    "UNKNOWN",
    "INVALID_ARGUMENT",
    "DEADLINE_EXCEEDED",
    "NOT_FOUND",
    "ALREADY_EXISTS",
    "PERMISSION_DENIED",
    "RESOURCE_EXHAUSTED",
    "FAILED_PRECONDITION",
    "ABORTED",
    "OUT_OF_RANGE",
    "UNIMPLEMENTED",
    "INTERNAL",
    "UNAVAILABLE",
    "DATA_LOSS",
    "UNAUTHENTICATED",
};

const char *grpc_code_name(enum grpc_code code)
{
    return code < GRPC_CODES ? names[code] : "UNKNOWN";
}

static void set_text(char *out, size_t size, const char *text)
{
    (void)snprintf(out, size, "%s", text);
}

struct grpc_status grpc_status_of(enum grpc_code code, const char *message)
{
    struct grpc_status s = {.code = code};
    set_text(s.message, sizeof(s.message), message);
    return s;
}

struct grpc_status grpc_status_from(int err, const struct err_ctx *detail)
{
    if (err == 0)
        return (struct grpc_status){.code = GRPC_OK};
    if (err < 0 || err >= ERR_COUNT || !outcomes[err].text) {
        struct grpc_status unknown = grpc_status_of(GRPC_INTERNAL, "internal error");
        set_text(unknown.reason, sizeof(unknown.reason), err_name(ERR_INTERNAL));
        return unknown;
    }
    struct grpc_status s = grpc_status_of(outcomes[err].code, outcomes[err].text);
    set_text(s.reason, sizeof(s.reason), err_name(err));
    if (outcomes[err].told == DETAIL && detail) {
        if (detail->detail[0])
            set_text(s.message, sizeof(s.message), detail->detail);
        set_text(s.field, sizeof(s.field), detail->field);
    }
    return s;
}

void grpc_message_encode(struct str message, struct buf *out)
{
    static const char hex[] = "0123456789ABCDEF";
    for (size_t i = 0; i < message.len; i++) {
        unsigned char c = (unsigned char)message.ptr[i];
        if (c >= 0x20 && c < 0x7f && c != '%') {
            buf_add_byte(out, (char)c);
            continue;
        }
        buf_add_byte(out, '%');
        buf_add_byte(out, hex[c >> 4]);
        buf_add_byte(out, hex[c & 15]);
    }
}

/* reason 1, domain 2 */
void grpc_error_info_write(const struct grpc_status *s, struct buf *out)
{
    pb_put_str(out, 1, str_c(s->reason));
    pb_put_str(out, 2, STR(ERROR_DOMAIN));
}

/* field_violations 1 with field 1 and description 2 */
void grpc_bad_request_write(const struct grpc_status *s, struct buf *out)
{
    size_t violation = pb_open(out, 1);
    pb_put_str(out, 1, str_c(s->field));
    pb_put_str(out, 2, str_c(s->message));
    pb_close(out, violation);
}

/* google.protobuf.Any, in the list of details. */
static void add_detail(const struct grpc_status *s, struct str type,
                       void (*write)(const struct grpc_status *, struct buf *), struct buf *out)
{
    size_t any = pb_open(out, 3);
    pb_put_str(out, 1, type);
    size_t value = pb_open(out, 2);
    write(s, out);
    pb_close(out, value);
    pb_close(out, any);
}

void grpc_status_write(const struct grpc_status *s, struct buf *out)
{
    pb_put_u64(out, 1, s->code);
    pb_put_str(out, 2, str_c(s->message));
    if (s->reason[0])
        add_detail(s, STR(TYPE_ERROR_INFO), grpc_error_info_write, out);
    if (s->field[0])
        add_detail(s, STR(TYPE_BAD_REQUEST), grpc_bad_request_write, out);
}

void grpc_details_encode(const struct grpc_status *s, struct buf *out)
{
    struct buf bytes;
    if (!s->reason[0] && !s->field[0])
        return;
    buf_init(&bytes, NULL, GRPC_DETAILS_MAX);
    grpc_status_write(s, &bytes);
    if (!bytes.failed)
        base64_add(out, buf_str(&bytes));
    buf_free(&bytes);
}
